/* The processes of this machine: what runit supervises, and where each answers /metrics. A process
 * that was stopped stays one, so that it is missed. */
#ifndef WL_WATCH_TARGETS_H
#define WL_WATCH_TARGETS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct watch_target {
	struct str name;    /* of its folder */
	const char *listen; /* "unix:/path" or "host:port" */
};

/* Calls `each` by name. folder "": nobody. */
void watch_targets_each(const char *folder, struct arena *mem,
	void (*each)(void *arg, const struct watch_target *target), void *arg);
/* false: there is none of that name. */
bool watch_targets_find(
	const char *folder, struct arena *mem, struct str name, const char **out_listen);
/* Prometheus' HTTP service discovery: every process as a path of `host`, which is ours. */
struct str watch_targets_json(const char *folder, struct arena *mem, struct str host);

#endif

/* The keys that the check gives itself: made over the operator's line, known to intake and the
 * door, revoked at the end. Their names are kept for this: sandbox, and sandbox-other for the
 * neighbour whose letters must stay out of reach. */
#ifndef WL_CONFORMANCE_SANDBOX_H
#define WL_CONFORMANCE_SANDBOX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "bus/bus.h"

#define SANDBOX	      "sandbox"
#define SANDBOX_OTHER "sandbox-other"

struct line;

struct sandbox {
	struct line *line;
	struct bus_pair own;
	struct bus_pair other;
	bool has_own; /* told to intake, and to be revoked */
	bool has_other;
};

/* Opens the operator's line (BUS_ADDRESS, …) and makes both keys. On failure sandbox_close is still
 * to be called. */
enum res sandbox_open(struct sandbox *sandbox, struct arena *mem, struct err *err) must_check;
/* per_s 0: as many as from everybody. */
enum res sandbox_quota(
	struct sandbox *sandbox, struct arena *mem, int32_t per_s, struct err *err) must_check;
enum res sandbox_revoke_own(struct sandbox *sandbox, struct arena *mem, struct err *err) must_check;
/* Revokes what still holds. */
enum res sandbox_close(struct sandbox *sandbox, struct arena *mem, struct err *err) must_check;

#endif

/* Every address of the far side that is known just now: those of the setting as they stand there,
 * and in the place of a name all that it stands for, looked up again and again. Private to peer. */
#ifndef WL_PEER_TARGETS_H
#define WL_PEER_TARGETS_H

#include "base/instant.h"
#include "os/os_resolve.h"
#include "peer/peer_places.h"

struct target {
	char address[PEER_PLACE_TEXT];
	uint64_t id;
	int64_t failed_us; /* when a line was given up there; INT64_MIN: never */
};

struct targets {
	struct target *items;
	size_t n;
	struct peer_places places;
	bool is_troubled[PEER_PLACES_MAX]; /* its name is not found, and that has been told */
	struct os_resolver *resolver;	   /* NULL: no names */
	uint64_t rounds;		   /* of it that we have seen */
};

/* RES_INVALID: see peer_places_read. targets_close takes a half-built one too. */
enum res targets_open(
	struct targets *targets, struct str text, os_look *look, struct err *err) must_check;
void targets_close(struct targets *targets);
void targets_renew(struct targets *targets); /* by what has been found out meanwhile */
void targets_hurry(struct targets *targets);
struct target *targets_find(struct targets *targets, const char *address);
/* Where the next line goes, as in lines_next. is_taken: a line stands there. NULL: nowhere. */
const char *targets_next(const struct targets *targets, uint64_t self,
	bool (*is_taken)(const void *arg, const char *address), const void *arg);
/* As peer_has_trouble. */
bool targets_have_trouble(struct targets *targets, struct err *out);

#endif

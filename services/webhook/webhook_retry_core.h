/* When a webhook is tried (again), and what an answer means. Pure. */
#ifndef WL_WEBHOOK_RETRY_CORE_H
#define WL_WEBHOOK_RETRY_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

/* What an answer says. 0: there was none. */
enum webhook_meaning {
	WEBHOOK_TAKEN, /* 2xx */
	WEBHOOK_AGAIN, /* all others: what is wrong today may be put right within the age */
	WEBHOOK_GONE,  /* 410: the subscriber wants nothing more, ever */
};
enum webhook_meaning webhook_meaning_of(int status);
const char *webhook_meaning_name(enum webhook_meaning meaning); /* "taken", "again", "gone" */

struct webhook_schedule {
	struct span first; /* the ceiling after the first failure; it doubles */
	struct span most;  /* and grows no further */
	struct span age;   /* counted from when the delivery was taken: then it is a dead letter */
};

/* How long to wait after the failure of try number `tries` (1, 2, …): anything from 0 to the
 * ceiling (full jitter, random: 64 uniform bits), but never less than retry_after (0: not said),
 * which is kept up to the age.
 * source: AWS Architecture Blog, "Exponential Backoff And Jitter" */
struct span webhook_wait(const struct webhook_schedule *schedule, int32_t tries, uint64_t random,
	struct span retry_after);
bool webhook_is_over(
	const struct webhook_schedule *schedule, struct instant taken_at, struct instant now);

/* The subscriber as a whole: after WEBHOOK_TRIP failures in a row only one try at a time, with
 * growing pauses; one that is taken ends it. */
#define WEBHOOK_TRIP 5
struct webhook_circuit {
	int32_t failures;	/* in a row */
	struct instant open_at; /* no try before; monotonic */
};
void webhook_circuit_taken(struct webhook_circuit *circuit);
void webhook_circuit_failed(struct webhook_circuit *circuit,
	const struct webhook_schedule *schedule, struct instant now, uint64_t random);
/* How many tries may be under way now. */
int32_t webhook_circuit_room(
	const struct webhook_circuit *circuit, struct instant now, int32_t most);

#endif

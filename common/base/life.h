/* A life cycle as a table: who may take which step from which state. What is not in the table is
 * refused with a sentence that says the state, the rule, and what is possible instead and by whom.
 * A core keeps its table in one struct life; the generated tests walk it, the printed docs too. */
#ifndef WL_BASE_LIFE_H
#define WL_BASE_LIFE_H

#include <stddef.h>
#include <stdint.h>

#include "base/actor.h"
#include "base/err.h"

struct life_step {
	int from;
	int event;
	int to;
	uint32_t roles; /* ROLE_BIT: whoever may take it; facts of other services are ROLE_SYSTEM's
			 */
};

struct life {
	const char *owner; /* "dispatch" */
	const struct life_step *steps;
	size_t n_steps;
	const char *const *events; /* what the case is to do, by number: "be signed for" */
	size_t n_events;
	const char *(*state_name)(int state);
};

/* RES_DENIED    this role never takes that step, or not from this state
 * RES_CONFLICT  nobody takes that step from this state */
enum res life_find(const struct life *life, int state, int event, enum role role,
	const struct life_step **out, struct err *err) must_check;

/* RES_DENIED: the case is with another unit than the actor's. */
enum res life_check_unit(const struct actor *actor, struct str unit, struct err *err) must_check;

#endif

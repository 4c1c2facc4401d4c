/* Who has a case, and as whom somebody acts on it. Pure. */
#ifndef WL_OPERATOR_CASE_CORE_H
#define WL_OPERATOR_CASE_CORE_H

#include "base/actor.h"
#include "base/arena.h"

struct case_state {
	const char *name;  /* as analytics names it */
	const char *reply; /* the state of the draft; "" any */
	const char *zh;
	uint32_t roles; /* who has it: ROLE_BITs; 0 nobody */
	const char *acts;
};
/* A state that we do not know (a newer system) has only its name. */
struct case_state case_state_find(struct str visible, struct str reply);

/* The actor "role/name@unit": what `as` says, with what is missing filled in: the role of the step,
 * the calling user, the unit of the case where the role is one of a unit. RES_INVALID: `as` is no
 * actor; or a unit is needed and the case has none yet. */
struct case_actor_wish {
	struct str as; /* "" nothing was said */
	enum role role;
	struct str user;
	struct str unit;
};
enum res case_actor_make(struct arena *mem, const struct case_actor_wish *wish, struct str *out,
	struct err *err) must_check;

#endif

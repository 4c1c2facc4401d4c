/* What dispatch does when it hears of a case: from intake that it was accepted, from reply that the
 * answer went out, from followup that it was closed. Between producers there is no order: a fact
 * that comes too early is noted on the row, and the case still ends where it would have ended.
 * Pure. */
#ifndef WL_DISPATCH_CORE_H
#define WL_DISPATCH_CORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"
#include "base/workday.h"
#include "dispatch_unit_core.h"

enum dispatch_state {
#define STATE(name, number, meaning) DISPATCH_##name = number,
#include "dispatch_states.def"
#undef STATE
	DISPATCH_STATES
};
const char *dispatch_state_name(int state); /* "?" for a number that no state has */

enum dispatch_event_kind {
	DISPATCH_ON_ACCEPTED, /* intake.accepted.v1 */
	DISPATCH_ON_REPLIED,  /* reply.replied.v1 */
	DISPATCH_ON_CLOSED,   /* followup.closed.v1 */
	DISPATCH_EVENTS
};

struct dispatch_case {
	int16_t state; /* enum dispatch_state */
	int32_t task;  /* of the unit that has it; 0: none yet */
	struct str unit;
	struct str type;
	struct str category;
	struct str area;
	struct instant dispatched_at;
	struct instant signed_at;
	struct instant contacted_at;
	/* When the reply went out; known before state RESOLVED when reply was faster. */
	struct instant resolved_at;
	struct instant sign_due;
	struct instant contact_due;
	struct instant resolve_due;
	bool is_provisional;	  /* a due time reaches into a year without a published calendar */
	struct instant closed_at; /* as resolved_at, by followup */
};

/* The row of a case that nobody has told of yet: UNKNOWN, all times none. */
void dispatch_case_init(struct dispatch_case *file);

struct dispatch_event {
	enum dispatch_event_kind kind;
	struct instant at; /* REPLIED, CLOSED: business time of the fact */
	/* ACCEPTED: */
	struct str type;
	struct dispatch_question question;
};

/* A step that the case takes now; each is one journal entry. */
enum dispatch_step {
	DISPATCH_DID_DISPATCH,
	DISPATCH_DID_SIGN,
	DISPATCH_DID_CONTACT,
	DISPATCH_DID_RESOLVE,
	DISPATCH_STEPS
};

struct dispatch_decision {
	struct dispatch_case file;		  /* the case afterwards */
	enum dispatch_step steps[DISPATCH_STEPS]; /* in order */
	size_t n_steps;
	struct dispatch_choice choice; /* DID_DISPATCH: who leads and helps, and why */
	bool is_on_time;	       /* DID_RESOLVE */
};

/* calendar: as known on the day of `now`. Texts of the decision borrow from case, event and
 * reference.
 * RES_CONFLICT   this fact cannot come in this state (or a second time); *out is untouched
 * RES_NOT_FOUND  the reference data have no general desk or no limits */
enum res dispatch_decide(const struct dispatch_case *file, const struct dispatch_event *event,
	struct instant now, const struct dispatch_reference *reference,
	const struct workday_calendar *calendar, struct dispatch_decision *out,
	struct err *err) must_check;

#endif

/* What dispatch does when it hears of a case, and when people act on it. Facts come from intake
 * (accepted, refused), reply (replied, no article) and followup (redo, closed); between these there
 * is no order: a fact that comes too early is noted on the row, and the case still ends where it
 * would have ended. Steps that the city's road leaves to the system are taken at once; the others
 * wait for a command. Pure. */
#ifndef WL_DISPATCH_CORE_H
#define WL_DISPATCH_CORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/life.h"
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
#define EVENT(name, source, meaning) DISPATCH_##name,
#include "dispatch_events.def"
#undef EVENT
	DISPATCH_EVENTS
};
extern const struct life dispatch_life;

struct dispatch_case {
	int16_t state; /* enum dispatch_state */
	int32_t task;  /* of the unit that has it; 0: none yet */
	int16_t redo;  /* how often followup asked for it again; the first task is no redo */
	struct str unit;
	struct str type;
	struct str category;
	struct str area;
	bool is_general_desk;
	bool is_report;
	struct str named_units; /* reports: joined by commas */
	bool is_direct;		/* the reply needed no unit */
	bool no_article;	/* reply has no article for it (any more) */
	struct instant dispatched_at;
	struct instant signed_at;
	struct instant contacted_at;
	/* When the reply went out; known before state RESOLVED when reply was faster; none while a
	 * unit has it again. */
	struct instant resolved_at;
	struct instant sign_due;
	struct instant contact_due;
	struct instant resolve_due;
	bool is_provisional;	  /* a due time reaches into a year without a published calendar */
	struct instant closed_at; /* as resolved_at, by followup; or when intake refused it */
};

/* The row of a case that nobody has told of yet: UNKNOWN, all times none. */
void dispatch_case_init(struct dispatch_case *file);

#define DISPATCH_MEANS_DEFAULT "phone"

struct dispatch_event {
	enum dispatch_event_kind kind;
	struct actor actor; /* ROLE_SYSTEM for facts */
	struct instant at;  /* facts: their business time */
	int32_t day;	    /* of the decision, in Shanghai */
	/* ACCEPTED, ANSWERABLE: */
	struct str type;
	struct dispatch_question question;
	bool is_direct;		   /* REPLIED: without a unit */
	int32_t redo;		   /* REDO: the how manieth */
	struct dispatch_wish wish; /* DISPATCH */
	struct str note;	   /* DISPATCH, CONTACT: for the citizen */
	struct str means;	   /* CONTACT: "" is DISPATCH_MEANS_DEFAULT */
};

/* A step that the case takes now; each is one journal entry. */
enum dispatch_deed {
	DISPATCH_DID_DISPATCH,
	DISPATCH_DID_SIGN,
	DISPATCH_DID_CONTACT,
	DISPATCH_DID_RESOLVE,
	DISPATCH_DID_REDISPATCH,
	DISPATCH_DEEDS
};

struct dispatch_done {
	enum dispatch_deed deed;
	bool is_by_actor; /* of the event; else the system's */
	bool is_on_time;  /* SIGN, CONTACT, RESOLVE */
	int32_t task;
	int32_t redo; /* RESOLVE, REDISPATCH: of that task; 0: the first */
	/* DISPATCH, REDISPATCH: who leads and helps, why, and until when */
	struct dispatch_choice choice;
	struct instant sign_due;
	struct instant contact_due;
	struct instant resolve_due;
	bool is_provisional;
};

struct dispatch_decision {
	struct dispatch_case file;		   /* the case afterwards */
	struct dispatch_done done[DISPATCH_DEEDS]; /* in order */
	size_t n_done;
};

/* calendar: as known on the day of `now`. Texts of the decision borrow from case, event and
 * reference.
 * RES_CONFLICT   this cannot come in this state (or a second time); *out is untouched
 * RES_RETRY      a command, and intake has not been heard of yet
 * RES_DENIED     not by this role or this unit
 * RES_INVALID    a command says what cannot be
 * RES_NOT_FOUND  the reference data have no general desk or no limits */
enum res dispatch_decide(const struct dispatch_case *file, const struct dispatch_event *event,
	struct instant now, const struct dispatch_reference *reference,
	const struct workday_calendar *calendar, struct dispatch_decision *out,
	struct err *err) must_check;

#endif

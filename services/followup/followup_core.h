/* The life of a follow-up: the citizen is asked, up to three times, whether the answer was one; the
 * rating closes the case or gives it back, once. Pure: base only. Life cycle (followup_steps.def)
 * and plan of visits are tables. */
#ifndef WL_FOLLOWUP_CORE_H
#define WL_FOLLOWUP_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/life.h"
#include "base/str.h"
#include "base/workday.h"

#define FOLLOWUP_VISITS_MAX	  3   /* of a round */
#define FOLLOWUP_TAKEN_MAX	  4   /* entries that one event can lead to */
#define FOLLOWUP_REDO_MAX	  1   /* how often an answer is asked for again */
#define FOLLOWUP_REMARK_MAX	  500 /* characters */
#define FOLLOWUP_SATISFACTION_MAX 5   /* very; 1 not at all */
#define FOLLOWUP_CONTENT_FROM	  3   /* fairly satisfied */

/* Numbers are stored. */
enum followup_state {
#define STATE(name, number, meaning) FOLLOWUP_##name = number,
#include "followup_states.def"
#undef STATE
	FOLLOWUP_STATES
};

enum followup_event_kind {
#define EVENT(name, source, meaning) FOLLOWUP_EV_##name,
#include "followup_events.def"
#undef EVENT
	FOLLOWUP_EVENTS
};

enum followup_reason {
#define REASON(name, word, meaning) FOLLOWUP_REASON_##name,
#include "followup_reasons.def"
#undef REASON
	FOLLOWUP_REASONS
};
const char *followup_reason_word(enum followup_reason reason);

/* When the citizen is asked, and when silence ends it. Which plan: sla.followup_due of the type. */
enum followup_plan_name {
	FOLLOWUP_PLAN_DAYS = 0,	  /* "3wd" and longer: three working days in a row */
	FOLLOWUP_PLAN_HOURS = 1,  /* "1wd", "2wd" and hours: three times on the next working day */
	FOLLOWUP_PLAN_THANKS = 2, /* "-": asked once, closed by itself */
	FOLLOWUP_PLANS
};
enum followup_plan_name followup_plan_for(struct time_limit followup_due);

/* What the citizen says of the answer. */
struct followup_rating {
	struct str solved; /* yes, partly, no */
	int32_t satisfaction;
	struct str contacted; /* yes, no, "": not asked */
	struct str remark;
};

/* The service's row without the kit's part. */
struct followup_case {
	int16_t state; /* enum followup_state */
	int16_t plan;  /* enum followup_plan_name */
	int16_t round; /* 1; one more after each redo */
	int16_t redo;
	int16_t visits;	 /* of all rounds */
	int16_t planned; /* visits of all rounds, with those that this round still plans */
	bool is_undelivered;
	struct str type;
	struct str rating;	     /* of this round: "yes/5"; silence gives none */
	struct str reason;	     /* of the closing: followup_reasons.def */
	struct instant delivered_at; /* or when it was known that it cannot be */
	struct instant next_at;
	struct instant closed_at;
};

struct followup_event {
	enum followup_event_kind kind;
	struct actor actor; /* of a command; facts and timers: ROLE_SYSTEM */
	struct instant
		at; /* DELIVERED, UNDELIVERABLE: when it was; with type, plan, is_asked_now */
	struct str type;
	enum followup_plan_name plan;
	bool is_asked_now; /* the first visit is the system's, together with the reply */
	struct followup_rating rating; /* RATE */
};

/* What is journalled, in order. */
enum followup_deed_kind {
	FOLLOWUP_STARTED,
	FOLLOWUP_SILENT,
	FOLLOWUP_VISITED,
	FOLLOWUP_RATED,
	FOLLOWUP_REDONE,
	FOLLOWUP_CLOSED_DEED,
	FOLLOWUP_DEEDS
};
struct followup_deed {
	enum followup_deed_kind kind;
	int16_t visit; /* SILENT, VISITED, RATED: which one */
};

enum followup_timer {
	FOLLOWUP_TIMER_NONE,
#define TIMER(name, when, does) FOLLOWUP_TIMER_##name,
#include "followup_timers.def"
#undef TIMER
	FOLLOWUP_TIMERS
};

struct followup_decision {
	struct followup_case after;
	struct followup_deed taken[FOLLOWUP_TAKEN_MAX];
	size_t n_taken;
	enum followup_timer timer;	/* to set at after.next_at */
	enum followup_timer timer_gone; /* stood before and stands no more */
};

void followup_case_init(struct followup_case *file);

/* What an event leads to. A timer that comes early (it was moved) is set again and does nothing
 * else. On failure nothing happens, *out is untouched.
 * RES_DENIED    the role never takes that step
 * RES_INVALID   RATE: a rating that is none
 * RES_RETRY     RATE: the reply has not been heard of here yet
 * RES_CONFLICT  the state does not allow it; the text says what is possible instead */
enum res followup_decide(const struct followup_case *file, const struct followup_event *event,
	struct instant now, const struct workday_calendar *calendar, struct followup_decision *out,
	struct err *err) must_check;

/* Visits that this round has made so far, and all that it plans. */
int16_t followup_visits_of_round(const struct followup_case *file);
int16_t followup_planned_of_round(const struct followup_case *file);

/* "unsolved" or "unsatisfied": why a redo is asked for. */
const char *followup_redo_reason(const struct followup_rating *rating);

const char *followup_state_name(int state);

#endif

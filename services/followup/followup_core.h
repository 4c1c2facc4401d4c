/* The life of a follow-up: the citizen is asked, up to three times, whether the answer was one.
 * Pure: base only. Life cycle and plan of visits are tables. */
#ifndef WL_FOLLOWUP_CORE_H
#define WL_FOLLOWUP_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"
#include "base/workday.h"

#define FOLLOWUP_VISITS_MAX 3
#define FOLLOWUP_TAKEN_MAX  4 /* entries that one event can lead to */

/* Numbers are stored. */
enum followup_state {
	FOLLOWUP_UNKNOWN = 0,	/* the reply has not reached its end yet */
	FOLLOWUP_FOLLOWING = 1, /* visits are planned; one timer stands, at next_at */
	FOLLOWUP_CLOSED = 2,	/* nothing more will happen */
	FOLLOWUP_STATES
};

enum followup_event_kind {
	FOLLOWUP_EV_DELIVERED,	   /* the citizen has the reply */
	FOLLOWUP_EV_UNDELIVERABLE, /* the channel could not hand it over */
	FOLLOWUP_EV_VISIT_DUE,	   /* timer "visit" */
	FOLLOWUP_EV_CLOSE_DUE,	   /* timer "close" */
	FOLLOWUP_EVENTS
};

/* When the citizen is asked, and when silence ends it. Which plan: sla.followup_due of the type. */
enum followup_plan_name {
	FOLLOWUP_PLAN_DAYS = 0,	  /* "3wd" and longer: three working days in a row */
	FOLLOWUP_PLAN_HOURS = 1,  /* "1wd", "2wd" and hours: three times on the next working day */
	FOLLOWUP_PLAN_THANKS = 2, /* "-": asked once, closed by itself */
	FOLLOWUP_PLANS
};
enum followup_plan_name followup_plan_for(struct time_limit followup_due);

/* The service's row without the kit's part. */
struct followup_case {
	int16_t state; /* enum followup_state */
	int16_t plan;  /* enum followup_plan_name */
	int16_t visits;
	int16_t planned;
	bool is_undelivered;
	struct str type;
	struct str rating;	     /* of the citizen; silence gives none */
	struct str reason;	     /* of the closing: no_answer, undelivered, auto */
	struct instant delivered_at; /* or when it was known that it cannot be */
	struct instant next_at;
	struct instant closed_at;
};

struct followup_event {
	enum followup_event_kind kind;
	struct instant at; /* DELIVERED, UNDELIVERABLE: when it was; with type and plan */
	struct str type;
	enum followup_plan_name plan;
};

/* What is journalled, in order. */
enum followup_deed_kind {
	FOLLOWUP_STARTED,
	FOLLOWUP_SILENT,
	FOLLOWUP_VISITED,
	FOLLOWUP_CLOSED_DEED,
	FOLLOWUP_DEEDS
};
struct followup_deed {
	enum followup_deed_kind kind;
	int16_t visit; /* SILENT, VISITED: which one */
};

enum followup_timer { FOLLOWUP_TIMER_NONE, FOLLOWUP_TIMER_VISIT, FOLLOWUP_TIMER_CLOSE };

struct followup_decision {
	struct followup_case after;
	struct followup_deed taken[FOLLOWUP_TAKEN_MAX];
	size_t n_taken;
	enum followup_timer timer; /* to set at after.next_at */
};

void followup_case_init(struct followup_case *file);

/* What an event leads to. A timer that comes early (it was moved) is set again and does nothing
 * else. RES_CONFLICT: the state does not allow it; nothing happens, *out is untouched. */
enum res followup_decide(const struct followup_case *file, const struct followup_event *event,
	struct instant now, const struct workday_calendar *calendar, struct followup_decision *out,
	struct err *err) must_check;

const char *followup_state_name(enum followup_state state);

#endif

/* The fact row of a case. Pure: base only.
 * Facts come from four producers in any order between them. Every member belongs to one producer
 * and is set from its events alone, in their order (the cursors see to that); what follows from
 * several producers (state, reply_wd, answered_at) is derived from the members again after each
 * event. So every order ends in the same row. */
#ifndef WL_ANALYTICS_CORE_H
#define WL_ANALYTICS_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define ANALYTICS_NO_DAY INT32_MIN
#define ANALYTICS_NO_WD	 (-1)

/* What people see. Numbers are stored. */
enum analytics_state {
	ANALYTICS_UNKNOWN = 0, /* nothing yet that says so */
#define STATE(name, number, rank, zh, meaning) ANALYTICS_##name = number,
#include "analytics_states.def"
#undef STATE
};
struct str analytics_state_name(enum analytics_state state);
struct str analytics_state_zh(enum analytics_state state);

/* How far each service is: analytics_parts.def. 0: nothing heard of it. */
enum analytics_part {
#define PART(producer, name, number, shows, meaning) ANALYTICS_##producer##_##name = number,
#include "analytics_parts.def"
#undef PART
};

enum analytics_flag {
	ANALYTICS_IS_GENERAL_DESK = 1,	  /* intake: nobody could tell whose it is */
	ANALYTICS_IS_SIGN_ON_TIME = 2,	  /* dispatch; says something once signed_at is known */
	ANALYTICS_IS_CONTACT_ON_TIME = 4, /* dispatch; … contacted_at */
	ANALYTICS_IS_ON_TIME = 8,	  /* dispatch; … resolved_at */
	ANALYTICS_IS_REDO_ON_TIME = 16,	  /* dispatch; of the last redo */
	ANALYTICS_IS_DIRECT = 32,	  /* reply: answered from the knowledge base */
	ANALYTICS_IS_UNDELIVERED = 64,	  /* reply: the last delivery failed */
	ANALYTICS_WANTS_STATUS = 128,	  /* intake: the channel wants to hear of changes */
};

enum analytics_solved { ANALYTICS_SOLVED_YES = 1, ANALYTICS_SOLVED_PARTLY, ANALYTICS_SOLVED_NO };
enum analytics_contact { ANALYTICS_CONTACT_NOT_ASKED, ANALYTICS_CONTACT_YES, ANALYTICS_CONTACT_NO };

enum analytics_event_kind {
	ANALYTICS_EV_RECEIVED,
	ANALYTICS_EV_ACCEPTED,
	ANALYTICS_EV_REFUSED,
	ANALYTICS_EV_DISPATCHED,
	ANALYTICS_EV_REDISPATCHED,
	ANALYTICS_EV_SIGNED,
	ANALYTICS_EV_CONTACTED,
	ANALYTICS_EV_RESOLVED,
	ANALYTICS_EV_SUBMITTED,
	ANALYTICS_EV_REJECTED,
	ANALYTICS_EV_REPLIED,
	ANALYTICS_EV_DELIVERED,
	ANALYTICS_EV_UNDELIVERABLE,
	ANALYTICS_EV_NOTIFIED,
	ANALYTICS_EV_UNNOTIFIED,
	ANALYTICS_EV_FOLLOWED, /* follow-up started */
	ANALYTICS_EV_VISITED,
	ANALYTICS_EV_RATED,
	ANALYTICS_EV_REDO,
	ANALYTICS_EV_CLOSED,
	ANALYTICS_EVENTS
};

/* The service's row without the kit's part. A time or text without value: not known yet. */
struct analytics_case {
	int16_t state;	/* enum analytics_state; derived */
	int16_t intake; /* enum analytics_part, likewise the next three */
	int16_t dispatch;
	int16_t reply;
	int16_t followup;
	int16_t redo;	    /* dispatch: number of the redo that it works on; 0: the first time */
	int16_t replies;    /* reply: how many were approved */
	int16_t round;	    /* followup: its round from 0, or the redo that it asked for */
	int16_t rejects;    /* reply: drafts that went back */
	int16_t visits;	    /* how often the citizen was asked */
	int16_t reply_wd;   /* working days from dispatch to the first reply; derived */
	int16_t confidence; /* of the category, 0–100 */
	int16_t solved;	    /* enum analytics_solved of the last answer; 0: none */
	int16_t satisfaction;
	int16_t contacted; /* enum analytics_contact */
	int16_t flags;	   /* enum analytics_flag */
	struct str channel;
	struct str klass;
	struct str type;
	struct str category;
	struct str area;
	struct str unit;
	struct str refusal;   /* intake: on which ground it was refused */
	struct str reason;    /* followup: of the closing */
	int32_t received_day; /* in Shanghai */
	struct instant received_at;
	struct instant accept_due;
	struct instant accepted_at;
	struct instant refused_at;
	struct instant dispatched_at;
	struct instant sign_due;
	struct instant signed_at;
	struct instant contact_due;
	struct instant contacted_at;
	struct instant resolve_due; /* the first clock: the citizen's */
	struct instant resolved_at;
	struct instant redo_due; /* of the last redo */
	struct instant submitted_at;
	struct instant replied_at;
	struct instant last_replied_at;
	struct instant delivered_at; /* or when it was known that it cannot be */
	struct instant answered_at;  /* a direct answer, or what reached the citizen; derived */
	struct instant followed_at;
	struct instant rated_at; /* the last answer */
	struct instant closed_at;
};

struct analytics_event {
	enum analytics_event_kind kind;
	struct instant at;
	struct str channel; /* RECEIVED, ACCEPTED, REFUSED */
	struct str klass;
	struct str type; /* RECEIVED (suggested), ACCEPTED */
	struct str category;
	struct str area;
	int16_t confidence;
	bool is_general_desk;
	struct instant accept_due; /* RECEIVED, as the next three */
	bool wants_status;
	struct str source;
	struct str source_msg_id;
	struct str unit;	 /* DISPATCHED, REDISPATCHED */
	struct instant sign_due; /* DISPATCHED */
	struct instant contact_due;
	struct instant resolve_due; /* DISPATCHED, REDISPATCHED */
	int16_t redo;		    /* REDISPATCHED, RESOLVED, REDO, CLOSED */
	bool is_on_time;	    /* SIGNED, CONTACTED, RESOLVED */
	bool is_direct;		    /* REPLIED */
	int16_t visit;		    /* VISITED */
	int16_t round;		    /* FOLLOWED, from 1 */
	int16_t solved;		    /* RATED */
	int16_t satisfaction;
	int16_t contacted;
	struct str reason; /* CLOSED, REFUSED */
};

/* Days that differ from Monday to Friday, with the time from when to when that was known. */
struct analytics_holiday {
	int32_t day;
	bool is_work;
	int32_t valid_from;
	int32_t valid_to; /* ANALYTICS_NO_DAY: still */
};
struct analytics_calendar {
	const struct analytics_holiday *holidays; /* sorted by day */
	size_t n;
};

void analytics_case_init(struct analytics_case *file);

/* The row after an event. calendar: working days are counted as they were known on the day of the
 * reply. RES_INVALID: an event without a time. */
enum res analytics_note(const struct analytics_case *file, const struct analytics_event *event,
	const struct analytics_calendar *calendar, struct analytics_case *out,
	struct err *err) must_check;

/* The channel must be told: what people see has changed, or was there before the letter's wish. */
bool analytics_tells(const struct analytics_case *before, const struct analytics_case *after);

/* The first member that differs, by its name; NULL: the rows are the same. */
const char *analytics_case_differs(const struct analytics_case *a, const struct analytics_case *b);

#endif

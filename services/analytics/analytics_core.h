/* The fact row of a case and what it adds to the roll-ups. Pure: base only.
 * Facts come from four producers in any order between them; each is noted by itself, so that every
 * order ends in the same row and the same cells. */
#ifndef WL_ANALYTICS_CORE_H
#define WL_ANALYTICS_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define ANALYTICS_DELTAS_MAX 8 /* of one event: a cell less and a cell more in each dimension */

/* What people see. Numbers are stored. */
enum analytics_state {
	ANALYTICS_UNKNOWN = 0, /* nothing yet that says so */
#define STATE(name, number, fact, meaning) ANALYTICS_##name = number,
#include "analytics_states.def"
#undef STATE
};
struct str analytics_state_name(enum analytics_state state);

enum analytics_event_kind {
	ANALYTICS_EV_RECEIVED,
	ANALYTICS_EV_ACCEPTED,
	ANALYTICS_EV_DISPATCHED,
	ANALYTICS_EV_SIGNED,
	ANALYTICS_EV_CONTACTED,
	ANALYTICS_EV_RESOLVED,
	ANALYTICS_EV_SUBMITTED,
	ANALYTICS_EV_REPLIED,
	ANALYTICS_EV_DELIVERED,
	ANALYTICS_EV_UNDELIVERABLE,
	ANALYTICS_EV_FOLLOWED, /* follow-up started */
	ANALYTICS_EV_VISITED,
	ANALYTICS_EV_CLOSED,
	ANALYTICS_EVENTS
};

/* The service's row without the kit's part. A time or text without value: not known yet. */
struct analytics_case {
	int16_t state; /* enum analytics_state, from the times below */
	int16_t visits;
	bool is_on_time; /* says something once resolved_at is known */
	bool is_undelivered;
	struct str channel;
	struct str klass;
	struct str type;
	struct str category;
	struct str area;
	struct str unit;
	struct str reason;    /* of the closing */
	int32_t received_day; /* in Shanghai; INT32_MIN: not known */
	struct instant received_at;
	struct instant accepted_at;
	struct instant dispatched_at;
	struct instant signed_at;
	struct instant contacted_at;
	struct instant resolve_due;
	struct instant resolved_at;
	struct instant submitted_at;
	struct instant replied_at;
	struct instant delivered_at; /* or when it was known that it cannot be */
	struct instant followed_at;
	struct instant closed_at;
};

struct analytics_event {
	enum analytics_event_kind kind;
	struct instant at;
	struct str channel; /* RECEIVED, ACCEPTED */
	struct str klass;
	struct str type; /* ACCEPTED */
	struct str category;
	struct str area;
	struct str unit; /* DISPATCHED */
	struct instant resolve_due;
	bool is_on_time;   /* RESOLVED */
	int16_t visit;	   /* VISITED */
	struct str reason; /* CLOSED */
};

/* One change of a count. Texts borrow from the rows. */
struct analytics_delta {
	int32_t day;
	struct str dim; /* channel, unit, category, state */
	struct str key; /* "" while the case's is not known yet */
	int64_t n;
};

void analytics_case_init(struct analytics_case *file);

/* The row after an event. RES_INVALID: an event without a time. */
enum res analytics_note(const struct analytics_case *file, const struct analytics_event *event,
	struct analytics_case *out, struct err *err) must_check;

/* What the counts must change by when a row changes. A case counts once its day is known: one in
 * each dimension. Returns how many of out are filled. */
size_t analytics_deltas(const struct analytics_case *before, const struct analytics_case *after,
	struct analytics_delta out[ANALYTICS_DELTAS_MAX]);

#endif

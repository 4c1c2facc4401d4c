/* The only file that names the portal's SQL statements. Reads other services' published views,
 * writes schema portal. Everything is one short round trip; a failure leaves nothing half done. */
#ifndef WL_PORTAL_STORE_H
#define WL_PORTAL_STORE_H

#include "portal_core.h"
#include "portal_filter_core.h"
#include "portal_state.h"

#define PORTAL_PAGE_CASES 50
#define PORTAL_STEPS_MAX  400 /* of one case; the newest are shown */

enum res portal_store_open(struct portal_state *state, struct err *err) must_check;
void portal_store_close(struct portal_state *state);
/* Drops a session that broke and opens a new one. */
enum res portal_store_mend(struct portal_state *state, struct err *err) must_check;

/* Business time; reads the reference data again when they changed. */
enum res portal_store_now(
	struct portal_state *state, struct instant *out, struct err *err) must_check;

/* Names by code; NULL when there is none. */
const struct portal_name *portal_org(const struct portal_state *state, struct str code);
const struct portal_name *portal_category(const struct portal_state *state, struct str code);

/* Counts a try and gives back how many there were. */
enum res portal_store_try(struct portal_state *state, struct arena *mem, struct str number_key,
	struct str address_key, struct portal_tries *out, struct err *err) must_check;
enum res portal_store_forgive(struct portal_state *state, struct arena *mem, struct str number_key,
	struct str address_key, struct err *err) must_check;
enum res portal_store_sweep(struct portal_state *state, struct err *err) must_check;
enum res portal_store_visits(struct portal_state *state, struct arena *mem, int32_t day,
	int64_t sessions, int64_t views, struct err *err) must_check;

struct portal_count {
	int32_t what; /* 0 all, 1 a state, 2 a channel, 3 a unit */
	struct str key;
	int64_t all;
	int64_t received; /* today */
	int64_t answered; /* today */
	int64_t closed;	  /* today */
	int64_t open;
	int64_t overdue;
	int64_t due_soon;
	int64_t on_time; /* this month, of due */
	int64_t due;
};
struct portal_period {
	struct instant now;
	struct instant soon_ends;
	int32_t today;
	int32_t month_begins;
};
struct portal_period portal_period_of(struct portal_state *state, struct instant now);
enum res portal_store_overview(struct portal_state *state, struct arena *mem,
	const struct portal_period *period, struct portal_count **out, size_t *out_n,
	struct err *err) must_check;

struct portal_version {
	int64_t case_id;
	int32_t version;
};
enum res portal_store_versions(struct portal_state *state, struct arena *mem,
	const int64_t *case_ids, size_t n, struct portal_version **out, size_t *out_n,
	struct err *err) must_check;

struct portal_rate {
	struct str code; /* metrics.csv */
	int64_t num;
	int64_t den;
};
/* This month's rates. */
enum res portal_store_rates(struct portal_state *state, struct arena *mem,
	const struct portal_period *period, struct portal_rate **out, size_t *out_n,
	struct err *err) must_check;

/* A row of analytics.v_case, as far as pages show it. */
struct portal_case {
	int64_t case_id;
	int32_t version; /* goes up with each change */
	struct str state;
	struct str klass;
	struct str type;
	struct str category;
	struct str area;
	struct str unit;
	struct str channel;
	struct instant received_at;
	struct instant dispatched_at;
	struct instant resolve_due;
	struct instant replied_at;
	struct instant closed_at;
};
struct portal_entry {
	int32_t place; /* 1 intake … 4 followup */
	int32_t seq;
	struct instant at;
	struct str type;
	struct str actor;
	struct str body;
};
struct portal_letter {
	struct portal_case file; /* case_id 0: analytics has not heard of it yet */
	struct portal_entry *entries;
	size_t n_entries;
	struct str reply_text; /* STR_NONE: none went out */
	struct str refusal;    /* the sentence of the ground; STR_NONE: not refused */
	struct str guidance;
};
/* RES_NOT_FOUND: no service has noted anything of it. */
enum res portal_store_letter(struct portal_state *state, struct arena *mem, int64_t case_id,
	struct portal_letter *out, struct err *err) must_check;

/* Whether anybody could be rated: followup has begun. */
enum res portal_store_is_followed(struct portal_state *state, struct arena *mem, int64_t case_id,
	bool *out, struct err *err) must_check;

/* One more than PORTAL_PAGE_CASES when there is a next page. */
enum res portal_store_cases(struct portal_state *state, struct arena *mem,
	const struct filter *filter, const struct portal_period *period, struct portal_case **out,
	size_t *out_n, struct err *err) must_check;

#endif

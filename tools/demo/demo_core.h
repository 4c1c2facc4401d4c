/* The appeals of the demo and when each step of theirs is taken: rows of appeals.csv (its README
 * says what the columns are), and the timetable that a plan, the calendar and an appeal's own name
 * give. The same row gives the same timetable whenever it is asked. Pure. */
#ifndef WL_DEMO_DEMO_CORE_H
#define WL_DEMO_DEMO_CORE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"
#include "base/workday.h"

#define DEMO_DAYS      35 /* the last day's number: today */
#define DEMO_LAST_HOUR 18 /* of the last day, when the demo ends */
#define DEMO_DEEDS_MAX 16

enum demo_deed {
	DEED_END, /* closes a list */
	DEED_ACCEPT,
	DEED_REFUSE,
	DEED_DISPATCH,
	DEED_SIGN,
	DEED_CONTACT,
	DEED_SUBMIT,
	DEED_LEAD,
	DEED_REVIEW,
	DEED_REJECT,
	DEED_RATE,
	DEED_SUBMIT2, /* after a redo */
	DEED_LEAD2,
	DEED_REVIEW2,
	DEED_RATE2,
	DEEDS
};
const char *demo_deed_name(enum demo_deed deed); /* "submit2" */

enum demo_plan {
#define PLAN(name, ...) DEMO_##name,
#include "demo_plans.def"
	DEMO_PLANS
};
const char *demo_plan_word(enum demo_plan plan);

struct demo_rating {
	struct str solved; /* "": there is none */
	int32_t satisfaction;
	struct str remark;
};

struct demo_row {
	struct str external_id;
	struct str channel;
	struct str user;
	struct str title;
	struct str body;
	struct str area;
	struct str type;
	struct str category;
	struct str reason;
	struct str guidance;
	struct str note;
	struct str reply;
	struct str objection;
	struct str reply2;
	struct demo_rating rating;
	struct demo_rating rating2;
	int32_t day;
	int32_t minute; /* of the day */
	int32_t likes;
	int32_t reply_after; /* working days, or hours */
	bool is_reply_in_hours;
	enum demo_plan plan;
};

#define DEMO_COLUMNS_MAX 32
struct demo_header {
	int place[DEMO_COLUMNS_MAX]; /* of each column that we know in a record */
};
/* RES_INVALID names the column that is missing. */
enum res demo_header_read(
	const struct str *fields, size_t n, struct demo_header *out, struct err *err) must_check;
/* Texts borrow from fields. RES_INVALID says what is wrong. */
enum res demo_row_read(const struct demo_header *header, const struct str *fields, size_t n,
	struct demo_row *out, struct err *err) must_check;

struct demo_time {
	int32_t first_day; /* the Shanghai day that is day 0 */
	const struct workday_calendar *calendar;
};
struct instant demo_end(const struct demo_time *time);

struct demo_step {
	struct instant at;
	enum demo_deed deed;
};
struct instant demo_written_at(const struct demo_row *row, const struct demo_time *time);
/* The steps of people, each later than the one before and none behind demo_end. */
size_t demo_timetable(const struct demo_row *row, const struct demo_time *time,
	struct demo_step out[DEMO_DEEDS_MAX]);
/* It is approved when nobody takes deliveries any more. */
bool demo_is_last(const struct demo_row *row, enum demo_deed deed);

/* The first rows of each plan, then the second ones, …: which `limit` of n are taken, as marks. */
void demo_choose(const struct demo_row *rows, size_t n, size_t limit, bool *out_is_taken);

/* One of n, always the same for that appeal and purpose. */
size_t demo_pick(struct str external_id, uint32_t purpose, size_t n);

#endif

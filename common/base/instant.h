/* Points and lengths of time. Microseconds since 1970-01-01 UTC, wrapped so that nobody mixes them
 * with other numbers. Civil dates are those of Asia/Shanghai (+08:00, no summer time since 1991),
 * where every city that we serve lives. */
#ifndef WL_BASE_INSTANT_H
#define WL_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/res.h"
#include "base/str.h"

struct instant {
	int64_t us;
};

struct span {
	int64_t us;
};

#define INSTANT_NONE  ((struct instant){ INT64_MIN }) /* "no value" (SQL null) */
#define SPAN_MS(ms)   ((struct span){ (int64_t)(ms)*1000 })
#define SPAN_S(s)     ((struct span){ (int64_t)(s)*1000000 })
#define SPAN_MIN(min) SPAN_S((int64_t)(min)*60)
#define SPAN_HOURS(h) SPAN_S((int64_t)(h)*3600)
#define SPAN_DAYS(d)  SPAN_S((int64_t)(d)*86400)

bool instant_is_none(struct instant at);
bool instant_is_before(struct instant a, struct instant b);	/* none is before everything */
struct instant instant_min(struct instant a, struct instant b); /* none loses */
struct instant instant_add(struct instant at, struct span by);	/* none stays none */
struct span instant_since(struct instant later, struct instant earlier);

struct civil_date {
	int16_t year;
	uint8_t month; /* 1..12 */
	uint8_t day;   /* 1..31 */
};

/* Days since 1970-01-01 of a civil date, and back (proleptic Gregorian). */
int32_t date_to_days(struct civil_date date);
struct civil_date date_from_days(int32_t days);
bool date_is_valid(struct civil_date date);
/* 0 Monday … 6 Sunday. */
int date_weekday(int32_t days);

int32_t instant_shanghai_day(struct instant at); /* the civil day in Shanghai, as days since 1970 */
struct instant instant_from_shanghai_day(int32_t days); /* 00:00 of that day in Shanghai */

/* "2019-04-24", "2019/4/24". RES_INVALID names what is wrong. */
enum res date_parse(struct str in, int32_t *out_days) must_check;
/* "2019-04-24 16:03:40", "2019-04-24T16:03:40+08:00", "…Z", fractions of a second, "2019/4/24
 * 16:03", a bare date (00:00); without an offset Shanghai is meant. */
enum res instant_parse(struct str in, struct instant *out) must_check;

#define INSTANT_TEXT_MAX 40
/* "2019-04-24T16:03:40+08:00" (with .uuuuuu only when there is a fraction); "-" for none. Returns
 * out. */
const char *instant_format(struct instant at, char out[INSTANT_TEXT_MAX]);
#define DATE_TEXT_MAX 16
const char *date_format(int32_t days, char out[DATE_TEXT_MAX]); /* "2019-04-24" */

#endif

/* The working-day calendar and the due times counted on it.
 * is_workday(d) = override[d] ?? Monday–Friday, in both directions of 调休 (days off on weekdays,
 * make-up work on weekends). Day 1 is the next workday after the start; due at 24:00 Asia/Shanghai
 * of the last one. Hour limits run 7×24. Source: the city's rules as told in domain/README.md; the
 * State Council's yearly holiday notices are the overrides. */
#ifndef WL_BASE_WORKDAY_H
#define WL_BASE_WORKDAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

struct workday_override {
	int32_t day; /* days since 1970 */
	bool is_work;
};

struct workday_calendar {
	const struct workday_override *overrides; /* sorted by day, no day twice; borrowed */
	size_t n;
	int16_t first_year; /* years with a published calendar; outside them due times are
			       provisional */
	int16_t last_year;
};

/* A day off or a make-up day as some notice told it. Notices are dated: one that came later does
 * not change what was decided before. */
struct workday_notice {
	int32_t day;
	bool is_work;
	int32_t valid_from; /* known from that day on */
	int32_t valid_to;   /* exclusive; INT32_MIN (SQL null): still */
};

/* The calendar as known on a day. notices: sorted by day; overrides: room for n. A year is
 * published when days off of it are; the first and last of those bound what is not provisional. */
struct workday_calendar workday_calendar_known_on(const struct workday_notice *notices, size_t n,
	int32_t day, struct workday_override *overrides);

bool workday_is(const struct workday_calendar *calendar, int32_t day);
bool workday_is_published(const struct workday_calendar *calendar, int32_t day);

/* The n-th working day after `day` (n ≥ 1). */
int32_t workday_add(const struct workday_calendar *calendar, int32_t day, int32_t n);
/* Working days in (from, to]; negative when to is before from. */
int32_t workday_between(const struct workday_calendar *calendar, int32_t from, int32_t to);

/* A limit as reference data writes it: "7wd", "24h", "30min", "0" (at once), "-" (none). */
enum limit_unit { LIMIT_NONE, LIMIT_WORKDAYS, LIMIT_MINUTES };
struct time_limit {
	enum limit_unit unit;
	int32_t n;
};
enum res time_limit_parse(struct str in, struct time_limit *out, struct err *err) must_check;

struct due_time {
	struct instant at;   /* none where the limit is none */
	bool is_provisional; /* counted over a year without a published calendar */
};
struct due_time due_count(
	const struct workday_calendar *calendar, struct instant start, struct time_limit limit);

#endif

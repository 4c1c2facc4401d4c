/* Working days and due times. Days are walked one by one: the longest limit is a few months. */
#include "base/workday.h"

#include "base/check.h"

#define WEEKDAY_SATURDAY   5
#define LIMIT_WORKDAYS_MAX 3650
#define LIMIT_MINUTES_MAX  (3650 * 24 * 60)

struct workday_calendar workday_calendar_known_on(const struct workday_notice *notices, size_t n,
	int32_t day, struct workday_override *overrides)
{
	struct workday_calendar calendar = { .overrides = overrides };

	for (size_t i = 0; i < n; i++) {
		const struct workday_notice *notice = &notices[i];
		bool is_over = notice->valid_to != INT32_MIN && notice->valid_to <= day;
		if (notice->valid_from > day || is_over)
			continue;
		overrides[calendar.n++] =
			(struct workday_override){ .day = notice->day, .is_work = notice->is_work };
		/* Make-up work may lie in the year before: only days off tell of a notice. */
		if (notice->is_work)
			continue;
		int16_t year = date_from_days(notice->day).year;
		if (calendar.first_year == 0)
			calendar.first_year = year;
		calendar.last_year = year;
	}
	return calendar;
}

static const struct workday_override *override_find(
	const struct workday_calendar *calendar, int32_t day)
{
	size_t from = 0;
	size_t to = calendar->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (calendar->overrides[middle].day == day)
			return &calendar->overrides[middle];
		if (calendar->overrides[middle].day < day)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

bool workday_is(const struct workday_calendar *calendar, int32_t day)
{
	const struct workday_override *override = override_find(calendar, day);

	return override != NULL ? override->is_work : date_weekday(day) < WEEKDAY_SATURDAY;
}

bool workday_is_published(const struct workday_calendar *calendar, int32_t day)
{
	int16_t year = date_from_days(day).year;

	return year >= calendar->first_year && year <= calendar->last_year;
}

int32_t workday_add(const struct workday_calendar *calendar, int32_t day, int32_t n)
{
	CHECK(n >= 1);
	while (n > 0)
		n -= workday_is(calendar, ++day);
	return day;
}

int32_t workday_between(const struct workday_calendar *calendar, int32_t from, int32_t to)
{
	int32_t count = 0;

	if (to < from)
		return -workday_between(calendar, to, from);
	for (int32_t day = from; day < to;)
		count += workday_is(calendar, ++day);
	return count;
}

static const struct {
	struct str suffix;
	enum limit_unit unit;
	int32_t worth; /* minutes or days in one */
	int32_t most;
} limit_forms[] = {
	{ STR_INIT("wd"), LIMIT_WORKDAYS, 1, LIMIT_WORKDAYS_MAX },
	{ STR_INIT("min"), LIMIT_MINUTES, 1, LIMIT_MINUTES_MAX },
	{ STR_INIT("h"), LIMIT_MINUTES, 60, LIMIT_MINUTES_MAX / 60 },
};

enum res time_limit_parse(struct str in, struct time_limit *out, struct err *err)
{
	int64_t n = 0;

	if (str_eq(in, STR("-"))) {
		*out = (struct time_limit){ LIMIT_NONE, 0 };
		return RES_OK;
	}
	if (str_eq(in, STR("0"))) {
		*out = (struct time_limit){ LIMIT_MINUTES, 0 };
		return RES_OK;
	}
	for (size_t i = 0; i < sizeof(limit_forms) / sizeof(limit_forms[0]); i++) {
		struct str digits = str_slice(in, 0, in.n - limit_forms[i].suffix.n);
		if (!str_ends(in, limit_forms[i].suffix) || str_to_int64(digits, &n) != RES_OK)
			continue;
		if (digits.p[0] == '+' || n < 0 || n > limit_forms[i].most)
			return err_set(err, RES_INVALID, "limit '%.*s': want 0 to %d%.*s",
				STR_ARG(in), limit_forms[i].most, STR_ARG(limit_forms[i].suffix));
		*out = (struct time_limit){ limit_forms[i].unit,
			(int32_t)n * limit_forms[i].worth };
		return RES_OK;
	}
	return err_set(err, RES_INVALID, "limit '%.*s': want 7wd, 24h, 30min, 0 or -", STR_ARG(in));
}

static struct due_time due_in_workdays(
	const struct workday_calendar *calendar, struct instant start, int32_t n)
{
	int32_t first = instant_shanghai_day(start) + 1;
	int32_t last = workday_add(calendar, first - 1, n);

	/* The published years are one run, so the two ends speak for all between. */
	return (struct due_time){
		.at = instant_from_shanghai_day(last + 1),
		.is_provisional = !workday_is_published(calendar, first) ||
				  !workday_is_published(calendar, last),
	};
}

struct due_time due_count(
	const struct workday_calendar *calendar, struct instant start, struct time_limit limit)
{
	struct due_time none = { .at = INSTANT_NONE };

	if (instant_is_none(start))
		return none;
	switch (limit.unit) {
	case LIMIT_NONE:
		return none;
	case LIMIT_MINUTES:
		return (struct due_time){ .at = instant_add(start, SPAN_MIN(limit.n)) };
	case LIMIT_WORKDAYS:
		if (limit.n == 0)
			return (struct due_time){ .at = start };
		return due_in_workdays(calendar, start, limit.n);
	}
	return none;
}

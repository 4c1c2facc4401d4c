/* Working days on the city's own calendar: the golden due times, both directions of 调休, limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/workday.h"

#define COUNT(rows)   (sizeof(rows) / sizeof((rows)[0]))
#define OVERRIDES_MAX 2000

static struct workday_override overrides[OVERRIDES_MAX];
static struct workday_calendar calendar = {
	.overrides = overrides, .first_year = 2007, .last_year = 2026
};

static int32_t day_of(const char *text)
{
	int32_t day;

	assert_int_equal(date_parse(str_from_c(text), &day), RES_OK);
	return day;
}

/* Reads "date,kind,name" of the reference data; the file is sorted by date. */
static int calendar_load(void **state)
{
	char line[256];
	FILE *file = fopen(HOLIDAYS_CSV, "re");

	(void)state;
	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL && calendar.n < OVERRIDES_MAX) {
		struct str rest = str_from_c(line);
		struct str date;
		struct str kind;
		struct workday_override *row = &overrides[calendar.n++];
		if (!str_split(&rest, ',', &date) || !str_split(&rest, ',', &kind) ||
			date_parse(date, &row->day) != RES_OK)
			return -1;
		row->is_work = str_eq(kind, STR("work"));
	}
	fclose(file);
	return calendar.n > 0 ? 0 : -1;
}

/* Source: domain/calendar_cases.csv. The due date is the last working day; it ends at 24:00. */
static void due_count_golden_cases_end_with_the_last_working_day(void **state)
{
	static const struct {
		const char *start;
		int32_t working_days;
		const char *due;
	} rows[] = {
		{ "2024-02-08", 3, "2024-02-19" },
		{ "2024-09-30", 7, "2024-10-15" },
		{ "2025-01-27", 7, "2025-02-12" },
		{ "2025-04-30", 3, "2025-05-08" },
		{ "2025-09-30", 15, "2025-10-28" },
		{ "2026-01-01", 1, "2026-01-04" },
		{ "2026-02-13", 1, "2026-02-14" },
		{ "2026-02-13", 3, "2026-02-25" },
		{ "2026-02-14", 7, "2026-03-03" },
		{ "2026-04-30", 15, "2026-05-25" },
		{ "2026-09-18", 3, "2026-09-22" },
		{ "2026-09-24", 7, "2026-10-12" },
		{ "2026-09-30", 1, "2026-10-08" },
		{ "2026-09-30", 15, "2026-10-27" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct time_limit limit = { LIMIT_WORKDAYS, rows[i].working_days };
		struct instant midnight = instant_from_shanghai_day(day_of(rows[i].start));
		struct instant evening = instant_add(midnight, SPAN_MIN(24 * 60 - 1));
		struct instant want = instant_from_shanghai_day(day_of(rows[i].due) + 1);
		struct due_time early = due_count(&calendar, midnight, limit);
		struct due_time late = due_count(&calendar, evening, limit);
		assert_int_equal(early.at.us, want.us);
		assert_int_equal(late.at.us, want.us);
		assert_false(early.is_provisional);
	}
}

static void workday_is_make_up_weekend_is_worked(void **state)
{
	static const char *const days[] = { "2026-01-04", "2026-02-14", "2024-09-29",
		"2025-09-28" };

	(void)state;
	for (size_t i = 0; i < COUNT(days); i++) {
		assert_true(date_weekday(day_of(days[i])) >= 5);
		assert_true(workday_is(&calendar, day_of(days[i])));
	}
}

static void workday_is_holiday_on_a_weekday_is_off(void **state)
{
	static const char *const days[] = { "2026-01-01", "2026-02-16", "2024-10-01",
		"2025-05-05" };

	(void)state;
	for (size_t i = 0; i < COUNT(days); i++) {
		assert_true(date_weekday(day_of(days[i])) < 5);
		assert_false(workday_is(&calendar, day_of(days[i])));
	}
}

static void workday_is_plain_week_has_five_days(void **state)
{
	(void)state;
	for (int32_t day = day_of("2026-07-06"); day <= day_of("2026-07-10"); day++)
		assert_true(workday_is(&calendar, day));
	assert_false(workday_is(&calendar, day_of("2026-07-11")));
	assert_false(workday_is(&calendar, day_of("2026-07-12")));
}

static void workday_between_add_any_day_is_its_inverse(void **state)
{
	int32_t last = day_of("2026-12-31");

	(void)state;
	for (int32_t day = day_of("2007-01-01"); day <= last; day++)
		for (int32_t n = 1; n <= 40; n += 3) {
			int32_t due = workday_add(&calendar, day, n);
			assert_true(workday_is(&calendar, due));
			assert_int_equal(workday_between(&calendar, day, due), n);
			assert_int_equal(workday_between(&calendar, due, day), -n);
		}
	assert_int_equal(workday_between(&calendar, last, last), 0);
}

/* Every year has about 250 working days, whatever the notices move to and fro. */
static void workday_between_whole_years_are_plausible(void **state)
{
	(void)state;
	for (int16_t year = 2007; year <= 2026; year++) {
		int32_t from = date_to_days((struct civil_date){ (int16_t)(year - 1), 12, 31 });
		int32_t to = date_to_days((struct civil_date){ year, 12, 31 });
		assert_in_range(workday_between(&calendar, from, to), 245, 253);
	}
}

static void due_count_unpublished_year_is_provisional(void **state)
{
	static const struct {
		const char *start;
		int32_t n;
		bool is_provisional;
	} rows[] = {
		{ "2026-12-30", 1, false },
		{ "2026-12-31", 1, true },
		{ "2026-12-28", 5, true },
		{ "2030-06-01", 3, true },
		{ "2006-12-20", 3, true },
		{ "2006-12-31", 1, false },
		{ "2006-12-29", 3, true },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct due_time due =
			due_count(&calendar, instant_from_shanghai_day(day_of(rows[i].start)),
				(struct time_limit){ LIMIT_WORKDAYS, rows[i].n });
		assert_int_equal(due.is_provisional, rows[i].is_provisional);
	}
	assert_true(workday_is_published(&calendar, day_of("2007-01-01")));
	assert_false(workday_is_published(&calendar, day_of("2027-01-01")));
}

static void due_count_other_units_run_through_holidays(void **state)
{
	struct instant start = instant_from_shanghai_day(day_of("2026-10-01"));
	struct due_time hours =
		due_count(&calendar, start, (struct time_limit){ LIMIT_MINUTES, 24 * 60 });

	(void)state;
	assert_int_equal(hours.at.us, instant_from_shanghai_day(day_of("2026-10-02")).us);
	assert_false(hours.is_provisional);
	assert_int_equal(due_count(&calendar, start, (struct time_limit){ LIMIT_MINUTES, 0 }).at.us,
		start.us);
	assert_int_equal(
		due_count(&calendar, start, (struct time_limit){ LIMIT_WORKDAYS, 0 }).at.us,
		start.us);
	assert_true(instant_is_none(
		due_count(&calendar, start, (struct time_limit){ LIMIT_NONE, 0 }).at));
	assert_true(instant_is_none(
		due_count(&calendar, INSTANT_NONE, (struct time_limit){ LIMIT_WORKDAYS, 3 }).at));
}

static void time_limit_parse_any_text_is_read_or_refused(void **state)
{
	static const struct {
		struct str in;
		enum res res;
		struct time_limit limit;
	} rows[] = {
		{ STR_INIT("7wd"), RES_OK, { LIMIT_WORKDAYS, 7 } },
		{ STR_INIT("0wd"), RES_OK, { LIMIT_WORKDAYS, 0 } },
		{ STR_INIT("24h"), RES_OK, { LIMIT_MINUTES, 1440 } },
		{ STR_INIT("30min"), RES_OK, { LIMIT_MINUTES, 30 } },
		{ STR_INIT("0"), RES_OK, { LIMIT_MINUTES, 0 } },
		{ STR_INIT("-"), RES_OK, { LIMIT_NONE, 0 } },
		{ STR_INIT(""), RES_INVALID, { 0 } },
		{ STR_INIT("7"), RES_INVALID, { 0 } },
		{ STR_INIT("wd"), RES_INVALID, { 0 } },
		{ STR_INIT("-1wd"), RES_INVALID, { 0 } },
		{ STR_INIT("+1wd"), RES_INVALID, { 0 } },
		{ STR_INIT("7 wd"), RES_INVALID, { 0 } },
		{ STR_INIT("7d"), RES_INVALID, { 0 } },
		{ STR_INIT("99999wd"), RES_INVALID, { 0 } },
		{ STR_INIT("99999999999999999999h"), RES_INVALID, { 0 } },
	};
	struct err err;
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct time_limit limit = { LIMIT_NONE, -1 };
		assert_int_equal(time_limit_parse(rows[i].in, &limit, &err), rows[i].res);
		if (rows[i].res != RES_OK) {
			assert_int_equal(limit.n, -1);
			continue;
		}
		assert_int_equal(limit.unit, rows[i].limit.unit);
		assert_int_equal(limit.n, rows[i].limit.n);
	}
}

static void workday_calendar_known_on_is_that_of_its_day(void **state)
{
	const int32_t day = day_of("2025-11-01"); /* of the notice for 2026 */
	const struct workday_notice notices[] = {
		/* make-up work does not publish a year */
		{ day_of("2024-12-28"), true, 0, INT32_MIN },
		{ day_of("2025-01-01"), false, 0, INT32_MAX },
		{ day_of("2026-01-01"), false, day, INT32_MIN },
		{ day_of("2026-01-04"), true, day, day + 5 }, /* taken back */
	};
	struct workday_override room[COUNT(notices)];
	struct workday_calendar known;

	(void)state;
	known = workday_calendar_known_on(notices, COUNT(notices), day - 1, room);
	assert_int_equal(known.n, 2);
	assert_int_equal(known.first_year, 2025);
	assert_int_equal(known.last_year, 2025);
	known = workday_calendar_known_on(notices, COUNT(notices), day, room);
	assert_int_equal(known.n, 4);
	assert_int_equal(known.last_year, 2026);
	assert_true(workday_is(&known, day_of("2026-01-04")));
	known = workday_calendar_known_on(notices, COUNT(notices), day + 5, room);
	assert_int_equal(known.n, 3);
	assert_false(workday_is(&known, day_of("2026-01-04")));
	assert_false(workday_is(&known, day_of("2026-01-01")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_count_golden_cases_end_with_the_last_working_day),
		cmocka_unit_test(workday_is_make_up_weekend_is_worked),
		cmocka_unit_test(workday_is_holiday_on_a_weekday_is_off),
		cmocka_unit_test(workday_is_plain_week_has_five_days),
		cmocka_unit_test(workday_between_add_any_day_is_its_inverse),
		cmocka_unit_test(workday_between_whole_years_are_plausible),
		cmocka_unit_test(due_count_unpublished_year_is_provisional),
		cmocka_unit_test(due_count_other_units_run_through_holidays),
		cmocka_unit_test(workday_calendar_known_on_is_that_of_its_day),
		cmocka_unit_test(time_limit_parse_any_text_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, calendar_load, NULL);
}

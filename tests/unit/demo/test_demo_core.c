/* The demo's timetable: each appeal's steps in their order, none behind the end, by whoever the
 * calendar finds at work; for any first day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "demo_core.h"

static const struct workday_calendar mondays_to_fridays = { .first_year = 2000, .last_year = 2100 };

static struct demo_row row_of(enum demo_plan plan, const char *type)
{
	return (struct demo_row){
		.external_id = STR("demo-0001"),
		.type = str_from_c(type),
		.plan = plan,
		.note = STR("note"),
		.reply_after = 3,
		.rating = { .solved = STR("yes"), .satisfaction = 5 },
		.rating2 = { .solved = STR("yes"), .satisfaction = 5 },
		.day = 4,
		.minute = 10 * 60,
	};
}

static void assert_deeds(
	const struct demo_step *steps, size_t n, const enum demo_deed *wanted, size_t n_wanted)
{
	assert_int_equal(n, n_wanted);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(demo_deed_name(steps[i].deed), demo_deed_name(wanted[i]));
}
#define DEEDS_ARE(...)                                                                             \
	assert_deeds(steps, n, (const enum demo_deed[]){ __VA_ARGS__ },                            \
		sizeof((const enum demo_deed[]){ __VA_ARGS__ }) / sizeof(enum demo_deed))

static void demo_timetable_plan_gives_its_deeds(void **state)
{
	(void)state;
	const struct demo_time time = { .first_day = 20000, .calendar = &mondays_to_fridays };
	struct demo_step steps[DEMO_DEEDS_MAX];
	struct demo_row row = row_of(DEMO_REFUSE, "help");
	size_t n = demo_timetable(&row, &time, steps);
	DEEDS_ARE(DEED_REFUSE);
	row = row_of(DEMO_CONTACT, "help");
	n = demo_timetable(&row, &time, steps);
	DEEDS_ARE(DEED_ACCEPT, DEED_SIGN, DEED_CONTACT);
	/* the demo's road leaves the dispatch of suggestions to people */
	row = row_of(DEMO_UNSIGNED, "suggestion");
	n = demo_timetable(&row, &time, steps);
	DEEDS_ARE(DEED_ACCEPT, DEED_DISPATCH);
	row = row_of(DEMO_REDO_RATED, "help");
	n = demo_timetable(&row, &time, steps);
	DEEDS_ARE(DEED_ACCEPT, DEED_SIGN, DEED_CONTACT, DEED_SUBMIT, DEED_LEAD, DEED_REVIEW,
		DEED_RATE, DEED_SUBMIT2, DEED_LEAD2, DEED_REVIEW2, DEED_RATE2);
	/* nothing to say to the citizen before the reply, and no rating given */
	row = row_of(DEMO_FOLLOW, "consult");
	row.note = STR("");
	n = demo_timetable(&row, &time, steps);
	DEEDS_ARE(DEED_ACCEPT, DEED_SIGN, DEED_SUBMIT, DEED_LEAD, DEED_REVIEW);
	row = row_of(DEMO_DIRECT, "consult");
	row.rating.solved = STR("");
	n = demo_timetable(&row, &time, steps);
	DEEDS_ARE(DEED_ACCEPT);
}

static void demo_timetable_any_day_is_in_order_and_before_the_end(void **state)
{
	(void)state;
	static const char *const types[] = { "help", "suggestion", "emergency_risk" };
	char id[32];
	for (int32_t n = 0; n < 3 * DEMO_PLANS * 7 * (DEMO_DAYS + 1); n++) {
		struct demo_step steps[DEMO_DEEDS_MAX];
		struct demo_row row = row_of((enum demo_plan)(n % DEMO_PLANS), types[n % 3]);
		const struct demo_time time = { .first_day = 20000 + n / DEMO_PLANS % 7,
			.calendar = &mondays_to_fridays };
		(void)!snprintf(id, sizeof id, "demo-%d", (int)n);
		row.external_id = str_from_c(id);
		row.day = n / (DEMO_PLANS * 7) % (DEMO_DAYS + 1);
		row.minute = n * 37 % (DEMO_LAST_HOUR * 60 - 30);
		size_t n_steps = demo_timetable(&row, &time, steps);
		struct instant before = demo_written_at(&row, &time);
		for (size_t i = 0; i < n_steps; i++) {
			assert_true(instant_is_before(before, steps[i].at));
			before = steps[i].at;
		}
		assert_true(instant_is_before(before, demo_end(&time)));
	}
}

static void demo_timetable_offices_are_closed_on_weekends(void **state)
{
	(void)state;
	for (int32_t day = 0; day < 14; day++) {
		const struct demo_time time = { .first_day = 20000 + day,
			.calendar = &mondays_to_fridays };
		struct demo_step steps[DEMO_DEEDS_MAX];
		struct demo_row row = row_of(DEMO_RATED, "help");
		size_t n = demo_timetable(&row, &time, steps);
		assert_int_equal(n, 7);
		/* the desk of the hotline, and citizens, are not */
		for (size_t i = 1; i < 6; i++)
			assert_true(date_weekday(instant_shanghai_day(steps[i].at)) < 5);
	}
}

static void demo_timetable_last_day_is_kept_by_those_who_need_no_visit(void **state)
{
	(void)state;
	for (int32_t day = 0; day < 7; day++) {
		const struct demo_time time = { .first_day = 20000 + day,
			.calendar = &mondays_to_fridays };
		struct demo_step steps[DEMO_DEEDS_MAX];
		struct demo_row row = row_of(DEMO_REPLIED, "help");
		row.day = DEMO_DAYS - 1;
		size_t n = demo_timetable(&row, &time, steps);
		assert_int_equal(n, 6);
		assert_true(demo_is_last(&row, steps[5].deed));
		row.plan = DEMO_RATED;
		assert_true(demo_timetable(&row, &time, steps) < 6);
	}
}

static void demo_row_read_bad_fields_are_named(void **state)
{
	(void)state;
	static const char *const names[] = { "external_id", "channel", "day", "time_of_day", "user",
		"title", "body", "area", "likes", "type", "category", "plan", "reason", "guidance",
		"note", "reply_after", "reply", "objection", "rating", "reply2", "rating2" };
	static const char *const good[] = { "demo-1", "app", "3", "09:30", "u", "t", "b", "", "0",
		"help", "0101", "rated", "", "", "", "4wd", "r", "", "yes/5/so so/la la", "", "" };
	static const struct {
		size_t at;
		const char *text;
		const char *said;
	} bad[] = {
		{ 0, "", "external_id is empty" },
		{ 2, "36", "day 36 is behind the last one, 35" },
		{ 2, "x", "day 'x' is none" },
		{ 3, "24:00", "time_of_day '24:00' is none" },
		{ 3, "9:30", "time_of_day '9:30' is none" },
		{ 11, "other", "plan 'other' is none" },
		{ 15, "4d", "reply_after '4d' is none" },
		{ 18, "yes", "rating 'yes' is none" },
	};
	enum { N = sizeof names / sizeof names[0] };
	struct str fields[N];
	struct demo_header header;
	struct demo_row row;
	struct err err;
	for (size_t i = 0; i < N; i++)
		fields[i] = str_from_c(names[i]);
	assert_int_equal(demo_header_read(fields, N - 1, &header, &err), RES_INVALID);
	assert_string_equal(err.text, "column 'rating2' is missing");
	assert_int_equal(demo_header_read(fields, N, &header, &err), RES_OK);
	for (size_t i = 0; i < N; i++)
		fields[i] = str_from_c(good[i]);
	assert_int_equal(demo_row_read(&header, fields, N, &row, &err), RES_OK);
	assert_int_equal(row.minute, 570);
	assert_true(str_eq_c(row.rating.remark, "so so/la la"));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		fields[bad[i].at] = str_from_c(bad[i].text);
		assert_int_equal(demo_row_read(&header, fields, N, &row, &err), RES_INVALID);
		assert_string_equal(err.text, bad[i].said);
		fields[bad[i].at] = str_from_c(good[bad[i].at]);
	}
}

static void demo_choose_takes_of_each_plan(void **state)
{
	(void)state;
	struct demo_row rows[DEMO_PLANS * 3];
	bool is_taken[DEMO_PLANS * 3];
	size_t taken = 0, of_first = 0;
	for (size_t i = 0; i < DEMO_PLANS * 3; i++)
		rows[i] = row_of((enum demo_plan)(i / 3), "help");
	demo_choose(rows, DEMO_PLANS * 3, DEMO_PLANS + 1, is_taken);
	for (size_t i = 0; i < DEMO_PLANS * 3; i++) {
		taken += is_taken[i];
		of_first += is_taken[i] && i % 3 == 0;
	}
	assert_int_equal(taken, DEMO_PLANS + 1);
	assert_int_equal(of_first, DEMO_PLANS);
	demo_choose(rows, DEMO_PLANS * 3, SIZE_MAX, is_taken);
	for (size_t i = 0; i < DEMO_PLANS * 3; i++)
		assert_true(is_taken[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(demo_timetable_plan_gives_its_deeds),
		cmocka_unit_test(demo_timetable_any_day_is_in_order_and_before_the_end),
		cmocka_unit_test(demo_timetable_offices_are_closed_on_weekends),
		cmocka_unit_test(demo_timetable_last_day_is_kept_by_those_who_need_no_visit),
		cmocka_unit_test(demo_row_read_bad_fields_are_named),
		cmocka_unit_test(demo_choose_takes_of_each_plan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Instants, civil dates and their texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void date_from_days_four_centuries_come_back(void **state)
{
	struct civil_date before = { 1799, 12, 31 };

	(void)state;
	for (int32_t day = date_to_days((struct civil_date){ 1800, 1, 1 });
		day < date_to_days((struct civil_date){ 2201, 1, 1 }); day++) {
		struct civil_date date = date_from_days(day);
		assert_int_equal(date_to_days(date), day);
		assert_true(date_is_valid(date));
		bool is_next_day = date.day == before.day + 1 && date.month == before.month;
		bool is_next_month = date.day == 1 && date.month == before.month % 12 + 1;
		assert_true(is_next_day || is_next_month);
		before = date;
	}
}

static void date_weekday_known_days_fit(void **state)
{
	(void)state;
	assert_int_equal(date_weekday(0), 3); /* 1970-01-01 was a Thursday */
	assert_int_equal(date_weekday(-4), 6);
	assert_int_equal(date_weekday(date_to_days((struct civil_date){ 2024, 2, 29 })), 3);
	assert_int_equal(date_weekday(date_to_days((struct civil_date){ 2026, 11, 22 })), 6);
}

static void date_parse_any_text_is_read_or_refused(void **state)
{
	static const struct {
		struct str in;
		enum res res;
		struct civil_date date;
	} rows[] = {
		{ STR_INIT("2019-04-24"), RES_OK, { 2019, 4, 24 } },
		{ STR_INIT("2019/4/24"), RES_OK, { 2019, 4, 24 } },
		{ STR_INIT("2020-02-29"), RES_OK, { 2020, 2, 29 } },
		{ STR_INIT("2000-02-29"), RES_OK, { 2000, 2, 29 } },
		{ STR_INIT("1900-02-29"), RES_INVALID, { 0 } },
		{ STR_INIT("2019-02-29"), RES_INVALID, { 0 } },
		{ STR_INIT("2019-04-31"), RES_INVALID, { 0 } },
		{ STR_INIT("2019-13-01"), RES_INVALID, { 0 } },
		{ STR_INIT("2019-00-01"), RES_INVALID, { 0 } },
		{ STR_INIT("2019-01-00"), RES_INVALID, { 0 } },
		{ STR_INIT("0000-01-01"), RES_INVALID, { 0 } },
		{ STR_INIT("2019-4/24"), RES_INVALID, { 0 } },
		{ STR_INIT("19-04-24"), RES_INVALID, { 0 } },
		{ STR_INIT("2019-04-24 "), RES_INVALID, { 0 } },
		{ STR_INIT("2019-04-244"), RES_INVALID, { 0 } },
		{ STR_INIT(""), RES_INVALID, { 0 } },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int32_t days = -7;
		assert_int_equal(date_parse(rows[i].in, &days), rows[i].res);
		assert_int_equal(days, rows[i].res == RES_OK ? date_to_days(rows[i].date) : -7);
	}
}

static void instant_parse_any_text_is_read_or_refused(void **state)
{
	static const struct {
		struct str in;
		const char *text; /* NULL: refused */
	} rows[] = {
		{ STR_INIT("2019-04-24 16:03:40"), "2019-04-24T16:03:40+08:00" },
		{ STR_INIT("2019-04-24T16:03:40+08:00"), "2019-04-24T16:03:40+08:00" },
		{ STR_INIT("2019-04-24T16:03:40Z"), "2019-04-25T00:03:40+08:00" },
		{ STR_INIT("2019-04-24T16:03:40-01:30"), "2019-04-25T01:33:40+08:00" },
		{ STR_INIT("2019-04-24 16:03:40+08"), "2019-04-24T16:03:40+08:00" },
		{ STR_INIT("2019-04-24 16:03:40+0800"), "2019-04-24T16:03:40+08:00" },
		{ STR_INIT("2019/4/24 16:03"), "2019-04-24T16:03:00+08:00" },
		{ STR_INIT("2019/4/4 6:03"), "2019-04-04T06:03:00+08:00" },
		{ STR_INIT("2019-04-24"), "2019-04-24T00:00:00+08:00" },
		{ STR_INIT("2019-04-24 16:03:40.25"), "2019-04-24T16:03:40.250000+08:00" },
		{ STR_INIT("2019-04-24 16:03:40.123456789Z"), "2019-04-25T00:03:40.123456+08:00" },
		{ STR_INIT("1969-12-31T23:59:59.5Z"), "1970-01-01T07:59:59.500000+08:00" },
		{ STR_INIT("1911-10-10 00:00:00"), "1911-10-10T00:00:00+08:00" },
		{ STR_INIT("2019-04-24 24:00:00"), NULL },
		{ STR_INIT("2019-04-24 16:60"), NULL },
		{ STR_INIT("2019-04-24 16:03:60"), NULL },
		{ STR_INIT("2019-04-24 16"), NULL },
		{ STR_INIT("2019-04-24 16:3"), NULL },
		{ STR_INIT("2019-04-24 16:03:40."), NULL },
		{ STR_INIT("2019-04-24 16:03:40+"), NULL },
		{ STR_INIT("2019-04-24 16:03:40+08:"), NULL },
		{ STR_INIT("2019-04-24 16:03:40+24:00"), NULL },
		{ STR_INIT("2019-04-24 16:03:40 x"), NULL },
		{ STR_INIT("2019-04-24T"), NULL },
		{ STR_INIT("now"), NULL },
		{ STR_INIT(""), NULL },
	};
	char text[INSTANT_TEXT_MAX];
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct instant at = { 5 };
		enum res res = instant_parse(rows[i].in, &at);
		assert_int_equal(res, rows[i].text == NULL ? RES_INVALID : RES_OK);
		if (rows[i].text == NULL)
			assert_int_equal(at.us, 5);
		else
			assert_string_equal(instant_format(at, text), rows[i].text);
	}
}

static void instant_format_parse_any_instant_comes_back(void **state)
{
	char text[INSTANT_TEXT_MAX];

	(void)state;
	for (int64_t us = -INT64_C(4000000000000000); us < INT64_C(9000000000000000);
		us += INT64_C(12345678901234)) {
		struct instant back = { 0 };
		instant_format((struct instant){ us }, text);
		assert_int_equal(instant_parse(str_from_c(text), &back), RES_OK);
		assert_int_equal(back.us, us);
	}
	assert_string_equal(instant_format(INSTANT_NONE, text), "-");
	assert_string_equal(date_format(18010, text), "2019-04-24");
}

static void instant_none_is_before_everything_and_stays_none(void **state)
{
	struct instant one = { 1 };
	struct instant two = { 2 };

	(void)state;
	assert_true(instant_is_none(INSTANT_NONE));
	assert_true(instant_is_before(INSTANT_NONE, one));
	assert_false(instant_is_before(INSTANT_NONE, INSTANT_NONE));
	assert_true(instant_is_none(instant_add(INSTANT_NONE, SPAN_S(1))));
	assert_int_equal(instant_min(INSTANT_NONE, two).us, 2);
	assert_int_equal(instant_min(two, INSTANT_NONE).us, 2);
	assert_int_equal(instant_min(two, one).us, 1);
	assert_int_equal(instant_min(one, two).us, 1);
}

static void instant_add_beyond_the_ends_stands_still(void **state)
{
	struct span back = { INT64_MIN };

	(void)state;
	assert_int_equal(instant_add((struct instant){ INT64_MAX }, SPAN_S(1)).us, INT64_MAX);
	assert_int_equal(instant_add((struct instant){ -2 }, back).us, INT64_MIN + 1);
	assert_int_equal(instant_add((struct instant){ 0 }, back).us, INT64_MIN + 1);
	assert_int_equal(
		instant_since((struct instant){ INT64_MAX }, (struct instant){ -1 }).us, INT64_MAX);
	assert_int_equal(instant_since((struct instant){ 7 }, (struct instant){ 3 }).us, 4);
	assert_int_equal(instant_from_shanghai_day(INT32_MAX).us, INT64_MAX - SPAN_HOURS(8).us);
	assert_int_equal(instant_from_shanghai_day(INT32_MIN).us, INT64_MIN + 1);
}

/* Times come from outside too: what no calendar has is shown somehow. */
static void instant_format_the_ends_of_time_are_shown(void **state)
{
	const int64_t ends[] = { INT64_MIN + 1, INT64_MIN + SPAN_HOURS(30).us, INT64_MAX };
	char text[INSTANT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++)
		assert_true(str_ends(str_from_c(instant_format((struct instant){ ends[i] }, text)),
			STR("+08:00")));
}

static void instant_shanghai_day_turns_at_sixteen_utc(void **state)
{
	struct instant midnight = instant_from_shanghai_day(18010);

	(void)state;
	assert_int_equal(instant_shanghai_day(midnight), 18010);
	assert_int_equal(instant_shanghai_day((struct instant){ midnight.us - 1 }), 18009);
	assert_int_equal(midnight.us, (18009 * INT64_C(24) + 16) * 3600 * 1000000);
	assert_int_equal(instant_shanghai_day(instant_from_shanghai_day(-1)), -1);
	assert_int_equal(SPAN_DAYS(1).us, SPAN_HOURS(24).us);
	assert_int_equal(SPAN_MIN(1).us, SPAN_MS(60000).us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(date_from_days_four_centuries_come_back),
		cmocka_unit_test(date_weekday_known_days_fit),
		cmocka_unit_test(date_parse_any_text_is_read_or_refused),
		cmocka_unit_test(instant_parse_any_text_is_read_or_refused),
		cmocka_unit_test(instant_format_parse_any_instant_comes_back),
		cmocka_unit_test(instant_none_is_before_everything_and_stays_none),
		cmocka_unit_test(instant_add_beyond_the_ends_stands_still),
		cmocka_unit_test(instant_format_the_ends_of_time_are_shown),
		cmocka_unit_test(instant_shanghai_day_turns_at_sixteen_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

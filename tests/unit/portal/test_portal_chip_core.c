/* Chips, on the calendar of one week with a make-up Saturday: Mon 2026-11-16 … and a day off on
 * Wed 2026-11-18. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "portal_chip_core.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *const days_off[] = { "2026-11-18" };
static const char *const days_on[] = { "2026-11-21" };

static int32_t day(const char *text)
{
	int32_t days;

	assert_int_equal(date_parse(str_from_c(text), &days), RES_OK);
	return days;
}

static struct instant at(const char *text)
{
	struct instant instant;

	if (text == NULL)
		return INSTANT_NONE;
	assert_int_equal(instant_parse(str_from_c(text), &instant), RES_OK);
	return instant;
}

static struct workday_calendar calendar(struct workday_override *overrides)
{
	const struct chip_holiday rows[] = {
		{ .day = day(days_off[0]),
			.is_work = false,
			.valid_from = 0,
			.valid_to = INT32_MIN },
		{ .day = day("2026-11-19"), .is_work = false, .valid_from = 0, .valid_to = 100 },
		{ .day = day(days_on[0]), .is_work = true, .valid_from = 0, .valid_to = INT32_MIN },
	};

	return chip_calendar(rows, N(rows), day("2026-11-16"), overrides);
}

static void chip_count_rows(void **state)
{
	static const struct {
		const char *start, *due, *done, *now;
		enum chip_stage stage;
		bool is_hours, is_late;
		int total, left, over;
	} rows[] = {
		/* five working days from Fri 13: Mon 16, Tue 17, Thu 19, Fri 20, Sat 21 */
		{ "2026-11-13 10:00", "2026-11-22 00:00", NULL, "2026-11-13 11:00", CHIP_OK, false,
			false, 5, 5, 0 },
		{ "2026-11-13 10:00", "2026-11-22 00:00", NULL, "2026-11-16 09:00", CHIP_OK, false,
			false, 5, 4, 0 },
		{ "2026-11-13 10:00", "2026-11-22 00:00", NULL, "2026-11-19 09:00", CHIP_HALF,
			false, false, 5, 2, 0 },
		{ "2026-11-13 10:00", "2026-11-22 00:00", NULL, "2026-11-20 09:00", CHIP_NEAR,
			false, false, 5, 1, 0 },
		/* its last day, to the last second, and the second after */
		{ "2026-11-13 10:00", "2026-11-22 00:00", NULL, "2026-11-21 23:59:59", CHIP_NEAR,
			false, false, 5, 0, 0 },
		{ "2026-11-13 10:00", "2026-11-22 00:00", NULL, "2026-11-22 00:00", CHIP_OVER,
			false, true, 5, 0, 0 },
		{ "2026-11-13 10:00", "2026-11-22 00:00", NULL, "2026-11-23 08:00", CHIP_OVER,
			false, true, 5, 0, 1 },
		/* answered in time, and late */
		{ "2026-11-13 10:00", "2026-11-22 00:00", "2026-11-17 09:00", "2026-12-30 09:00",
			CHIP_DONE, false, false, 5, 3, 0 },
		{ "2026-11-13 10:00", "2026-11-22 00:00", "2026-11-24 09:00", "2026-12-30 09:00",
			CHIP_DONE, false, true, 5, 0, 2 },
		/* two hours */
		{ "2026-11-13 10:00", "2026-11-13 12:00", NULL, "2026-11-13 10:30", CHIP_OK, true,
			false, 120, 90, 0 },
		{ "2026-11-13 10:00", "2026-11-13 12:00", NULL, "2026-11-13 11:00", CHIP_HALF, true,
			false, 120, 60, 0 },
		{ "2026-11-13 10:00", "2026-11-13 12:00", NULL, "2026-11-13 11:40", CHIP_NEAR, true,
			false, 120, 20, 0 },
		{ "2026-11-13 10:00", "2026-11-13 12:00", NULL, "2026-11-13 13:05", CHIP_OVER, true,
			true, 120, 0, 65 },
		/* no limit */
		{ "2026-11-13 10:00", NULL, NULL, "2026-11-13 13:05", CHIP_NONE, false, false, 0, 0,
			0 },
		{ NULL, "2026-11-22 00:00", NULL, "2026-11-13 13:05", CHIP_NONE, false, false, 0, 0,
			0 },
	};
	struct workday_override overrides[3];
	struct workday_calendar known = calendar(overrides);

	(void)state;
	assert_int_equal(known.n, 2); /* a row that no longer holds is left out */
	for (size_t i = 0; i < N(rows); i++) {
		struct chip chip = chip_count(&known, at(rows[i].start), at(rows[i].due),
			at(rows[i].done), at(rows[i].now));
		assert_int_equal(chip.stage, rows[i].stage);
		assert_int_equal(chip.is_hours, rows[i].is_hours);
		assert_int_equal(chip.is_late, rows[i].is_late);
		assert_int_equal(chip.total, rows[i].total);
		assert_int_equal(chip.left, rows[i].left);
		assert_int_equal(chip.over, rows[i].over);
		assert_false(chip.is_provisional);
	}
}

static void chip_count_year_without_calendar_is_provisional(void **state)
{
	struct workday_override overrides[3];
	struct workday_calendar known = calendar(overrides);
	struct chip chip = chip_count(&known, at("2026-12-30 09:00"), at("2027-01-09 00:00"),
		INSTANT_NONE, at("2026-12-30 10:00"));

	(void)state;
	assert_true(chip.is_provisional);
	assert_int_equal(chip.stage, CHIP_OK);
}

static void chip_stage_each_has_a_word(void **state)
{
	(void)state;
	for (int i = CHIP_OK; i <= CHIP_DONE; i++)
		assert_int_not_equal(chip_stage_word((enum chip_stage)i)[0], '\0');
	assert_string_equal(chip_stage_word(CHIP_NONE), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chip_count_rows),
		cmocka_unit_test(chip_count_year_without_calendar_is_provisional),
		cmocka_unit_test(chip_stage_each_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Ratios, scores, order and months of the report, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report_core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void close_to(double got, double want)
{
	if (got - want > 0.005 || want - got > 0.005)
		fail_msg("got %.4f, want %.4f", got, want);
}

/* Source of the bounds: the textbook formula, computed by hand and by an independent program. */
static void ratio_lower_is_wilsons_bound(void **state)
{
	static const struct {
		struct ratio ratio;
		double want;
	} rows[] = {
		{ { 0, 1, 0 }, 0.0 },
		{ { 1, 1, 0 }, 20.65 },
		{ { 10, 10, 0 }, 72.25 },
		{ { 95, 100, 0 }, 88.82 },
		{ { 50, 100, 0 }, 40.38 },
		{ { 19, 20, 0 }, 76.39 },
		{ { 199, 199, 0 }, 98.11 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		close_to(ratio_lower(rows[i].ratio), rows[i].want);
}

static void ratio_without_denominator_has_no_value(void **state)
{
	(void)state;
	assert_false(ratio_has_value((struct ratio){ 0, 0, 5 }));
	assert_true(ratio_has_value((struct ratio){ 0, 1, 0 }));
	close_to(ratio_percent((struct ratio){ 3, 4, 0 }), 75);
	close_to(ratio_mean((struct ratio){ 17, 4, 0 }), 4.25);
}

static void score_composite_weighs_what_has_a_value(void **state)
{
	static const struct {
		struct score_input input;
		bool is_careful;
		double want; /* -1: none */
	} rows[] = {
		{ { { 0 }, { 0 }, { 0 }, { 0 }, 3 }, false, -1 },
		{ { { 300, 300, 0 }, { 300, 300, 0 }, { 300, 300, 0 }, { 300, 300, 0 }, 0 }, false,
			100 },
		{ { { 300, 300, 0 }, { 300, 300, 0 }, { 300, 300, 0 }, { 300, 300, 0 }, 0 }, true,
			100 },
		/* (0.25·90 + 0.15·80 + 0.25·60 + 0.25·70) / 0.9 */
		{ { { 180, 200, 0 }, { 160, 200, 0 }, { 120, 200, 0 }, { 140, 200, 0 }, 0 }, true,
			74.44 },
		/* nobody answered: the two others alone, (0.25·90 + 0.15·80) / 0.4 */
		{ { { 180, 200, 0 }, { 160, 200, 0 }, { 0 }, { 0 }, 0 }, false, 86.25 },
		/* two of a hundred late by more than five days cost four */
		{ { { 180, 200, 0 }, { 160, 200, 0 }, { 0 }, { 0 }, 4 }, false, 82.25 },
		{ { { 95, 100, 0 }, { 0 }, { 0 }, { 0 }, 0 }, true, 88.82 },
		{ { { 10, 100, 0 }, { 0 }, { 0 }, { 0 }, 90 }, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double got = -7;
		bool has = score_composite(&rows[i].input, rows[i].is_careful, &got);
		assert_int_equal(has, rows[i].want >= 0);
		if (has)
			close_to(got, rows[i].want);
		else
			close_to(got, -7);
	}
}

static void score_band_begins_at_its_lowest(void **state)
{
	(void)state;
	assert_int_equal(score_band(100), BAND_EXCELLENT);
	assert_int_equal(score_band(90), BAND_EXCELLENT);
	assert_int_equal(score_band(89.99), BAND_GOOD);
	assert_int_equal(score_band(79.99), BAND_FAIR);
	assert_int_equal(score_band(69.99), BAND_POOR);
	assert_int_equal(score_band(0), BAND_POOR);
}

/* Each row stands before the next one, and both ways round say so. */
static void rank_compare_orders_by_each_key_in_turn(void **state)
{
	static const struct rank_key rows[] = {
		{ 90, 10, 10, 9, 1, STR_INIT("Z") },
		{ 80, 60, 10, 9, 1, STR_INIT("Z") },
		{ 80, 50, 70, 9, 1, STR_INIT("Z") },
		{ 80, 50, 60, 1, 1, STR_INIT("Z") },
		{ 80, 50, 60, 2, 50, STR_INIT("Z") },
		{ 80, 50, 60, 2, 40, STR_INIT("A") },
		{ 80, 50, 60, 2, 40, STR_INIT("B") },
		{ 80, 50, -1, 0, 90, STR_INIT("A") },
	};

	(void)state;
	for (size_t a = 0; a < COUNT(rows); a++)
		for (size_t b = 0; b < COUNT(rows); b++) {
			int by = rank_compare(&rows[a], &rows[b]);
			assert_int_equal(by < 0, a < b);
			assert_int_equal(by > 0, a > b);
		}
}

static void month_read_tells_the_days_or_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *from; /* NULL: refused */
		const char *to;
	} rows[] = {
		{ "2026-10", "2026-10-01", "2026-11-01" },
		{ "2026-12", "2026-12-01", "2027-01-01" },
		{ "2024-02", "2024-02-01", "2024-03-01" },
		{ "2026-13", NULL, NULL },
		{ "2026-00", NULL, NULL },
		{ "2026-1", NULL, NULL },
		{ "202610", NULL, NULL },
		{ "", NULL, NULL },
		{ "2026/10", NULL, NULL },
		{ "20x6-10", NULL, NULL },
		{ "1999-10", NULL, NULL },
		{ "2026-10-01", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int32_t from = 1, to = 2, want_from = 1, want_to = 2;
		struct err err = { "" };
		enum res res = month_read(str_from_c(rows[i].text), &from, &to, &err);
		assert_int_equal(res, rows[i].from != NULL ? RES_OK : RES_INVALID);
		if (rows[i].from != NULL) {
			assert_int_equal(date_parse(str_from_c(rows[i].from), &want_from), RES_OK);
			assert_int_equal(date_parse(str_from_c(rows[i].to), &want_to), RES_OK);
			assert_int_equal(date_from_days(month_before(from)).day, 1);
			assert_true(
				month_before(from) >= from - 31 && month_before(from) <= from - 28);
		} else {
			assert_true(err.text[0] != 0);
		}
		assert_int_equal(from, want_from);
		assert_int_equal(to, want_to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratio_lower_is_wilsons_bound),
		cmocka_unit_test(ratio_without_denominator_has_no_value),
		cmocka_unit_test(score_composite_weighs_what_has_a_value),
		cmocka_unit_test(score_band_begins_at_its_lowest),
		cmocka_unit_test(rank_compare_orders_by_each_key_in_turn),
		cmocka_unit_test(month_read_tells_the_days_or_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

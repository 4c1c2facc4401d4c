/* The parameters of a list of cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/instant.h"
#include "portal_filter_core.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static enum res add(struct filter *filter, const char *name, const char *value, struct err *err)
{
	return filter_add(filter, str_from_c(name), str_from_c(value), err);
}

static void filter_add_takes_each_parameter(void **state)
{
	struct filter filter = filter_none();
	int32_t first;
	int32_t next;

	(void)state;
	assert_int_equal(date_parse(STR("2026-12-01"), &first), RES_OK);
	assert_int_equal(date_parse(STR("2027-01-01"), &next), RES_OK);
	assert_int_equal(filter.before, INT64_MAX);
	assert_int_equal(add(&filter, "metric", "overdue", NULL), RES_OK);
	assert_int_equal(add(&filter, "month", "2026-12", NULL), RES_OK);
	assert_int_equal(add(&filter, "unit", "510107", NULL), RES_OK);
	assert_int_equal(add(&filter, "state", "IN_PROGRESS", NULL), RES_OK);
	assert_int_equal(add(&filter, "before", "42", NULL), RES_OK);
	assert_int_equal(filter.metric, FILTER_OVERDUE);
	assert_int_equal(filter.from_day, first);
	assert_int_equal(filter.to_day, next);
	assert_true(str_eq_c(filter.unit, "510107"));
	assert_true(str_eq_c(filter.state, "IN_PROGRESS"));
	assert_int_equal(filter.before, 42);
}

static void filter_add_figures_by_their_code(void **state)
{
	struct filter filter = filter_none();

	(void)state;
	assert_int_equal(add(&filter, "metric", "M12", NULL), RES_OK);
	assert_int_equal(add(&filter, "part", "num", NULL), RES_OK);
	assert_true(str_eq_c(filter.figure, "M12"));
	assert_true(filter.is_numerator);
	for (int i = 0; i < FILTER_METRICS; i++) {
		filter = filter_none();
		assert_int_equal(
			add(&filter, "metric", filter_metric_word((enum filter_metric)i), NULL),
			RES_OK);
		assert_int_equal(filter.metric, i);
	}
}

static void filter_add_wrong_values_are_named(void **state)
{
	static const struct {
		const char *name;
		const char *value;
	} rows[] = {
		{ "metric", "" },
		{ "metric", "M1" },
		{ "metric", "nothing" },
		{ "part", "half" },
		{ "day", "2026-13-01" },
		{ "day", "2026-1-1" },
		{ "day", "today" },
		{ "month", "2026-13" },
		{ "month", "2026-00" },
		{ "month", "26-11" },
		{ "before", "0" },
		{ "before", "-5" },
		{ "before", "x" },
		{ "unit", "" },
		{ "unit", "a'b" },
		{ "unit", "a%" },
		{ "category", "0802;" },
		{ "channel", "123456789012345678901234567890123" },
		{ "state", "开" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct filter filter = filter_none();
		struct err err = { "" };
		assert_int_equal(add(&filter, rows[i].name, rows[i].value, &err), RES_INVALID);
		assert_non_null(strstr(err.text, rows[i].name));
	}
}

static void filter_add_unknown_and_double_periods_are_refused(void **state)
{
	struct filter filter = filter_none();
	struct err err = { "" };

	(void)state;
	assert_int_equal(add(&filter, "limit", "5", &err), RES_INVALID);
	assert_non_null(strstr(err.text, "unit"));
	assert_int_equal(add(&filter, "day", "2026-11-25", &err), RES_OK);
	assert_int_equal(add(&filter, "month", "2026-11", &err), RES_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_add_takes_each_parameter),
		cmocka_unit_test(filter_add_figures_by_their_code),
		cmocka_unit_test(filter_add_wrong_values_are_named),
		cmocka_unit_test(filter_add_unknown_and_double_periods_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

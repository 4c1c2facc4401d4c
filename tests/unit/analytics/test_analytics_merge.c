/* What travels is the sum of what was decided, cell by cell, and nothing that cancels out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/analytics_merge.h"
#include "analytics/analytics_store.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MANY	     5000

static void analytics_merge_adds_up_cells_and_leaves_the_given_rows(void **state)
{
	struct analytics_cell_row given[] = {
		{ 1, { 10, STR_INIT("state"), STR_INIT("RECEIVED"), STR_INIT(""), 1 } },
		{ 1, { 10, STR_INIT("state"), STR_INIT("RECEIVED"), STR_INIT(""), -1 } },
		{ 1, { 10, STR_INIT("state"), STR_INIT("CLOSED"), STR_INIT(""), 1 } },
		{ 2, { 10, STR_INIT("state"), STR_INIT("CLOSED"), STR_INIT(""), 1 } },
		{ 2, { 11, STR_INIT("state"), STR_INIT("CLOSED"), STR_INIT(""), 1 } },
		{ 2, { 10, STR_INIT("place"), STR_INIT("08"), STR_INIT("02"), 1 } },
		{ 2, { 10, STR_INIT("place"), STR_INIT("0802"), STR_INIT(""), 1 } },
	};
	struct analytics_cell_row copies[COUNT(given)];
	void *rows[COUNT(given)];
	struct arena *mem = arena_create(1 << 20);

	(void)state;
	memcpy(copies, given, sizeof(given));
	for (size_t i = 0; i < COUNT(given); i++)
		rows[i] = &given[i];
	assert_int_equal(analytics_merge_cells(mem, rows, COUNT(given)), 4);
	const struct analytics_cell_row *closed = rows[0];
	assert_true(str_eq(closed->delta.key, STR("CLOSED")) && closed->delta.day == 10);
	assert_int_equal(closed->delta.n, 2);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(((const struct analytics_cell_row *)rows[i])->delta.n, 1);
	assert_memory_equal(copies, given, sizeof(given));
	assert_int_equal(analytics_merge_cells(mem, rows, 0), 0);
	arena_destroy(mem);
}

static void analytics_merge_of_many_figures_keeps_every_sum(void **state)
{
	static const char *const codes[] = { "M05", "M08", "M12" };
	static const char *const units[] = { "D16", "510104", "", "D35", "D19" };
	struct analytics_figure_row *given = calloc(MANY, sizeof(*given));
	void **rows = calloc(MANY, sizeof(*rows));
	struct arena *mem = arena_create(64 << 20);
	int64_t num = 0, excl = 0;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		given[i].change =
			(struct analytics_change){ (int32_t)(i % 7), str_from_c(units[i % 5]),
				str_from_c(codes[i % 3]), { (int64_t)i % 4, 1, (int64_t)i % 2 } };
		rows[i] = &given[i];
	}
	size_t n = analytics_merge_figures(mem, rows, MANY);
	assert_int_equal(n, 7 * 5 * 3);
	int64_t den = 0;
	for (size_t i = 0; i < n; i++) {
		const struct analytics_tally *by =
			&((const struct analytics_figure_row *)rows[i])->change.by;
		num += by->num;
		den += by->den;
		excl += by->excl;
	}
	assert_int_equal(num, MANY / 4 * 6);
	assert_int_equal(den, MANY);
	assert_int_equal(excl, MANY / 2);
	arena_destroy(mem);
	free(rows);
	free(given);
}

static void analytics_merge_without_memory_leaves_all_and_marks_the_arena(void **state)
{
	struct analytics_cell_row given = { 1,
		{ 10, STR_INIT("state"), STR_INIT("CLOSED"), STR_INIT(""), 1 } };
	void *rows[] = { &given };
	struct arena *mem = arena_create(8);

	(void)state;
	assert_int_equal(analytics_merge_cells(mem, rows, 1), 1);
	assert_ptr_equal(rows[0], &given);
	assert_true(arena_failed(mem));
	arena_destroy(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(analytics_merge_adds_up_cells_and_leaves_the_given_rows),
		cmocka_unit_test(analytics_merge_of_many_figures_keeps_every_sum),
		cmocka_unit_test(analytics_merge_without_memory_leaves_all_and_marks_the_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

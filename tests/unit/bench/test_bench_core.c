/* The arithmetic of the bench: percentiles, rates, medians, and the rule that says which run
 * counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "bench_core.h"

static struct bench_hist hists[2];
static struct bench_slots slots_of_test;

/* They are large; each test begins with empty ones. */
static struct bench_hist *hist_make(size_t which)
{
	hists[which] = (struct bench_hist){ .n = 0 };
	return &hists[which];
}

static void hist_empty_gives_zero(void **state)
{
	(void)state;
	struct bench_hist *hist = hist_make(0);
	assert_int_equal(bench_hist_at(hist, 500), 0);
	assert_int_equal(bench_hist_at(hist, 1000), 0);
}

static void hist_small_values_are_exact(void **state)
{
	(void)state;
	struct bench_hist *hist = hist_make(0);
	for (int64_t us = 1; us <= 60; us++)
		bench_hist_add(hist, us);
	assert_int_equal(bench_hist_at(hist, 500), 30);
	assert_int_equal(bench_hist_at(hist, 990), 60);
	assert_int_equal(bench_hist_at(hist, 1), 1);
	bench_hist_add(hist, -5);
	assert_int_equal(bench_hist_at(hist, 1), 0);
}

/* Nearest rank over known lists: p99 of 100 values is the 99th, of 101 the 100th. */
static void hist_takes_the_nearest_rank(void **state)
{
	(void)state;
	struct bench_hist *hist = hist_make(0);
	for (int i = 0; i < 99; i++)
		bench_hist_add(hist, 10);
	bench_hist_add(hist, 50);
	assert_int_equal(bench_hist_at(hist, 990), 10);
	assert_int_equal(bench_hist_at(hist, 991), 50);
	bench_hist_add(hist, 50);
	assert_int_equal(bench_hist_at(hist, 990), 50);
}

/* Each value lies in its bucket, and the border that is told is at most 1.6 % above it. */
static void hist_is_exact_to_its_promise_everywhere(void **state)
{
	(void)state;
	struct bench_hist *hist = hist_make(0);
	for (int64_t us = 1; us < INT64_C(1) << 50; us += us / 7 + 1) {
		*hist = (struct bench_hist){ .n = 0 };
		bench_hist_add(hist, us);
		int64_t told = bench_hist_at(hist, 500);
		assert_true(told >= us);
		assert_true((double)(told - us) <= (double)us * 0.016);
	}
	*hist = (struct bench_hist){ .n = 0 };
	bench_hist_add(hist, INT64_MAX);
	assert_true(bench_hist_at(hist, 1000) == INT64_MAX);
}

static void hist_merge_is_both(void **state)
{
	(void)state;
	struct bench_hist *a = hist_make(0), *b = hist_make(1);
	bench_hist_add(a, 7);
	bench_hist_add(b, 9);
	bench_hist_add(b, 9);
	bench_hist_merge(a, b);
	assert_int_equal(a->n, 3);
	assert_int_equal(bench_hist_at(a, 333), 7);
	assert_int_equal(bench_hist_at(a, 500), 9);
}

static void slots_rate_counts_whole_slots_of_the_middle(void **state)
{
	(void)state;
	struct bench_slots *slots = &slots_of_test;
	*slots = (struct bench_slots){ .counts = { 0 } };
	for (int64_t ms = 0; ms < 3000; ms++)
		bench_slots_add(slots, ms * 1000);
	for (int i = 0; i < 5000; i++)
		bench_slots_add(slots, 0); /* the ramp: outside the window */
	assert_true(bench_slots_rate(slots, 1000, 2000) == 1000.0);
	assert_true(bench_slots_rate(slots, 2000, 4000) == 500.0);
	assert_true(bench_slots_rate(slots, 1000, 1000) == 0.0);
	assert_true(bench_slots_rate(slots, 2000, 1000) == 0.0);
	bench_slots_add(slots, -1);
	bench_slots_add(slots, INT64_C(1000) * SLOT_MS * SLOTS_MAX);
	assert_true(bench_slots_rate(slots, 0, 100) == 51000.0);
}

static void median_of_rounds(void **state)
{
	(void)state;
	static const double values[] = { 5, 1, 4, 2, 3 };
	struct bench_rounds rounds = { .n = 0 };
	assert_true(bench_median(&rounds) == 0.0);
	for (size_t i = 0; i < 5; i++)
		bench_rounds_add(&rounds, values[i]);
	assert_true(bench_median(&rounds) == 3.0);
	bench_rounds_add(&rounds, 100);
	assert_true(bench_median(&rounds) == 3.5);
	for (int i = 0; i < 2 * ROUNDS_MAX; i++)
		bench_rounds_add(&rounds, 9);
	assert_int_equal(rounds.n, ROUNDS_MAX);
}

static void ratio_without_a_limit_is_none(void **state)
{
	(void)state;
	assert_true(bench_ratio(10, 20) == 0.5);
	assert_true(bench_ratio(10, 0) == 0.0);
}

static void run_counts_from_seventy_percent_of_the_page(void **state)
{
	(void)state;
	assert_true(bench_is_valid(38920.0, PAGE_INTAKE, PAGE_FLUSHES));
	assert_false(bench_is_valid(38900.0, PAGE_INTAKE, PAGE_FLUSHES));
	/* a disk half as fast: half is asked for */
	assert_true(bench_is_valid(19500.0, PAGE_INTAKE, PAGE_FLUSHES / 2));
	assert_false(bench_is_valid(19400.0, PAGE_INTAKE, PAGE_FLUSHES / 2));
	/* a faster one asks for no faster processor */
	assert_true(bench_is_valid(38920.0, PAGE_INTAKE, PAGE_FLUSHES * 4));
	assert_false(bench_is_valid(38900.0, PAGE_INTAKE, PAGE_FLUSHES * 4));
	assert_false(bench_is_valid(0, PAGE_INTAKE, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hist_empty_gives_zero),
		cmocka_unit_test(hist_small_values_are_exact),
		cmocka_unit_test(hist_takes_the_nearest_rank),
		cmocka_unit_test(hist_is_exact_to_its_promise_everywhere),
		cmocka_unit_test(hist_merge_is_both),
		cmocka_unit_test(slots_rate_counts_whole_slots_of_the_middle),
		cmocka_unit_test(median_of_rounds),
		cmocka_unit_test(ratio_without_a_limit_is_none),
		cmocka_unit_test(run_counts_from_seventy_percent_of_the_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The window of letters under way: halved once a burst, one more a receipt; and played against a
 * quota, so that the words "sends less" are a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sdk/sdk_window_core.h"

static struct instant at(int64_t ms)
{
	return (struct instant){ ms * 1000 };
}

static void window_follows_its_table(void **state)
{
	enum what { RECEIPT, BUSY };
	static const struct {
		enum what what;
		size_t under_way;
		int64_t sent_ms;
		int64_t now_ms;
		size_t want;
		const char *why;
	} rows[] = {
		{ RECEIPT, 0, 0, 0, 100, "never over the options" },
		{ BUSY, 80, 10, 20, 40, "half of what was under way" },
		{ BUSY, 79, 10, 21, 40, "the same burst cuts once" },
		{ BUSY, 30, 20, 400, 40, "sent in the moment of the cut: the same burst" },
		{ RECEIPT, 0, 0, 0, 41, "one more" },
		{ RECEIPT, 0, 0, 0, 42, "and one more" },
		{ BUSY, 42, 500, 600, 21, "the next burst cuts again" },
		{ BUSY, 3, 700, 800, 1, "few under way" },
		{ BUSY, 1, 900, 1000, 1, "one at least" },
		{ BUSY, 0, 1100, 1200, 1, "even of a letter that was given up" },
		{ RECEIPT, 0, 0, 0, 2, "and up again" },
	};
	struct sdk_window window;
	(void)state;
	sdk_window_init(&window, 100);
	assert_int_equal(window.now, 100);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].what == RECEIPT)
			sdk_window_receipt(&window);
		else
			sdk_window_busy(&window, rows[i].under_way, at(rows[i].sent_ms),
				at(rows[i].now_ms));
		if (window.now != rows[i].want)
			fail_msg("row %zu (%s): %zu, want %zu", i, rows[i].why, window.now,
				rows[i].want);
	}
}

/* Letters against a quota of `rate` a round, all of which are answered at once; a round begins when
 * the hold is over. Returns how many were refused on the way. */
static size_t refused(size_t letters, size_t most, size_t rate)
{
	struct sdk_window window;
	size_t all = 0;
	sdk_window_init(&window, most);
	for (int64_t round = 1; letters > 0; round++) {
		size_t burst = letters < window.now ? letters : window.now;
		size_t taken = burst < rate ? burst : rate;
		for (size_t i = 0; i < taken; i++)
			sdk_window_receipt(&window);
		for (size_t i = taken; i < burst; i++)
			sdk_window_busy(
				&window, burst - taken, at(1000 * round), at(1000 * round + 1));
		letters -= taken;
		all += burst - taken;
		assert_true(round < 10000);
	}
	return all;
}

static void window_meets_a_quota_with_few_refusals(void **state)
{
	static const struct {
		size_t letters, most, rate, refused_most;
	} cases[] = { { 40, 500, 5, 80 }, { 1000, 500, 5, 1600 }, { 1000, 500, 100, 1000 },
		{ 1000, 50, 100, 0 }, { 200, 500, 1, 700 } };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = refused(cases[i].letters, cases[i].most, cases[i].rate);
		print_message("%zu letters, window %zu, quota %zu: %zu refused\n", cases[i].letters,
			cases[i].most, cases[i].rate, n);
		assert_true(n <= cases[i].refused_most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_follows_its_table),
		cmocka_unit_test(window_meets_a_quota_with_few_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The bucket: burst, refill, what a jumping clock gives away (nothing), the time that is told, and
 * figures that change while letters come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "edge_quota_core.h"

#define MS INT64_C(1000)
#define S  (1000 * MS)

struct turn {
	int64_t at_us;
	struct edge_quota quota;
	int asked; /* letters at this moment */
	int taken;
	int32_t retry_ms; /* told to the last one, when it was refused */
};

static void play(const char *what, const struct turn *turns, size_t n)
{
	struct edge_bucket bucket = { .filled_at = INSTANT_NONE };

	for (size_t i = 0; i < n; i++) {
		int32_t retry_ms = 0;
		int taken = 0;

		for (int k = 0; k < turns[i].asked; k++)
			taken += edge_bucket_take(&bucket, turns[i].quota,
				(struct instant){ turns[i].at_us }, &retry_ms);
		if (taken != turns[i].taken || retry_ms != turns[i].retry_ms)
			fail_msg("%s, turn %zu: %d taken, retry %d ms", what, i, taken,
				(int)retry_ms);
	}
}
#define PLAY(what, ...)                                                                            \
	do {                                                                                       \
		static const struct turn turns[] = { __VA_ARGS__ };                                \
		play(what, turns, sizeof turns / sizeof turns[0]);                                 \
	} while (0)

static void bucket_gives_burst_then_rate(void **state)
{
	(void)state;
	PLAY("burst, then one each 200 ms", { 0, { 5, 10 }, 12, 10, 200 },
		{ 100 * MS, { 5, 10 }, 1, 0, 100 }, { 200 * MS, { 5, 10 }, 2, 1, 200 },
		{ 1200 * MS, { 5, 10 }, 9, 5, 200 });
	PLAY("never more than the burst", { 0, { 5, 10 }, 10, 10, 0 },
		{ 3600 * S, { 5, 10 }, 11, 10, 200 });
	PLAY("parts of a token are kept", { 0, { 3, 2 }, 3, 2, 334 },
		{ 333 * MS, { 3, 2 }, 1, 0, 1 }, { 334 * MS, { 3, 2 }, 2, 1, 333 },
		{ 667 * MS, { 3, 2 }, 2, 1, 333 });
	PLAY("one a second", { 0, { 1, 1 }, 2, 1, 1000 }, { 999 * MS, { 1, 1 }, 1, 0, 1 },
		{ 1000 * MS, { 1, 1 }, 1, 1, 0 });
	PLAY("the shortest time is 1 ms", { 0, { 1000000, 1 }, 2, 1, 1 },
		{ 1, { 1000000, 1 }, 1, 1, 0 });
}

static void bucket_clock_that_jumps_gives_nothing_away(void **state)
{
	(void)state;
	PLAY("backwards", { 10 * S, { 5, 5 }, 5, 5, 0 }, { 2 * S, { 5, 5 }, 1, 0, 200 },
		{ 2200 * MS, { 5, 5 }, 2, 1, 200 });
	PLAY("far ahead", { 0, { 1000000, 1000000 }, 1, 1, 0 },
		{ INT64_MAX / 2, { 5, 5 }, 6, 5, 200 });
	PLAY("standing still", { 0, { 5, 1 }, 1, 1, 0 }, { 0, { 5, 1 }, 5, 0, 200 });
}

static void bucket_takes_new_figures_at_once(void **state)
{
	(void)state;
	PLAY("less: what is over the new burst is gone", { 0, { 100, 100 }, 1, 1, 0 },
		{ 0, { 2, 3 }, 5, 3, 500 });
	PLAY("more: the burst is earned, not given", { 0, { 1, 1 }, 1, 1, 0 },
		{ 0, { 100, 100 }, 1, 0, 10 }, { 100 * MS, { 100, 100 }, 11, 10, 10 });
	PLAY("earned by the old rate until now", { 0, { 1, 10 }, 10, 10, 0 },
		{ 2 * S, { 100, 10 }, 3, 2, 10 });
}

/* The time that is told is true: then there is a token, and a millisecond before there is none. */
static void bucket_told_time_is_the_first_that_has_a_token(void **state)
{
	(void)state;
	for (int32_t rate = 1; rate < 2000; rate += 7) {
		const struct edge_quota quota = { rate, 3 };
		struct edge_bucket bucket = { .filled_at = INSTANT_NONE };
		struct instant now = { 0 };
		int32_t retry_ms = 0;

		for (int i = 0; i < 50; i++) {
			while (edge_bucket_take(&bucket, quota, now, &retry_ms))
				;
			struct edge_bucket before = bucket;
			int32_t unused;
			if (retry_ms > 1)
				assert_false(edge_bucket_take(&before, quota,
					instant_add(now, SPAN_MS(retry_ms - 1)), &unused));
			now = instant_add(now, SPAN_MS(retry_ms));
			before = bucket;
			assert_true(edge_bucket_take(&before, quota, now, &unused));
		}
	}
}

static void quota_is_the_sources_own_or_the_doors(void **state)
{
	static const struct {
		struct edge_quota own, fallback, want;
	} rows[] = {
		{ { 0, 0 }, { 1000, 2000 }, { 1000, 2000 } },
		{ { 5, 0 }, { 1000, 2000 }, { 5, 5 } },
		{ { 5, 7 }, { 1000, 2000 }, { 5, 7 } },
		{ { 5, 1 }, { 1000, 2000 }, { 5, 1 } },
		{ { -5, 9 }, { 1000, 2000 }, { 1000, 2000 } },
		{ { 5, -9 }, { 1000, 2000 }, { 5, 5 } },
		{ { INT32_MAX, INT32_MAX }, { 1, 1 }, { EDGE_QUOTA_MOST, EDGE_QUOTA_MOST } },
		{ { 0, 0 }, { 0, 0 }, { 1, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct edge_quota quota = edge_quota_of(rows[i].own, rows[i].fallback);

		if (quota.per_s != rows[i].want.per_s || quota.burst != rows[i].want.burst)
			fail_msg("row %zu: %d, %d", i, (int)quota.per_s, (int)quota.burst);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bucket_gives_burst_then_rate),
		cmocka_unit_test(bucket_clock_that_jumps_gives_nothing_away),
		cmocka_unit_test(bucket_takes_new_figures_at_once),
		cmocka_unit_test(bucket_told_time_is_the_first_that_has_a_token),
		cmocka_unit_test(quota_is_the_sources_own_or_the_doors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The share: what greedy sources end up with, what newcomers and the hotline find, what the window
 * does. The last one plays seeded crowds and compares with max-min. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "edge_share_core.h"

#define SOURCES 8

struct play {
	struct edge_share share;
	struct edge_account of[SOURCES];
	struct instant now;
};

static void begin(struct play *play, int32_t most, int32_t reserve_pct)
{
	*play = (struct play){ .now = { 0 } };
	edge_share_init(&play->share, most, reserve_pct, SPAN_S(1));
}

static int send(struct play *play, int source, bool is_reserved, int letters)
{
	enum edge_pool pool;
	int taken = 0;

	for (int i = 0; i < letters; i++)
		if (edge_share_may(&play->share, &play->of[source], is_reserved, &pool)) {
			edge_share_take(
				&play->share, &play->of[source], pool, is_reserved, play->now);
			taken++;
		}
	return taken;
}

static int held(const struct play *play, int source)
{
	return play->of[source].held[0] + play->of[source].held[1];
}

static void answer(struct play *play, int source)
{
	enum edge_pool pool =
		play->of[source].held[EDGE_POOL_RESERVE] > 0 ? EDGE_POOL_RESERVE : EDGE_POOL_COMMON;

	edge_share_give(&play->share, &play->of[source], pool);
}

static void one_greedy_source_leaves_a_fifth(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 1000, 0);
	assert_int_equal(send(&play, 0, false, 5000), 800);
	assert_int_equal(send(&play, 1, false, 100), 100);
}

/* Everybody asks again and again while the oldest are answered: all come to the same. */
static void greedy_sources_come_to_the_same(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 1000, 0);
	send(&play, 0, false, 5000);
	for (int round = 0; round < 2000; round++)
		for (int i = 0; i < 4; i++) {
			if (held(&play, i) > 0)
				answer(&play, i);
			send(&play, i, false, i == 0 ? 20 : 2);
		}
	for (int i = 0; i < 4; i++)
		assert_in_range(held(&play, i), 225, 245); /* 4000 / 17 */
}

static void modest_source_has_what_it_asks_for(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 1000, 0);
	for (int round = 0; round < 3000; round++) {
		for (int i = 1; i < 4; i++) {
			send(&play, i, false, 5);
			answer(&play, i);
		}
		if (round % 3 == 0)
			assert_int_equal(send(&play, 0, false, 1), 1);
		if (held(&play, 0) > 30)
			answer(&play, 0);
	}
}

static void reserve_is_there_at_once_and_half_of_it_is_lent(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 1000, 20);
	for (int i = 0; i < 6; i++)
		send(&play, i, false, 5000);
	/* 800 and a half of the idle 200, less what stays free for a newcomer */
	assert_in_range(play.share.held[EDGE_POOL_COMMON], 850, 900);
	assert_true(send(&play, 7, true, 80) == 80);
	/* it needs it: nothing is lent now */
	for (int i = 0; i < 100; i++)
		answer(&play, 0);
	assert_int_equal(send(&play, 1, false, 500), 0);
	assert_true(play.share.held[0] + play.share.held[1] <= 1000);
}

static void hotline_alone_may_use_all(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 1000, 20);
	assert_int_equal(send(&play, 0, true, 5000), 160 + 640);
	assert_true(send(&play, 1, false, 50) == 50);
}

static void window_shrinks_once_an_answers_time_and_recovers(void **state)
{
	struct play play;
	int32_t first;

	(void)state;
	begin(&play, 1000, 0);
	send(&play, 0, false, 5000);
	play.now = (struct instant){ 1000000 };
	edge_share_answered(&play.share, SPAN_S(2), play.now);
	first = edge_share_window(&play.share);
	assert_int_equal(first, 700); /* of the 800 under way */
	edge_share_answered(&play.share, SPAN_S(2), play.now);
	assert_int_equal(edge_share_window(&play.share), first);
	for (int i = 1; i < 200; i++)
		edge_share_answered(
			&play.share, SPAN_S(2), (struct instant){ i * 3 * INT64_C(1000000) });
	assert_int_equal(edge_share_window(&play.share), 62); /* a sixteenth */
	for (int i = 0; i < 4000; i++)
		edge_share_answered(&play.share, SPAN_MS(5), play.now);
	assert_int_equal(edge_share_window(&play.share), 1000);
}

/* BUSY of intake: short for the one within his share, long for the others. */
static void busy_is_handed_out_by_share(void **state)
{
	struct play play;

	(void)state;
	begin(&play, 1000, 0);
	send(&play, 0, false, 5000);
	send(&play, 1, false, 10);
	answer(&play, 1);
	assert_int_equal(edge_share_busy(&play.share, &play.of[1], false, 500, play.now),
		EDGE_SHARE_LEAST_MS);
	answer(&play, 0);
	assert_int_equal(edge_share_busy(&play.share, &play.of[0], false, 500, play.now), 500);
	assert_int_equal(send(&play, 0, false, 10), 0);
	assert_int_equal(send(&play, 1, false, 1), 1);
}

/* Never over the window; whoever holds nothing is refused only when nothing is free. */
static void crowds_keep_the_bounds(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct play play;
		unsigned dice = seed;
		int32_t most = 10 + rand_r(&dice) % 500;

		begin(&play, most, rand_r(&dice) % 91);
		for (int step = 0; step < 2000; step++) {
			int i = rand_r(&dice) % SOURCES;
			bool wants = rand_r(&dice) % 3 != 0;

			play.now.us += rand_r(&dice) % 100000;
			if (wants && send(&play, i, i == 7, 1) == 0 && held(&play, i) == 0 &&
				play.share.held[0] < edge_share_window(&play.share) *
							     (100 - play.share.reserve_pct) / 100)
				fail_msg("seed %u, step %d: there is room, and it is refused", seed,
					step);
			if (!wants && held(&play, i) > 0) {
				answer(&play, i);
				edge_share_answered(
					&play.share, SPAN_MS(rand_r(&dice) % 1200), play.now);
			}
			if (play.share.held[0] + play.share.held[1] > most)
				fail_msg("seed %u, step %d: over the window", seed, step);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_greedy_source_leaves_a_fifth),
		cmocka_unit_test(greedy_sources_come_to_the_same),
		cmocka_unit_test(modest_source_has_what_it_asks_for),
		cmocka_unit_test(reserve_is_there_at_once_and_half_of_it_is_lent),
		cmocka_unit_test(hotline_alone_may_use_all),
		cmocka_unit_test(window_shrinks_once_an_answers_time_and_recovers),
		cmocka_unit_test(busy_is_handed_out_by_share),
		cmocka_unit_test(crowds_keep_the_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

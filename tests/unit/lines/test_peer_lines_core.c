/* Which line is taken, how a window is divided, who gets credit back: tables, and properties over
 * made-up sets of lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/peer_lines_core.h"

#define LINES  5
#define ROUNDS 20000

static uint64_t seed;

static uint64_t dice(uint64_t sides)
{
	seed += UINT64_C(0x9e3779b97f4a7c15);
	return lines_mix(seed) % sides;
}

/* U up, D draining, Y young, Q quiet, R refusing; a line is written as its letters, "-" for none.
 */
static struct line_facts facts_of(const char *letters, uint64_t id)
{
	return (struct line_facts){ .id = id,
		.is_up = strchr(letters, 'U') != NULL,
		.is_draining = strchr(letters, 'D') != NULL,
		.is_young = strchr(letters, 'Y') != NULL,
		.is_quiet = strchr(letters, 'Q') != NULL,
		.is_refusing = strchr(letters, 'R') != NULL };
}

static void pick_prefers_the_least_doubtful(void **state)
{
	static const struct {
		const char *a, *b, *c;
		enum lines_use use;
		int want; /* 0, 1, 2; -1: none; 9: whichever the key says among all that are up */
	} rows[] = {
		{ "-", "-", "-", LINES_ASK, -1 },
		{ "-", "U", "-", LINES_ASK, 1 },
		{ "U", "U", "U", LINES_ASK, 9 },
		{ "UD", "-", "-", LINES_ASK, -1 }, /* nothing new on one that goes */
		{ "UD", "-", "-", LINES_OUTCOME,
			0 }, /* but what ends something, if nothing else is */
		{ "UD", "U", "-", LINES_OUTCOME, 1 },
		{ "UD", "-", "-", LINES_ANSWER, 0 },
		{ "UD", "UQ", "-", LINES_ANSWER, 1 },
		{ "UQ", "UY", "-", LINES_ASK, 1 }, /* a newcomer before one that says nothing */
		{ "UR", "UY", "-", LINES_ASK, 1 }, /* and before one that refuses */
		{ "UY", "U", "-", LINES_ASK, 1 },
		{ "UQ", "UR", "-", LINES_ASK, 1 },
		{ "UQR", "UQ", "-", LINES_ASK, 1 },
		{ "UR", "UR", "UR", LINES_ASK, 9 }, /* all refuse: it is asked all the same */
		{ "D", "Q", "R", LINES_ASK, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct line_facts lines[] = { facts_of(rows[i].a, 11), facts_of(rows[i].b, 12),
			facts_of(rows[i].c, 13) };
		bool seen[3] = { false };

		for (uint64_t key = 0; key < 100; key++) {
			size_t at = lines_pick(lines, 3, rows[i].use, lines_mix(key));

			if (rows[i].want != 9)
				assert_int_equal((int64_t)at, rows[i].want);
			else
				seen[at] = true;
		}
		if (rows[i].want == 9)
			assert_true(seen[0] && seen[1] && seen[2]);
	}
}

static void refusal_has_a_better_line(void **state)
{
	static const struct {
		const char *other;
		bool want;
	} rows[] = { { "U", true }, { "UY", true }, { "UR", false }, { "UQ", false },
		{ "UD", false }, { "-", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct line_facts lines[] = { facts_of("UR", 1), facts_of(rows[i].other, 2) };

		assert_int_equal(lines_have_better(lines, 2, 0), rows[i].want);
		assert_false(lines_have_better(lines, 1, 0));
	}
}

/* Rendezvous: when one line goes, only its keys move; the order in which lines stand is nothing. */
static void pick_moves_only_the_keys_of_a_lost_line(void **state)
{
	struct line_facts lines[LINES], fewer[LINES - 1], turned[LINES];
	int moved = 0;

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		lines[i] = turned[LINES - 1 - i] = facts_of("U", lines_mix(i + 1));
	memcpy(fewer, lines + 1, sizeof(fewer));
	for (uint64_t key = 0; key < 1000; key++) {
		size_t with = lines_pick(lines, LINES, LINES_ASK, lines_mix(key));
		size_t without = lines_pick(fewer, LINES - 1, LINES_ASK, lines_mix(key));

		assert_int_equal(
			with, LINES - 1 - lines_pick(turned, LINES, LINES_ASK, lines_mix(key)));
		if (with == 0)
			moved++;
		else
			assert_int_equal(without + 1, with);
	}
	assert_in_range(moved, 120, 280); /* a fifth of them */
}

static void share_of_a_window(void **state)
{
	static const struct {
		int32_t window;
		size_t lines;
		int32_t want;
	} rows[] = { { 10000, 1, 10000 }, { 10000, 2, 5000 }, { 10000, 3, 3333 }, { 100, 2, 50 },
		{ 100, 4, 30 }, { 30, 2, 30 }, { 9, 1, 9 }, { 9, 2, 9 }, { 1000, 0, 1000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(lines_share(rows[i].window, rows[i].lines), rows[i].want);
}

static int32_t sum(const int32_t *numbers, size_t n)
{
	int32_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += numbers[i];
	return all;
}

static void give_goes_to_the_most_outstanding(void **state)
{
	static const struct {
		int32_t outstanding[3];
		int32_t credit;
		int32_t want[3];
	} rows[] = {
		{ { 5, 0, 0 }, 3, { 3, 0, 0 } },
		{ { 5, 0, 0 }, 9, { 5, 0, 0 } }, /* what nobody is owed is void */
		{ { 5, 3, 0 }, 2, { 2, 0, 0 } },
		{ { 5, 3, 0 }, 4, { 3, 1, 0 } },
		{ { 4, 4, 4 }, 3, { 1, 1, 1 } },
		{ { 4, 4, 4 }, 12, { 4, 4, 4 } },
		{ { 1000, 10, 0 }, 990, { 990, 0, 0 } },
		{ { 0, 0, 0 }, 5, { 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int32_t give[3] = { 0 };

		lines_give(rows[i].outstanding, 3, rows[i].credit, give);
		assert_memory_equal(give, rows[i].want, sizeof(give));
	}
}

/* Never more than is owed, all of the credit where it is owed, and the rest as level as it can be.
 */
static void give_levels_and_loses_nothing(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int32_t outstanding[LINES], give[LINES] = { 0 };
		int32_t credit, highest = 0;

		for (size_t i = 0; i < LINES; i++)
			outstanding[i] = (int32_t)dice(dice(2) == 0 ? 5 : 5000);
		credit = (int32_t)dice(8000);
		lines_give(outstanding, LINES, credit, give);
		int32_t owed = sum(outstanding, LINES);
		assert_int_equal(sum(give, LINES), credit < owed ? credit : owed);
		for (size_t i = 0; i < LINES; i++) {
			assert_in_range(give[i], 0, outstanding[i]);
			if (outstanding[i] - give[i] > highest)
				highest = outstanding[i] - give[i];
		}
		for (size_t i = 0; i < LINES;
			i++) /* who was given some has no less left than the rest */
			if (give[i] > 0)
				assert_true(outstanding[i] - give[i] >= highest - 1);
	}
}

static void next_place_is_the_one_that_failed_longest_ago(void **state)
{
	struct line_place places[] = { { .id = 1, .failed_us = 50 }, { .id = 2, .failed_us = 20 },
		{ .id = 3, .failed_us = INT64_MIN, .is_taken = true } };
	bool seen[3] = { false };

	(void)state;
	assert_int_equal(lines_next(places, 3, 7), 1);
	places[2].is_taken = false;
	assert_int_equal(lines_next(places, 3, 7), 2);
	for (size_t i = 0; i < 3; i++)
		places[i].failed_us = INT64_MIN;
	for (uint64_t self = 0; self < 100; self++)
		seen[lines_next(places, 3, lines_mix(self))] = true;
	assert_true(seen[0] && seen[1] && seen[2]); /* clients spread */
	for (size_t i = 0; i < 3; i++)
		places[i].is_taken = true;
	assert_true(lines_next(places, 3, 7) == LINES_NONE);
}

int main(void)
{
	const char *given = getenv("WANGLI_SEED");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pick_prefers_the_least_doubtful),
		cmocka_unit_test(refusal_has_a_better_line),
		cmocka_unit_test(pick_moves_only_the_keys_of_a_lost_line),
		cmocka_unit_test(share_of_a_window),
		cmocka_unit_test(give_goes_to_the_most_outstanding),
		cmocka_unit_test(give_levels_and_loses_nothing),
		cmocka_unit_test(next_place_is_the_one_that_failed_longest_ago),
	};

	seed = given != NULL ? strtoull(given, NULL, 10) : 20170017;
	printf("WANGLI_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

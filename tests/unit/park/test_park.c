/* When a message is at fault: what became of a send, what is counted, how the next one goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/kit_park_core.h"

static const struct park_limits limits = { .alone_after = 2, .park_after = 12 };

static const struct {
	enum park_answer answer;
	bool has_newcomer;
	bool answers_others;
	struct park_count after; /* of 1 send, 1 fault */
} judgements[] = {
	{ PARK_NOT_KNOWN, false, false, { 1, 1 } },
	{ PARK_NOT_KNOWN, true, true, { 1, 1 } },
	{ PARK_SILENCE, false, false, { 1, 1 } }, /* slow, or all are away */
	{ PARK_SILENCE, true, false, { 2, 1 } },  /* somebody may have died of it */
	{ PARK_SILENCE, false, true, { 2, 2 } },
	{ PARK_SILENCE, true, true, { 2, 2 } },
	{ PARK_FAULT, false, false, { 2, 2 } },
	{ PARK_FAULT, true, true, { 2, 2 } },
	{ PARK_NOBODY, false, false, { 1, 1 } },
	{ PARK_NOBODY, true, true, { 1, 1 } },
	{ PARK_LATER, false, false, { 1, 1 } },
	{ PARK_LATER, true, true, { 1, 1 } },
	{ PARK_MOVED, false, false, { 0, 0 } },
	{ PARK_MOVED, true, true, { 0, 0 } },
};

static void park_judge_counts_what_speaks_against_the_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof judgements / sizeof judgements[0]; i++) {
		const struct park_last last = { judgements[i].answer, judgements[i].has_newcomer,
			judgements[i].answers_others };
		struct park_count after = park_judge((struct park_count){ 1, 1 }, last);
		if (after.sends != judgements[i].after.sends ||
			after.faults != judgements[i].after.faults)
			fail_msg("row %zu: %d sends, %d faults", i, after.sends, after.faults);
	}
}

#define AT(n)                                                                                      \
	{                                                                                          \
		.us = (n)*1000000                                                                  \
	}
static const struct {
	struct park_sent sent;
	struct park_heard heard;
	bool has_newcomer;
	bool answers_others;
} lasts[] = {
	/* what was sent among others is accused by any answer to a later send */
	{ { 5, AT(10), false }, { 4, 4, AT(12), AT(11), AT(1) }, false, false },
	{ { 5, AT(10), false }, { 6, 0, AT(12), AT(11), AT(1) }, false, true },
	/* what waits alone in the queue of the lonely ones only by one that came after it there */
	{ { 5, AT(10), true }, { 9, 4, AT(12), AT(11), AT(1) }, false, false },
	{ { 5, AT(10), true }, { 9, 6, AT(12), AT(11), AT(1) }, false, true },
	{ { 5, AT(10), true }, { 9, 4, AT(12), AT(9), AT(1) }, false, true }, /* it does not move */
	{ { 5, AT(10), true }, { 4, 4, AT(12), AT(9), AT(1) }, false, false },
	/* a newcomer takes it last of all, whatever the others' order */
	{ { 5, AT(10), false }, { 4, 4, AT(10), AT(9), AT(11) }, true, false },
	{ { 5, AT(10), false }, { 4, 4, AT(12), AT(9), AT(11) }, true, true },
	{ { 5, AT(10), true }, { 9, 4, AT(12), AT(11), AT(11) }, true, true },
	{ { 5, AT(10), true }, { 4, 4, AT(9), AT(9), AT(11) }, true, false },
};

static void park_last_accuses_by_what_was_sent_later(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lasts / sizeof lasts[0]; i++) {
		struct park_last last = park_last_of(PARK_SILENCE, &lasts[i].sent, &lasts[i].heard);
		if (last.answer != PARK_SILENCE || last.has_newcomer != lasts[i].has_newcomer ||
			last.answers_others != lasts[i].answers_others)
			fail_msg("row %zu", i);
	}
}

/* A subscriber that was killed twice owes a thousand, which now travel alone; it works them off in
 * order, its work on new ones goes on meanwhile: nobody is accused, however often it is asked. */
static void park_last_of_a_long_lonely_queue_accuses_nobody(void **state)
{
	(void)state;
	struct park_heard heard = { .at = AT(0), .joined_at = AT(0) };
	for (int64_t done = 0; done < 1000; done++) {
		heard.alone_order = done;
		heard.order = 5000 + done;
		heard.alone_at = (struct instant)AT(2 + done);
		for (int64_t waits = done + 1; waits <= 1000; waits += 97) {
			const struct park_sent sent = { waits, AT(1), true };
			struct park_last last = park_last_of(PARK_SILENCE, &sent, &heard);
			struct park_count count = park_judge((struct park_count){ 2, 2 }, last);
			assert_int_equal(count.faults, 2);
			assert_int_equal(count.sends, 2);
		}
	}
}

static const struct {
	int32_t sends;
	int32_t faults;
	bool group_takes;
	enum park_step step;
} steps[] = {
	{ 0, 0, true, PARK_SEND },
	{ 1, 1, true, PARK_SEND },
	{ 2, 0, true, PARK_ALONE },
	{ 2, 2, true, PARK_ALONE },
	{ 11, 11, true, PARK_ALONE },
	{ 12, 12, true, PARK_ASIDE },
	{ 500, 11, true, PARK_ALONE }, /* it alone is not answered, but nobody else either */
	{ INT32_MAX, INT32_MAX, true, PARK_ASIDE },
	{ 0, 0, false, PARK_WAIT },
	{ 2, 2, false, PARK_WAIT },
	{ 12, 12, false, PARK_WAIT },
};

static void park_next_goes_alone_after_two_and_aside_after_twelve(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		const struct park_count count = { steps[i].sends, steps[i].faults };
		if (park_next(count, steps[i].group_takes, limits) != steps[i].step)
			fail_msg("row %zu", i);
	}
}

/* Every run of answers: never aside with fewer than twelve faults since it last moved. */
static void park_count_never_sets_aside_what_was_not_at_fault_twelve_times(void **state)
{
	(void)state;
	uint32_t random = 7;
	struct park_count count = { 0 };
	int32_t faults = 0;
	for (int i = 0; i < 200000; i++) {
		random = random * 1664525 + 1013904223;
		const struct park_last last = { (enum park_answer)(random >> 24) % PARK_ANSWERS,
			random >> 16 & 1, random >> 17 & 1 };
		count = park_judge(count, last);
		if (last.answer == PARK_MOVED)
			faults = 0;
		if (last.answer == PARK_FAULT ||
			(last.answer == PARK_SILENCE && last.answers_others))
			faults++;
		assert_int_equal(count.faults, faults);
		assert_true(count.sends >= count.faults);
		bool is_aside = park_next(count, true, limits) == PARK_ASIDE;
		assert_int_equal(is_aside, faults >= 12);
	}
}

static void park_judge_at_the_largest_number_stays(void **state)
{
	(void)state;
	struct park_count count = park_judge((struct park_count){ INT32_MAX, INT32_MAX },
		(struct park_last){ .answer = PARK_FAULT });
	assert_int_equal(count.sends, INT32_MAX);
	assert_int_equal(count.faults, INT32_MAX);
}

static const struct {
	struct park_place place;
	int32_t cursor;
	bool is_open;
} places[] = {
	{ { 0, 0, 0 }, 0, false },
	{ { 4, 0, 0 }, 4, false },
	{ { 4, 7, 0 }, 7, true },
	{ { 7, 7, 0 }, 7, false }, /* applied meanwhile by another replica */
	{ { 0, 0, 1 }, 1, false }, /* skipped, and there is no row yet */
	{ { 0, 3, 1 }, 3, true },
	{ { 5, 3, 1 }, 5, false },
	{ { 0, 1, 1 }, 1, false },
};

static void park_cursor_is_the_furthest_of_seen_skipped_and_set_aside(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		if (park_cursor(&places[i].place) != places[i].cursor ||
			park_is_open(&places[i].place) != places[i].is_open)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(park_judge_counts_what_speaks_against_the_message),
		cmocka_unit_test(park_last_accuses_by_what_was_sent_later),
		cmocka_unit_test(park_last_of_a_long_lonely_queue_accuses_nobody),
		cmocka_unit_test(park_next_goes_alone_after_two_and_aside_after_twelve),
		cmocka_unit_test(park_count_never_sets_aside_what_was_not_at_fault_twelve_times),
		cmocka_unit_test(park_judge_at_the_largest_number_stays),
		cmocka_unit_test(park_cursor_is_the_furthest_of_seen_skipped_and_set_aside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

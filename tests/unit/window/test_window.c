/* The window of a channel, played against channels that hold so many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/kit_window_core.h"

#define SILENCE SPAN_S(3)
#define ROUNDS	2000

static const struct instant start = { 1000000 };

/* What is there is sent as far as the window allows; what the channel does not hold comes back
 * refused; then it answers `answers` of what it holds. */
struct play {
	struct window window;
	struct instant now;
	int32_t room; /* of the channel */
	int32_t held;
	int32_t waits; /* still to be delivered */
	int32_t refused;
	int32_t delivered;
};

static void play_send(struct play *play)
{
	int32_t over = 0;
	while (play->waits > 0 && window_has_room(&play->window, play->now, SILENCE)) {
		play->waits--;
		window_send(&play->window);
		if (play->held < play->room)
			play->held++;
		else
			over++;
	}
	for (; over > 0; over--) {
		(void)window_refuse(&play->window, SPAN_MS(0));
		play->waits++;
		play->refused++;
	}
}

static void play_answer(struct play *play, int32_t answers)
{
	for (; answers > 0 && play->held > 0; answers--) {
		play->held--;
		play->delivered++;
		window_answer(&play->window, play->now);
	}
}

static struct play play_begin(int32_t room, int32_t waits)
{
	struct play play = { .now = start, .room = room, .waits = waits };
	window_init(&play.window);
	return play;
}

static void channel_is_kept_full_and_seldom_asked_for_more(void **state)
{
	static const int32_t rooms[] = { 1, 7, 8, 30, 200, 1000, 4096, 10000 };
	(void)state;
	for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
		int32_t least_held = INT32_MAX;
		struct play play = play_begin(rooms[i], INT32_MAX / 2);
		for (int round = 0; round < ROUNDS; round++) {
			play.now = instant_add(play.now, SPAN_MS(10));
			play_send(&play);
			if (round > ROUNDS / 2 && play.held < least_held)
				least_held = play.held;
			play_answer(&play, rooms[i] / 2 + 1);
		}
		int32_t reachable = rooms[i] < WINDOW_FIRST ? rooms[i] : WINDOW_FIRST;
		assert_true(least_held >= reachable - 1);
		/* after the first burst: one of sixteen answers asks for one more, and a little
		 * channel is asked for the least */
		int32_t most = WINDOW_FIRST + play.delivered / WINDOW_GROWS +
			       (rooms[i] < WINDOW_LEAST ? ROUNDS * WINDOW_LEAST : 0);
		assert_true(play.refused <= most);
	}
}

static void refused_by_an_empty_channel_waits_as_long_as_it_says(void **state)
{
	struct window window;
	(void)state;
	window_init(&window);
	window_send(&window);
	assert_int_equal(window_refuse(&window, SPAN_MS(700)).us, SPAN_MS(700).us);
	window_send(&window);
	assert_true(window_refuse(&window, SPAN_MS(0)).us > 0);
	assert_true(window_has_room(&window, start, SILENCE));
}

static void refused_by_a_full_channel_waits_for_an_answer(void **state)
{
	struct window window;
	(void)state;
	window_init(&window);
	for (int i = 0; i < 100; i++)
		window_send(&window);
	assert_int_equal(window_refuse(&window, SPAN_MS(700)).us, 0);
	assert_false(window_has_room(&window, start, SILENCE));
	window_answer(&window, start);
	assert_true(window_has_room(&window, start, SILENCE));
}

/* What a member held died with it: nothing is answered, and no room would ever come. */
static void silent_channel_is_asked_again_after_a_while(void **state)
{
	struct window window;
	(void)state;
	window_init(&window);
	for (int i = 0; i < WINDOW_FIRST; i++)
		window_send(&window);
	assert_false(window_has_room(&window, start, SILENCE));
	assert_false(window_has_room(&window, instant_add(start, SPAN_MS(2999)), SILENCE));
	assert_true(window_has_room(&window, instant_add(start, SPAN_S(3)), SILENCE));
	assert_int_equal(window.under_way, 0);
}

static void what_is_lost_or_was_never_sent_is_not_counted_below_nothing(void **state)
{
	struct window window;
	(void)state;
	window_init(&window);
	window_unsend(&window);
	window_answer(&window, start);
	assert_int_equal(window.under_way, 0);
	window_send(&window);
	window_forget(&window);
	window_unsend(&window);
	assert_int_equal(window.under_way, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channel_is_kept_full_and_seldom_asked_for_more),
		cmocka_unit_test(refused_by_an_empty_channel_waits_as_long_as_it_says),
		cmocka_unit_test(refused_by_a_full_channel_waits_for_an_answer),
		cmocka_unit_test(silent_channel_is_asked_again_after_a_while),
		cmocka_unit_test(what_is_lost_or_was_never_sent_is_not_counted_below_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What each status means, how long is waited, and when a subscriber that fails gets fewer tries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "webhook_retry_core.h"

static const struct webhook_schedule schedule = { SPAN_S(5), SPAN_MIN(30), SPAN_DAYS(3) };

static void meaning_of_every_status(void **state)
{
	(void)state;
	for (int status = 0; status <= 999; status++) {
		enum webhook_meaning want = WEBHOOK_AGAIN;

		if (status / 100 == 2)
			want = WEBHOOK_TAKEN;
		else if (status == 410)
			want = WEBHOOK_GONE;
		assert_int_equal(webhook_meaning_of(status), want);
	}
}

/* The longest waits are the ceilings 5 s, 10 s, 20 s, … 30 min; the shortest is nothing. */
static void wait_is_within_its_ceiling(void **state)
{
	int64_t ceiling_us = SPAN_S(5).us;

	(void)state;
	for (int32_t tries = 1; tries <= 1000; tries++) {
		uint64_t top = (uint64_t)ceiling_us;

		assert_int_equal(webhook_wait(&schedule, tries, top, SPAN_S(0)).us, ceiling_us);
		assert_int_equal(webhook_wait(&schedule, tries, top + 1, SPAN_S(0)).us, 0);
		assert_int_equal(webhook_wait(&schedule, tries, 7, SPAN_S(0)).us, 7);
		ceiling_us *= 2;
		if (ceiling_us > schedule.most.us)
			ceiling_us = schedule.most.us;
	}
}

static void retry_after_is_kept(void **state)
{
	(void)state;
	assert_int_equal(webhook_wait(&schedule, 1, 0, SPAN_S(120)).us, SPAN_S(120).us);
	assert_int_equal(webhook_wait(&schedule, 1, 0, SPAN_DAYS(900)).us, schedule.age.us);
	assert_int_equal(webhook_wait(&schedule, 9, (uint64_t)SPAN_MIN(20).us, SPAN_S(1)).us,
		SPAN_MIN(20).us);
}

static void age_counts_from_when_it_was_taken(void **state)
{
	struct instant taken = { 0 };

	(void)state;
	assert_false(webhook_is_over(&schedule, taken, (struct instant){ SPAN_DAYS(3).us - 1 }));
	assert_true(webhook_is_over(&schedule, taken, (struct instant){ SPAN_DAYS(3).us }));
}

static void circuit_opens_after_failures_in_a_row(void **state)
{
	struct webhook_circuit circuit = { 0, INSTANT_NONE };
	struct instant now = { SPAN_S(100).us };

	(void)state;
	for (int i = 1; i < WEBHOOK_TRIP; i++) {
		webhook_circuit_failed(&circuit, &schedule, now, 0);
		assert_int_equal(webhook_circuit_room(&circuit, now, 8), 8);
	}
	webhook_circuit_failed(&circuit, &schedule, now, 0);
	assert_int_equal(webhook_circuit_room(&circuit, now, 8), 0);
	assert_int_equal(webhook_circuit_room(&circuit, instant_add(now, SPAN_MS(2499)), 8), 0);
	assert_int_equal(webhook_circuit_room(&circuit, instant_add(now, SPAN_S(5)), 8), 1);
	for (int i = 0; i < 100000; i++)
		webhook_circuit_failed(&circuit, &schedule, now, UINT64_MAX);
	assert_int_equal(webhook_circuit_room(&circuit, instant_add(now, SPAN_MIN(14)), 8), 0);
	assert_int_equal(webhook_circuit_room(&circuit, instant_add(now, SPAN_MIN(30)), 8), 1);
	webhook_circuit_taken(&circuit);
	assert_int_equal(webhook_circuit_room(&circuit, now, 8), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meaning_of_every_status),
		cmocka_unit_test(wait_is_within_its_ceiling),
		cmocka_unit_test(retry_after_is_kept),
		cmocka_unit_test(age_counts_from_when_it_was_taken),
		cmocka_unit_test(circuit_opens_after_failures_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Suspects: how many silences it takes, what clears, what a full table forgets; and manners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge_manners_core.h"
#include "edge_suspect_core.h"

static struct edge_suspects suspects;

static int setup(void **state)
{
	(void)state;
	suspects = (struct edge_suspects){ 0 };
	return 0;
}

static bool silent(uint64_t digest, bool was_alone, int64_t at_s)
{
	return edge_suspects_silent(&suspects,
		&(struct edge_silence){ digest, digest + 1000, STR("app-co"), was_alone },
		(struct instant){ at_s * 1000000 }, NULL);
}

static void five_silences_quarantine(void **state)
{
	(void)state;
	assert_false(silent(1, false, 1));
	assert_int_equal(edge_suspects_ask(&suspects, 1), EDGE_LEAVE);
	assert_false(silent(1, false, 2));
	assert_int_equal(edge_suspects_ask(&suspects, 1), EDGE_LEAVE_ALONE);
	assert_false(silent(1, true, 3));
	assert_false(silent(1, true, 4));
	assert_true(silent(1, true, 5));
	assert_int_equal(edge_suspects_ask(&suspects, 1), EDGE_STAY);
	assert_false(silent(1, true, 6)); /* told once */
	assert_int_equal(suspects.quarantined, 1);
	assert_int_equal(edge_suspects_ask(&suspects, 2), EDGE_LEAVE);
	assert_int_equal(edge_suspects_ask(&suspects, 1 + EDGE_SUSPECT_FILTER_BITS), EDGE_LEAVE);
}

static void one_suspect_at_a_time(void **state)
{
	(void)state;
	for (uint64_t digest = 1; digest <= 2; digest++)
		for (int i = 0; i < EDGE_SILENT_MOST; i++)
			silent(digest, false, i);
	edge_suspects_out(&suspects, true);
	assert_int_equal(edge_suspects_ask(&suspects, 2), EDGE_WAIT);
	edge_suspects_out(&suspects, false);
	assert_int_equal(edge_suspects_ask(&suspects, 2), EDGE_LEAVE_ALONE);
}

static void answer_clears(void **state)
{
	(void)state;
	silent(1, false, 1);
	silent(1, false, 2);
	assert_false(edge_suspects_answered(&suspects, 1));
	assert_int_equal(edge_suspects_ask(&suspects, 1), EDGE_LEAVE);
	for (int i = 0; i < 5; i++)
		silent(2, i >= 2, i);
	assert_int_equal(edge_suspects_ask(&suspects, 2), EDGE_STAY);
	assert_false(edge_suspects_answered_late(&suspects, 7));
	assert_true(edge_suspects_answered_late(&suspects, 1002));
	assert_int_equal(edge_suspects_ask(&suspects, 2), EDGE_LEAVE);
	assert_int_equal(suspects.n + suspects.quarantined, 0);
}

static void full_table_forgets_who_was_silent_least(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		silent(1, i >= 2, i);
	for (uint64_t digest = 2; digest < 2 + 3 * EDGE_SUSPECTS_MAX; digest++)
		silent(digest, false, (int64_t)digest);
	assert_int_equal(suspects.n, EDGE_SUSPECTS_MAX);
	assert_int_equal(edge_suspects_ask(&suspects, 1), EDGE_STAY);
	silent(3, false, 9999); /* forgotten: its first silence again */
	assert_int_equal(edge_suspects_ask(&suspects, 3), EDGE_LEAVE);
}

static int told_of(struct edge_manners *manners, int letters, int64_t from_us, int64_t every_us)
{
	int told = 0;

	for (int i = 0; i < letters; i++)
		told += !edge_manners_refuse(
			manners, 1000, (struct instant){ from_us + i * every_us })
				 .is_silent;
	return told;
}

static void what_was_on_its_way_is_answered_and_a_flood_once_a_second(void **state)
{
	struct edge_manners manners;

	(void)state;
	edge_manners_init(&manners);
	assert_int_equal(told_of(&manners, 2000, 0, 0), 2000);
	/* 10 seconds of 20,000 a second: what is forgiven while it stays under, then one a second
	 */
	assert_in_range(told_of(&manners, 200000, 0, 50), 9, 120);
	/* a client that keeps its time is answered again */
	assert_int_equal(told_of(&manners, 100, 60000000, 1000001), 100);
}

static void client_that_keeps_its_time_is_never_early(void **state)
{
	struct edge_manners manners;

	(void)state;
	edge_manners_init(&manners);
	for (int i = 0; i < 10000; i++) {
		struct edge_hearing hearing =
			edge_manners_refuse(&manners, 100, (struct instant){ i * INT64_C(100000) });

		assert_false(hearing.is_early || hearing.is_silent);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(five_silences_quarantine, setup),
		cmocka_unit_test_setup(one_suspect_at_a_time, setup),
		cmocka_unit_test_setup(answer_clears, setup),
		cmocka_unit_test_setup(full_table_forgets_who_was_silent_least, setup),
		cmocka_unit_test(what_was_on_its_way_is_answered_and_a_flood_once_a_second),
		cmocka_unit_test(client_that_keeps_its_time_is_never_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

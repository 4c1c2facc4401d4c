/* Promises about replicas, timers, and the planted bugs that these tests must see. */
#include <stdio.h>

#include "kit_rig.h"

/* Small windows and batches: what one replica cannot take goes to the other, so that both work on
 * the same cases. */
static const char *const small[] = { "WINDOW=30", "BATCH_MOST=7", "GATHER=0", NULL };

static const char twice[] = "select count(*) from (select case_id, n from toy.effect "
			    "group by case_id, n having count(*) > 1) as t";
static const char effects[] = "select count(*) from toy.effect";

static void replicas_that_share_cases_take_everything_once_in_a_gapless_journal(void **state)
{
	struct kit_rig *kr = *state;
	struct feed feeds[] = {
		{ kr->intake, "intake", "intake.tell.v1", 1, 6, 40, false },
		{ kr->followup, "followup", "followup.put.v1", 1, 6, 40, false },
	};

	toy_start(kr, small);
	toy_start(kr, small);
	feeds_run(kr, feeds, 2);
	assert_int_equal(kit_number(kr, effects), 480);
	assert_int_equal(kit_number(kr, twice), 0);
	assert_int_equal(kit_number(kr, "select count(*) from toy.journal"), 240);
	assert_int_equal(kit_number(kr, "select count(*) from toy.case_file where seen_intake = 40 "
					"and seen_followup = 40 and n = 80 and seq = 40"),
		6);
	for (int i = 0; i < 2; i++)
		assert_true(toy_count(kr, &kr->toys[i], "messages") > 0);
	kit_verify_journal(kr);
}

/* The test is the other replica: it takes event 2 of the case while the toy, which has read the
 * row, waits to write its own. Gives how many effects there are afterwards. */
static int64_t lose(struct kit_rig *kr, const char *const *settings)
{
	struct instant until = kit_patience();
	struct toy *toy = toy_start(kr, settings);

	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "one"),
		WIRE_CODE_COMMITTED);
	answers_forget(kr->intake);
	kit_other_sql(kr, "begin");
	kit_other_sql(kr, "update toy.case_file set version = version + 1, n = 2, seen_intake = 2");
	kit_other_sql(kr, "insert into toy.effect values (1, 2, 'two')");
	event_send(kr->intake, "intake", 1, 2, "intake.put.v1", STR("two"));
	kit_wait_blocked(kr, 1);
	kit_other_sql(kr, "commit");
	while (acked_up_to(kr->intake, 1) < 2)
		kit_round(kr, until, "acknowledgement of event 2");
	assert_int_equal(answers_of(kr->intake, 1, WIRE_CODE_DUPLICATE), 1);
	assert_true(toy_count(kr, toy, "losers") >= 1);
	return kit_number(kr, effects);
}

static void loser_is_decided_again_and_adds_nothing(void **state)
{
	assert_int_equal(lose(*state, NULL), 2);
}

static void loser_with_two_entries_leaves_no_hole_in_the_journal(void **state)
{
	struct kit_rig *kr = *state;
	struct instant until = kit_patience();

	toy_start(kr, NULL);
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.tell.v1", "one");
	answers_forget(kr->intake);
	kit_other_sql(kr, "begin");
	kit_other_sql(kr, "update toy.case_file set version = version + 1");
	for (int32_t seq = 2; seq <= 3; seq++)
		event_send(kr->intake, "intake", 1, seq, "intake.tell.v1", STR("more"));
	kit_wait_blocked(kr, 1);
	kit_other_sql(kr, "commit");
	while (acked_up_to(kr->intake, 1) < 3)
		kit_round(kr, until, "acknowledgement of event 3");
	assert_int_equal(kit_number(kr, effects), 3);
	assert_int_equal(kit_number(kr, "select count(*) from toy.journal"), 3);
	kit_verify_journal(kr);
}

/* The toy remembers the row that it wrote; meanwhile the test, as the other replica, writes it. An
 * event that the remembered row would not take, as it stands, is decided on the real one. */
static void remember(struct kit_rig *kr, const char *const *settings)
{
	toy_start(kr, settings);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "one"),
		WIRE_CODE_COMMITTED);
	kit_other_sql(kr, "update toy.case_file set version = version + 1, seen_followup = 1");
}

static void row_written_by_another_replica_is_read_whatever_is_remembered(void **state)
{
	struct kit_rig *kr = *state;

	remember(kr, NULL);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 2, "intake.patient.v1", "two"),
		WIRE_CODE_COMMITTED);
	kit_other_sql(kr, "update toy.case_file set version = version + 1, n = 3, seen_intake = 3");
	kit_other_sql(kr, "insert into toy.effect values (1, 3, 'three')");
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 4, "intake.put.v1", "four"),
		WIRE_CODE_COMMITTED);
	kit_other_sql(kr, "update toy.case_file set version = version + 1, n = 5, seen_intake = 5");
	kit_other_sql(kr, "insert into toy.effect values (1, 5, 'five')");
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 5, "intake.put.v1", "again"),
		WIRE_CODE_DUPLICATE);
	assert_int_equal(kit_number(kr, "select n from toy.case_file"), 5);
	assert_int_equal(kit_number(kr, effects), 5);
	assert_int_equal(kit_number(kr, twice), 0);
}

/* Two replicas make the row of a new case at the same moment: one insert comes back empty. */
static void new_case_made_by_another_replica_meanwhile_is_decided_again(void **state)
{
	struct kit_rig *kr = *state;
	struct instant until = kit_patience();

	toy_start(kr, NULL);
	kit_other_sql(kr, "begin");
	kit_other_sql(kr, "insert into toy.case_file values (1, 1, 0, '\\x"
			  "0000000000000000000000000000000000000000000000000000000000000000"
			  "', 0, 1, 1, false)");
	kit_other_sql(kr, "insert into toy.effect values (1, 1, 'theirs')");
	event_send(kr->intake, "intake", 1, 1, "intake.put.v1", STR("ours"));
	kit_wait_blocked(kr, 1);
	kit_other_sql(kr, "commit");
	while (acked_up_to(kr->intake, 1) < 1)
		kit_round(kr, until, "acknowledgement of event 1");
	service_rig_wait(
		kr->at, "select string_agg(what, ' ' order by n) from toy.effect", "theirs ours");
	assert_int_equal(kit_number(kr, "select version from toy.case_file"), 2);
}

/* --- timers --- */

static const char rings[] = "select count(*) from toy.effect where what = 'ring'";

static void clock_shift(struct kit_rig *kr, int minutes)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "update ref.clock set shift = interval '%d minutes'", minutes);
	service_rig_sql(kr->at, sql);
}

static void arm(struct kit_rig *kr, int64_t case_id, int32_t seq, const char *ms)
{
	assert_int_equal(event_ask(kr, kr->intake, "intake", case_id, seq, "intake.arm.v1", ms),
		WIRE_CODE_COMMITTED);
}

static void timers_of_many_cases_fire_once_with_two_replicas(void **state)
{
	struct kit_rig *kr = *state;
	struct instant until = kit_patience();

	toy_start(kr, NULL);
	toy_start(kr, NULL);
	for (int64_t case_id = 1; case_id <= 200; case_id++)
		event_send(kr->intake, "intake", case_id, 1, "intake.arm.v1", STR("3600000"));
	while (client_count(kr->intake, WIRE_ACK) < 200)
		kit_round(kr, until, "200 acknowledgements");
	assert_int_equal(kit_number(kr, rings), 0);
	clock_shift(kr, 61);
	service_rig_wait(kr->at, "select count(*) from toy.timer", "0");
	assert_int_equal(kit_number(kr, rings), 200);
	assert_int_equal(kit_number(kr, "select count(distinct case_id) from toy.effect"), 200);
	kit_verify_journal(kr);
}

static void timer_set_again_moves(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	arm(kr, 1, 1, "3600000");
	arm(kr, 2, 1, "3600000");
	arm(kr, 1, 2, "7200000");
	clock_shift(kr, 61);
	service_rig_wait(kr->at, rings, "1"); /* of case 2; that of case 1 has moved */
	assert_int_equal(kit_number(kr, "select count(*) from toy.timer where case_id = 1"), 1);
	clock_shift(kr, 121);
	service_rig_wait(kr->at, rings, "2");
	assert_int_equal(kit_number(kr, "select count(*) from toy.timer"), 0);
}

/* The event that moves the timer waits in the inbox (GATHER) when the timer is claimed: both are in
 * one batch, and the event came first. That it is in the inbox is known by the answer to a command
 * that was sent behind it. */
static void timer_moved_in_the_batch_in_which_it_came_due_does_not_fire(void **state)
{
	struct kit_rig *kr = *state;
	const char *const slow[] = { "GATHER=1s", NULL };

	toy_start(kr, slow);
	arm(kr, 1, 1, "3600000");
	event_send(kr->intake, "intake", 1, 2, "intake.arm.v1", STR("7200000"));
	event_send(kr->intake, "intake", 2, 1, "intake.put.v1", STR("the batch is over"));
	service_rig_command(kr->at, kr->intake, 0, "wake", "kit.wake.v1", STR(""));
	clock_shift(kr, 61);
	service_rig_wait(kr->at, "select seen_intake from toy.case_file where case_id = 1", "2");
	assert_int_equal(kit_number(kr, rings), 0);
	assert_int_equal(kit_number(kr, "select count(*) from toy.timer where case_id = 1"), 1);
	clock_shift(kr, 200);
	service_rig_wait(kr->at, rings, "1");
}

static void timer_whose_handler_fails_stays_and_leaves_no_effect_until_it_works(void **state)
{
	struct kit_rig *kr = *state;
	struct toy *toy = toy_start(kr, NULL);
	int64_t batches;

	arm(kr, 1, 1, "3600000");
	event_ask(kr, kr->intake, "intake", 1, 2, "intake.jam.v1", "");
	clock_shift(kr, 61);
	batches = toy_count(kr, toy, "batches");
	toy_wait_count(kr, toy, "batches", batches + 3); /* nothing but the timer makes one */
	assert_int_equal(kit_number(kr, rings), 0);
	assert_int_equal(kit_number(kr, "select count(*) from toy.journal"), 0);
	assert_int_equal(kit_number(kr, "select version from toy.case_file"), 2);
	assert_int_equal(kit_number(kr, "select count(*) from toy.timer"), 1);
	event_ask(kr, kr->intake, "intake", 1, 3, "intake.free.v1", "");
	service_rig_wait(kr->at, "select count(*) from toy.timer", "0");
	assert_int_equal(kit_number(kr, rings), 1);
	kit_verify_journal(kr);
}

/* --- planted bugs: what the tests above assert must break --- */

static void planted_skip_cursor_is_seen(void **state)
{
	struct kit_rig *kr = *state;
	const char *const plant[] = { "WANGLI_PLANT=skip_cursor", NULL };

	kit_only_with_plants();
	toy_start(kr, plant);
	for (int i = 0; i < 2; i++)
		event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "a");
	assert_int_equal(kit_number(kr, effects), 2);
}

static void planted_trust_memory_is_seen(void **state)
{
	struct kit_rig *kr = *state;
	const char *const plant[] = { "WANGLI_PLANT=trust_memory", NULL };

	kit_only_with_plants();
	remember(kr, plant);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 2, "intake.patient.v1", "two"),
		WIRE_CODE_BUSY);
}

static void planted_keep_losers_is_seen(void **state)
{
	const char *const plant[] = { "WANGLI_PLANT=keep_losers", NULL };

	kit_only_with_plants();
	assert_int_equal(lose(*state, plant), 3);
}

/* The first entry is lost on the way. The last one is swept, three times and more, and answered
 * GAP: without the plant that brings the first. */
static int32_t lose_the_first(struct kit_rig *kr, const char *const *settings)
{
	struct subscriber reply = { .drops = 1 };
	struct instant until = kit_patience();
	struct toy *toy = toy_start(kr, settings);

	subscriber_join(kr, &reply, "reply");
	/* both in one transaction, whose marker names the second */
	event_send(kr->intake, "intake", 1, 1, "intake.tell.v1", STR("one"));
	event_send(kr->intake, "intake", 1, 2, "intake.tell.v1", STR("two"));
	while (acked_up_to(kr->intake, 1) < 2)
		kit_round(kr, until, "a commit of both");
	while (reply.seen[1] < 2 && toy_count(kr, toy, "resent") < 3) {
		kit_round(kr, until, "a sweep");
		subscriber_turn(&reply);
	}
	client_close(kr->at->rig, reply.client);
	return reply.seen[1];
}

static void entry_lost_on_the_way_is_sent_again_after_a_gap(void **state)
{
	const char *const together[] = { "GATHER=300ms", NULL };

	assert_int_equal(lose_the_first(*state, together), 2);
}

static void planted_ignore_gap_is_seen(void **state)
{
	const char *const plant[] = { "WANGLI_PLANT=ignore_gap", "GATHER=300ms", NULL };

	kit_only_with_plants();
	assert_int_equal(lose_the_first(*state, plant), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_rig_begin, kit_rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replicas_that_share_cases_take_everything_once_in_a_gapless_journal),
		TEST(loser_is_decided_again_and_adds_nothing),
		TEST(loser_with_two_entries_leaves_no_hole_in_the_journal),
		TEST(row_written_by_another_replica_is_read_whatever_is_remembered),
		TEST(new_case_made_by_another_replica_meanwhile_is_decided_again),
		TEST(timers_of_many_cases_fire_once_with_two_replicas),
		TEST(timer_set_again_moves),
		TEST(timer_moved_in_the_batch_in_which_it_came_due_does_not_fire),
		TEST(timer_whose_handler_fails_stays_and_leaves_no_effect_until_it_works),
		TEST(planted_skip_cursor_is_seen),
		TEST(planted_trust_memory_is_seen),
		TEST(planted_keep_losers_is_seen),
		TEST(entry_lost_on_the_way_is_sent_again_after_a_gap),
		TEST(planted_ignore_gap_is_seen),
	};

	return cmocka_run_group_tests(tests, kit_rig_open, kit_rig_close);
}

/* Promises about what waits: events that nobody waits for, commands that are faster than what they
 * build on, one marker for all subscribers, results that stand in the journal. */
#include "kit_rig.h"

static const char *const with_shelf[] = { "SHELF=400ms", NULL };
static const char *const long_shelf[] = { "SHELF=2s", NULL };

static void event_alone_is_committed_when_its_time_is_over(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, with_shelf);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.noted.v1", ""),
		WIRE_CODE_COMMITTED);
	assert_int_equal(kit_number(kr, "select seen_intake from toy.case_file"), 1);
}

/* Three that can wait and one that cannot: one write of the row, one acknowledgement. */
static void event_that_can_wait_is_folded_into_the_next_write_of_its_case(void **state)
{
	struct kit_rig *kr = *state;
	struct instant until = kit_patience();
	struct toy *toy = toy_start(kr, long_shelf);

	for (int32_t seq = 1; seq <= 3; seq++)
		event_send(kr->intake, "intake", 1, seq, "intake.noted.v1", STR(""));
	toy_wait_count(kr, toy, "shelved", 3);
	event_send(kr->intake, "intake", 1, 4, "intake.put.v1", STR("a"));
	while (acked_up_to(kr->intake, 1) < 4)
		kit_round(kr, until, "an acknowledgement of all four");
	assert_int_equal(kit_number(kr, "select version from toy.case_file"), 1);
	assert_int_equal(kit_number(kr, "select seen_intake from toy.case_file"), 4);
	assert_int_equal(answers_of(kr->intake, 1, WIRE_CODE_COMMITTED), 1);
	assert_int_equal(answers_of(kr->intake, 1, WIRE_CODE_GAP), 0);
	assert_int_equal(toy_count(kr, toy, "shelved"), 0);
}

static void event_on_the_shelf_of_a_killed_process_is_not_lost(void **state)
{
	struct kit_rig *kr = *state;
	struct feed feed = { kr->intake, "intake", "intake.noted.v1", 1, 20, 3, false };
	struct toy *toy = toy_start(kr, long_shelf);

	feed_send(&feed);
	toy_wait_count(kr, toy, "shelved", 60);
	assert_int_equal(kit_number(kr, "select count(*) from toy.case_file"), 0);
	rig_kill(&toy->pid);
	toy_start(kr, with_shelf);
	feeds_run(kr, &feed, 1);
	assert_int_equal(
		kit_number(kr, "select count(*) from toy.case_file where seen_intake = 3"), 20);
}

/* More than the shelf takes of one case goes the ordinary way, in order. */
static void events_of_one_case_beyond_the_shelf_are_taken_at_once(void **state)
{
	struct kit_rig *kr = *state;
	struct instant until = kit_patience();

	toy_start(kr, long_shelf);
	for (int32_t seq = 1; seq <= 200; seq++)
		event_send(kr->intake, "intake", 1, seq, "intake.noted.v1", STR(""));
	while (acked_up_to(kr->intake, 1) < 200)
		kit_round(kr, until, "an acknowledgement of all");
	assert_int_equal(answers_of(kr->intake, 1, WIRE_CODE_GAP), 0);
}

static void command_that_is_faster_than_its_case_waits_for_it(void **state)
{
	struct kit_rig *kr = *state;
	struct toy *toy = toy_start(kr, long_shelf);

	command_send(kr->cli, 1, "c1", "toy.add.v1", "b");
	toy_wait_count(kr, toy, "shelved", 1);
	event_send(kr->intake, "intake", 1, 1, "intake.put.v1", STR("a"));
	struct wire_msg answer = client_take(kr->at->rig, kr->cli, WIRE_RESULT);
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(answers_of(kr->cli, 1, WIRE_CODE_BUSY), 0);
	assert_int_equal(kit_number(kr, "select n from toy.case_file"), 2);
}

static void command_whose_case_never_comes_is_busy(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, with_shelf);
	struct wire_msg answer =
		service_rig_command(kr->at, kr->cli, 1, "c1", "toy.add.v1", STR("b"));
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
}

/* --- one marker --- */

static void commit_raises_one_marker_that_is_split_when_nobody_answers(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { 0 };
	struct instant until = kit_patience();
	const char *const slow[] = { "LEASE=2s", NULL };

	toy_start(kr, slow);
	subscriber_join(kr, &reply, "reply");
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.tell.v1", "one");
	assert_int_equal(kit_number(kr, "select count(*) from toy.pending"), 0);
	assert_int_equal(kit_number(kr, "select count(*) from toy.batch_marker"), 1);
	assert_int_equal(kit_number(kr, "select count(*) from toy.v_pending"), 2);
	while (reply.seen[1] < 1) {
		kit_round(kr, until, "the event");
		subscriber_turn(&reply);
	}
	/* reply has answered, analytics is nowhere: only its part is left after the lease */
	while (kit_number(kr, "select count(*) from toy.batch_marker") > 0) {
		kit_round(kr, until, "the split");
		subscriber_turn(&reply);
	}
	assert_int_equal(
		kit_number(kr, "select count(*) from toy.pending where grp = 'analytics'"), 1);
	assert_int_equal(kit_number(kr, "select count(*) from toy.pending"), 1);
	client_close(kr->at->rig, reply.client);
}

static void marker_goes_when_all_subscribers_have_answered(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { 0 }, analytics = { 0 };
	const char *const slow[] = { "LEASE=60s", NULL };
	struct feed feed = { kr->intake, "intake", "intake.tell.v1", 1, 50, 4, false };
	struct instant until = kit_patience();

	toy_start(kr, slow);
	subscriber_join(kr, &reply, "reply");
	subscriber_join(kr, &analytics, "analytics");
	feeds_run(kr, &feed, 1);
	while (kit_number(kr, "select count(*) from toy.v_pending") > 0) {
		kit_round(kr, until, "an empty backlog");
		subscriber_turn(&reply);
		subscriber_turn(&analytics);
	}
	for (int64_t case_id = 1; case_id <= 50; case_id++) {
		assert_int_equal(reply.seen[case_id], 4);
		assert_int_equal(analytics.seen[case_id], 4);
	}
	client_close(kr->at->rig, reply.client);
	client_close(kr->at->rig, analytics.client);
}

/* --- results --- */

static void result_that_says_no_more_than_done_stands_in_the_journal(void **state)
{
	struct kit_rig *kr = *state;
	struct wire_msg first, again;

	toy_start(kr, NULL);
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "a");
	first = service_rig_command(kr->at, kr->cli, 1, "c1", "toy.raise.v1", STR("b"));
	event_ask(kr, kr->intake, "intake", 1, 2, "intake.tell.v1", "c");
	again = service_rig_command(kr->at, kr->cli, 1, "c1", "toy.raise.v1", STR("b"));
	assert_int_equal(first.head.code, WIRE_CODE_DONE);
	assert_int_equal(again.head.code, WIRE_CODE_DONE);
	assert_int_equal(again.head.seq, first.head.seq);
	assert_int_equal(kit_number(kr, "select n from toy.case_file"), 3);
	assert_int_equal(kit_number(kr, "select count(*) from toy.command"), 0);
	assert_int_equal(
		kit_number(kr, "select count(*) from toy.journal where command_id = 'c1'"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_rig_begin, kit_rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(event_alone_is_committed_when_its_time_is_over),
		TEST(event_that_can_wait_is_folded_into_the_next_write_of_its_case),
		TEST(event_on_the_shelf_of_a_killed_process_is_not_lost),
		TEST(events_of_one_case_beyond_the_shelf_are_taken_at_once),
		TEST(command_that_is_faster_than_its_case_waits_for_it),
		TEST(command_whose_case_never_comes_is_busy),
		TEST(commit_raises_one_marker_that_is_split_when_nobody_answers),
		TEST(marker_goes_when_all_subscribers_have_answered),
		TEST(result_that_says_no_more_than_done_stands_in_the_journal),
	};

	return cmocka_run_group_tests(tests, kit_rig_open, kit_rig_close);
}

/* Promises about messages: once, in order, alone refused; commands once; tables that decide. */
#include <stdio.h>

#include "kit_rig.h"

static const char effects_of[] =
	"select coalesce(string_agg(what, ' ' order by n), '') from toy.effect where case_id = ";

static const char *effects(struct kit_rig *kr, int64_t case_id)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "%s%lld", effects_of, (long long)case_id);
	return service_rig_look(kr->at, sql);
}

static enum wire_code put(struct kit_rig *kr, int64_t case_id, int32_t seq, const char *body)
{
	return event_ask(kr, kr->intake, "intake", case_id, seq, "intake.put.v1", body);
}

static void event_repeated_is_a_duplicate_without_a_second_effect(void **state)
{
	struct kit_rig *kr = *state;
	struct wire_msg answer;

	toy_start(kr, NULL);
	assert_int_equal(put(kr, 1, 1, "a"), WIRE_CODE_COMMITTED);
	assert_int_equal(put(kr, 1, 1, "a"), WIRE_CODE_DUPLICATE);
	assert_int_equal(put(kr, 1, 2, "b"), WIRE_CODE_COMMITTED);
	answers_forget(kr->intake);
	event_send(kr->intake, "intake", 1, 1, "intake.put.v1", STR("a"));
	answer = client_take(kr->at->rig, kr->intake, WIRE_ACK);
	assert_int_equal(answer.head.code, WIRE_CODE_DUPLICATE);
	assert_int_equal(answer.head.seq, 2); /* up to where the cursor stands */
	assert_string_equal(effects(kr, 1), "a b");
}

static void event_twice_in_one_batch_takes_effect_once(void **state)
{
	struct kit_rig *kr = *state;
	const char *const gathers[] = { "GATHER=200ms", NULL };
	struct instant until = kit_patience();

	toy_start(kr, gathers);
	for (int i = 0; i < 3; i++)
		event_send(kr->intake, "intake", 1, 1, "intake.put.v1", STR("a"));
	while (kr->intake->n < 3)
		kit_round(kr, until, "three answers");
	assert_int_equal(answers_of(kr->intake, 1, WIRE_CODE_COMMITTED), 1);
	assert_int_equal(answers_of(kr->intake, 1, WIRE_CODE_DUPLICATE), 2);
	assert_string_equal(effects(kr, 1), "a");
}

static void event_after_a_gap_is_answered_with_what_is_expected_and_resent_in_order(void **state)
{
	struct kit_rig *kr = *state;
	const struct instant at = { 1546300800000000 };
	struct wire_msg answer;

	toy_start(kr, NULL);
	assert_int_equal(put(kr, 1, 1, "a"), WIRE_CODE_COMMITTED);
	answer = service_rig_event(
		kr->at, kr->intake, "intake", 1, 4, "intake.put.v1", at, STR("d"));
	assert_int_equal(answer.kind, WIRE_NACK);
	assert_int_equal(answer.head.code, WIRE_CODE_GAP);
	assert_int_equal(answer.head.expected, 2);
	assert_string_equal(effects(kr, 1), "a");
	event_send(kr->intake, "intake", 1, 2, "intake.put.v1", STR("b"));
	event_send(kr->intake, "intake", 1, 3, "intake.put.v1", STR("c"));
	assert_int_equal(put(kr, 1, 4, "d"), WIRE_CODE_COMMITTED);
	assert_string_equal(effects(kr, 1), "a b c d");
}

static void event_before_its_case_exists_makes_the_row_or_waits_for_its_first(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	assert_int_equal(put(kr, 1, 2, "b"), WIRE_CODE_GAP);
	assert_int_equal(kit_number(kr, "select count(*) from toy.case_file"), 0);
	assert_int_equal(event_ask(kr, kr->followup, "followup", 1, 1, "followup.put.v1", "f"),
		WIRE_CODE_COMMITTED);
	assert_int_equal(put(kr, 1, 1, "a"), WIRE_CODE_COMMITTED);
	assert_string_equal(effects(kr, 1), "f a");
	service_rig_wait(kr->at,
		"select seen_intake || ' ' || seen_followup || ' ' || version from toy.case_file",
		"1 1 2");
}

static void event_without_effect_moves_the_cursor_only(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.noted.v1", ""),
		WIRE_CODE_COMMITTED);
	assert_int_equal(put(kr, 1, 2, "b"), WIRE_CODE_COMMITTED);
	assert_string_equal(effects(kr, 1), "b");
}

static void event_of_a_producer_that_is_not_subscribed_is_forbidden(void **state)
{
	struct kit_rig *kr = *state;
	struct client *analytics = service_rig_join(kr->at, "analytics", NULL);

	toy_start(kr, NULL);
	assert_int_equal(event_ask(kr, analytics, "analytics", 1, 1, "intake.put.v1", "a"),
		WIRE_CODE_FORBIDDEN);
	assert_int_equal(kit_number(kr, "select count(*) from toy.case_file"), 0);
	client_close(kr->at->rig, analytics);
}

/* Or a few of them would close the window for everybody. */
static void kind_that_no_service_takes_is_refused_and_costs_no_credit(void **state)
{
	struct kit_rig *kr = *state;
	const char *const small[] = { "WINDOW=30", NULL };
	struct client *reply = service_rig_join(kr->at, "reply", NULL);

	toy_start(kr, small);
	for (int i = 0; i < 30; i++) {
		client_send(reply,
			&(struct wire_msg){ .kind = WIRE_DELIVER,
				.head = { .to = STR("dispatch"), .id = STR("d"), .case_id = 1 } });
		assert_int_equal(client_take(kr->at->rig, reply, WIRE_NACK).head.code,
			WIRE_CODE_UNKNOWN_TYPE);
	}
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "a"),
		WIRE_CODE_COMMITTED);
	client_close(kr->at->rig, reply);
}

static void event_that_is_not_known_here_yet_is_busy_and_taken_later(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.patient.v1", "a"),
		WIRE_CODE_BUSY);
	assert_int_equal(kit_number(kr, "select count(*) from toy.case_file"), 0);
	event_ask(kr, kr->followup, "followup", 1, 1, "followup.put.v1", "f");
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.patient.v1", "a"),
		WIRE_CODE_COMMITTED);
	assert_string_equal(effects(kr, 1), "f a");
}

static void event_of_unknown_type_is_refused_and_those_behind_it_wait_for_an_upgrade(void **state)
{
	struct kit_rig *kr = *state;
	const char *const newer[] = { "TOY_IS_NEWER=1", NULL };
	struct toy *toy = toy_start(kr, NULL);

	assert_int_equal(put(kr, 1, 1, "a"), WIRE_CODE_COMMITTED);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 2, "intake.future.v1", "b"),
		WIRE_CODE_UNKNOWN_TYPE);
	assert_int_equal(put(kr, 1, 3, "c"), WIRE_CODE_GAP);
	assert_int_equal(put(kr, 2, 1, "other cases go on"), WIRE_CODE_COMMITTED);
	assert_string_equal(effects(kr, 1), "a");
	toy_stop(toy);
	toy_start(kr, newer);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 2, "intake.future.v1", "b"),
		WIRE_CODE_COMMITTED);
	assert_int_equal(put(kr, 1, 3, "c"), WIRE_CODE_COMMITTED);
	assert_string_equal(effects(kr, 1), "a b c");
}

static void event_over_a_setting_of_the_service_is_invalid(void **state)
{
	struct kit_rig *kr = *state;
	const char *const two[] = { "TOY_MOST=2", NULL };

	toy_start(kr, two);
	assert_int_equal(put(kr, 1, 1, "a"), WIRE_CODE_COMMITTED);
	assert_int_equal(put(kr, 1, 2, "b"), WIRE_CODE_COMMITTED);
	assert_int_equal(put(kr, 1, 3, "c"), WIRE_CODE_INVALID);
	assert_string_equal(effects(kr, 1), "a b");
}

/* --- poison --- */

static void poison_among_good_ones(struct kit_rig *kr, struct str poison)
{
	struct toy *toy = toy_start(kr, NULL);
	struct instant until = kit_patience();

	for (int64_t case_id = 1; case_id <= 200; case_id++) {
		event_send(kr->intake, "intake", case_id, 1, "intake.put.v1", STR("good"));
		if (case_id == 77)
			event_send(kr->intake, "intake", 300, 1, "intake.put.v1", poison);
	}
	while (kr->intake->n < 201)
		kit_round(kr, until, "201 answers");
	assert_int_equal(answers_of(kr->intake, 0, WIRE_CODE_COMMITTED), 200);
	assert_int_equal(answers_of(kr->intake, 300, WIRE_CODE_INVALID), 1);
	assert_int_equal(kit_number(kr, "select count(*) from toy.effect"), 200);
	assert_int_equal(kit_number(kr, "select count(*) from toy.case_file"), 200);
	assert_true(toy_count(kr, toy, "bisected") >= 1);
	assert_int_equal(toy_log_lines(kr, toy, "poison"), 0);
}

static void poison_that_breaks_a_constraint_is_refused_alone(void **state)
{
	poison_among_good_ones(*state, STR("poison"));
}

static void poison_with_a_nul_byte_is_refused_alone(void **state)
{
	poison_among_good_ones(*state, str_of("a\0b", 3));
}

/* What the inbox had no room for is invisible to the poll: 40 batches must not wait for heartbeats,
 * or patience ends. */
static void burst_larger_than_a_batch_is_taken_without_waiting_for_more_traffic(void **state)
{
	struct kit_rig *kr = *state;
	const char *const small[] = { "BATCH_MOST=5", NULL };
	struct instant until = kit_patience();

	toy_start(kr, small);
	for (int64_t case_id = 1; case_id <= 200; case_id++)
		event_send(kr->intake, "intake", case_id, 1, "intake.put.v1", STR("good"));
	while (client_count(kr->intake, WIRE_ACK) < 200)
		kit_round(kr, until, "200 acknowledgements");
	assert_int_equal(kit_number(kr, "select count(*) from toy.effect"), 200);
}

/* --- commands --- */

static void command_repeated_gives_the_same_result_and_one_effect(void **state)
{
	struct kit_rig *kr = *state;
	struct wire_msg first, again;

	toy_start(kr, NULL);
	put(kr, 1, 1, "a");
	first = service_rig_command(kr->at, kr->cli, 1, "c1", "toy.add.v1", STR("b"));
	put(kr, 1, 2, "c");
	again = service_rig_command(kr->at, kr->cli, 1, "c1", "toy.add.v1", STR("b"));
	assert_int_equal(first.head.code, WIRE_CODE_DONE);
	assert_int_equal(again.head.code, WIRE_CODE_DONE);
	assert_true(str_eq(first.body, STR("effect 2")));
	assert_true(str_eq(again.body, first.body));
	assert_int_equal(again.head.seq, first.head.seq);
	assert_string_equal(effects(kr, 1), "a b c");
}

static void command_twice_in_one_batch_gives_the_same_result_and_one_effect(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	put(kr, 1, 1, "a");
	for (int i = 0; i < 3; i++)
		command_send(kr->cli, 1, "c1", "toy.add.v1", "b");
	for (size_t i = 0; i < 3; i++) {
		struct wire_msg result = client_take(kr->at->rig, kr->cli, WIRE_RESULT);

		assert_int_equal(result.head.code, WIRE_CODE_DONE);
		assert_true(str_eq(result.body, STR("effect 2")));
	}
	assert_string_equal(effects(kr, 1), "a b");
	assert_int_equal(kit_number(kr, "select count(*) from toy.command"), 1);
}

static void command_refused_stays_refused_and_leaves_nothing(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	put(kr, 1, 1, "a");
	for (int i = 0; i < 2; i++) {
		struct wire_msg result =
			service_rig_command(kr->at, kr->cli, 1, "c1", "toy.refuse.v1", STR(""));

		assert_int_equal(result.head.code, WIRE_CODE_REFUSED);
		assert_true(str_eq(result.head.text, STR("it cannot be done now")));
	}
	assert_string_equal(effects(kr, 1), "a");
	assert_int_equal(kit_number(kr, "select n from toy.case_file"), 1);
	assert_int_equal(kit_number(kr, "select count(*) from toy.command"), 1);
}

static void command_for_a_case_that_is_unknown_is_busy_and_not_kept(void **state)
{
	struct kit_rig *kr = *state;
	struct wire_msg answer;

	toy_start(kr, NULL);
	answer = service_rig_command(kr->at, kr->cli, 1, "c1", "toy.add.v1", STR("b"));
	assert_int_equal(answer.kind, WIRE_NACK);
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
	put(kr, 1, 1, "a");
	answer = service_rig_command(kr->at, kr->cli, 1, "c1", "toy.add.v1", STR("b"));
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_string_equal(effects(kr, 1), "a b");
}

/* Another replica keeps a result between this one's reading and its writing: the kept one counts.
 */
static void command_that_another_replica_answered_meanwhile_gives_the_kept_result(void **state)
{
	struct kit_rig *kr = *state;
	struct wire_msg result;

	toy_start(kr, NULL);
	put(kr, 1, 1, "a");
	kit_other_sql(kr, "begin");
	kit_other_sql(kr,
		"insert into toy.command select 1, 'c1', now(), 'toy.refuse.v1', 'tester', 11, "
		"'done over there', '', 0");
	kit_other_sql(kr, "update toy.case_file set version = version + 1");
	command_send(kr->cli, 1, "c1", "toy.refuse.v1", "");
	kit_wait_blocked(kr, 1);
	kit_other_sql(kr, "commit");
	result = client_take(kr->at->rig, kr->cli, WIRE_RESULT);
	assert_int_equal(result.head.code, WIRE_CODE_DONE);
	assert_true(str_eq(result.head.text, STR("done over there")));
}

static void command_that_raises_a_marker_again_is_done(void **state)
{
	struct kit_rig *kr = *state;
	struct instant until = kit_patience();
	struct toy *toy = toy_start(kr, NULL);

	put(kr, 1, 1, "a");
	command_send(kr->cli, 1, "c1", "toy.raise.v1", "b");
	command_send(kr->cli, 1, "c2", "toy.raise.v1", "c");
	while (client_count(kr->cli, WIRE_RESULT) < 2)
		kit_round(kr, until, "two results");
	assert_int_equal(answers_of(kr->cli, 1, WIRE_CODE_DONE), 2);
	assert_int_equal(toy_count(kr, toy, "bisected"), 0);
	assert_int_equal(
		kit_number(kr, "select upto_seq from toy.v_pending where grp = 'reply'"), 2);
}

/* --- tables that decide --- */

static void claims_of_one_key_are_won_by_one_case(void **state)
{
	struct kit_rig *kr = *state;
	struct toy *toy = toy_start(kr, NULL);

	put(kr, 1, 1, "a");
	put(kr, 2, 1, "a");
	assert_int_equal(
		service_rig_command(kr->at, kr->cli, 1, "c1", "toy.claim.v1", STR("key")).head.code,
		WIRE_CODE_DONE);
	command_send(kr->cli, 2, "c2", "toy.claim.v1", "key");
	toy_wait_count(kr, toy, "losers", 1);
	assert_string_equal(effects(kr, 2), "a");
	assert_int_equal(kit_number(kr, "select count(*) from toy.journal where case_id = 2"), 0);
	assert_int_equal(kit_number(kr, "select version from toy.case_file where case_id = 2"), 1);
	service_rig_sql(kr->at, "delete from toy.claim where case_id = 1");
	service_rig_wait(kr->at, "select coalesce(max(case_id), 0) from toy.claim", "2");
	assert_string_equal(effects(kr, 2), "a key");
	/* taken here, or a later test would take it for its own */
	assert_int_equal(client_take(kr->at->rig, kr->cli, WIRE_RESULT).head.case_id, 2);
	kit_verify_journal(kr);
}

/* Its deciding row goes in, its case loses: neither must stay. */
static void claim_of_a_case_that_lost_is_taken_back_and_decided_again(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	put(kr, 1, 1, "a");
	kit_other_sql(kr, "begin");
	kit_other_sql(kr, "update toy.case_file set version = version + 1");
	command_send(kr->cli, 1, "c1", "toy.claim.v1", "key");
	kit_wait_blocked(kr, 1);
	kit_other_sql(kr, "commit");
	assert_int_equal(client_take(kr->at->rig, kr->cli, WIRE_RESULT).head.code, WIRE_CODE_DONE);
	assert_string_equal(effects(kr, 1), "a key");
	assert_int_equal(kit_number(kr, "select count(*) from toy.claim"), 1);
	kit_verify_journal(kr);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_rig_begin, kit_rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(event_repeated_is_a_duplicate_without_a_second_effect),
		TEST(event_twice_in_one_batch_takes_effect_once),
		TEST(event_after_a_gap_is_answered_with_what_is_expected_and_resent_in_order),
		TEST(event_before_its_case_exists_makes_the_row_or_waits_for_its_first),
		TEST(event_without_effect_moves_the_cursor_only),
		TEST(event_of_a_producer_that_is_not_subscribed_is_forbidden),
		TEST(kind_that_no_service_takes_is_refused_and_costs_no_credit),
		TEST(event_that_is_not_known_here_yet_is_busy_and_taken_later),
		TEST(event_of_unknown_type_is_refused_and_those_behind_it_wait_for_an_upgrade),
		TEST(event_over_a_setting_of_the_service_is_invalid),
		TEST(poison_that_breaks_a_constraint_is_refused_alone),
		TEST(poison_with_a_nul_byte_is_refused_alone),
		TEST(burst_larger_than_a_batch_is_taken_without_waiting_for_more_traffic),
		TEST(command_repeated_gives_the_same_result_and_one_effect),
		TEST(command_twice_in_one_batch_gives_the_same_result_and_one_effect),
		TEST(command_refused_stays_refused_and_leaves_nothing),
		TEST(command_for_a_case_that_is_unknown_is_busy_and_not_kept),
		TEST(command_that_another_replica_answered_meanwhile_gives_the_kept_result),
		TEST(command_that_raises_a_marker_again_is_done),
		TEST(claims_of_one_key_are_won_by_one_case),
		TEST(claim_of_a_case_that_lost_is_taken_back_and_decided_again),
	};

	return cmocka_run_group_tests(tests, kit_rig_open, kit_rig_close);
}

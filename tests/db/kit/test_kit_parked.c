/* Promises about what poisons its consumer (law 12): it travels alone, is set aside with what comes
 * behind it, and waits for a person. */
#include <sys/wait.h>

#include "kit_rig.h"
#include "proto/operator.pb-c.h"

static const char *const hasty[] = { "PARK_AFTER=3", "LEASE=100ms", "RETRY_MOST=100ms", NULL };
static const char effects[] = "select count(*) from toy.effect";
static const char waiting[] = "select count(*) from toy.parked where state = 1";

/* --- the sender --- */

static void until_parked(struct kit_rig *kr, struct subscriber *reply)
{
	struct instant until = kit_patience();

	while (reply->parks == 0) {
		kit_round(kr, until, "an event with the wish to set it aside");
		subscriber_turn(reply);
	}
	while (kit_number(kr, "select count(*) from toy.v_pending where grp = 'reply'") > 0) {
		kit_round(kr, until, "markers that are gone");
		subscriber_turn(reply);
	}
}

static void event_that_is_refused_travels_alone_and_is_then_set_aside(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { .is_poisoned = true, .refusal = WIRE_CODE_INVALID };

	toy_start(kr, hasty);
	subscriber_join(kr, &reply, "reply");
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.tell.v1", "one");
	event_ask(kr, kr->intake, "intake", 1, 2, "intake.tell.v1", "two");
	until_parked(kr, &reply);
	assert_int_equal(reply.attempts, 3);
	assert_int_equal(reply.seen[1], 2);
	client_close(kr->at->rig, reply.client);
}

static void look_at_many(struct kit_rig *kr, struct subscriber *reply, int64_t events)
{
	struct instant until = kit_patience();

	while (reply->events < events) {
		kit_round(kr, until, "an event again and again");
		subscriber_turn(reply);
	}
}

static void event_of_a_type_that_is_not_known_yet_waits_uncounted(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { .is_poisoned = true };
	struct instant until = kit_patience();

	toy_start(kr, hasty);
	subscriber_join(kr, &reply, "reply");
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.tell.v1", "one");
	look_at_many(kr, &reply, 10);
	assert_int_equal(reply.parks, 0);
	assert_int_equal(reply.attempts, 0);
	assert_int_equal(kit_number(kr, "select max(sends + faults) from toy.pending"), 0);
	reply.is_poisoned = false; /* it was upgraded */
	while (reply.seen[1] < 1) {
		kit_round(kr, until, "the event, taken");
		subscriber_turn(&reply);
	}
	client_close(kr->at->rig, reply.client);
}

/* Nobody is answered: it is the group. Others are, that were sent later: it is the event. */
static void silence_counts_only_while_others_are_answered(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { .is_deaf = true };
	struct instant until = kit_patience();
	int32_t seq = 0;

	toy_start(kr, hasty);
	subscriber_join(kr, &reply, "reply");
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.tell.v1", "one");
	look_at_many(kr, &reply, 8);
	assert_int_equal(kit_number(kr, "select max(sends + faults) from toy.pending"), 0);
	while (reply.parks == 0) {
		kit_round(kr, until, "the wish to set it aside");
		event_ask(kr, kr->intake, "intake", 2, ++seq, "intake.tell.v1", "more");
		subscriber_turn(&reply);
	}
	assert_int_equal(reply.attempts, 3);
	client_close(kr->at->rig, reply.client);
}

/* --- the subscriber --- */

static void event_as(struct kit_rig *kr, int64_t case_id, int32_t seq, const char *type,
	const char *body, int32_t attempt, bool park)
{
	client_send(kr->intake,
		&(struct wire_msg){
			.kind = WIRE_EVENT,
			.head = {
				.source = STR("intake"),
				.type = str_from_c(type),
				.time = { 1546300800000000 },
				.to = STR("dispatch"),
				.reply_to = str_from_c(peer_instance(kr->intake->peer)),
				.case_id = case_id,
				.producer = STR("intake"),
				.seq = seq,
				.attempt = attempt,
				.park = park,
				.text = park ? STR("it is wrong") : STR_NONE,
			},
			.body = str_from_c(body),
		});
}

static void until_acked(struct kit_rig *kr, int64_t case_id, int32_t seq)
{
	struct instant until = kit_patience();

	while (acked_up_to(kr->intake, case_id) < seq)
		kit_round(kr, until, "an acknowledgement");
}

/* Cases 1 and 2 are there; of case 1 entry 2 is set aside and two more come behind it. */
static void set_aside(struct kit_rig *kr)
{
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "one");
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 2, "intake.wrong.v1", "wrong"),
		WIRE_CODE_INVALID);
	answers_forget(kr->intake);
	event_as(kr, 1, 2, "intake.wrong.v1", "wrong", 12, true);
	until_acked(kr, 1, 2);
	event_as(kr, 1, 3, "intake.put.v1", "three", 0, false);
	event_as(kr, 1, 4, "intake.future.v1", "four", 0, false);
	until_acked(kr, 1, 4);
	answers_forget(kr->intake);
}

static struct wire_msg act(struct kit_rig *kr, const char *actor, int64_t case_id, const char *id,
	const char *type, int32_t seq, const char *reason, const char *body)
{
	Wangli__ParkedAct asked = WANGLI__PARKED_ACT__INIT;

	asked.producer = (char *)(uintptr_t) "intake";
	asked.seq = seq;
	asked.reason = (char *)(uintptr_t)reason;
	asked.body.data = (uint8_t *)(uintptr_t)body;
	asked.body.len = strlen(body);
	return service_rig_command_by(
		kr->at, kr->cli, actor, case_id, id, type, wire_pack(kr->at->mem, &asked.base));
}

#define RETRY(id) act(kr, "operator/li", 1, id, "parked.retry.v1", 0, "", "")

static void event_that_is_set_aside_keeps_what_comes_behind_it_in_order(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	set_aside(kr);
	assert_int_equal(kit_number(kr, waiting), 3);
	assert_string_equal(
		service_rig_look(kr->at, "select string_agg(seq || ' ' || type || ' ' || "
					 "convert_from(body, 'UTF8'), ', ' order by seq) "
					 "from toy.v_parked where owner = 'operator' and due_at > "
					 "parked_at and case_id = 1 and producer = 'intake'"),
		"2 intake.wrong.v1 wrong, 3 intake.put.v1 three, 4 intake.future.v1 four");
	assert_int_equal(kit_number(kr, "select seen_intake from toy.case_file"), 1);
	assert_int_equal(kit_number(kr, effects), 1);
	/* others go on, other producers too; again is no second entry; a hole is asked for */
	assert_int_equal(event_ask(kr, kr->followup, "followup", 1, 1, "followup.put.v1", "f"),
		WIRE_CODE_COMMITTED);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 2, 1, "intake.put.v1", "one"),
		WIRE_CODE_COMMITTED);
	event_as(kr, 1, 2, "intake.wrong.v1", "wrong", 12, true);
	until_acked(kr, 1, 4);
	assert_int_equal(
		event_ask(kr, kr->intake, "intake", 1, 6, "intake.put.v1", "six"), WIRE_CODE_GAP);
	assert_int_equal(kit_number(kr, "select count(*) from toy.parked"), 3);
}

/* Its due time is one working day later: Friday's is Monday's, a holiday is none. */
static void due_time_is_the_next_working_day(void **state)
{
	struct kit_rig *kr = *state;
	struct toy *toy = toy_start(kr, NULL);

	service_rig_sql(
		kr->at, "update ref.clock set shift = timestamptz '2019-04-30 10:00+08' - now()");
	set_aside(kr);
	assert_string_equal(service_rig_look(kr->at, "select min(due_at at time zone "
						     "'Asia/Shanghai')::date from toy.parked"),
		"2019-05-05");
	toy_stop(toy);
}

static void retry_by_a_program_that_takes_it_applies_all_in_order(void **state)
{
	struct kit_rig *kr = *state;
	const char *const newer[] = { "TOY_IS_NEWER=1", NULL };
	struct toy *toy = toy_start(kr, NULL);
	struct wire_msg answer;

	set_aside(kr);
	answer = RETRY("r1");
	assert_int_equal(answer.head.code, WIRE_CODE_REFUSED);
	assert_int_not_equal(str_find(answer.head.text, STR("it is wrong"), 0), SIZE_MAX);
	assert_int_equal(kit_number(kr, "select tries from toy.parked where seq = 2"), 1);
	assert_int_equal(kit_number(kr, effects), 1);
	kit_verify_journal(kr);
	toy_stop(toy);
	toy_start(kr, newer);
	answer = RETRY("r2");
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(kit_number(kr, waiting), 0);
	assert_string_equal(
		service_rig_look(kr->at, "select string_agg(what, ' ' order by n) from toy.effect"),
		"one wrong three four");
	assert_int_equal(kit_number(kr, "select seen_intake from toy.case_file"), 4);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 5, "intake.put.v1", "five"),
		WIRE_CODE_COMMITTED);
	answer = RETRY("r2"); /* the same command, the same answer */
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(RETRY("r3").head.code, WIRE_CODE_REFUSED); /* nothing waits */
	assert_int_equal(kit_number(kr, effects), 5);
}

static void entry_that_is_fixed_is_applied_and_keeps_the_body_that_came(void **state)
{
	struct kit_rig *kr = *state;
	struct wire_msg answer;

	toy_start(kr, NULL);
	set_aside(kr);
	assert_int_equal(act(kr, "operator/li", 1, "f0", "parked.fix.v1", 2, "", "right").head.code,
		WIRE_CODE_INVALID);
	assert_int_equal(act(kr, "operator/li", 1, "f1", "parked.fix.v1", 2, "wrong word", "right")
				 .head.code,
		WIRE_CODE_DONE);
	answer = RETRY("r1");
	assert_int_equal(answer.head.code, WIRE_CODE_REFUSED); /* 4 is of a type to come */
	assert_int_not_equal(str_find(answer.head.text, STR("2 applied; 4 waits"), 0), SIZE_MAX);
	assert_string_equal(
		service_rig_look(kr->at, "select string_agg(what, ' ' order by n) from toy.effect"),
		"one right three");
	assert_string_equal(service_rig_look(kr->at,
				    "select convert_from(body, 'UTF8') || ' ' || reason || ' ' || "
				    "done_by || ' ' || state_name from toy.v_parked where seq = 2"),
		"wrong wrong word operator/li APPLIED");
	assert_int_equal(kit_number(kr, "select count(*) from toy.parked where seq = 2 and history "
					"like '%operator/li fixed: wrong word%applied%'"),
		1);
	kit_verify_journal(kr);
}

static void entry_that_is_skipped_leaves_its_reason_and_an_owner(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	set_aside(kr);
	assert_int_equal(act(kr, "reviewer/wang", 1, "s0", "parked.skip.v1", 2, "no", "").head.code,
		WIRE_CODE_FORBIDDEN);
	assert_int_equal(act(kr, "operator/li", 1, "s1", "parked.skip.v1", 2, "", "").head.code,
		WIRE_CODE_INVALID);
	assert_int_equal(act(kr, "operator/li", 1, "s2", "parked.skip.v1", 3, "no", "").head.code,
		WIRE_CODE_REFUSED);
	for (int i = 0; i < 2; i++)
		assert_int_equal(act(kr, "supervisor/he", 1, "s3", "parked.skip.v1", 2,
					 "seen to by hand", "")
					 .head.code,
			WIRE_CODE_REFUSED); /* stops at 4; 3 was applied */
	assert_string_equal(
		service_rig_look(kr->at, "select string_agg(what, ' ' order by n) from toy.effect"),
		"one three");
	assert_string_equal(service_rig_look(kr->at,
				    "select owner || ' ' || reason || ' ' || (due_at > done_at) || "
				    "' ' || state_name from toy.v_parked where seq = 2"),
		"supervisor/he seen to by hand true SKIPPED");
	assert_int_equal(kit_number(kr, waiting), 1);
	assert_int_equal(kit_number(kr, "select seen_intake from toy.case_file"), 3);
}

/* The very first entry of a case is poison: no row is made of nothing, neither by setting it aside
 * nor by skipping it. */
static void case_that_begins_with_poison_is_made_by_what_follows(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	event_as(kr, 1, 1, "intake.wrong.v1", "wrong", 12, true);
	until_acked(kr, 1, 1);
	assert_int_equal(RETRY("r1").head.code, WIRE_CODE_REFUSED);
	assert_int_equal(act(kr, "operator/li", 1, "s1", "parked.skip.v1", 1, "no", "").head.code,
		WIRE_CODE_DONE);
	assert_int_equal(kit_number(kr, "select count(*) from toy.case_file"), 0);
	assert_int_equal(kit_number(kr, "select count(*) from toy.command"), 0);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 2, "intake.put.v1", "two"),
		WIRE_CODE_COMMITTED);
	assert_int_equal(kit_number(kr, "select seen_intake from toy.case_file"), 2);
}

/* Of one wire batch: what may be at fault comes last and alone, so that its crash takes nobody
 * along. */
static void event_that_ends_the_process_takes_nobody_along_when_it_travels_alone(void **state)
{
	struct kit_rig *kr = *state;
	const char *const planted[] = { "WANGLI_PLANT=crash:1", "GATHER=500ms", NULL };
	struct instant until = kit_patience();
	struct toy *toy = toy_start(kr, planted);
	int status;

	event_as(kr, 1, 1, "intake.put.v1", "fatal", 2, false);
	for (int64_t case_id = 2; case_id <= 40; case_id++)
		event_as(kr, case_id, 1, "intake.put.v1", "good", 0, false);
	while (waitpid(toy->pid, &status, WNOHANG) == 0)
		kit_round(kr, until, "the crash");
	toy->pid = 0;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(kit_number(kr, effects), 39);
	for (int64_t case_id = 2; case_id <= 40; case_id++)
		until_acked(kr, case_id, 1);
	assert_int_equal(acked_up_to(kr->intake, 1), 0);
	toy_start(kr, NULL);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "fatal"),
		WIRE_CODE_COMMITTED);
}

/* In how many transactions `cases` suspects are taken that nobody answered so often. */
static int64_t transactions_of(
	struct kit_rig *kr, int64_t first_case, int64_t cases, int32_t attempt)
{
	char count[128];

	for (int64_t i = 0; i < cases; i++)
		event_as(kr, first_case + i, 1, "intake.put.v1", "good", attempt, false);
	for (int64_t i = 0; i < cases; i++)
		until_acked(kr, first_case + i, 1);
	snprintf(count, sizeof count,
		"select count(distinct xmin::text) from toy.case_file where case_id >= %d",
		(int)first_case);
	return kit_number(kr, count);
}

/* A process that was killed twice owes many of them (decision 0028). */
static void suspects_share_a_transaction_until_the_fourth_send_in_vain(void **state)
{
	struct kit_rig *kr = *state;
	const char *const gathers[] = { "GATHER=500ms", NULL };

	toy_start(kr, gathers);
	assert_in_range(transactions_of(kr, 1, 130, 3), 3, 5);
	assert_int_equal(transactions_of(kr, 1001, 40, 4), 40);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_rig_begin, kit_rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(event_that_is_refused_travels_alone_and_is_then_set_aside),
		TEST(event_of_a_type_that_is_not_known_yet_waits_uncounted),
		TEST(silence_counts_only_while_others_are_answered),
		TEST(event_that_is_set_aside_keeps_what_comes_behind_it_in_order),
		TEST(due_time_is_the_next_working_day),
		TEST(retry_by_a_program_that_takes_it_applies_all_in_order),
		TEST(entry_that_is_fixed_is_applied_and_keeps_the_body_that_came),
		TEST(entry_that_is_skipped_leaves_its_reason_and_an_owner),
		TEST(case_that_begins_with_poison_is_made_by_what_follows),
		TEST(event_that_ends_the_process_takes_nobody_along_when_it_travels_alone),
		TEST(suspects_share_a_transaction_until_the_fourth_send_in_vain),
	};

	return cmocka_run_group_tests(tests, kit_rig_open, kit_rig_close);
}

/* Reply and channels whose provider is called only once: CLAIM, GO, doubt, and what a person finds
 * out. CLAIM_FOR is short here: a silent claim is in doubt within the test. */
#include "reply_road.h"

#include <stdio.h>

#include "proto/dispatch.pb-c.h"
#include "proto/door.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"

#define CLAIM_FOR "6s"
#define MANY	  50 /* more than one replica's WINDOW */

static const char first_name[] = "claim-of-replica-one";
static const char other_name[] = "claim-of-replica-two";
static const char supervisor[] = "supervisor/sun";

static const char doubt_of[] =
	"select c.state_name || ' ' || c.fence || ' ' || coalesce((select string_agg(t.name, ',') "
	"from reply.v_timer t where t.case_id = c.case_id), 'no timer') || ' ' || (select "
	"count(*) from reply.pending p where p.case_id = c.case_id and p.grp like 'deliver/%') "
	"from reply.v_case c where c.case_id = ";

static int claim_open(void **state)
{
	setenv("CLAIM_FOR", CLAIM_FOR, 1);
	setenv("WINDOW", "30", 1);
	return road_open(state);
}

static void send_claim(
	struct road *road, int64_t case_id, const char *delivery_id, const char *name)
{
	Wangli__Claim body = WANGLI__CLAIM__INIT;
	struct wire_head head = { .type = STR("claim.v1"),
		.route = STR("7"),
		.channel = STR("app"),
		.source_msg_id = STR("m") };

	body.delivery_id = (char *)(uintptr_t)delivery_id;
	body.claim_id = (char *)(uintptr_t)name;
	road_channel_says(road, WIRE_CLAIM, head, case_id, &body.base);
}

/* The fence that GO says. */
static int32_t take_go(struct road *road, int64_t case_id, const char *delivery_id)
{
	struct wire_msg answer = client_take(road->at->rig, road->door, WIRE_GO);
	Wangli__Go *go = NULL;

	assert_int_equal(answer.head.case_id, case_id);
	assert_true(str_eq_c(answer.head.type, "go.v1") && str_eq_c(answer.head.route, "7"));
	assert_int_equal(
		wire_unpack(road->at->mem, &wangli__go__descriptor, answer.body, &go, NULL),
		RES_OK);
	assert_string_equal(go->delivery_id, delivery_id);
	return go->fence;
}

static void take_nack(struct road *road, enum wire_code code, const char *words)
{
	struct wire_msg answer = client_take(road->at->rig, road->door, WIRE_NACK);

	assert_int_equal(answer.head.code, code);
	if (str_find(answer.head.text, str_from_c(words), 0) == SIZE_MAX)
		fail_msg("'%.*s' does not say '%s'", STR_ARG(answer.head.text), words);
}

static void say_done(struct road *road, int64_t case_id, const char *delivery_id,
	enum wire_code code, int32_t fence)
{
	Wangli__Done body = WANGLI__DONE__INIT;
	struct wire_head head = { .type = STR("done.v1"),
		.channel = STR("app"),
		.source_msg_id = STR("m"),
		.code = code };

	body.delivery_id = (char *)(uintptr_t)delivery_id;
	body.fence = fence;
	road_channel_says(road, WIRE_DONE, head, case_id, &body.base);
}

static struct wire_msg verify(struct road *road, const char *actor, int64_t case_id,
	const char *command_id, bool was_delivered)
{
	Wangli__ReplyVerify body = WANGLI__REPLY_VERIFY__INIT;

	body.was_delivered = was_delivered;
	body.note = (char[]){ "平台后台查询" };
	return service_rig_command_by(road->at, road->cli, actor, case_id, command_id,
		"reply.verify.v1", wire_pack(road->at->mem, &body.base));
}

/* A reply under way; its delivery's name, in memory of the rig. */
static const char *under_way(struct road *road, int64_t case_id)
{
	road_in_hand(road, case_id);
	assert_int_equal(road_submit(road, case_id, "c1", "已修好").head.code, WIRE_CODE_DONE);
	road_deliver(road, case_id);
	return arena_printf(road->at->mem, "%s", road_look(road, "delivery_id", case_id)).p;
}

static const char *claimed(struct road *road, int64_t case_id)
{
	const char *delivery = under_way(road, case_id);

	send_claim(road, case_id, delivery, first_name);
	assert_int_equal(take_go(road, case_id, delivery), 1);
	return delivery;
}

/* --- who gets GO --- */

static void claim_gets_go_and_the_same_again_without_a_write(void **state)
{
	struct road *road = *state;
	const char *delivery = claimed(road, 1);
	char version[32];

	road_wait(road, doubt_of, 1, "SENDING 1 claim 1");
	road_wait(road, types_of, 1, "submitted.v1 approved.v1 approved.v1 replied.v1 sending.v1");
	snprintf(version, sizeof(version), "%s", road_look(road, "version", 1));
	send_claim(road, 1, delivery, first_name);
	assert_int_equal(take_go(road, 1, delivery), 1);
	assert_string_equal(road_look(road, "version", 1), version);
	send_claim(road, 1, delivery, other_name);
	take_nack(road, WIRE_CODE_CONFLICT, "claimed already");
	road_deliver(road, 1); /* goes on being sent: a restarted client needs it */
	say_done(road, 1, delivery, WIRE_CODE_DELIVERED, 1);
	road_wait(road, doubt_of, 1, "DELIVERED 1 no timer 0");
	assert_string_equal(road_look(road, "coalesce(claim_id, 'none')", 1), "none");
	send_claim(road, 1, delivery, first_name);
	take_nack(road, WIRE_CODE_CONFLICT, "DELIVERED cannot be claimed");
}

static void claim_of_what_is_not_there_is_refused(void **state)
{
	struct road *road = *state;
	const char *delivery = under_way(road, 2);

	send_claim(road, 2, "CD0000002-6/9", first_name);
	take_nack(road, WIRE_CODE_CONFLICT, "is not the one under way");
	send_claim(road, 2, delivery, "short");
	take_nack(road, WIRE_CODE_INVALID, "16 to 64");
	send_claim(road, 999, delivery, first_name);
	take_nack(road, WIRE_CODE_BUSY, "not known here yet");
	road_wait(road, "select count(*) from reply.case_file where case_id = ", 999, "0");
	service_rig_sql(road->at, "update reply.case_file set channel = 'forum', version = "
				  "version + 1 where case_id = 2");
	send_claim(road, 2, delivery, first_name);
	take_nack(road, WIRE_CODE_FORBIDDEN, "by another channel");
	service_rig_sql(road->at, "update reply.case_file set channel = 'app', version = version + "
				  "1 where case_id = 2");
	send_claim(road, 2, delivery, first_name);
	assert_int_equal(take_go(road, 2, delivery), 1);
	say_done(road, 2, delivery, WIRE_CODE_UNDELIVERABLE, 1);
	road_wait(road, doubt_of, 2, "UNDELIVERABLE 1 no timer 0");
}

/* --- doubt --- */

static void silent_claim_is_in_doubt_until_a_person_found_it_delivered(void **state)
{
	struct road *road = *state;
	const char *delivery = claimed(road, 3);
	struct wire_msg answer;

	answer = verify(road, supervisor, 3, "v0", true);
	assert_int_equal(answer.head.code, WIRE_CODE_REFUSED);
	road_wait(road, doubt_of, 3, "IN_DOUBT 1 verify 0");
	send_claim(road, 3, delivery, first_name);
	take_nack(road, WIRE_CODE_CONFLICT, "in doubt");
	answer = verify(road, road_officer, 3, "v1", true);
	assert_int_equal(answer.head.code, WIRE_CODE_FORBIDDEN);
	assert_int_equal(verify(road, supervisor, 3, "v2", true).head.code, WIRE_CODE_DONE);
	assert_int_equal(verify(road, supervisor, 3, "v2", true).head.code, WIRE_CODE_DONE);
	road_wait(road, doubt_of, 3, "DELIVERED 1 no timer 0");
	road_wait(road, types_of, 3,
		"submitted.v1 approved.v1 approved.v1 replied.v1 sending.v1 in_doubt.v1 "
		"delivered.v1");
	road_wait(road,
		"select string_agg(fence || ' ' || was_delivered || ' ' || actor || ' ' || note, "
		"',') from reply.verification where case_id = ",
		3, "1 true supervisor/sun 平台后台查询");
	road_wait(road,
		"select count(*) from reply.journal where position('silent'::bytea in body) > 0 "
		"and case_id = ",
		3, "1");
}

static void doubt_that_proves_empty_is_sent_again_under_the_next_fence(void **state)
{
	struct road *road = *state;
	const char *delivery = claimed(road, 4);

	say_done(road, 4, delivery, WIRE_CODE_IN_DOUBT, 1);
	road_wait(road, doubt_of, 4, "IN_DOUBT 1 verify 0");
	assert_int_equal(verify(road, "reviewer/wang", 4, "v1", false).head.code, WIRE_CODE_DONE);
	road_wait(road, doubt_of, 4, "REPLIED 1 no timer 1");
	road_deliver(road, 4);
	send_claim(road, 4, delivery, first_name);
	assert_int_equal(take_go(road, 4, delivery), 2);
	/* the word of the first claim: refused by the provider, which says nothing of the second */
	say_done(road, 4, delivery, WIRE_CODE_UNDELIVERABLE, 1);
	send_claim(road, 4, delivery, first_name);
	assert_int_equal(take_go(road, 4, delivery), 2);
	/* and it had succeeded after all: the citizen has it, perhaps twice */
	say_done(road, 4, delivery, WIRE_CODE_DELIVERED, 1);
	road_wait(road, doubt_of, 4, "DELIVERED 2 no timer 0");
	road_wait(road,
		"select count(*) from reply.journal where type = 'reply.delivered.v1' and "
		"position('\\x2801'::bytea in body) > 0 and case_id = ",
		4, "1");
	road_wait(road, types_of, 4,
		"submitted.v1 approved.v1 approved.v1 replied.v1 sending.v1 in_doubt.v1 resent.v1 "
		"sending.v1 delivered.v1");
}

static void late_word_ends_the_doubt(void **state)
{
	static const struct {
		enum wire_code code;
		const char *want;
	} rows[] = {
		{ WIRE_CODE_DELIVERED, "DELIVERED 1 no timer 0" },
		{ WIRE_CODE_UNDELIVERABLE, "UNDELIVERABLE 1 no timer 0" },
	};
	struct road *road = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t case_id = 10 + (int64_t)i;
		const char *delivery = claimed(road, case_id);
		say_done(road, case_id, delivery, WIRE_CODE_IN_DOUBT, 1);
		say_done(road, case_id, delivery, WIRE_CODE_IN_DOUBT, 1);
		road_wait(road, doubt_of, case_id, "IN_DOUBT 1 verify 0");
		say_done(road, case_id, delivery, rows[i].code, 0);
		road_wait(road, doubt_of, case_id, rows[i].want);
	}
}

static void doubt_without_a_claim_takes_no_marker_away(void **state)
{
	struct road *road = *state;
	const char *delivery = under_way(road, 12);

	say_done(road, 12, delivery, WIRE_CODE_IN_DOUBT, 0);
	say_done(road, 12, delivery, WIRE_CODE_DELIVERED, 1); /* no claim has that fence */
	send_claim(road, 12, delivery, first_name);
	assert_int_equal(take_go(road, 12, delivery), 1);
	road_wait(road, doubt_of, 12, "SENDING 1 claim 1");
	say_done(road, 12, delivery, WIRE_CODE_DELIVERED, 1);
	road_wait(road, doubt_of, 12, "DELIVERED 1 no timer 0");
}

static void redo_begins_with_no_claim(void **state)
{
	struct road *road = *state;
	Wangli__DispatchDispatched redo = WANGLI__DISPATCH_DISPATCHED__INIT;
	const char *delivery = claimed(road, 13);

	say_done(road, 13, delivery, WIRE_CODE_DELIVERED, 1);
	road_wait(road, doubt_of, 13, "DELIVERED 1 no timer 0");
	redo.task = 2;
	redo.redo = 1;
	redo.unit = (char[]){ "510104" };
	assert_int_equal(road_event(road, road->dispatch, "dispatch", 13, 3,
				 "dispatch.redispatched.v1", &redo.base),
		WIRE_CODE_COMMITTED);
	road_submit(road, 13, "c2", "已重新办理");
	road_wait(road, doubt_of, 13, "REPLIED 0 no timer 1");
	delivery = arena_printf(road->at->mem, "%s", road_look(road, "delivery_id", 13)).p;
	send_claim(road, 13, delivery, first_name);
	assert_int_equal(take_go(road, 13, delivery), 1);
	say_done(road, 13, delivery, WIRE_CODE_DELIVERED, 1);
	road_wait(road, doubt_of, 13, "DELIVERED 1 no timer 0");
}

static void notice_is_claimed_like_a_reply(void **state)
{
	struct road *road = *state;
	Wangli__IntakeReceived received = WANGLI__INTAKE_RECEIVED__INIT;
	Wangli__IntakeRefused refused = WANGLI__INTAKE_REFUSED__INIT;
	const char *delivery;
	Wangli__Deliver *body = NULL;
	struct wire_msg deliver;

	refused.reason = (char[]){ "litigation" };
	refused.channel = (char[]){ "app" };
	refused.source = (char[]){ "app-1" };
	refused.source_msg_id = (char[]){ "m14" };
	road_event(road, road->intake, "intake", 14, 1, "intake.received.v1", &received.base);
	road_event(road, road->intake, "intake", 14, 2, "intake.refused.v1", &refused.base);
	road_wait(road, doubt_of, 14, "NOTICE 0 no timer 1");
	delivery = arena_printf(road->at->mem, "%s", road_look(road, "delivery_id", 14)).p;
	send_claim(road, 14, delivery, first_name);
	assert_int_equal(take_go(road, 14, delivery), 1);
	deliver = road_deliver(road, 14);
	deliver = road_deliver(road, 14); /* made from the state of a claim */
	assert_int_equal(
		wire_unpack(road->at->mem, &wangli__deliver__descriptor, deliver.body, &body, NULL),
		RES_OK);
	assert_string_equal(body->what, "refusal");
	road_wait(road, doubt_of, 14, "NOTICE_IN_DOUBT 1 verify 0");
	assert_int_equal(verify(road, supervisor, 14, "v1", false).head.code, WIRE_CODE_DONE);
	road_wait(road, doubt_of, 14, "NOTICE 1 no timer 1");
	say_done(road, 14, delivery, WIRE_CODE_DELIVERED, 0);
	road_wait(road, doubt_of, 14, "NOTIFIED 1 no timer 0");
	road_wait(road, types_of, 14, "sending.v1 in_doubt.v1 resent.v1 notified.v1");
}

/* --- replicas --- */

/* More claims of one delivery than one replica is given at once: both decide at the same time. */
static void two_replicas_give_exactly_one_go(void **state)
{
	struct road *road = *state;
	const char *delivery;
	size_t gone = 0;

	service_rig_start(road->at, SERVICE_PROGRAM);
	for (int64_t case_id = 20; case_id < 25; case_id++) {
		delivery = under_way(road, case_id);
		for (int i = 0; i < MANY; i++)
			send_claim(road, case_id, delivery,
				arena_printf(road->at->mem, "claim-of-replica-%d", i).p);
		for (int answered = 0; answered < MANY; answered++) {
			while (client_count(road->door, WIRE_GO) +
					client_count(road->door, WIRE_NACK) ==
				0)
				rig_round(road->at->rig, 20);
			if (client_count(road->door, WIRE_GO) > 0) {
				assert_int_equal(take_go(road, case_id, delivery), 1);
				gone++;
				continue;
			}
			struct wire_msg nack = client_take(road->at->rig, road->door, WIRE_NACK);
			assert_true(nack.head.code == WIRE_CODE_CONFLICT ||
				    nack.head.code == WIRE_CODE_BUSY);
		}
		assert_int_equal(gone, case_id - 19);
		road_wait(road, doubt_of, case_id, "SENDING 1 claim 1");
		say_done(road, case_id, delivery, WIRE_CODE_DELIVERED, 1);
		road_wait(road, doubt_of, case_id, "DELIVERED 1 no timer 0");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claim_gets_go_and_the_same_again_without_a_write),
		cmocka_unit_test(claim_of_what_is_not_there_is_refused),
		cmocka_unit_test(silent_claim_is_in_doubt_until_a_person_found_it_delivered),
		cmocka_unit_test(doubt_that_proves_empty_is_sent_again_under_the_next_fence),
		cmocka_unit_test(late_word_ends_the_doubt),
		cmocka_unit_test(doubt_without_a_claim_takes_no_marker_away),
		cmocka_unit_test(redo_begins_with_no_claim),
		cmocka_unit_test(notice_is_claimed_like_a_reply),
		cmocka_unit_test(two_replicas_give_exactly_one_go),
	};

	return cmocka_run_group_tests(tests, claim_open, road_close);
}

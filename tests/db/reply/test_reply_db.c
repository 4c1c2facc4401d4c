/* Reply between a real broker and a real PostgreSQL: the test plays intake, dispatch, followup, the
 * operator and the door. */
#include "service_rig.h"

#include <stdio.h>

#include "proto/dispatch.pb-c.h"
#include "proto/door.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"

static const struct instant morning = { 1546300800000000 };

struct road {
	struct service_rig *at;
	struct client *intake;
	struct client *dispatch;
	struct client *followup;
	struct client *cli;
	struct client *door;
};

static int road_open(void **state)
{
	struct road *road = calloc(1, sizeof(*road));

	assert_non_null(road);
	road->at = service_rig_create("reply");
	service_rig_start(road->at, SERVICE_PROGRAM);
	road->intake = service_rig_join(road->at, "intake", NULL);
	road->dispatch = service_rig_join(road->at, "dispatch", NULL);
	road->followup = service_rig_join(road->at, "followup", NULL);
	road->cli = service_rig_join(road->at, "cli", NULL);
	road->door = service_rig_join(road->at, "edge", "deliver/app");
	*state = road;
	return 0;
}

static int road_close(void **state)
{
	struct road *road = *state;

	service_rig_destroy(road->at);
	free(road);
	return 0;
}

static enum wire_code letter(struct road *road, int64_t case_id)
{
	Wangli__IntakeReceived received = WANGLI__INTAKE_RECEIVED__INIT;
	Wangli__IntakeAccepted accepted = WANGLI__INTAKE_ACCEPTED__INIT;
	struct wire_msg answer;
	char msg_id[32];

	snprintf(msg_id, sizeof(msg_id), "m%lld", (long long)case_id);
	answer = service_rig_event(road->at, road->intake, "intake", case_id, 1,
		"intake.received.v1", morning, wire_pack(road->at->mem, &received.base));
	assert_int_equal(answer.head.code, WIRE_CODE_COMMITTED);
	accepted.type = (char[]){ "help" };
	accepted.channel = (char[]){ "app" };
	accepted.source = (char[]){ "app-1" };
	accepted.source_msg_id = msg_id;
	return service_rig_event(road->at, road->intake, "intake", case_id, 2, "intake.accepted.v1",
		morning, wire_pack(road->at->mem, &accepted.base))
		.head.code;
}

static enum wire_code unit(struct road *road, int64_t case_id)
{
	Wangli__DispatchDispatched body = WANGLI__DISPATCH_DISPATCHED__INIT;

	body.task = 1;
	body.unit = (char[]){ "510104" };
	return service_rig_event(road->at, road->dispatch, "dispatch", case_id, 1,
		"dispatch.dispatched.v1", morning, wire_pack(road->at->mem, &body.base))
		.head.code;
}

static struct wire_msg submit(
	struct road *road, int64_t case_id, const char *command_id, const char *text)
{
	Wangli__ReplySubmit body = WANGLI__REPLY_SUBMIT__INIT;

	body.text = (char *)(uintptr_t)text;
	return service_rig_command(road->at, road->cli, case_id, command_id, "reply.submit.v1",
		wire_pack(road->at->mem, &body.base));
}

/* The next DELIVER of that case; what the sweep sends again of other cases is passed over. */
static struct wire_msg deliver_take(struct road *road, int64_t case_id)
{
	struct wire_msg deliver;

	do
		deliver = client_take(road->at->rig, road->door, WIRE_DELIVER);
	while (deliver.head.case_id != case_id);
	return deliver;
}

static void done(struct road *road, const struct wire_msg *deliver, const char *delivery_id,
	const char *channel, enum wire_code code)
{
	Wangli__Done body = WANGLI__DONE__INIT;
	struct wire_msg msg = {
		.kind = WIRE_DONE,
		.head = {
			.type = STR("done.v1"),
			.time = INSTANT_NONE,
			.to = STR("reply"),
			.reply_to = str_from_c(peer_instance(road->door->peer)),
			.case_id = deliver->head.case_id,
			.channel = str_from_c(channel),
			.source_msg_id = deliver->head.source_msg_id,
			.code = code,
		},
	};

	body.delivery_id = (char *)(uintptr_t)delivery_id;
	body.reason =
		(char *)(uintptr_t)(code == WIRE_CODE_UNDELIVERABLE ? "no such account: 13812345678"
								    : "");
	msg.body = wire_pack(road->at->mem, &body.base);
	client_send(road->door, &msg);
}

static const char *look(struct road *road, const char *what, int64_t case_id)
{
	return service_rig_look(road->at,
		arena_printf(road->at->mem, "select %s from reply.case_file where case_id = %lld",
			what, (long long)case_id)
			.p);
}

static void wait_for(struct road *road, const char *what, int64_t case_id, const char *want)
{
	service_rig_wait(
		road->at, arena_printf(road->at->mem, "%s%lld", what, (long long)case_id).p, want);
}

static const char marker_of[] =
	"select count(*) from reply.pending where grp = 'deliver/app' and case_id = ";
static const char state_of[] = "select state_name from reply.v_case where case_id = ";
static const char types_of[] = "select string_agg(replace(type, 'reply.', ''), ' ' order by seq) "
			       "from reply.journal where case_id = ";

static void reply_road_from_letter_to_closed_is_journalled_step_by_step(void **state)
{
	struct road *road = *state;
	Wangli__FollowupClosed closed = WANGLI__FOLLOWUP_CLOSED__INIT;
	struct wire_msg deliver;
	struct wire_msg result;
	Wangli__Deliver *body = NULL;

	assert_int_equal(letter(road, 1), WIRE_CODE_COMMITTED);
	assert_int_equal(unit(road, 1), WIRE_CODE_COMMITTED);
	wait_for(road, state_of, 1, "OPEN");
	result = submit(road, 1, "c1", "已修好路灯。");
	assert_int_equal(result.kind, WIRE_RESULT);
	assert_int_equal(result.head.code, WIRE_CODE_DONE);
	deliver = deliver_take(road, 1);
	assert_int_equal(
		wire_unpack(road->at->mem, &wangli__deliver__descriptor, deliver.body, &body, NULL),
		RES_OK);
	assert_string_equal(body->text, "已修好路灯。");
	assert_string_equal(body->unit, "锦江区");
	assert_string_equal(body->delivery_id, look(road, "delivery_id", 1));
	assert_true(str_eq(deliver.head.source_msg_id, STR("m1")));
	assert_true(str_eq(deliver.head.channel, STR("app")));
	wait_for(road, marker_of, 1, "1");
	done(road, &deliver, body->delivery_id, "app", WIRE_CODE_DELIVERED);
	wait_for(road, state_of, 1, "DELIVERED");
	wait_for(road, marker_of, 1, "0");
	closed.reason = (char[]){ "no_answer" };
	assert_int_equal(
		service_rig_event(road->at, road->followup, "followup", 1, 1, "followup.closed.v1",
			morning, wire_pack(road->at->mem, &closed.base))
			.head.code,
		WIRE_CODE_COMMITTED);
	wait_for(road, state_of, 1, "CLOSED");
	wait_for(road, types_of, 1, "submitted.v1 approved.v1 approved.v1 replied.v1 delivered.v1");
}

static void reply_submit_before_letter_and_unit_is_busy_and_changes_nothing(void **state)
{
	struct road *road = *state;
	struct wire_msg answer = submit(road, 2, "c1", "早了");

	assert_int_equal(answer.kind, WIRE_NACK);
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
	wait_for(road, "select count(*) from reply.case_file where case_id = ", 2, "0");
	assert_int_equal(
		unit(road, 2), WIRE_CODE_COMMITTED); /* before the letter: it makes the row */
	answer = submit(road, 2, "c1", "早了");
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
	assert_string_equal(look(road, "coalesce(replied_at::text, 'null')", 2), "null");
	assert_int_equal(letter(road, 2), WIRE_CODE_COMMITTED);
	answer = submit(road, 2, "c1", "正好");
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	wait_for(road, "select text from reply.draft where case_id = ", 2, "正好");
}

static void reply_submit_repeated_gives_the_same_result_and_a_second_one_is_refused(void **state)
{
	struct road *road = *state;
	struct wire_msg first;
	struct wire_msg again;

	letter(road, 3);
	unit(road, 3);
	first = submit(road, 3, "c1", "答复");
	again = submit(road, 3, "c1", "答复");
	assert_int_equal(first.head.code, WIRE_CODE_DONE);
	assert_int_equal(again.head.code, WIRE_CODE_DONE);
	assert_true(str_eq(first.head.text, again.head.text));
	again = submit(road, 3, "c2", "另一个答复");
	assert_int_equal(again.head.code, WIRE_CODE_REFUSED);
	assert_true(str_find(again.head.text, STR("REPLIED"), 0) != SIZE_MAX);
	wait_for(road, "select count(*) from reply.draft where case_id = ", 3, "1");
}

static void reply_submit_with_bad_text_is_invalid(void **state)
{
	struct road *road = *state;

	letter(road, 4);
	unit(road, 4);
	assert_int_equal(submit(road, 4, "c1", "").head.code, WIRE_CODE_INVALID);
	assert_int_equal(submit(road, 4, "c2", "a\001b").head.code, WIRE_CODE_INVALID);
	assert_string_equal(look(road, "state", 4), "1");
}

static void reply_done_of_others_or_twice_changes_nothing(void **state)
{
	struct road *road = *state;
	struct wire_msg deliver;
	char own[64];

	letter(road, 5);
	unit(road, 5);
	submit(road, 5, "c1", "答复");
	deliver = deliver_take(road, 5);
	snprintf(own, sizeof(own), "%s", look(road, "delivery_id", 5));
	done(road, &deliver, "CD0000005-9/9", "app", WIRE_CODE_DELIVERED);
	done(road, &deliver, own, "forum", WIRE_CODE_DELIVERED);
	done(road, &deliver, own, "app", WIRE_CODE_UNDELIVERABLE);
	done(road, &deliver, own, "app", WIRE_CODE_DELIVERED);
	wait_for(road, state_of, 5, "UNDELIVERABLE");
	wait_for(road, marker_of, 5, "0");
	wait_for(road, types_of, 5,
		"submitted.v1 approved.v1 approved.v1 replied.v1 undeliverable.v1");
	assert_string_equal(
		service_rig_look(road->at,
			"select count(*) filter (where position('no such account: "
			"***********'::bytea in "
			"body) > 0) || ' ' || count(*) filter (where "
			"position('13812345678'::bytea in body) > 0) from reply.journal"),
		"1 0");
}

static void reply_deliver_is_sent_again_until_it_is_done(void **state)
{
	struct road *road = *state;
	struct wire_msg first;
	struct wire_msg second;

	letter(road, 6);
	unit(road, 6);
	submit(road, 6, "c1", "答复");
	first = deliver_take(road, 6);
	second = deliver_take(road, 6);
	assert_true(str_eq(first.body, second.body));
	done(road, &second, look(road, "delivery_id", 6), "app", WIRE_CODE_DELIVERED);
	wait_for(road, marker_of, 6, "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_road_from_letter_to_closed_is_journalled_step_by_step),
		cmocka_unit_test(reply_submit_before_letter_and_unit_is_busy_and_changes_nothing),
		cmocka_unit_test(
			reply_submit_repeated_gives_the_same_result_and_a_second_one_is_refused),
		cmocka_unit_test(reply_submit_with_bad_text_is_invalid),
		cmocka_unit_test(reply_done_of_others_or_twice_changes_nothing),
		cmocka_unit_test(reply_deliver_is_sent_again_until_it_is_done),
	};

	return cmocka_run_group_tests(tests, road_open, road_close);
}

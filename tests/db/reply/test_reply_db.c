/* Reply between a real broker and a real PostgreSQL, where the system approves. */
#include "reply_road.h"

#include <stdio.h>

#include "proto/door.pb-c.h"
#include "proto/followup.pb-c.h"

static const struct instant morning = { 1546300800000000 };

static void reply_road_from_letter_to_closed_is_journalled_step_by_step(void **state)
{
	struct road *road = *state;
	Wangli__FollowupClosed closed = WANGLI__FOLLOWUP_CLOSED__INIT;
	struct wire_msg deliver;
	struct wire_msg result;
	Wangli__Deliver *body = NULL;

	road_in_hand(road, 1);
	road_wait(road, state_of, 1, "OPEN");
	result = road_submit(road, 1, "c1", "已修好路灯。");
	assert_int_equal(result.kind, WIRE_RESULT);
	assert_int_equal(result.head.code, WIRE_CODE_DONE);
	deliver = road_deliver(road, 1);
	assert_int_equal(
		wire_unpack(road->at->mem, &wangli__deliver__descriptor, deliver.body, &body, NULL),
		RES_OK);
	assert_string_equal(body->text, "已修好路灯。");
	assert_string_equal(body->unit, "锦江区");
	assert_string_equal(body->delivery_id, road_look(road, "delivery_id", 1));
	assert_true(str_eq(deliver.head.source_msg_id, STR("m1")));
	assert_true(str_eq(deliver.head.channel, STR("app")));
	road_wait(road, marker_of, 1, "1");
	road_done(road, &deliver, body->delivery_id, "app", WIRE_CODE_DELIVERED);
	road_wait(road, state_of, 1, "DELIVERED");
	road_wait(road, marker_of, 1, "0");
	closed.reason = (char[]){ "no_answer" };
	assert_int_equal(
		service_rig_event(road->at, road->followup, "followup", 1, 1, "followup.closed.v1",
			morning, wire_pack(road->at->mem, &closed.base))
			.head.code,
		WIRE_CODE_COMMITTED);
	road_wait(road, state_of, 1, "CLOSED");
	/* who does not claim pays for no claim */
	assert_string_equal(road_look(road,
				    "fence || coalesce(claim_id, '') || (select count(*) from "
				    "reply.timer) || (select count(*) from reply.verification)",
				    1),
		"000");
	road_wait(
		road, types_of, 1, "submitted.v1 approved.v1 approved.v1 replied.v1 delivered.v1");
}

static void reply_submit_before_letter_and_unit_is_busy_and_changes_nothing(void **state)
{
	struct road *road = *state;
	struct wire_msg answer = road_submit(road, 2, "c1", "早了");

	assert_int_equal(answer.kind, WIRE_NACK);
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
	road_wait(road, "select count(*) from reply.case_file where case_id = ", 2, "0");
	assert_int_equal(
		road_unit(road, 2), WIRE_CODE_COMMITTED); /* before the letter: it makes the row */
	answer = road_submit(road, 2, "c1", "早了");
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
	assert_string_equal(road_look(road, "coalesce(replied_at::text, 'null')", 2), "null");
	assert_int_equal(road_letter(road, 2), WIRE_CODE_COMMITTED);
	answer = road_submit(road, 2, "c1", "早了"); /* and the unit has to sign */
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
	assert_int_equal(road_sign(road, 2), WIRE_CODE_COMMITTED);
	answer = road_submit(road, 2, "c1", "正好");
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	road_wait(road, "select text from reply.draft where case_id = ", 2, "正好");
}

static void reply_submit_repeated_gives_the_same_result_and_a_second_one_is_refused(void **state)
{
	struct road *road = *state;
	struct wire_msg first;
	struct wire_msg again;

	road_in_hand(road, 3);
	first = road_submit(road, 3, "c1", "答复");
	again = road_submit(road, 3, "c1", "答复");
	assert_int_equal(first.head.code, WIRE_CODE_DONE);
	assert_int_equal(again.head.code, WIRE_CODE_DONE);
	assert_true(str_eq(first.head.text, again.head.text));
	again = road_submit(road, 3, "c2", "另一个答复");
	assert_int_equal(again.head.code, WIRE_CODE_REFUSED);
	assert_true(str_find(again.head.text, STR("REPLIED"), 0) != SIZE_MAX);
	road_wait(road, "select count(*) from reply.draft where case_id = ", 3, "1");
}

static void reply_submit_with_bad_text_is_invalid(void **state)
{
	struct road *road = *state;

	road_in_hand(road, 4);
	assert_int_equal(road_submit(road, 4, "c1", "").head.code, WIRE_CODE_INVALID);
	assert_int_equal(road_submit(road, 4, "c2", "a\001b").head.code, WIRE_CODE_INVALID);
	assert_string_equal(road_look(road, "state", 4), "1");
}

static void reply_done_of_others_or_twice_changes_nothing(void **state)
{
	struct road *road = *state;
	struct wire_msg deliver;
	char own[64];

	road_in_hand(road, 5);
	road_submit(road, 5, "c1", "答复");
	deliver = road_deliver(road, 5);
	snprintf(own, sizeof(own), "%s", road_look(road, "delivery_id", 5));
	road_done(road, &deliver, "CD0000005-9/9", "app", WIRE_CODE_DELIVERED);
	road_done(road, &deliver, own, "forum", WIRE_CODE_DELIVERED);
	road_done(road, &deliver, own, "app", WIRE_CODE_UNDELIVERABLE);
	road_done(road, &deliver, own, "app", WIRE_CODE_DELIVERED);
	road_wait(road, state_of, 5, "UNDELIVERABLE");
	road_wait(road, marker_of, 5, "0");
	road_wait(road, types_of, 5,
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

	road_in_hand(road, 6);
	road_submit(road, 6, "c1", "答复");
	first = road_deliver(road, 6);
	second = road_deliver(road, 6);
	assert_true(str_eq(first.body, second.body));
	road_done(road, &second, road_look(road, "delivery_id", 6), "app", WIRE_CODE_DELIVERED);
	road_wait(road, marker_of, 6, "0");
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

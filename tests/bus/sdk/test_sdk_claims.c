/* Claims of the client library, against a door in the test's hand: at every step of the way from
 * DELIVER to DONE the process may end, be told no, or not hear; the provider is called once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/door.pb-c.h"
#include "sdk_door.h"

static int claiming_setup(void **state)
{
	int res = door_setup(state);
	struct door *door = *state;
	wangli_close(door->client);
	door->claims = true;
	door_client_open(door, "claiming");
	return res;
}

static const Wangli__Claim *claim_in(struct door *door, const struct wire_msg *msg)
{
	Wangli__Claim *claim = NULL;
	assert_int_equal(msg->kind, WIRE_CLAIM);
	assert_true(str_eq_c(msg->head.type, "claim.v1"));
	assert_int_equal(msg->head.case_id, 1);
	assert_true(str_eq_c(msg->head.channel, "app"));
	assert_true(str_eq_c(msg->head.source_msg_id, "m1"));
	assert_int_equal(
		wire_unpack(door->mem, &wangli__claim__descriptor, msg->body, &claim, NULL),
		RES_OK);
	assert_string_equal(claim->delivery_id, "D1");
	return claim;
}

static void done_in(
	struct door *door, const struct wire_msg *msg, enum wire_code code, int32_t fence)
{
	Wangli__Done *done = NULL;
	assert_int_equal(msg->kind, WIRE_DONE);
	assert_int_equal(msg->head.code, code);
	assert_int_equal(
		wire_unpack(door->mem, &wangli__done__descriptor, msg->body, &done, NULL), RES_OK);
	assert_string_equal(done->delivery_id, "D1");
	assert_int_equal(done->fence, fence);
}

static void go(struct door *door, int32_t fence)
{
	char id[] = "D1";
	Wangli__Go body = WANGLI__GO__INIT;
	body.delivery_id = id;
	body.fence = fence;
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = WIRE_GO,
			.head = { .id = STR("D1"), .type = STR("go.v1") },
			.body = wire_pack(door->mem, &body.base) });
	server_flush(door->server);
}

static void sdk_claims_before_it_calls_and_tells_the_fence(void **state)
{
	struct door *door = *state;
	door_introduce(door);
	door_deliver(door);
	const Wangli__Claim *claim = claim_in(door, door_until_got(door, 2));
	assert_int_equal(strlen(claim->claim_id), 32);
	assert_int_equal(door->deliveries, 0);
	go(door, 1);
	done_in(door, door_until_got(door, 3), WIRE_CODE_DELIVERED, 1);
	assert_int_equal(door->deliveries, 1);
	door_deliver(door); /* DONE was lost */
	done_in(door, door_until_got(door, 4), WIRE_CODE_DELIVERED, 1);
	go(door, 1); /* late, again */
	door_deliver(door);
	done_in(door, door_until_got(door, 5), WIRE_CODE_DELIVERED, 1);
	assert_int_equal(door->deliveries, 1);
}

static void sdk_claim_that_was_not_heard_goes_on_under_its_name(void **state)
{
	struct door *door = *state;
	char first[33];
	door_introduce(door);
	door_deliver(door);
	snprintf(first, sizeof first, "%s", claim_in(door, door_until_got(door, 2))->claim_id);
	door_deliver(door);
	assert_string_equal(claim_in(door, door_until_got(door, 3))->claim_id, first);
	door_client_restart(door, "claiming", "again");
	door_submit(door, "m2"); /* says who is there now */
	(void)door_until_got(door, 4);
	go(door, 1); /* of the life before: nothing is in hand for it */
	door_deliver(door);
	assert_string_equal(claim_in(door, door_until_got(door, 5))->claim_id, first);
	assert_int_equal(door->deliveries, 0);
	assert_int_equal(door->doubts, 0);
	go(door, 1);
	done_in(door, door_until_got(door, 6), WIRE_CODE_DELIVERED, 1);
	assert_int_equal(door->deliveries, 1);
}

static void sdk_claim_of_somebody_else_is_left_to_him(void **state)
{
	struct door *door = *state;
	char first[33];
	door_introduce(door);
	door_deliver(door);
	snprintf(first, sizeof first, "%s", claim_in(door, door_until_got(door, 2))->claim_id);
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = WIRE_NACK,
			.head = { .id = STR("D1"), .code = WIRE_CODE_CONFLICT } });
	go(door, 1); /* never ours */
	door_deliver(door);
	assert_string_not_equal(claim_in(door, door_until_got(door, 3))->claim_id, first);
	assert_int_equal(door->deliveries, 0);
}

static void sdk_not_now_gives_no_outcome_and_no_doubt(void **state)
{
	struct door *door = *state;
	door->deliver_says = WANGLI_RETRY;
	door_introduce(door);
	door_deliver(door);
	(void)door_until_got(door, 2);
	go(door, 1);
	door_until_count(door, &door->deliveries, 1);
	door->deliver_says = WANGLI_OK;
	door_deliver(door);
	(void)claim_in(door, door_until_got(door, 3));
	go(door, 1);
	done_in(door, door_until_got(door, 4), WIRE_CODE_DELIVERED, 1);
	assert_int_equal(door->deliveries, 2);
	assert_int_equal(door->doubts, 0);
}

/* on_keep refuses: whether it was handed over is known to nobody but the provider. */
static void sdk_call_without_a_record_is_in_doubt(void **state)
{
	static const struct {
		enum wangli_doubt doubt;
		enum wire_kind then;
		enum wire_code code;
	} cases[] = {
		{ WANGLI_DOUBT_DELIVERED, WIRE_DONE, WIRE_CODE_DELIVERED },
		{ WANGLI_DOUBT_NOT_DELIVERED, WIRE_CLAIM, WIRE_CODE_UNSPECIFIED },
		{ WANGLI_DOUBT_UNKNOWN, WIRE_DONE, WIRE_CODE_IN_DOUBT },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (i > 0)
			assert_int_equal(door_teardown(state) + claiming_setup(state), 0);
		struct door *door = *state;
		door_introduce(door);
		door_deliver(door);
		(void)door_until_got(door, 2);
		door->keep_says = WANGLI_RETRY;
		go(door, 5);
		door_until_count(door, &door->keeps, 2); /* the first was the receipt's */
		door->keep_says = WANGLI_OK;
		door->doubt_says = cases[i].doubt;
		door_client_restart(door, "claiming", "again");
		door_submit(door, "m2");
		(void)door_until_got(door, 3);
		door_deliver(door);
		const struct wire_msg *got = door_until_got(door, 4);
		assert_int_equal(door->doubts, 1);
		assert_int_equal(door->deliveries, 1);
		if (cases[i].then == WIRE_CLAIM)
			(void)claim_in(door, got);
		else
			done_in(door, got, cases[i].code, 5);
	}
}

/* Said once more when the platform did not hear it; called again only under a higher fence. */
static void sdk_doubt_lasts_until_a_person_knows(void **state)
{
	struct door *door = *state;
	door_introduce(door);
	door_deliver(door);
	(void)door_until_got(door, 2);
	door->keep_says = WANGLI_RETRY;
	go(door, 1);
	door_until_count(door, &door->keeps, 2);
	door->keep_says = WANGLI_OK;
	door_deliver(door);
	done_in(door, door_until_got(door, 3), WIRE_CODE_IN_DOUBT, 1);
	door_deliver(door);
	(void)claim_in(door, door_until_got(door, 4));
	go(door, 1);
	done_in(door, door_until_got(door, 5), WIRE_CODE_IN_DOUBT, 1);
	door_client_restart(door, "claiming", "again");
	door_submit(door, "m2");
	(void)door_until_got(door, 6);
	door_deliver(door); /* a person said: it was not delivered */
	(void)claim_in(door, door_until_got(door, 7));
	go(door, 2);
	done_in(door, door_until_got(door, 8), WIRE_CODE_DELIVERED, 2);
	assert_int_equal(door->deliveries, 2);
	assert_int_equal(door->doubts, 1);
}

int main(void)
{
#define CLAIMING(test) cmocka_unit_test_setup_teardown(test, claiming_setup, door_teardown)
	const struct CMUnitTest tests[] = {
		CLAIMING(sdk_claims_before_it_calls_and_tells_the_fence),
		CLAIMING(sdk_claim_that_was_not_heard_goes_on_under_its_name),
		CLAIMING(sdk_claim_of_somebody_else_is_left_to_him),
		CLAIMING(sdk_not_now_gives_no_outcome_and_no_doubt),
		CLAIMING(sdk_call_without_a_record_is_in_doubt),
		CLAIMING(sdk_doubt_lasts_until_a_person_knows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Statuses and the state store of the client library, against a door in the test's hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "proto/door.pb-c.h"
#include "sdk_door.h"

/* --- statuses --- */

static void client_with(struct door *door, bool wants_status, bool has_state)
{
	wangli_close(door->client);
	door->wants_status = wants_status;
	door->has_state = has_state;
	door_client_open(door, "other");
}

static void status_send(struct door *door, const char *what, int32_t version)
{
	char number[] = "CD0000001-8";
	Wangli__Status body = WANGLI__STATUS__INIT;
	body.case_number = number;
	body.state = (char *)(uintptr_t)what;
	body.version = version;
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = WIRE_DELIVER,
			.head = { .id = STR("S1"),
				.type = STR("status.v1"),
				.case_id = 7,
				.channel = STR("app"),
				.source_msg_id = STR("m1") },
			.body = wire_pack(door->mem, &body.base) });
	server_flush(door->server);
}

static const struct wire_msg *introduced(struct door *door, size_t n)
{
	door_submit(door, "m1");
	const struct wire_msg *got = door_until_got(door, n);
	door_answer(door, got, WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	door_until_count(door, &door->receipts, 1);
	return got;
}

static bool asks_for_status(struct door *door, const struct wire_msg *letter)
{
	Wangli__Submit *submitted = NULL;
	assert_int_equal(
		wire_unpack(door->mem, &wangli__submit__descriptor, letter->body, &submitted, NULL),
		RES_OK);
	return submitted->wants_status;
}

static void sdk_letter_asks_for_its_status_when_somebody_listens(void **state)
{
	struct door *door = *state;
	assert_false(asks_for_status(door, introduced(door, 1)));
	door->receipts = 0;
	client_with(door, true, false);
	assert_true(asks_for_status(door, introduced(door, 2)));
	assert_int_equal(door->member->groups_n, 2);
}

static void sdk_status_is_told_and_acknowledged_by_its_version(void **state)
{
	struct door *door = *state;
	Wangli__StatusDone *done = NULL;
	client_with(door, true, false);
	introduced(door, 1);
	status_send(door, "in_hand", 4);
	const struct wire_msg *got = door_until_got(door, 2);
	assert_int_equal(door->statuses, 1);
	assert_string_equal(door->status, "in_hand");
	assert_int_equal(got->kind, WIRE_DONE);
	assert_true(str_eq_c(got->head.type, "status.done.v1"));
	assert_int_equal(got->head.code, WIRE_CODE_DELIVERED);
	assert_int_equal(got->head.case_id, 7);
	assert_true(str_eq_c(got->head.channel, "app"));
	assert_true(str_eq_c(got->head.source_msg_id, "m1"));
	assert_int_equal(
		wire_unpack(door->mem, &wangli__status_done__descriptor, got->body, &done, NULL),
		RES_OK);
	assert_int_equal(done->version, 4);
}

static void sdk_status_that_was_not_kept_is_not_acknowledged(void **state)
{
	struct door *door = *state;
	client_with(door, true, false);
	introduced(door, 1);
	door->keep_says = WANGLI_RETRY;
	status_send(door, "in_hand", 4);
	door_until_count(door, &door->statuses, 1);
	door->keep_says = WANGLI_OK;
	status_send(door, "closed", 5);
	(void)door_until_got(door, 2);
	assert_int_equal(door->statuses, 2);
	assert_int_equal(door->n_got, 2);
}

/* --- the state store --- */

static void ask(struct door *door, uint64_t tag, enum wangli_state_what what, const char *value)
{
	const struct wangli_state_ask question = {
		WANGLI_SIZED(struct wangli_state_ask),
		.tag = tag,
		.what = what,
		.name = SDK_TEXT("cursor"),
		.value = wangli_text_from_c(value),
		.if_version = 3,
		.holder = SDK_TEXT("replica-1"),
		.lease_ms = 5000,
	};
	assert_int_equal(wangli_state_ask(door->client, &question, NULL), WANGLI_OK);
}

static void state_answer(
	struct door *door, const struct wire_msg *asked, const char *why_not, struct str value)
{
	char holder[] = "replica-2";
	Wangli__StateAnswer body = WANGLI__STATE_ANSWER__INIT;
	body.why_not = (char *)(uintptr_t)why_not;
	body.version = 4;
	body.value.data = (uint8_t *)(uintptr_t)value.p;
	body.value.len = value.n;
	body.holder = holder;
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = WIRE_RESULT,
			.head = { .command_id = asked->head.command_id, .code = WIRE_CODE_DONE },
			.body = wire_pack(door->mem, &body.base) });
	server_flush(door->server);
}

static void sdk_state_is_sealed_and_comes_back_open(void **state)
{
	struct door *door = *state;
	Wangli__StatePut *put = NULL;
	client_with(door, false, true);
	ask(door, 11, WANGLI_STATE_PUT, "uid 4711");
	const struct wire_msg *got = door_until_got(door, 1);
	assert_int_equal(got->kind, WIRE_COMMAND);
	assert_true(str_eq_c(got->head.type, "state.put.v1"));
	assert_int_equal(got->head.command_id.n, 32);
	assert_int_equal(
		wire_unpack(door->mem, &wangli__state_put__descriptor, got->body, &put, NULL),
		RES_OK);
	assert_string_equal(put->name, "cursor");
	assert_string_equal(put->holder, "replica-1");
	assert_int_equal(put->if_version, 3);
	struct str sealed = str_of(put->value.data, put->value.len);
	assert_int_equal(sealed.n, strlen("uid 4711") + CRYPTO_RECORD_OVERHEAD);
	state_answer(door, got, "", STR_NONE);
	door_until_count(door, &door->states, 1);
	assert_int_equal(door->state.tag, 11);
	assert_int_equal(door->state.result, WANGLI_OK);
	ask(door, 12, WANGLI_STATE_GET, "");
	state_answer(door, door_until_got(door, 2), "", sealed);
	door_until_count(door, &door->states, 2);
	assert_int_equal(door->state.result, WANGLI_OK);
	assert_string_equal(door->state.value, "uid 4711");
	assert_string_equal(door->state.holder, "replica-2");
	assert_int_equal(door->state.version, 4);
}

static void sdk_state_answers_say_what_to_do(void **state)
{
	static const struct {
		enum wire_kind kind;
		enum wire_code code;
		const char *why_not, *value;
		enum wangli_result result;
	} cases[] = {
		{ WIRE_RESULT, WIRE_CODE_DONE, "changed meanwhile", "", WANGLI_CONFLICT },
		{ WIRE_RESULT, WIRE_CODE_DONE, "", "sealed by nobody whom this client knows......",
			WANGLI_INVALID },
		{ WIRE_NACK, WIRE_CODE_FORBIDDEN, "", "", WANGLI_DENIED },
		{ WIRE_NACK, WIRE_CODE_INVALID, "", "", WANGLI_INVALID },
	};
	struct door *door = *state;
	client_with(door, false, true);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ask(door, i, WANGLI_STATE_LEASE, "");
		const struct wire_msg *got = door_until_got(door, i + 1);
		if (cases[i].kind == WIRE_RESULT)
			state_answer(door, got, cases[i].why_not, str_from_c(cases[i].value));
		else
			server_stage_msg(door->server, door->member,
				&(struct wire_msg){ .kind = WIRE_NACK,
					.head = { .type = got->head.type,
						.command_id = got->head.command_id,
						.code = cases[i].code } });
		door_until_count(door, &door->states, (int)i + 1);
		assert_int_equal(door->state.tag, i);
		assert_int_equal(door->state.result, cases[i].result);
	}
}

static void sdk_state_question_that_was_told_busy_is_asked_again_under_its_name(void **state)
{
	struct door *door = *state;
	client_with(door, false, true);
	ask(door, 1, WANGLI_STATE_GET, "");
	const struct wire_msg *first = door_until_got(door, 1);
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = WIRE_NACK,
			.head = { .type = first->head.type,
				.command_id = first->head.command_id,
				.code = WIRE_CODE_BUSY,
				.retry_after_ms = 150 } });
	const struct wire_msg *second = door_until_got(door, 2);
	assert_true(str_eq(first->head.command_id, second->head.command_id));
	assert_int_equal(door->states, 0);
	state_answer(door, second, "", STR_NONE);
	door_until_count(door, &door->states, 1);
	state_answer(door, second, "", STR_NONE); /* a repeat of the answer is nobody's */
	ask(door, 2, WANGLI_STATE_GET, "");
	state_answer(door, door_until_got(door, 3), "", STR_NONE);
	door_until_count(door, &door->states, 2);
	assert_int_equal(door->state.tag, 2);
	assert_int_equal(door->states, 2);
}

static void sdk_state_questions_out_of_bounds_are_refused_here(void **state)
{
	static char much[WANGLI_STATE_VALUE_MAX + 1];
	static const struct {
		struct wangli_state_ask ask;
		enum wangli_result result;
		const char *says;
	} cases[] = {
		{ { .what = WANGLI_STATE_GET }, WANGLI_INVALID, "name" },
		{ { .name = { "n", 1 } }, WANGLI_INVALID, "none of the four" },
		{ { .what = WANGLI_STATE_LEASE, .name = { "n", 1 } }, WANGLI_INVALID, "holder" },
		{ { .what = WANGLI_STATE_PUT, .name = { "n", 1 }, .if_version = -1 },
			WANGLI_INVALID, "if_version" },
		{ { .what = WANGLI_STATE_PUT, .name = { "n", 1 }, .value = { much, sizeof much } },
			WANGLI_TOO_BIG, "bytes" },
	};
	struct door *door = *state;
	struct wangli_error error = { .text = "" };
	struct wangli_state_ask one = { WANGLI_SIZED(struct wangli_state_ask),
		.what = WANGLI_STATE_GET, .name = { "n", 1 } };
	assert_int_equal(wangli_state_ask(door->client, &one, &error), WANGLI_INVALID);
	assert_non_null(strstr(error.text, "state_key"));
	client_with(door, false, true);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct wangli_state_ask ask_of = cases[i].ask;
		ask_of.struct_bytes = sizeof ask_of;
		assert_int_equal(wangli_state_ask(door->client, &ask_of, &error), cases[i].result);
		assert_non_null(strstr(error.text, cases[i].says));
	}
	for (int i = 0; i < WANGLI_ASKS_MAX; i++)
		assert_int_equal(wangli_state_ask(door->client, &one, &error), WANGLI_OK);
	assert_int_equal(wangli_state_ask(door->client, &one, &error), WANGLI_RETRY);
}

int main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, door_setup, door_teardown)
	const struct CMUnitTest tests[] = {
		WITH_DOOR(sdk_letter_asks_for_its_status_when_somebody_listens),
		WITH_DOOR(sdk_status_is_told_and_acknowledged_by_its_version),
		WITH_DOOR(sdk_status_that_was_not_kept_is_not_acknowledged),
		WITH_DOOR(sdk_state_is_sealed_and_comes_back_open),
		WITH_DOOR(sdk_state_answers_say_what_to_do),
		WITH_DOOR(sdk_state_question_that_was_told_busy_is_asked_again_under_its_name),
		WITH_DOOR(sdk_state_questions_out_of_bounds_are_refused_here),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

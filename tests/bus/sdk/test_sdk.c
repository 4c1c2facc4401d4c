/* The client library against a door that the test holds in its hand: what is sent, sent again,
 * called back, kept and repeated, over NACKs, a second delivery and a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/os.h"
#include "sdk_door.h"

static void sdk_letter_gets_its_receipt(void **state)
{
	struct door *door = *state;
	door_submit(door, "m1");
	door_submit(door, "m1"); /* the very same: once */
	const struct wire_msg *got = door_until_got(door, 1);
	assert_int_equal(got->kind, WIRE_SUBMIT);
	assert_true(str_eq_c(got->head.source_msg_id, "m1"));
	assert_true(str_eq_c(got->head.channel, "app"));
	assert_int_equal(wangli_unanswered(door->client), 1);
	door_answer(door, got, WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	door_until_count(door, &door->receipts, 1);
	assert_string_equal(door->case_number, "CD0000001-8");
	assert_int_equal(wangli_unanswered(door->client), 0);
	assert_int_equal(door->n_got, 1);
}

static void sdk_other_letter_of_the_same_name_is_refused_here(void **state)
{
	struct door *door = *state;
	const struct wangli_letter other = { WANGLI_SIZED(struct wangli_letter),
		.source_msg_id = SDK_TEXT("m1"), .title = SDK_TEXT("x"), .body = SDK_TEXT("y") };
	door_submit(door, "m1");
	assert_int_equal(sdk_submit(door->client, &other, NULL), RES_CONFLICT);
}

static void sdk_busy_letter_comes_again_the_same_and_not_too_early(void **state)
{
	struct door *door = *state;
	door_submit(door, "m1");
	const struct wire_msg *first = door_until_got(door, 1);
	struct instant refused_at = os_monotonic_now();
	door_answer(door, first, WIRE_NACK, WIRE_CODE_BUSY, 400);
	const struct wire_msg *second = door_until_got(door, 2);
	assert_true(instant_since(os_monotonic_now(), refused_at).us >= SPAN_MS(400).us);
	assert_true(str_eq(first->body, second->body));
	assert_int_equal(second->head.attempt, 2);
}

static void sdk_final_refusals_are_told_and_end_the_letter(void **state)
{
	static const struct {
		enum wire_code code;
		enum wangli_result why;
	} cases[] = { { WIRE_CODE_INVALID, WANGLI_INVALID },
		{ WIRE_CODE_CONFLICT, WANGLI_CONFLICT }, { WIRE_CODE_FORBIDDEN, WANGLI_DENIED } };
	struct door *door = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		door_submit(door, "m1");
		door_answer(door, door_until_got(door, i + 1), WIRE_NACK, cases[i].code, 0);
		door_until_count(door, &door->refusals, (int)i + 1);
		assert_int_equal(door->refused_as, cases[i].why);
		assert_int_equal(wangli_unanswered(door->client), 0);
	}
}

static void sdk_unanswered_letter_comes_again_after_a_restart(void **state)
{
	struct door *door = *state;
	door_submit(door, "m1");
	const struct wire_msg *first = door_until_got(door, 1);
	door_client_restart(door, "spool", "again");
	assert_int_equal(wangli_unanswered(door->client), 1);
	const struct wire_msg *second = door_until_got(door, 2);
	assert_true(str_eq(first->body, second->body));
	door_answer(door, second, WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	door_until_count(door, &door->receipts, 1);
	door_client_restart(door, "again", "third");
	assert_int_equal(wangli_unanswered(door->client), 0);
}

static void sdk_delivery_is_handed_over_once_and_told_as_often_as_asked(void **state)
{
	struct door *door = *state;
	door_introduce(door);
	for (size_t i = 0; i < 3; i++) {
		door_deliver(door);
		const struct wire_msg *done = door_until_got(door, 2 + i);
		assert_int_equal(done->kind, WIRE_DONE);
		assert_int_equal(done->head.code, WIRE_CODE_DELIVERED);
		assert_int_equal(done->head.case_id, 1);
		assert_true(str_eq_c(done->head.source_msg_id, "m1"));
		assert_int_equal(door->deliveries, 1);
	}
}

static void sdk_kept_outcome_survives_a_restart(void **state)
{
	struct door *door = *state;
	door_introduce(door);
	door_deliver(door);
	(void)door_until_got(door, 2);
	door_client_restart(door, "spool", "again");
	door_submit(door, "m2"); /* says who is there now */
	(void)door_until_got(door, 3);
	door_deliver(door);
	assert_int_equal(door_until_got(door, 4)->kind, WIRE_DONE);
	assert_int_equal(door->deliveries, 1);
}

static void sdk_outcome_that_was_not_kept_is_not_told(void **state)
{
	struct door *door = *state;
	door_introduce(door);
	door->keep_says = WANGLI_RETRY;
	door_deliver(door);
	door_until_count(door, &door->keeps, 2); /* the first was the receipt's */
	door->keep_says = WANGLI_OK;
	door_deliver(door);
	(void)door_until_got(door, 2);
	assert_int_equal(door->deliveries, 2);
	assert_int_equal(door->n_got, 2);
}

static void sdk_delivery_says_what_it_is(void **state)
{
	static const struct {
		const char *sent;
		const char *told;
	} cases[] = { { "", "reply" }, { "reply", "reply" }, { "refusal", "refusal" } };
	struct door *door = *state;
	door_introduce(door);
	door->keep_says = WANGLI_RETRY; /* so that the same comes again */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		door_deliver_what(door, cases[i].sent);
		door_until_count(door, &door->deliveries, (int)i + 1);
		assert_string_equal(door->what, cases[i].told);
	}
}

/* The medium of the integrator says no: the letter stays, is sent again, and is told again. */
static void sdk_receipt_that_was_not_kept_comes_again(void **state)
{
	static const enum wire_kind kinds[] = { WIRE_RECEIPT, WIRE_NACK };
	struct door *door = *state;
	for (size_t i = 0; i < 2; i++) {
		const int *told = kinds[i] == WIRE_RECEIPT ? &door->receipts : &door->refusals;
		door->keep_says = WANGLI_RETRY;
		door_submit(door, "m1");
		door_answer(door, door_until_got(door, 2 * i + 1), kinds[i], WIRE_CODE_INVALID, 0);
		door_until_count(door, told, 1);
		assert_int_equal(wangli_unanswered(door->client), 1);
		door->keep_says = WANGLI_OK;
		door_answer(door, door_until_got(door, 2 * i + 2), kinds[i], WIRE_CODE_INVALID, 0);
		door_until_count(door, told, 2);
		assert_int_equal(wangli_unanswered(door->client), 0);
	}
}

/* Structures of programs that were compiled with another header. */
static void sdk_refuses_structures_of_a_newer_program(void **state)
{
	static const struct {
		int more; /* bytes than today's */
		enum wangli_result result;
		const char *text;
	} cases[] = { { 0, WANGLI_OK, "" }, { 8, WANGLI_INVALID, "built for a newer one" },
		{ -16, WANGLI_OK, "" }, /* of before there were attachments */
		{ -24, WANGLI_INVALID, "its init function was not called" } };
	struct door *door = *state;
	struct wangli_error error = { .text = "" };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct {
			struct wangli_letter letter;
			char more[16];
		} room = { .letter = { .source_msg_id = SDK_TEXT("a") } };
		room.letter.struct_bytes = (size_t)((int)sizeof room.letter + cases[i].more);
		assert_int_equal(
			wangli_submit(door->client, &room.letter, &error), cases[i].result);
		assert_non_null(strstr(error.text, cases[i].text));
	}
}

static void sdk_spool_belongs_to_one_client(void **state)
{
	struct door *door = *state;
	struct wangli *second = NULL;
	char spool[128];
	snprintf(spool, sizeof spool, "%s/spool", door->folder);
	assert_int_equal(door_client_try(door, spool, 0, &second), RES_CONFLICT);
	assert_null(second);
}

static void sdk_letters_of_one_channel_are_not_sent_for_another(void **state)
{
	struct door *door = *state;
	char command[192];
	door_submit(door, "m1");
	(void)door_until_got(door, 1);
	wangli_close(door->client);
	door->client = NULL;
	snprintf(command, sizeof command, "printf forum > '%s/spool/channel'", door->folder);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "%s/spool", door->folder);
	assert_int_equal(door_client_try(door, command, 0, &door->client), RES_INVALID);
	snprintf(command, sizeof command, "rm '%s/spool/letters'", door->folder);
	assert_int_equal(system(command), 0);
	door_client_open(door, "spool"); /* nothing waits there: it may be another's now */
}

static void sdk_full_queue_asks_to_turn_first(void **state)
{
	const struct wangli_letter letters[] = {
		{ WANGLI_SIZED(struct wangli_letter), .source_msg_id = SDK_TEXT("a") },
		{ WANGLI_SIZED(struct wangli_letter), .source_msg_id = SDK_TEXT("b") },
	};
	struct door *door = *state;
	struct wangli *small = NULL;
	char spool[128];
	snprintf(spool, sizeof spool, "%s/small", door->folder);
	assert_int_equal(door_client_try(door, spool, 1, &small), RES_OK);
	assert_int_equal(sdk_submit(small, &letters[0], NULL), RES_OK);
	assert_int_equal(sdk_submit(small, &letters[1], NULL), RES_RETRY);
	wangli_close(small);
}

static void sdk_vault_key_that_is_none_is_refused(void **state)
{
	struct door *door = *state;
	struct wangli *client = NULL;
	char spool[128];
	snprintf(spool, sizeof spool, "%s/none", door->folder);
	memset(door->vault_key, 'A', 43); /* 32 times nothing */
	assert_int_equal(door_client_try(door, spool, 0, &client), RES_INVALID);
	assert_null(client);
}

/* What was due before it went may not keep the client awake. */
static void sdk_sleeps_while_the_door_is_away(void **state)
{
	struct door *door = *state;
	door_submit(door, "m1");
	door_answer(door, door_until_got(door, 1), WIRE_NACK, WIRE_CODE_BUSY, 100);
	server_close(door->server); /* says BYE */
	door->server = NULL;
	struct instant end = instant_add(os_monotonic_now(), SPAN_S(30));
	while (wangli_is_up(door->client)) {
		assert_true(instant_is_before(os_monotonic_now(), end));
		assert_int_equal(sdk_turn(door->client, SPAN_MS(50), NULL), RES_OK);
	}
	struct instant began = os_monotonic_now();
	for (int i = 0; i < 20; i++)
		assert_int_equal(sdk_turn(door->client, SPAN_MS(50), NULL), RES_OK);
	assert_true(instant_since(os_monotonic_now(), began).us >= SPAN_MS(500).us);
}

int main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, door_setup, door_teardown)
	const struct CMUnitTest tests[] = {
		WITH_DOOR(sdk_letter_gets_its_receipt),
		WITH_DOOR(sdk_other_letter_of_the_same_name_is_refused_here),
		WITH_DOOR(sdk_busy_letter_comes_again_the_same_and_not_too_early),
		WITH_DOOR(sdk_final_refusals_are_told_and_end_the_letter),
		WITH_DOOR(sdk_unanswered_letter_comes_again_after_a_restart),
		WITH_DOOR(sdk_delivery_is_handed_over_once_and_told_as_often_as_asked),
		WITH_DOOR(sdk_kept_outcome_survives_a_restart),
		WITH_DOOR(sdk_outcome_that_was_not_kept_is_not_told),
		WITH_DOOR(sdk_delivery_says_what_it_is),
		WITH_DOOR(sdk_receipt_that_was_not_kept_comes_again),
		WITH_DOOR(sdk_refuses_structures_of_a_newer_program),
		WITH_DOOR(sdk_spool_belongs_to_one_client),
		WITH_DOOR(sdk_letters_of_one_channel_are_not_sent_for_another),
		WITH_DOOR(sdk_full_queue_asks_to_turn_first),
		WITH_DOOR(sdk_vault_key_that_is_none_is_refused),
		WITH_DOOR(sdk_sleeps_while_the_door_is_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

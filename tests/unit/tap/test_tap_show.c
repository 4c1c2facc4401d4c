/* What an operator who taps is shown: nothing that people wrote, nothing of a 举报, and enough of
 * the rest to find what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/door.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/operator.pb-c.h"
#include "tap_show.h"
#include "wire/wire_acks.h"
#include "json/json.h"

#define MEM_BYTES (1u << 20)
#define SECRET	  "13800138000"

static struct tap_view view;
static struct arena *mem;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(crypto_start(NULL), RES_OK);
	tap_view_init(&view);
	mem = arena_create(MEM_BYTES);
	return mem == NULL;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(mem);
	return 0;
}

static struct str show(enum wire_kind kind, const struct wire_head *head, struct str body)
{
	const struct tap_passed passed = {
		.record = { .kind = kind, .header = wire_head_pack(mem, head), .body = body },
		.outcome = STR("forwarded")
	};
	struct str line;
	struct err err = { "" };

	if (tap_show(&view, mem, &passed, &line, &err) != RES_OK)
		fail_msg("%s", err.text);
	return line;
}

static bool has(struct str line, const char *text)
{
	return str_find(line, str_from_c(text), 0) != SIZE_MAX;
}

static struct str letter(const char *klass)
{
	static char name[] = "a " SECRET ".jpg", title[] = "title " SECRET, body[] = "body " SECRET,
		    area[] = "area " SECRET, address[] = "sealed " SECRET;
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	Wangli__SealedContact contact = WANGLI__SEALED_CONTACT__INIT;
	Wangli__Attachment attachment = WANGLI__ATTACHMENT__INIT;
	Wangli__Attachment *attachments[] = { &attachment };

	attachment.name = name;
	attachment.ticket = (ProtobufCBinaryData){ 11, (uint8_t *)SECRET };
	contact.record = (ProtobufCBinaryData){ 11, (uint8_t *)SECRET };
	submit.title = title;
	submit.body = body;
	submit.area = area;
	submit.klass = (char *)(uintptr_t)klass;
	submit.likes = 7;
	submit.written_at_us = 1700000000000000;
	submit.contact = &contact;
	submit.reply_address = address;
	submit.n_attachments = 1;
	submit.attachments = attachments;
	return wire_pack(mem, &submit.base);
}

static const struct wire_head letter_head = { .id = STR_INIT("id " SECRET),
	.type = STR_INIT("submit.v1"),
	.to = STR_INIT("intake"),
	.source = STR_INIT("app"),
	.channel = STR_INIT("app"),
	.source_msg_id = STR_INIT("msg " SECRET),
	.traceparent = STR_INIT("tr " SECRET),
	.text = STR_INIT("text " SECRET),
	.command_id = STR_INIT("cmd " SECRET),
	.subject = STR_INIT("sub " SECRET) };

static void letter_shows_form_and_no_word(void **state)
{
	struct str line = show(WIRE_SUBMIT, &letter_head, letter(""));
	struct json *json;

	(void)state;
	assert_false(has(line, SECRET));
	assert_false(has(line, "title "));
	assert_true(has(line, "\"kind\":\"SUBMIT\"") && has(line, "\"outcome\":\"forwarded\""));
	assert_true(has(line, "\"likes\":7") && has(line, "\"written_at_us\":1700000000000000"));
	assert_true(has(line, "\"channel\":\"app\"") && has(line, "\"to\":\"intake\""));
	assert_true(has(line, "\"reply_address\":{\"bytes\":18}"));
	assert_true(has(line, "\"title\":{\"bytes\":17,\"hash\":\""));
	assert_true(has(line, "\"record\":{\"bytes\":11}"));
	assert_int_equal(json_parse(line, line.n, &json, NULL), RES_OK);
	json_destroy(json);
	assert_int_equal(str_find(line, STR("\n"), 0), SIZE_MAX);
}

static void hash_is_the_same_in_one_session_only(void **state)
{
	struct str first = show(WIRE_SUBMIT, &letter_head, letter(""));

	(void)state;
	assert_true(str_eq(first, show(WIRE_SUBMIT, &letter_head, letter(""))));
	tap_view_init(&view);
	assert_false(str_eq(first, show(WIRE_SUBMIT, &letter_head, letter(""))));
}

static void report_shows_kind_type_and_length(void **state)
{
	struct str body = letter("report");
	struct str line = show(WIRE_SUBMIT, &letter_head, body);
	struct str wanted = arena_printf(mem,
		"{\"kind\":\"SUBMIT\",\"outcome\":\"forwarded\",\"type\":\"submit.v1\","
		"\"masked\":\"report\",\"body\":{\"bytes\":%zu}}",
		body.n);

	(void)state;
	assert_true(str_eq(line, wanted));
}

static void report_is_remembered_by_its_case(void **state)
{
	static char report[] = "report", unit[] = "D16";
	const struct wire_head head = { .type = STR("intake.accepted.v1"), .case_id = 42 };
	const struct wire_head later = { .type = STR("dispatch.signed.v1"), .case_id = 42 };
	const struct wire_head other = { .type = STR("dispatch.signed.v1"), .case_id = 43 };
	Wangli__IntakeAccepted accepted = WANGLI__INTAKE_ACCEPTED__INIT;

	(void)state;
	accepted.klass = report;
	accepted.category = unit;
	assert_false(has(show(WIRE_EVENT, &later, STR("")), "masked"));
	assert_false(has(show(WIRE_EVENT, &head, wire_pack(mem, &accepted.base)), "42"));
	assert_true(has(show(WIRE_EVENT, &later, STR("")), "\"masked\":\"report\""));
	assert_false(has(show(WIRE_EVENT, &later, STR("")), "42"));
	assert_true(has(show(WIRE_EVENT, &other, STR("")), "\"case_id\":\"43\""));
}

static void what_opens_something_is_a_length(void **state)
{
	static char code[] = "123456", number[] = "CD0000042-6";
	Wangli__Receipt receipt = WANGLI__RECEIPT__INIT;
	const struct wire_head head = { .type = STR("receipt.v1"), .code = WIRE_CODE_COMMITTED };
	struct str line;

	(void)state;
	receipt.query_code = code;
	receipt.case_number = number;
	receipt.is_repeat = true;
	line = show(WIRE_RECEIPT, &head, wire_pack(mem, &receipt.base));
	assert_true(has(line, "\"query_code\":{\"bytes\":6}") && has(line, number));
	assert_true(has(line, "\"is_repeat\":true") && has(line, "\"code\":\"COMMITTED\""));
}

static void unknown_and_unreadable_bodies_are_a_length(void **state)
{
	const struct wire_head unknown = { .type = STR("intake.nobody.v9") };
	const struct wire_head known = { .type = STR("submit.v1") };

	(void)state;
	assert_true(has(show(WIRE_EVENT, &unknown, STR(SECRET)), "\"body\":{\"bytes\":11}"));
	assert_false(has(show(WIRE_EVENT, &unknown, STR(SECRET)), SECRET));
	assert_true(
		has(show(WIRE_SUBMIT, &known, STR("\xff\xff" SECRET)), "\"body\":{\"bytes\":13}"));
}

static void lists_are_shown_one_by_one(void **state)
{
	static char key[] = "Yne", source[] = "app", one[] = "wechat", two[] = "weibo";
	char *channels[] = { one, two };
	Wangli__ChannelKey row = WANGLI__CHANNEL_KEY__INIT;
	Wangli__ChannelKey *keys[] = { &row, &row };
	Wangli__KeysSnapshot snapshot = WANGLI__KEYS_SNAPSHOT__INIT;
	const struct wire_head head = { .type = STR("keys.get.v1"), .code = WIRE_CODE_DONE };
	struct str line;

	(void)state;
	row.public_key = key;
	row.source = source;
	row.n_channels = 2;
	row.channels = channels;
	snapshot.n_keys = 2;
	snapshot.keys = keys;
	line = show(WIRE_RESULT, &head, wire_pack(mem, &snapshot.base));
	assert_true(has(line, "\"keys\":[{\"public_key\":\"Yne\",\"source\":\"app\",\"channels\":["
			      "\"wechat\",\"weibo\"]},{"));
}

static void acks_are_read(void **state)
{
	const struct wire_ack ack = { 42, 3, WIRE_CODE_COMMITTED };
	const struct wire_head head = { .type = STR(WIRE_ACKS_TYPE) };
	char bytes[WIRE_ACK_BYTES];

	(void)state;
	wire_ack_put(bytes, &ack);
	assert_true(has(show(WIRE_ACK, &head, str_of(bytes, sizeof(bytes))),
		"\"body\":[{\"case_id\":\"42\",\"seq\":3,\"code\":\"COMMITTED\"}]"));
}

static void field_that_nobody_decided_on_is_masked(void **state)
{
	(void)state;
	assert_int_equal(tap_how_of("Submit", "likes"), TAP_SHOW);
	assert_int_equal(tap_how_of("Submit", "what_comes_next"), TAP_MASK);
	assert_int_equal(tap_how_of("Newcomer", "likes"), TAP_MASK);
}

static void header_that_cannot_be_read_is_refused(void **state)
{
	const struct tap_passed passed = { .record = { .kind = WIRE_EVENT,
						   .header = STR("\xff\xff\xff") } };
	struct str line;

	(void)state;
	assert_int_equal(tap_show(&view, mem, &passed, &line, NULL), RES_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(letter_shows_form_and_no_word, setup, teardown),
		cmocka_unit_test_setup_teardown(
			hash_is_the_same_in_one_session_only, setup, teardown),
		cmocka_unit_test_setup_teardown(report_shows_kind_type_and_length, setup, teardown),
		cmocka_unit_test_setup_teardown(report_is_remembered_by_its_case, setup, teardown),
		cmocka_unit_test_setup_teardown(what_opens_something_is_a_length, setup, teardown),
		cmocka_unit_test_setup_teardown(
			unknown_and_unreadable_bodies_are_a_length, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_are_shown_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(acks_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(
			field_that_nobody_decided_on_is_masked, setup, teardown),
		cmocka_unit_test_setup_teardown(
			header_that_cannot_be_read_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Bodies: what the walk over the tags lets through, and what it stops before protobuf-c sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/door.pb-c.h"
#include "proto/envelope.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/operator.pb-c.h"
#include "wire/wire.h"

#define MEM_BYTES (1024 * 1024)

static void submit_round_trip_keeps_contact(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	Wangli__SealedContact contact = WANGLI__SEALED_CONTACT__INIT;
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	Wangli__Submit *back;
	struct str body;

	(void)state;
	contact.epoch = (ProtobufCBinaryData){ 3, (uint8_t *)"e\0e" };
	submit.title = (char *)"路灯不亮";
	submit.likes = 7;
	submit.contact = &contact;
	body = wire_pack(mem, &submit.base);
	assert_int_equal(wire_unpack(mem, &wangli__submit__descriptor, body, &back, NULL), RES_OK);
	assert_string_equal(back->title, "路灯不亮");
	assert_int_equal(back->likes, 7);
	assert_int_equal(back->contact->epoch.len, 3);
	assert_true(str_is_empty(wire_str(back->body)));
}

static void empty_body_is_a_message_of_defaults(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	Wangli__Done *done;

	(void)state;
	assert_int_equal(
		wire_unpack(mem, &wangli__done__descriptor, STR_NONE, &done, NULL), RES_OK);
	assert_int_equal(done->done_at_us, 0);
}

static void bad_bodies_are_refused(void **state)
{
	static const struct {
		const char *what;
		const ProtobufCMessageDescriptor *descriptor;
		struct str body;
	} rows[] = {
		{ "truncated", &wangli__submit__descriptor,
			STR_INIT("\x0a\x05"
				 "ab") },
		{ "number where text belongs", &wangli__submit__descriptor, STR_INIT("\x08\x01") },
		{ "text where a number belongs", &wangli__submit__descriptor,
			STR_INIT("\x1a\x01x") },
		{ "not UTF-8", &wangli__submit__descriptor, STR_INIT("\x0a\x02\xc3\x28") },
		{ "NUL in text", &wangli__submit__descriptor, STR_INIT("\x0a\x01\0") },
		{ "bad submessage", &wangli__submit__descriptor, STR_INIT("\x3a\x01\x0a") },
		{ "submessage twice", &wangli__submit__descriptor, STR_INIT("\x3a\0\x3a\0") },
		{ "group", &wangli__submit__descriptor, STR_INIT("\x0b\x0c") },
		{ "fixed32 where a number belongs", &wangli__submit__descriptor,
			STR_INIT("\x2d"
				 "1234") },
		{ "repeated text as number", &wangli__hello__descriptor, STR_INIT("\x08\x01") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		ProtobufCMessage *out = NULL;

		if (wire_unpack(mem, rows[i].descriptor, rows[i].body, &out, NULL) != RES_INVALID)
			fail_msg("%s was taken", rows[i].what);
		assert_null(out);
	}
}

static void unknown_fields_are_taken(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	Wangli__Done *done;

	(void)state;
	assert_int_equal(wire_unpack(mem, &wangli__done__descriptor,
				 STR("\xa2\x06\x02\xff\xff\x10\x07"), &done, NULL),
		RES_OK);
	assert_int_equal(done->done_at_us, 7);
}

/* 4,097 empty submessages in 8 KB: protobuf-c alone would make half a megabyte of them. */
static void too_many_elements_are_refused_before_unpacking(void **state)
{
	static char body[2 * (WIRE_ELEMENTS_MAX + 1)];
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	Wangli__KeysSnapshot *out;

	(void)state;
	for (size_t i = 0; i < sizeof(body); i += 2)
		body[i] = 0x0a;
	assert_int_equal(wire_unpack(mem, &wangli__keys_snapshot__descriptor,
				 str_of(body, sizeof(body)), &out, NULL),
		RES_TOO_BIG);
	assert_int_equal(arena_used(mem), 0);
	assert_int_equal(wire_unpack(mem, &wangli__keys_snapshot__descriptor,
				 str_of(body, sizeof(body) - 2), &out, NULL),
		RES_OK);
	assert_int_equal(out->n_keys, WIRE_ELEMENTS_MAX);
}

static void body_over_the_cap_of_memory_is_too_big(void **state)
{
	static char body[2000];
	SCOPED(arena)
	struct arena *mem = arena_create(4096);
	Wangli__KeysSnapshot *out;

	(void)state;
	for (size_t i = 0; i < sizeof(body); i += 2)
		body[i] = 0x0a;
	assert_int_equal(wire_unpack(mem, &wangli__keys_snapshot__descriptor,
				 str_of(body, sizeof(body)), &out, NULL),
		RES_TOO_BIG);
}

static void body_over_its_limit_is_too_big(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	char *body = calloc(1, WIRE_BODY_MAX + 1);
	Wangli__Done *done;

	(void)state;
	assert_int_equal(wire_unpack(mem, &wangli__done__descriptor,
				 str_of(body, WIRE_BODY_MAX + 1), &done, NULL),
		RES_TOO_BIG);
	free(body);
}

/* Descriptors made by hand: our own protos nest nowhere near the limit, and none has a packed list.
 */
static const ProtobufCMessageDescriptor nest_descriptor;
static const ProtobufCFieldDescriptor nest_fields[] = {
	{ .name = "inner",
		.id = 1,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.descriptor = &nest_descriptor },
	{ .name = "numbers",
		.id = 2,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_INT32,
		.flags = PROTOBUF_C_FIELD_FLAG_PACKED },
	{ .name = "fixed",
		.id = 3,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_FIXED32,
		.flags = PROTOBUF_C_FIELD_FLAG_PACKED },
};
static const ProtobufCIntRange nest_ranges[] = { { 1, 0 }, { 0, 3 } };
static const ProtobufCMessageDescriptor nest_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "nest",
	.sizeof_message = sizeof(ProtobufCMessage),
	.n_fields = 3,
	.fields = nest_fields,
	.n_field_ranges = 1,
	.field_ranges = nest_ranges,
};

static void nested_and_packed_bombs_are_refused(void **state)
{
	static const struct {
		const char *what;
		struct str body;
		enum res want;
	} rows[] = {
		{ "five deep", STR_INIT("\x0a\x06\x0a\x04\x0a\x02\x0a\0"), RES_INVALID },
		{ "packed numbers cut", STR_INIT("\x12\x02\x01\x80"), RES_INVALID },
		{ "packed fixed of three bytes",
			STR_INIT("\x1a\x03"
				 "abc"),
			RES_INVALID },
	};
	static char many[3 + WIRE_ELEMENTS_MAX] = { 0x12, (char)0x80, 0x20 };
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	ProtobufCMessage *out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (wire_unpack(mem, &nest_descriptor, rows[i].body, &out, NULL) != rows[i].want)
			fail_msg("%s: wrong answer", rows[i].what);
	assert_int_equal(wire_unpack(mem, &nest_descriptor, str_of(many, sizeof(many)), &out, NULL),
		RES_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(submit_round_trip_keeps_contact),
		cmocka_unit_test(empty_body_is_a_message_of_defaults),
		cmocka_unit_test(bad_bodies_are_refused),
		cmocka_unit_test(unknown_fields_are_taken),
		cmocka_unit_test(too_many_elements_are_refused_before_unpacking),
		cmocka_unit_test(body_over_the_cap_of_memory_is_too_big),
		cmocka_unit_test(body_over_its_limit_is_too_big),
		cmocka_unit_test(nested_and_packed_bombs_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

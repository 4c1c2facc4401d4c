/* The batch frame and the header: round trips, every way of being wrong, and the table of fields
 * against envelope.proto. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/envelope.pb-c.h"
#include "wire/wire.h"

static const struct wire_head full = {
	.id = STR_INIT("m-1"),
	.source = STR_INIT("app"),
	.type = STR_INIT("intake.accepted.v1"),
	.subject = STR_INIT("dispatch"),
	.time = { 1556092800000000 },
	.to = STR_INIT("reply"),
	.reply_to = STR_INIT("intake/0123456789abcdef"),
	.route = STR_INIT("7"),
	.sender = STR_INIT("intake"),
	.actor = STR_INIT("officer"),
	.case_id = INT64_C(1) << 40 | 421786,
	.producer = STR_INIT("intake"),
	.seq = 3,
	.command_id = STR_INIT("c-1"),
	.channel = STR_INIT("forum"),
	.source_msg_id = STR_INIT("帖子-17"),
	.attempt = 2,
	.park = true,
	.traceparent = STR_INIT("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
	.code = WIRE_CODE_GAP,
	.retry_after_ms = 50,
	.expected = 2,
	.credit = 100,
	.text = STR_INIT("先前的缺了"),
};

static void assert_head_equal(const struct wire_head *a, const struct wire_head *b)
{
	assert_true(str_eq(a->id, b->id) && str_eq(a->source, b->source) &&
		    str_eq(a->type, b->type) && str_eq(a->subject, b->subject) &&
		    str_eq(a->to, b->to) && str_eq(a->reply_to, b->reply_to) &&
		    str_eq(a->route, b->route) && str_eq(a->sender, b->sender) &&
		    str_eq(a->actor, b->actor) && str_eq(a->producer, b->producer) &&
		    str_eq(a->command_id, b->command_id) && str_eq(a->channel, b->channel) &&
		    str_eq(a->source_msg_id, b->source_msg_id) &&
		    str_eq(a->traceparent, b->traceparent) && str_eq(a->text, b->text));
	assert_true(a->time.us == b->time.us && a->case_id == b->case_id && a->seq == b->seq &&
		    a->attempt == b->attempt && a->park == b->park && a->code == b->code &&
		    a->retry_after_ms == b->retry_after_ms && a->expected == b->expected &&
		    a->credit == b->credit);
}

static void head_full_round_trip_keeps_every_field(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(64 * 1024);
	struct wire_head back;

	(void)state;
	assert_int_equal(wire_head_read(wire_head_pack(mem, &full), &back, NULL), RES_OK);
	assert_head_equal(&full, &back);
}

/* The hand-written table and the generated code must say the same numbers and types. */
static void head_packed_by_table_is_read_by_protobuf(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(64 * 1024);
	struct str bytes = wire_head_pack(mem, &full);
	Wangli__Header *header = wangli__header__unpack(NULL, bytes.n, (const uint8_t *)bytes.p);
	uint8_t again[WIRE_HEADER_MAX];

	(void)state;
	assert_non_null(header);
	assert_int_equal(header->base.n_unknown_fields, 0);
	assert_string_equal(header->source_msg_id, "帖子-17");
	assert_true(header->case_id == full.case_id && header->park && header->credit == 100);
	assert_int_equal(wangli__header__pack(header, again), bytes.n);
	assert_memory_equal(again, bytes.p, bytes.n);
	wangli__header__free_unpacked(header, NULL);
	assert_int_equal(wangli__header__descriptor.n_fields, 24);
}

static void head_empty_reads_as_nothing_set(void **state)
{
	struct wire_head head;

	(void)state;
	assert_int_equal(wire_head_read(STR(""), &head, NULL), RES_OK);
	assert_null(head.id.p);
	assert_true(instant_is_none(head.time));
	assert_int_equal(head.case_id, 0);
}

static void head_tail_appended_wins(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(64 * 1024);
	struct wire_head forged = { .sender = STR("cli"), .to = STR("reply") };
	struct wire_head stamp = { .sender = STR("edge") };
	struct wire_writer writer = { 0 };
	struct wire_reader reader;
	struct wire_record record;
	struct wire_head back;

	(void)state;
	assert_int_equal(wire_write_raw(&writer, WIRE_COMMAND, wire_head_pack(mem, &forged),
				 wire_head_pack(mem, &stamp), STR("b"), NULL),
		RES_OK);
	assert_int_equal(wire_reader_open(&reader, buf_str(&writer.bytes), NULL), RES_OK);
	assert_true(wire_reader_next(&reader, &record));
	assert_int_equal(wire_head_read(record.header, &back, NULL), RES_OK);
	assert_true(str_eq_c(back.sender, "edge") && str_eq_c(back.to, "reply"));
	assert_true(str_eq_c(record.body, "b"));
	assert_false(wire_reader_next(&reader, &record));
	wire_writer_fini(&writer);
}

static void head_bad_bytes_are_refused(void **state)
{
	static const struct {
		const char *what;
		struct str bytes;
	} rows[] = {
		{ "truncated tag", STR_INIT("\x8a") },
		{ "field number 0", STR_INIT("\x02\x00") },
		{ "group", STR_INIT("\x0b") },
		{ "length beyond the end", STR_INIT("\x0a\x05"
						    "ab") },
		{ "varint of eleven bytes",
			STR_INIT("\x58\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
		{ "text where a number belongs", STR_INIT("\x5a\x01x") },
		{ "number where a text belongs", STR_INIT("\x08\x01") },
		{ "negative case_id", STR_INIT("\x58\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
		{ "seq over 31 bits", STR_INIT("\x68\x80\x80\x80\x80\x08") },
		{ "not UTF-8", STR_INIT("\x0a\x01\xff") },
		{ "NUL in a text", STR_INIT("\x0a\x02"
					    "a\0") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_head head = { .seq = 77 };

		if (wire_head_read(rows[i].bytes, &head, NULL) != RES_INVALID)
			fail_msg("%s was taken", rows[i].what);
		assert_int_equal(head.seq, 77);
	}
}

static void head_unknown_field_is_passed_over(void **state)
{
	struct wire_head head;

	(void)state;
	/* field 25 varint, field 200 bytes, field 26 fixed64, then seq = 5 */
	assert_int_equal(wire_head_read(STR("\xc8\x01\x09\xc2\x0c\x01x\xd1\x01"
					    "12345678\x68\x05"),
				 &head, NULL),
		RES_OK);
	assert_int_equal(head.seq, 5);
}

static void head_text_over_its_limit_is_not_written(void **state)
{
	static const struct {
		size_t name;
		size_t id;
		enum res want;
	} rows[] = {
		{ WIRE_NAME_MAX, WIRE_TEXT_ID_MAX, RES_OK },
		{ WIRE_NAME_MAX + 1, 1, RES_TOO_BIG },
		{ 1, WIRE_TEXT_ID_MAX + 1, RES_TOO_BIG },
	};
	static char text[WIRE_TEXT_ID_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_writer writer = { 0 };
		struct wire_msg msg = { .kind = WIRE_EVENT,
			.head = { .to = str_of(text, rows[i].name),
				.id = str_of(text, rows[i].id) } };

		assert_int_equal(wire_write(&writer, &msg, NULL), rows[i].want);
		assert_int_equal(writer.count, rows[i].want == RES_OK);
		wire_writer_fini(&writer);
	}
}

static void writer_full_by_count_says_retry(void **state)
{
	struct wire_writer writer = { 0 };
	struct wire_msg msg = { .kind = WIRE_PING };

	(void)state;
	for (int i = 0; i < WIRE_BATCH_MESSAGES; i++)
		assert_int_equal(wire_write(&writer, &msg, NULL), RES_OK);
	assert_int_equal(wire_write(&writer, &msg, NULL), RES_RETRY);
	wire_writer_clear(&writer);
	assert_int_equal(wire_write(&writer, &msg, NULL), RES_OK);
	wire_writer_fini(&writer);
}

static void writer_full_by_bytes_says_retry_and_too_big(void **state)
{
	struct wire_writer writer = { 0 };
	struct wire_msg msg = { .kind = WIRE_EVENT };
	char *body = calloc(1, WIRE_BODY_MAX + 1);
	int taken = 0;

	(void)state;
	msg.body = str_of(body, WIRE_BODY_MAX + 1);
	assert_int_equal(wire_write(&writer, &msg, NULL), RES_TOO_BIG);
	msg.body.n = WIRE_BODY_MAX;
	while (wire_write(&writer, &msg, NULL) == RES_OK)
		taken++;
	assert_int_equal(taken, WIRE_BATCH_BYTES / WIRE_BODY_MAX - 1);
	assert_true(writer.bytes.n <= WIRE_BATCH_BYTES);
	wire_writer_fini(&writer);
	free(body);
}

static void reader_bad_frames_are_refused_whole(void **state)
{
	static const struct {
		const char *what;
		struct str frame;
		enum res want;
	} rows[] = {
		{ "nothing", STR_INIT(""), RES_INVALID },
		{ "half a head", STR_INIT("\x04\0\0\0"), RES_INVALID },
		{ "kind 0", STR_INIT("\0\0\0\0\0\0\0\0"), RES_INVALID },
		{ "pad set", STR_INIT("\x04\x01\0\0\0\0\0\0"), RES_INVALID },
		{ "header missing", STR_INIT("\x04\0\x01\0\0\0\0\0"), RES_INVALID },
		{ "body missing", STR_INIT("\x04\0\0\0\x02\0\0\0x"), RES_INVALID },
		{ "header over its limit", STR_INIT("\x04\0\x01\x08\0\0\0\0"), RES_TOO_BIG },
		{ "body over its limit", STR_INIT("\x04\0\0\0\x01\0\x04\0"), RES_TOO_BIG },
		{ "body of 4 GiB", STR_INIT("\x04\0\0\0\xff\xff\xff\xff"), RES_TOO_BIG },
		{ "second record cut", STR_INIT("\x0f\0\0\0\0\0\0\0\x0f\0"), RES_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_reader reader = { .count = 77 };

		if (wire_reader_open(&reader, rows[i].frame, NULL) != rows[i].want)
			fail_msg("%s: wrong answer", rows[i].what);
		assert_int_equal(reader.count, 77);
	}
}

static void reader_unknown_kind_is_passed_on(void **state)
{
	struct wire_reader reader;
	struct wire_record record;

	(void)state;
	assert_int_equal(wire_reader_open(&reader, STR("\xc8\0\0\0\0\0\0\0"), NULL), RES_OK);
	assert_true(wire_reader_next(&reader, &record));
	assert_int_equal((int)record.kind, 200);
	assert_false(wire_kind_is_known(200));
	assert_string_equal(wire_kind_name(record.kind), "?");
}

static void reader_oversize_frame_is_refused(void **state)
{
	char *frame = calloc(1, WIRE_BATCH_BYTES + 1);
	struct wire_reader reader;

	(void)state;
	assert_int_equal(
		wire_reader_open(&reader, str_of(frame, WIRE_BATCH_BYTES + 1), NULL), RES_TOO_BIG);
	for (int i = 0; i <= WIRE_BATCH_MESSAGES; i++)
		frame[i * WIRE_RECORD_HEAD] = WIRE_PING;
	assert_int_equal(wire_reader_open(&reader,
				 str_of(frame, (WIRE_BATCH_MESSAGES + 1) * WIRE_RECORD_HEAD), NULL),
		RES_TOO_BIG);
	assert_int_equal(wire_reader_open(&reader,
				 str_of(frame, WIRE_BATCH_MESSAGES * WIRE_RECORD_HEAD), NULL),
		RES_OK);
	free(frame);
}

static void names_of_kinds_and_codes_are_those_of_the_tables(void **state)
{
	(void)state;
	assert_string_equal(wire_kind_name(WIRE_EVENT), "EVENT");
	assert_string_equal(wire_code_name(WIRE_CODE_GAP), "GAP");
	assert_string_equal(wire_code_name((enum wire_code)99), "?");
	assert_true(wire_kind_needs_credit(WIRE_SUBMIT));
	assert_false(wire_kind_needs_credit(WIRE_ACK));
	assert_false(wire_kind_is_known(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_full_round_trip_keeps_every_field),
		cmocka_unit_test(head_packed_by_table_is_read_by_protobuf),
		cmocka_unit_test(head_empty_reads_as_nothing_set),
		cmocka_unit_test(head_tail_appended_wins),
		cmocka_unit_test(head_bad_bytes_are_refused),
		cmocka_unit_test(head_unknown_field_is_passed_over),
		cmocka_unit_test(head_text_over_its_limit_is_not_written),
		cmocka_unit_test(writer_full_by_count_says_retry),
		cmocka_unit_test(writer_full_by_bytes_says_retry_and_too_big),
		cmocka_unit_test(reader_bad_frames_are_refused_whole),
		cmocka_unit_test(reader_unknown_kind_is_passed_on),
		cmocka_unit_test(reader_oversize_frame_is_refused),
		cmocka_unit_test(names_of_kinds_and_codes_are_those_of_the_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

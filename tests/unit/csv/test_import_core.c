/* Rows of an import file: which header is taken, which row goes in, and what is said about others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import_core.h"

#define MEM_BYTES (8u << 20)

static struct csv_record first_record(
	struct arena *mem, struct csv_reader *reader, const char *text)
{
	struct csv_record record;
	csv_open(reader, str_from_c(text));
	assert_true(csv_next(reader, mem, &record));
	return record;
}

static void header_is_taken_or_says_what_is_missing(void **state)
{
	static const struct {
		const char *header;
		struct import_map map;
		bool with_reply;
		const char *fault; /* NULL: taken */
	} cases[] = {
		{ "external_id,title,body", { STR_INIT(""), STR_INIT("") }, false, NULL },
		{ "body,x,title,external_id", { STR_INIT(""), STR_INIT("") }, false, NULL },
		{ "msg_id,title,body", { STR_INIT("external_id"), STR_INIT("msg_id") }, false,
			NULL },
		{ "msg_id,title,body", { STR_INIT(""), STR_INIT("") }, false, "'external_id'" },
		{ "external_id,title", { STR_INIT(""), STR_INIT("") }, false, "'body'" },
		{ "external_id,title,body,title", { STR_INIT(""), STR_INIT("") }, false, "twice" },
		{ "external_id,title,body", { STR_INIT("likes"), STR_INIT("up") }, false, "'up'" },
		{ "external_id,title,body", { STR_INIT("color"), STR_INIT("x") }, false, "color" },
		{ "external_id,title,body", { STR_INIT(""), STR_INIT("") }, true, "reply" },
		{ "external_id,title,body,reply", { STR_INIT(""), STR_INIT("") }, true, NULL },
		{ "external_id,title,body\r1,t,b\r", { STR_INIT(""), STR_INIT("") }, false, "CR" },
		{ "external_id;title;body", { STR_INIT(""), STR_INIT("") }, false, "comma" },
		{ "external_id,\"title,body", { STR_INIT(""), STR_INIT("") }, false, "quot" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		struct csv_reader reader;
		struct csv_record record = first_record(mem, &reader, cases[i].header);
		struct import_header header;
		struct err err = { .text = "" };
		enum res res = import_header_read(mem, &record, &cases[i].map,
			cases[i].map.ours.n > 0 ? 1 : 0, cases[i].with_reply, &header, &err);
		if ((res == RES_OK) != (cases[i].fault == NULL) ||
			(res != RES_OK && strstr(err.text, cases[i].fault) == NULL))
			fail_msg("case %zu: %s '%s'", i, res_name(res), err.text);
	}
}

static void header_lists_what_it_ignores(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct csv_reader reader;
	struct csv_record record =
		first_record(mem, &reader, "external_id,dislikes,title,body,split,reply");
	struct import_header header;
	(void)state;
	assert_int_equal(import_header_read(mem, &record, NULL, 0, false, &header, NULL), RES_OK);
	assert_true(str_eq_c(header.ignored, "dislikes, split, reply"));
}

static void row_goes_in_or_says_why_not(void **state)
{
	static const struct {
		const char *row;
		const char *fault; /* NULL: goes in */
	} cases[] = {
		{ "1,t,b,2019-04-24 16:03:40,u,武侯区,3,,", NULL },
		{ "1,t,b,,,,,,", NULL },
		{ "1,t,b,,,,,r,2019-05-09 09:49:10", NULL },
		{ ",t,b,,,,,,", "external_id is empty" },
		{ "1,,b,,,,,,", "title is empty" },
		{ "1,t, \t,,,,,,", "body is empty" },
		{ "1,t,\xe3\x80\x80,,,,,,", "body is empty" },
		{ "1,t,b\x01,,,,,,", "body holds a control character (0x01)" },
		{ "1,t\x7f,b,,,,,,", "title holds a control character (0x7f)" },
		{ "1,t,b,yesterday,,,,,", "time 'yesterday' is no time" },
		{ "1,t,b,2019-02-30 10:00:00,,,,,", "is no time" },
		{ "1,t,b,,,,-1,,", "likes '-1'" },
		{ "1,t,b,,,,many,,", "likes 'many'" },
		{ "1,t,b,,,,,r,soon", "reply_time 'soon'" },
		{ "1,t,b", NULL },
		{ "1,t", "body is empty" },
		{ "1,t,b,,,,,,,", NULL },
		{ "1,t,b,,,,,,,,", "11 columns" },
		{ "1,t,b,,,,,r,,5", NULL },
		{ "1,t,b,,,,,r,,很满意", NULL },
		{ "1,t,b,,,,,r,,6", "rating '6'" },
		{ "1,t,b,,,,,r,,ok", "rating 'ok'" },
		{ "1,t,\"b,,,,,,", "broken quoting" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		struct csv_reader reader;
		struct csv_record record = first_record(mem, &reader,
			"external_id,title,body,time,user,area,likes,reply,reply_time,rating");
		struct import_header header;
		struct import_row row;
		struct err err = { .text = "" };
		assert_int_equal(
			import_header_read(mem, &record, NULL, 0, true, &header, &err), RES_OK);
		record = first_record(mem, &reader, cases[i].row);
		enum res res = import_row_read(&header, &record, &row, &err);
		if ((res == RES_OK) != (cases[i].fault == NULL) ||
			(res != RES_OK && strstr(err.text, cases[i].fault) == NULL))
			fail_msg("case %zu: %s '%s'", i, res_name(res), err.text);
	}
}

static void row_body_at_the_limit_goes_in_and_over_it_does_not(void **state)
{
	static const char character[] = "长";
	(void)state;
	for (int over = 0; over < 2; over++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		struct buf text = { 0 };
		struct csv_reader reader;
		struct csv_record record = first_record(mem, &reader, "external_id,title,body");
		struct import_header header;
		struct import_row row;
		struct err err;
		assert_int_equal(
			import_header_read(mem, &record, NULL, 0, false, &header, NULL), RES_OK);
		buf_add_str(&text, STR("1,t,"));
		for (int i = 0; i < IMPORT_BODY_CHARS + over; i++)
			buf_add(&text, character, sizeof character - 1);
		csv_open(&reader, buf_str(&text));
		assert_true(csv_next(&reader, mem, &record));
		assert_int_equal(
			import_row_read(&header, &record, &row, &err), over ? RES_INVALID : RES_OK);
		buf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_taken_or_says_what_is_missing),
		cmocka_unit_test(header_lists_what_it_ignores),
		cmocka_unit_test(row_goes_in_or_says_why_not),
		cmocka_unit_test(row_body_at_the_limit_goes_in_and_over_it_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

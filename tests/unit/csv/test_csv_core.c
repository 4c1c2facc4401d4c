/* CSV: what each text reads as, as rows of fields parted by | and records by /, with faults by
 * line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "csv/csv_core.h"

#define MEM_BYTES (32u << 20)

/* "1:a|b / 3:c|d", a fault as "2!quote open". */
static struct str told(struct arena *mem, struct str bytes)
{
	struct csv_reader reader;
	struct csv_record record;
	struct str out = STR("");
	csv_open(&reader, bytes);
	while (csv_next(&reader, mem, &record)) {
		out = arena_printf(
			mem, "%.*s%s%zu", STR_ARG(out), out.n > 0 ? " / " : "", record.line);
		if (record.fault != CSV_FINE)
			out = arena_printf(mem, "%.*s!%d", STR_ARG(out), (int)record.fault);
		for (size_t i = 0; record.fault == CSV_FINE && i < record.n; i++)
			out = arena_printf(mem, "%.*s%s%.*s", STR_ARG(out), i > 0 ? "|" : ":",
				STR_ARG(record.fields[i]));
	}
	return out;
}

static void csv_text_reads_as_its_rows(void **state)
{
	static const struct {
		struct str text;
		const char *rows;
	} cases[] = {
		{ STR_INIT(""), "" },
		{ STR_INIT("\n\r\n\n"), "" },
		{ STR_INIT("a,b\nc,d\n"), "1:a|b / 2:c|d" },
		{ STR_INIT("a,b\r\nc,d"), "1:a|b / 2:c|d" },
		{ STR_INIT("\xEF\xBB\xBF"
			   "a,b\n"),
			"1:a|b" },
		{ STR_INIT("a,\n"), "1:a|" },
		{ STR_INIT(",\n"), "1:|" },
		{ STR_INIT("a,"), "1:a|" },
		{ STR_INIT("\"a,b\",c\n"), "1:a,b|c" },
		{ STR_INIT("\"a\nb\",c\nd,e\n"), "1:a\nb|c / 3:d|e" },
		{ STR_INIT("\"a\r\nb\"\r\nc\r\n"), "1:a\r\nb / 3:c" },
		{ STR_INIT("\"say \"\"hi\"\"\",x\n"), "1:say \"hi\"|x" },
		{ STR_INIT("\"\"\n"), "1:" },
		{ STR_INIT("\"\"\"\"\n"), "1:\"" },
		{ STR_INIT("\n\na\n\nb\n"), "3:a / 5:b" },
		{ STR_INIT("a\rb,c\n"), "1:a\rb|c" },
		{ STR_INIT("标题,正文\n"), "1:标题|正文" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		struct str rows = told(mem, cases[i].text);
		if (!str_eq_c(rows, cases[i].rows))
			fail_msg("case %zu: '%.*s', want '%s'", i, STR_ARG(rows), cases[i].rows);
	}
}

static void csv_broken_row_is_named_and_the_next_one_read(void **state)
{
	static const struct {
		struct str text;
		enum csv_fault fault;
		size_t line;
	} cases[] = {
		{ STR_INIT("h\n\"open\ngood\n"), CSV_QUOTE_OPEN, 2 },
		{ STR_INIT("h\n\"a\"b\ngood\n"), CSV_QUOTE_AFTER, 2 },
		{ STR_INIT("h\na\"b\ngood\n"), CSV_QUOTE_INSIDE, 2 },
		{ STR_INIT("h\nx,\"a\" \r\ngood\r\n"), CSV_QUOTE_AFTER, 2 },
		{ STR_INIT("h\n\xff\xfe\ngood\n"), CSV_NOT_UTF8, 2 },
		{ STR_INIT("h\n\"\xe4\xb8\n\"\ngood\n"), CSV_NOT_UTF8, 2 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		struct csv_reader reader;
		struct csv_record record;
		csv_open(&reader, cases[i].text);
		assert_true(csv_next(&reader, mem, &record));
		assert_true(csv_next(&reader, mem, &record));
		assert_int_equal(record.fault, cases[i].fault);
		assert_int_equal(record.line, cases[i].line);
		assert_true(csv_next(&reader, mem, &record));
		assert_int_equal(record.fault, CSV_FINE);
		assert_true(str_eq_c(record.fields[0], "good"));
		assert_false(csv_next(&reader, mem, &record));
	}
}

static void csv_too_many_fields_is_named(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	char text[CSV_FIELDS_MAX + 1];
	struct csv_reader reader;
	struct csv_record record;
	(void)state;
	memset(text, ',', sizeof text);
	csv_open(&reader, str_of(text, CSV_FIELDS_MAX - 1));
	assert_true(csv_next(&reader, mem, &record));
	assert_int_equal(record.fault, CSV_FINE);
	assert_int_equal(record.n, CSV_FIELDS_MAX);
	csv_open(&reader, str_of(text, CSV_FIELDS_MAX));
	assert_true(csv_next(&reader, mem, &record));
	assert_int_equal(record.fault, CSV_TOO_MANY);
}

static void csv_row_over_the_limit_is_named_and_passed(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct buf text = { 0 };
	struct csv_reader reader;
	struct csv_record record;
	(void)state;
	memset(buf_extend(&text, CSV_RECORD_MAX + 10), 'x', CSV_RECORD_MAX + 10);
	buf_add(&text, "\ngood\n", 6);
	csv_open(&reader, buf_str(&text));
	assert_true(csv_next(&reader, mem, &record));
	assert_int_equal(record.fault, CSV_TOO_LONG);
	assert_true(csv_next(&reader, mem, &record));
	assert_int_equal(record.fault, CSV_FINE);
	assert_int_equal(record.line, 2);
	buf_fini(&text);
}

static void csv_written_row_reads_back_the_same(void **state)
{
	static const struct str fields[] = { STR_INIT(""), STR_INIT("a"), STR_INIT("a,b"),
		STR_INIT("say \"hi\""), STR_INIT("two\r\nlines\n"), STR_INIT(" padded "),
		STR_INIT("标题"), STR_INIT("\"") };
	const size_t n = sizeof fields / sizeof fields[0];
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct buf out = { 0 };
	struct csv_reader reader;
	struct csv_record record;
	(void)state;
	for (size_t first = 0; first < n; first++) {
		buf_clear(&out);
		for (size_t i = 0; i < n; i++)
			csv_write_field(&out, i, fields[(first + i) % n]);
		csv_write_end(&out);
		csv_open(&reader, buf_str(&out));
		assert_true(csv_next(&reader, mem, &record));
		assert_int_equal(record.fault, CSV_FINE);
		assert_int_equal(record.n, n);
		for (size_t i = 0; i < n; i++)
			assert_true(str_eq(record.fields[i], fields[(first + i) % n]));
		assert_false(csv_next(&reader, mem, &record));
	}
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_text_reads_as_its_rows),
		cmocka_unit_test(csv_broken_row_is_named_and_the_next_one_read),
		cmocka_unit_test(csv_too_many_fields_is_named),
		cmocka_unit_test(csv_row_over_the_limit_is_named_and_passed),
		cmocka_unit_test(csv_written_row_reads_back_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

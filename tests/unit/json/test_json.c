/* JSON at the borders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "json/json.h"

static struct arena *mem;

static int mem_create(void **state)
{
	(void)state;
	mem = arena_create(4 * 1024 * 1024);
	return mem == NULL ? -1 : 0;
}

static int mem_destroy(void **state)
{
	(void)state;
	arena_destroy(mem);
	return 0;
}

static void json_text_every_kind_in_order_of_insertion(void **state)
{
	SCOPED(json)
	struct json *object = json_object_create();
	struct json *list = json_array_create();

	(void)state;
	json_set_str(object, "z", STR("网\"\n"));
	json_set_c(object, "c", "text");
	json_set_int(object, "int", INT64_MIN);
	json_set_id(object, "id", INT64_MAX);
	json_set_bool(object, "yes", true);
	json_set_real(object, "real", 0.5);
	json_set_real(object, "endless", INFINITY);
	json_set_str(object, "none", STR_NONE);
	json_push_str(list, STR("one"));
	json_push(list, json_object_create());
	json_set(object, "list", list);
	assert_string_equal(json_text(mem, object).p,
		"{\"z\":\"网\\\"\\n\",\"c\":\"text\",\"int\":-9223372036854775808,"
		"\"id\":\"9223372036854775807\",\"yes\":true,\"real\":0.5,\"endless\":null,"
		"\"none\":null,\"list\":[\"one\",{}]}");
}

static void json_set_str_bad_bytes_become_replacement(void **state)
{
	SCOPED(json)
	struct json *list = json_array_create();

	(void)state;
	json_push_str(list, STR("a\xff\xfe"
				"b\xe7\xbd"));
	assert_string_equal(json_text(mem, list).p, "[\"a\xef\xbf\xbd\xef\xbf\xbd"
						    "b\xef\xbf\xbd\xef\xbf\xbd\"]");
}

static void json_text_arena_full_gives_nothing(void **state)
{
	SCOPED(arena)
	struct arena *small = arena_create(16);
	SCOPED(json)
	struct json *object = json_object_create();

	(void)state;
	json_set_c(object, "key", "a text longer than the arena");
	assert_null(json_text(small, object).p);
	assert_true(arena_failed(small));
}

static void json_parse_any_text_is_read_or_refused(void **state)
{
	static const struct {
		struct str in;
		enum res res;
		const char *why; /* part of the failure's text */
	} rows[] = {
		{ STR_INIT("{\"a\":1}"), RES_OK, NULL },
		{ STR_INIT(" [1,2] \n"), RES_OK, NULL },
		{ STR_INIT("\"text\""), RES_OK, NULL },
		{ STR_INIT("7"), RES_OK, NULL },
		{ STR_INIT("{\"a\":1,\"a\":2}"), RES_INVALID, "twice" },
		{ STR_INIT("{\"a\":1} x"), RES_INVALID, "follows" },
		{ STR_INIT("{\"a\":"), RES_INVALID, "too early" },
		{ STR_INIT("{\n\n\"a\" 1}"), RES_INVALID, "line 3" },
		{ STR_INIT("[\"\xff\"]"), RES_INVALID, "UTF-8" },
		{ STR_INIT("[\"\\u0000\"]"), RES_INVALID, "NUL" },
		{ STR_INIT("[99999999999999999999]"), RES_INVALID, "too large" },
		{ STR_INIT("[1,]"), RES_INVALID, "line 1" },
		{ STR_INIT("{'a':1}"), RES_INVALID, "syntax" },
		{ STR_INIT(""), RES_INVALID, "line" },
	};
	struct err err;
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json *got = NULL;
		assert_int_equal(json_parse(rows[i].in, 100, &got, &err), rows[i].res);
		assert_int_equal(got != NULL, rows[i].res == RES_OK);
		if (rows[i].why != NULL)
			assert_non_null(strstr(err.text, rows[i].why));
		json_destroy(got);
	}
}

static void json_parse_too_many_bytes_are_not_looked_at(void **state)
{
	struct json *got = NULL;

	(void)state;
	assert_int_equal(json_parse(STR("[1234567]"), 8, &got, NULL), RES_TOO_BIG);
	assert_int_equal(json_parse(STR_NONE, 8, &got, NULL), RES_INVALID);
	assert_null(got);
}

static void json_parse_refusal_never_quotes_the_text(void **state)
{
	struct json *got = NULL;
	struct err err;

	(void)state;
	assert_int_equal(
		json_parse(STR("{\"phone\": 13800000000x}"), 100, &got, &err), RES_INVALID);
	assert_null(strstr(err.text, "1380"));
}

static void json_parse_deep_nesting_is_refused(void **state)
{
	struct json *got = NULL;
	struct err err;
	char *deep = arena_alloc(mem, 100000);

	(void)state;
	memset(deep, '[', 100000);
	assert_int_equal(json_parse(str_of(deep, 100000), 100000, &got, &err), RES_INVALID);
	assert_non_null(strstr(err.text, "deep"));
}

static void json_get_missing_or_other_kind_gives_fallback(void **state)
{
	struct json *parsed = NULL;
	struct str text = STR("{\"s\":\"x\",\"n\":7,\"list\":[\"a\",2],\"zero\":null}");

	(void)state;
	assert_int_equal(json_parse(text, 100, &parsed, NULL), RES_OK);
	SCOPED(json)
	struct json *object = parsed;
	assert_true(str_eq_c(json_get_str(object, "s"), "x"));
	assert_null(json_get_str(object, "n").p);
	assert_null(json_get_str(object, "missing").p);
	assert_int_equal(json_get_int(object, "n", -1), 7);
	assert_int_equal(json_get_int(object, "s", -1), -1);
	assert_int_equal(json_get_int(object, "missing", -1), -1);
	assert_null(json_get(object, "missing"));
	assert_non_null(json_get(object, "zero"));
	const struct json *list = json_get(object, "list");
	assert_int_equal(json_count(list), 2);
	assert_null(json_at(list, 2));
	assert_int_equal(json_count(object), 0);
	assert_int_equal(json_count(NULL), 0);
	assert_null(json_get(list, "s"));
	assert_null(json_get_str(NULL, "s").p);
	json_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_text_every_kind_in_order_of_insertion),
		cmocka_unit_test(json_set_str_bad_bytes_become_replacement),
		cmocka_unit_test(json_text_arena_full_gives_nothing),
		cmocka_unit_test(json_parse_any_text_is_read_or_refused),
		cmocka_unit_test(json_parse_too_many_bytes_are_not_looked_at),
		cmocka_unit_test(json_parse_refusal_never_quotes_the_text),
		cmocka_unit_test(json_parse_deep_nesting_is_refused),
		cmocka_unit_test(json_get_missing_or_other_kind_gives_fallback),
	};

	return cmocka_run_group_tests(tests, mem_create, mem_destroy);
}

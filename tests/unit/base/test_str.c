/* Borrowed text: comparing, cutting, numbers, characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void assert_str(struct str got, struct str want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.n == 0 ? "" : got.p, want.n == 0 ? "" : want.p, want.n);
}

static void str_compare_any_pair_orders_by_bytes_then_length(void **state)
{
	static const struct {
		struct str a, b;
		int sign;
	} rows[] = {
		{ STR_INIT(""), STR_INIT(""), 0 },
		{ STR_INIT("a"), STR_INIT("a"), 0 },
		{ STR_INIT("a"), STR_INIT("ab"), -1 },
		{ STR_INIT("b"), STR_INIT("ab"), 1 },
		{ STR_INIT("a\0b"), STR_INIT("a\0c"), -1 },
		{ STR_INIT("\xff"), STR_INIT("a"), 1 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int order = str_compare(rows[i].a, rows[i].b);
		assert_int_equal((order > 0) - (order < 0), rows[i].sign);
		assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].sign == 0);
	}
	assert_true(str_eq(STR_NONE, STR("")));
	assert_int_equal(str_compare(STR_NONE, STR("")), 0);
	assert_true(str_eq_c(STR("abc"), "abc"));
	assert_false(str_eq_c(STR("abc"), "ab"));
}

static void str_starts_ends_longer_than_text_is_false(void **state)
{
	(void)state;
	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_true(str_starts(STR("abc"), STR("")));
	assert_false(str_starts(STR("ab"), STR("abc")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_false(str_ends(STR("bc"), STR("abc")));
	assert_false(str_ends(STR("abc"), STR("ab")));
}

static void str_find_any_place_gives_offset_or_none(void **state)
{
	static const struct {
		struct str in, needle;
		size_t from, at;
	} rows[] = {
		{ STR_INIT("abcabc"), STR_INIT("c"), 0, 2 },
		{ STR_INIT("abcabc"), STR_INIT("c"), 3, 5 },
		{ STR_INIT("abcabc"), STR_INIT("c"), 6, SIZE_MAX },
		{ STR_INIT("abcabc"), STR_INIT(""), 0, SIZE_MAX },
		{ STR_INIT("a\0b"), STR_INIT("\0b"), 0, 1 },
		{ STR_INIT("ab"), STR_INIT("abc"), 0, SIZE_MAX },
		{ STR_INIT(""), STR_INIT("a"), 0, SIZE_MAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(str_find(rows[i].in, rows[i].needle, rows[i].from), rows[i].at);
}

static void str_slice_outside_is_clamped(void **state)
{
	(void)state;
	assert_str(str_slice(STR("abc"), 1, 1), STR("b"));
	assert_str(str_slice(STR("abc"), 1, SIZE_MAX), STR("bc"));
	assert_str(str_slice(STR("abc"), 9, 1), STR(""));
	assert_null(str_slice(STR_NONE, 1, 1).p);
}

static void str_trim_spaces_of_both_scripts_go(void **state)
{
	static const struct {
		struct str in, want;
	} rows[] = {
		{ STR_INIT("  a b \t\r\n"), STR_INIT("a b") },
		{ STR_INIT("\xe3\x80\x80 天 \xe3\x80\x80"), STR_INIT("天") },
		{ STR_INIT(" \xe3\x80\x80"), STR_INIT("") },
		{ STR_INIT("\x80\x80"), STR_INIT("\x80\x80") },
		{ STR_INIT(""), STR_INIT("") },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_str(str_trim(rows[i].in), rows[i].want);
}

static void str_split_every_part_is_seen_once(void **state)
{
	struct str rest = STR("a,,b,");
	struct str part;
	const char *parts[] = { "a", "", "b", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		assert_true(str_split(&rest, ',', &part));
		assert_true(str_eq_c(part, parts[i]));
	}
	assert_null(rest.p);
	assert_false(str_split(&rest, ',', &part));
	rest = STR("");
	assert_true(str_split(&rest, ',', &part));
	assert_false(str_split(&rest, ',', &part));
}

static void str_to_int64_any_text_is_read_or_refused(void **state)
{
	static const struct {
		struct str in;
		enum res res;
		int64_t value;
	} rows[] = {
		{ STR_INIT("0"), RES_OK, 0 },
		{ STR_INIT("-0"), RES_OK, 0 },
		{ STR_INIT("+7"), RES_OK, 7 },
		{ STR_INIT("0012"), RES_OK, 12 },
		{ STR_INIT("9223372036854775807"), RES_OK, INT64_MAX },
		{ STR_INIT("-9223372036854775808"), RES_OK, INT64_MIN },
		{ STR_INIT("9223372036854775808"), RES_TOO_BIG, 0 },
		{ STR_INIT("-9223372036854775809"), RES_TOO_BIG, 0 },
		{ STR_INIT("99999999999999999999999"), RES_TOO_BIG, 0 },
		{ STR_INIT("99999999999999999999999x"), RES_INVALID, 0 },
		{ STR_INIT(""), RES_INVALID, 0 },
		{ STR_INIT("-"), RES_INVALID, 0 },
		{ STR_INIT(" 1"), RES_INVALID, 0 },
		{ STR_INIT("1 "), RES_INVALID, 0 },
		{ STR_INIT("1\0"), RES_INVALID, 0 },
		{ STR_INIT("0x10"), RES_INVALID, 0 },
		{ STR_INIT("--1"), RES_INVALID, 0 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t value = 42;
		assert_int_equal(str_to_int64(rows[i].in, &value), rows[i].res);
		assert_int_equal(value, rows[i].res == RES_OK ? rows[i].value : 42);
	}
}

static void str_utf8_any_bytes_give_the_good_prefix(void **state)
{
	static const struct {
		struct str in;
		size_t good;
	} rows[] = {
		{ STR_INIT(""), 0 },
		{ STR_INIT("abc"), 3 },
		{ STR_INIT("网理"), 6 },
		{ STR_INIT("a\xc3\xa9"), 3 },
		{ STR_INIT("\xf0\x9f\x98\x80"), 4 },
		{ STR_INIT("\xf4\x8f\xbf\xbf"), 4 },  /* U+10FFFF */
		{ STR_INIT("\xf4\x90\x80\x80"), 0 },  /* above it */
		{ STR_INIT("\xed\x9f\xbf"), 3 },      /* U+D7FF */
		{ STR_INIT("\xed\xa0\x80"), 0 },      /* a surrogate */
		{ STR_INIT("a\xc0\x80"), 1 },	      /* overlong NUL */
		{ STR_INIT("a\xe0\x9f\xbf"), 1 },     /* overlong */
		{ STR_INIT("a\xf0\x8f\xbf\xbf"), 1 }, /* overlong */
		{ STR_INIT("ab\x80"), 2 },	      /* follows nothing */
		{ STR_INIT("ab\xe7\xbd"), 2 },	      /* cut off */
		{ STR_INIT("ab\xe7\xbdz"), 2 },
		{ STR_INIT("ab\xff"), 2 },
		{ STR_INIT("a\0b"), 3 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(str_utf8_prefix(rows[i].in), rows[i].good);
		assert_int_equal(str_is_utf8(rows[i].in), rows[i].good == rows[i].in.n);
	}
}

static void str_utf8_cut_counts_characters(void **state)
{
	(void)state;
	assert_int_equal(str_utf8_length(STR("a网理\xf0\x9f\x98\x80")), 4);
	assert_str(str_utf8_cut(STR("a网理"), 2), STR("a网"));
	assert_str(str_utf8_cut(STR("a网理"), 3), STR("a网理"));
	assert_str(str_utf8_cut(STR("a网理"), 0), STR(""));
	assert_str(str_utf8_cut(STR("a"), 9), STR("a"));
	assert_str(str_utf8_fit(STR("a网理"), 7), STR("a网理"));
	assert_str(str_utf8_fit(STR("a网理"), 6), STR("a网"));
	assert_str(str_utf8_fit(STR("a网理"), 1), STR("a"));
	assert_str(str_utf8_fit(STR("网"), 2), STR(""));
}

static void str_find_control_only_harmful_ones_count(void **state)
{
	static const struct {
		struct str in;
		size_t at;
	} rows[] = {
		{ STR_INIT("a\tb\r\nc"), SIZE_MAX },
		{ STR_INIT("网理"), SIZE_MAX },
		{ STR_INIT("a\0"), 1 },
		{ STR_INIT("ab\x1b[0m"), 2 },
		{ STR_INIT("\x7f"), 0 },
		{ STR_INIT("ab\xc2\x85"), 2 },
		{ STR_INIT("ab\xc2\xa0"), SIZE_MAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(str_find_control(rows[i].in), rows[i].at);
}

static void res_name_every_result_has_one(void **state)
{
	(void)state;
	for (int res = RES_OK; res <= RES_BUG; res++)
		assert_string_not_equal(res_name((enum res)res), "?");
	assert_string_equal(res_name(RES_TOO_BIG), "TOO_BIG");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(str_compare_any_pair_orders_by_bytes_then_length),
		cmocka_unit_test(str_starts_ends_longer_than_text_is_false),
		cmocka_unit_test(str_find_any_place_gives_offset_or_none),
		cmocka_unit_test(str_slice_outside_is_clamped),
		cmocka_unit_test(str_trim_spaces_of_both_scripts_go),
		cmocka_unit_test(str_split_every_part_is_seen_once),
		cmocka_unit_test(str_to_int64_any_text_is_read_or_refused),
		cmocka_unit_test(str_utf8_any_bytes_give_the_good_prefix),
		cmocka_unit_test(str_utf8_cut_counts_characters),
		cmocka_unit_test(str_find_control_only_harmful_ones_count),
		cmocka_unit_test(res_name_every_result_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Case numbers as people see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/id.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void case_number_format_known_numbers_fit(void **state)
{
	static const struct {
		struct str prefix;
		int64_t id;
		const char *text; /* NULL: refused */
	} rows[] = {
		{ STR_INIT("CD"), 421786, "CD0421786-5" },
		{ STR_INIT("CD"), 1, "CD0000001-8" },
		{ STR_INIT("A"), 7992739871, "A7992739871-3" }, /* Luhn's textbook number */
		{ STR_INIT("ABCDEFGH"), INT64_MAX, "ABCDEFGH9223372036854775807-4" },
		{ STR_INIT("ABCDEFGHI"), 1, NULL },
		{ STR_INIT(""), 1, NULL },
		{ STR_INIT("cd"), 1, NULL },
		{ STR_INIT("CD"), 0, NULL },
		{ STR_INIT("CD"), -1, NULL },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[CASE_NUMBER_MAX] = "untouched";
		enum res res = case_number_format(rows[i].prefix, rows[i].id, text, NULL);
		assert_int_equal(res, rows[i].text == NULL ? RES_INVALID : RES_OK);
		assert_string_equal(text, rows[i].text == NULL ? "untouched" : rows[i].text);
	}
}

static void case_number_parse_format_any_id_comes_back(void **state)
{
	char text[CASE_NUMBER_MAX];
	int64_t back = 0;

	(void)state;
	for (int64_t id = 1; id > 0 && id < INT64_MAX / 3; id = id * 3 + 1) {
		assert_int_equal(case_number_format(STR("CD"), id, text, NULL), RES_OK);
		assert_int_equal(case_number_parse(str_from_c(text), &back, NULL), RES_OK);
		assert_int_equal(back, id);
	}
}

static void case_number_parse_any_wrong_digit_is_found(void **state)
{
	char text[] = "CD0421786-5";
	int64_t back = -1;

	(void)state;
	for (size_t at = 2; at < strlen(text); at++) {
		char right = text[at];
		for (char digit = '0'; right != '-' && digit <= '9'; digit++) {
			text[at] = digit;
			assert_int_equal(case_number_parse(str_from_c(text), &back, NULL),
				digit == right ? RES_OK : RES_INVALID);
		}
		text[at] = right;
	}
}

static void case_number_parse_any_text_is_read_or_refused(void **state)
{
	static const struct {
		struct str in;
		enum res res;
	} rows[] = {
		{ STR_INIT("CD0421786-5"), RES_OK },
		{ STR_INIT("  cd0421786-5 \n"), RES_OK },
		{ STR_INIT("0421786-5"), RES_INVALID },
		{ STR_INIT("CD421786-5"), RES_INVALID },
		{ STR_INIT("CD-5"), RES_INVALID },
		{ STR_INIT("CD0421786"), RES_INVALID },
		{ STR_INIT("CD0421786-"), RES_INVALID },
		{ STR_INIT("CD0421786-55"), RES_INVALID },
		{ STR_INIT("CD0421786-5x"), RES_INVALID },
		{ STR_INIT("CD0421786 5"), RES_INVALID },
		{ STR_INIT("CD0000000-0"), RES_INVALID },
		{ STR_INIT("ABCDEFGHI0421786-5"), RES_INVALID },
		{ STR_INIT("CD9999999999999999999-9"), RES_INVALID },
		{ STR_INIT("CD99999999999999999999999999999-9"), RES_INVALID },
		{ STR_INIT(""), RES_INVALID },
	};
	struct err err;
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t id = -1;
		assert_int_equal(case_number_parse(rows[i].in, &id, &err), rows[i].res);
		assert_int_equal(id, rows[i].res == RES_OK ? 421786 : -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_number_format_known_numbers_fit),
		cmocka_unit_test(case_number_parse_format_any_id_comes_back),
		cmocka_unit_test(case_number_parse_any_wrong_digit_is_found),
		cmocka_unit_test(case_number_parse_any_text_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

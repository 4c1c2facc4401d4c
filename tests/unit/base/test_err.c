/* Failure texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "base/str.h"

static void err_set_returns_its_result(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, RES_DENIED, "no %s", "way"), RES_DENIED);
	assert_string_equal(err.text, "no way");
	assert_int_equal(err_set(NULL, RES_RETRY, "no %s", "way"), RES_RETRY);
	assert_int_equal(err_prefix(NULL, RES_RETRY, "no %s", "way"), RES_RETRY);
}

static void err_prefix_lower_text_stays_behind(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, RES_INVALID, "wrong");
	assert_int_equal(err_prefix(&err, RES_INVALID, "row %d", 7), RES_INVALID);
	assert_string_equal(err.text, "row 7: wrong");
	err_set(&err, RES_INVALID, "again %s", err.text);
	assert_string_equal(err.text, "again row 7: wrong");
}

static void err_set_long_text_is_cut_at_a_character(void **state)
{
	struct err err;
	char text[1000];

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'a', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "网", 4);
		err_set(&err, RES_INVALID, "%s", text);
		assert_true(str_is_utf8(str_from_c(err.text)));
		assert_in_range(strlen(err.text), ERR_TEXT_MAX - 2, ERR_TEXT_MAX);
		err_prefix(&err, RES_INVALID, "%s", "前");
		assert_true(str_is_utf8(str_from_c(err.text)));
		assert_true(str_starts(str_from_c(err.text), STR("前: ")));
		err_prefix(&err, RES_INVALID, "%s", text);
		assert_true(str_is_utf8(str_from_c(err.text)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_set_returns_its_result),
		cmocka_unit_test(err_prefix_lower_text_stays_behind),
		cmocka_unit_test(err_set_long_text_is_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

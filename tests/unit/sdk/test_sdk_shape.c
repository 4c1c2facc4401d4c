/* Structures of programs that were compiled with another header: older ones are taken, with zero
 * for what they do not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/sdk_shape.h"

struct pie {
	size_t struct_bytes;
	int64_t apples;
	int64_t sugar; /* since the second edition */
	int64_t salt;  /* since the third */
};
static const struct shape pie_shape = SHAPE(pie, apples);

static void shape_read_takes_older_ones_only(void **state)
{
	static const struct {
		size_t bytes;
		enum res res;
		struct pie want;
		const char *text;
	} cases[] = {
		{ 0, RES_INVALID, { 0 }, "struct_bytes of pie is 0: its init" },
		{ 8, RES_INVALID, { 0 }, "is 8" },
		{ 16, RES_OK, { 16, 1, 0, 0 }, "" },
		{ 24, RES_OK, { 24, 1, 2, 0 }, "" },
		{ 32, RES_OK, { 32, 1, 2, 3 }, "" },
		{ 40, RES_INVALID, { 0 }, "pie has 40 bytes" },
		{ SIZE_MAX, RES_INVALID, { 0 }, "built for a newer one" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct pie in = { cases[i].bytes, 1, 2, 3 };
		struct pie out = { 9, 9, 9, 9 };
		struct err err = { .text = "" };
		assert_int_equal(shape_read(&pie_shape, &in, &out, &err), cases[i].res);
		assert_non_null(strstr(err.text, cases[i].text));
		if (cases[i].res == RES_OK)
			assert_memory_equal(&out, &cases[i].want, sizeof out);
		else
			assert_int_equal(out.apples, 9); /* untouched */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shape_read_takes_older_ones_only) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

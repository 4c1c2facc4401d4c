/* Growing bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

static void buf_add_many_keeps_all_in_order(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	assert_true(str_is_empty(buf_str(&buf)));
	assert_non_null(buf_str(&buf).p);
	for (int i = 0; i < 1000; i++)
		buf_printf(&buf, "%03d", i);
	assert_int_equal(buf.n, 3000);
	assert_memory_equal(buf.p + 999 * 3, "999", 3);
	buf_clear(&buf);
	buf_add(&buf, NULL, 0);
	buf_add_str(&buf, STR_NONE);
	buf_add_str(&buf, STR("abc"));
	assert_true(str_eq_c(buf_str(&buf), "abc"));
	buf_fini(&buf);
	assert_null(buf.p);
}

static void buf_drop_front_goes_rest_stays(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	buf_drop(&buf, 0);
	buf_add(&buf, "abcdef", 6);
	buf_drop(&buf, 4);
	assert_true(str_eq_c(buf_str(&buf), "ef"));
	buf_drop(&buf, 2);
	assert_int_equal(buf.n, 0);
	buf_fini(&buf);
}

static void buf_extend_gives_room_of_the_size(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	memset(buf_extend(&buf, 100000), 'x', 100000);
	memset(buf_extend(&buf, 1), 'y', 1);
	assert_int_equal(buf.n, 100001);
	assert_int_equal(buf.p[100000], 'y');
	buf_fini(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_add_many_keeps_all_in_order),
		cmocka_unit_test(buf_drop_front_goes_rest_stays),
		cmocka_unit_test(buf_extend_gives_room_of_the_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

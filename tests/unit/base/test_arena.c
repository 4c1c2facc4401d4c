/* The arena: alignment, cap, the failure mark, reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void arena_alloc_many_sizes_are_zeroed_and_aligned(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(64 * 1024 * 1024);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t bytes = 0; bytes < 300000; bytes = bytes * 2 + 1) {
			unsigned char *piece = arena_alloc(mem, bytes);
			assert_non_null(piece);
			assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < bytes; i++)
				assert_int_equal(piece[i], 0);
			memset(piece, 0xa5, bytes);
		}
		assert_true(arena_used(mem) > 500000);
		arena_reset(mem);
		assert_int_equal(arena_used(mem), 0);
	}
}

static void arena_alloc_pieces_do_not_overlap(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(4 * 1024 * 1024);
	unsigned char *pieces[2000];

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		pieces[i] = arena_alloc(mem, 1 + i % 700);
		memset(pieces[i], (int)(i % 251), 1 + i % 700);
	}
	for (size_t i = 0; i < 2000; i++) {
		assert_int_equal(pieces[i][0], i % 251);
		assert_int_equal(pieces[i][i % 700], i % 251);
	}
}

static void arena_alloc_over_cap_marks_until_reset(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1024);

	(void)state;
	assert_non_null(arena_alloc(mem, 1024));
	assert_false(arena_failed(mem));
	assert_null(arena_alloc(mem, 1));
	assert_true(arena_failed(mem));
	assert_null(arena_str(mem, STR("x")).p);
	assert_string_equal(arena_c(mem, STR("x")), "");
	assert_true(str_is_empty(arena_printf(mem, "%d", 7)));
	arena_reset(mem);
	assert_false(arena_failed(mem));
	assert_non_null(arena_alloc(mem, 1024));
}

static void arena_alloc_after_failure_stays_refused(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1024);

	(void)state;
	assert_null(arena_alloc(mem, 2000));
	assert_null(arena_alloc(mem, 1));
	assert_null(arena_alloc(mem, SIZE_MAX));
}

static void arena_array_product_overflow_fails(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(SIZE_MAX);

	(void)state;
	assert_null(arena_array(mem, SIZE_MAX / 2, 3));
	assert_true(arena_failed(mem));
	arena_reset(mem);
	assert_non_null(arena_new_array(mem, int64_t, 10));
	assert_non_null(arena_new(mem, struct str));
}

static void arena_grow_keeps_what_was_there(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1024);
	char *old = arena_alloc(mem, 4);

	(void)state;
	memcpy(old, "abcd", 4);
	char *grown = arena_grow(mem, old, 4, 8);
	assert_memory_equal(grown, "abcd\0\0\0\0", 8);
	assert_memory_equal(old, "abcd", 4);
	assert_non_null(arena_grow(mem, NULL, 0, 8));
}

static void arena_texts_end_with_nul(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1024);
	struct str copy = arena_str(mem, str_of("abXX", 2));

	(void)state;
	assert_string_equal(copy.p, "ab");
	assert_null(arena_str(mem, STR_NONE).p);
	assert_non_null(arena_str(mem, STR("")).p);
	assert_string_equal(arena_c(mem, STR_NONE), "");
	assert_string_equal(arena_printf(mem, "%s-%d", "a", 7).p, "a-7");
	assert_false(arena_failed(mem));
}

static void arena_join_puts_separators_between(void **state)
{
	static const struct str parts[] = { STR_INIT("D02"), STR_INIT(""), STR_INIT("510104") };
	SCOPED(arena)
	struct arena *mem = arena_create(1000);
	SCOPED(arena)
	struct arena *small = arena_create(4);

	(void)state;
	assert_true(str_eq_c(arena_join(mem, parts, 3, ','), "D02,,510104"));
	assert_true(str_eq_c(arena_join(mem, parts, 1, ','), "D02"));
	assert_true(str_eq_c(arena_join(mem, parts, 2, '/'), "D02/"));
	assert_true(str_eq_c(arena_join(mem, NULL, 0, ','), ""));
	assert_true(str_eq_c(arena_join(small, parts, 3, ','), ""));
	assert_true(arena_failed(small));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_join_puts_separators_between),
		cmocka_unit_test(arena_alloc_many_sizes_are_zeroed_and_aligned),
		cmocka_unit_test(arena_alloc_pieces_do_not_overlap),
		cmocka_unit_test(arena_alloc_over_cap_marks_until_reset),
		cmocka_unit_test(arena_alloc_after_failure_stays_refused),
		cmocka_unit_test(arena_array_product_overflow_fails),
		cmocka_unit_test(arena_grow_keeps_what_was_there),
		cmocka_unit_test(arena_texts_end_with_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

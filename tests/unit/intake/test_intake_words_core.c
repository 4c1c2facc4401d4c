/* The index of words. */
#include "intake_words_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

struct fixture {
	struct arena *mem;
	struct words_index *index;
};

static struct fixture fixture_make(const char *const *words, size_t n)
{
	struct fixture fixture = { .mem = arena_create(1 << 20) };
	struct words_target target = { .weight = 1, .valid_to = WORDS_NO_END };

	fixture.index = words_index_make(fixture.mem, n + 4);
	assert_non_null(fixture.index);
	for (size_t i = 0; i < n; i++) {
		target.index = (uint16_t)i;
		assert_int_equal(
			words_add(fixture.index, str_from_c(words[i]), &target, NULL), RES_OK);
	}
	return fixture;
}

static void collect(void *arg, const struct words_entry *entry)
{
	char *out = arg;
	size_t n = strlen(out);

	memcpy(out + n, entry->word.p, entry->word.n);
	memcpy(out + n + entry->word.n, "|", 2);
}

static void words_scan_cases(void **state)
{
	static const char *const words[] = { "充电", "充电桩", "电桩", "路灯", "LED屏", "p2p",
		"a路", "\xF0\x9F\x9A\xB2车" };
	static const struct {
		const char *text;
		const char *found;
	} table[] = {
		{ "", "" },
		{ "充", "" },
		{ "没有词", "" },
		{ "小区充电桩坏", "充电桩|" }, /* the longest word, and nothing inside it */
		{ "充电充电桩", "充电|充电桩|" },
		{ "大电桩路灯", "电桩|路灯|" }, /* one right behind the other */
		{ "led屏P2P", "led屏|p2p|" },	/* either case */
		{ "Led屏", "led屏|" },
		{ "A路", "a路|" },
		{ "\xF0\x9F\x9A\xB2车多", "\xF0\x9F\x9A\xB2车|" },
		{ "路路灯", "路灯|" },
		{ "x路", "" },
	};
	struct fixture fixture = fixture_make(words, sizeof(words) / sizeof(words[0]));

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char found[256] = "";
		words_scan(fixture.index, str_from_c(table[i].text), collect, found);
		assert_string_equal(found, table[i].found);
	}
	arena_destroy(fixture.mem);
}

static void words_add_same_word_twice_has_two_targets(void **state)
{
	static const char *const words[] = { "停水", "停水" };
	struct fixture fixture = fixture_make(words, 2);
	const struct words_entry *entry = words_find(fixture.index, STR("停水"));

	(void)state;
	assert_int_equal(words_count(fixture.index), 1);
	assert_non_null(entry);
	assert_int_equal(entry->number, 0);
	assert_int_equal(entry->targets->index, 1);
	assert_int_equal(entry->targets->next->index, 0);
	assert_null(entry->targets->next->next);
	arena_destroy(fixture.mem);
}

static void words_find_is_exact(void **state)
{
	static const char *const words[] = { "停水", "停水了", "停电" };
	struct fixture fixture = fixture_make(words, 3);

	(void)state;
	assert_true(str_eq_c(words_find(fixture.index, STR("停水了"))->word, "停水了"));
	assert_true(str_eq_c(words_find(fixture.index, STR("停水"))->word, "停水"));
	assert_null(words_find(fixture.index, STR("停水了吗")));
	assert_null(words_find(fixture.index, STR("停")));
	assert_null(words_find(fixture.index, STR("")));
	arena_destroy(fixture.mem);
}

static void words_add_refuses_what_it_cannot_find(void **state)
{
	static const struct str bad[] = { STR_INIT(""), STR_INIT("水"), STR_INIT("a"),
		STR_INIT("\xff\xff"), STR_INIT("水\xE6\xB0") };
	struct fixture fixture = fixture_make(NULL, 0);
	struct words_target target = { .weight = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(words_add(fixture.index, bad[i], &target, NULL), RES_INVALID);
	assert_int_equal(words_count(fixture.index), 0);
	arena_destroy(fixture.mem);
}

static void words_add_full_index_is_too_big(void **state)
{
	static const char *const words[] = { "一二", "三四", "五六", "七八" };
	struct fixture fixture = fixture_make(NULL, 0);
	struct words_target target = { .weight = 1 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			words_add(fixture.index, str_from_c(words[i]), &target, NULL), RES_OK);
	assert_int_equal(words_add(fixture.index, STR("九十"), &target, NULL), RES_TOO_BIG);
	assert_int_equal(words_add(fixture.index, STR("一二"), &target, NULL), RES_OK);
	arena_destroy(fixture.mem);
}

static void words_index_without_memory_is_refused(void **state)
{
	struct arena *tiny = arena_create(64);
	struct arena *small = arena_create(4096);
	struct words_target target = { .weight = 1 };

	(void)state;
	assert_null(words_index_make(tiny, 1000));
	struct words_index *index = words_index_make(small, 8);
	assert_non_null(index);
	while (arena_alloc(small, 16) != NULL)
		continue;
	assert_int_equal(words_add(index, STR("停水"), &target, NULL), RES_TOO_BIG);
	arena_destroy(tiny);
	arena_destroy(small);
}

static void words_target_is_valid_from_its_first_day_until_before_its_last(void **state)
{
	struct words_target target = { .valid_from = 10, .valid_to = 20 };

	(void)state;
	assert_false(words_target_is_valid(&target, 9));
	assert_true(words_target_is_valid(&target, 10));
	assert_true(words_target_is_valid(&target, 19));
	assert_false(words_target_is_valid(&target, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_scan_cases),
		cmocka_unit_test(words_add_same_word_twice_has_two_targets),
		cmocka_unit_test(words_find_is_exact),
		cmocka_unit_test(words_add_refuses_what_it_cannot_find),
		cmocka_unit_test(words_add_full_index_is_too_big),
		cmocka_unit_test(words_index_without_memory_is_refused),
		cmocka_unit_test(words_target_is_valid_from_its_first_day_until_before_its_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which characters a file is read in, and what is said of one that cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "charset_core.h"
#include "import_charset.h"

#define MEM_BYTES (1u << 20)

/* 标题 in GB18030, and 𠮷 which needs four bytes there. */
#define GB_TITLE "\xB1\xEA\xCC\xE2"
#define GB_FOUR	 "\x95\x34\xB2\x35"

static void bytes_are_read_or_refused_by_line_and_byte(void **state)
{
	static const struct {
		struct str bytes;
		const char *name; /* NULL: refused */
		const char *text; /* as read, or the fault */
	} cases[] = {
		{ STR_INIT(""), "UTF-8", "" },
		{ STR_INIT("a,b\n"), "UTF-8", "a,b\n" },
		{ STR_INIT("标题\n"), "UTF-8", "标题\n" },
		{ STR_INIT("\xEF\xBB\xBF\xff\n"), "UTF-8", "\xEF\xBB\xBF\xff\n" },
		{ STR_INIT("标题\nbroken \xff\n"), "UTF-8", "标题\nbroken \xff\n" },
		{ STR_INIT("id," GB_TITLE "\n1," GB_FOUR "\n"), "GB18030", "id,标题\n1,𠮷\n" },
		{ STR_INIT("id\n" GB_TITLE "\xff\n"), NULL, "line 2, byte 5" },
		{ STR_INIT("id\n\n" GB_TITLE "\xB1"), NULL, "line 3, byte 5" },
		{ STR_INIT("id,\xff\xff\n"), NULL, "line 1, byte 4" },
		{ STR_INIT("\xff\xfei\0d\0"), NULL, "UTF-16" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		const char *name = NULL;
		struct str read = STR("");
		struct err err = { .text = "" };
		enum res res = import_charset_read(mem, cases[i].bytes, &read, &name, &err);
		bool is_right =
			cases[i].name == NULL
				? res == RES_INVALID && strstr(err.text, cases[i].text) != NULL
				: res == RES_OK && strcmp(name, cases[i].name) == 0 &&
					  str_eq_c(read, cases[i].text);
		if (!is_right)
			fail_msg("case %zu: %s '%.*s' '%s'", i, res_name(res), STR_ARG(read),
				err.text);
	}
}

static void lines_vote_for_utf8(void **state)
{
	static const struct {
		struct str bytes;
		enum charset_guess guess;
	} cases[] = {
		{ STR_INIT("标\n题\n\xff\n"), CHARSET_UTF8 },
		{ STR_INIT("标\n\xff\n"), CHARSET_UTF8 },
		{ STR_INIT("标\n\xff\n\xfe\n"), CHARSET_OTHER },
		{ STR_INIT("ascii\nascii\n\xff\n"), CHARSET_OTHER },
		{ STR_INIT("\xfe\xff\0a"), CHARSET_UTF16 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(charset_guess(cases[i].bytes), cases[i].guess);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_read_or_refused_by_line_and_byte),
		cmocka_unit_test(lines_vote_for_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What `case` understands, and what it calls wrong use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/id.h"
#include "case_arguments.h"

#define WORDS_MAX 12

static char number[CASE_NUMBER_MAX];

/* Words parted by one space; "NO" stands for a good number. */
static int words_make(char *text, char **words)
{
	int n = 0;
	for (char *at = text; at != NULL && n < WORDS_MAX;) {
		char *end = strchr(at, ' ');
		if (end != NULL)
			*end = 0;
		words[n++] = strcmp(at, "NO") == 0 ? number : at;
		at = end == NULL ? NULL : end + 1;
	}
	return n;
}

static void arguments_are_read_or_called_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *fault; /* NULL: read */
	} cases[] = {
		{ "NO", NULL },
		{ "NO --json", NULL },
		{ "--json", "usage" },
		{ "NO accept", NULL },
		{ "NO accept --type help --category 0102 --area - --note ok --no-article", NULL },
		{ "NO accept --as reviewer/li --command-id x --json", NULL },
		{ "NO dispatch --unit D16 --co-units D20,D21", NULL },
		{ "NO submit --text hello", NULL },
		{ "NO submit --text hello --file x", "only one" },
		{ "NO accept --note a --note b", "only one" },
		{ "NO accept --colour red", "--colour" },
		{ "NO accept --type", "--type wants a value" },
		{ "NO accept --as", "--as wants a value" },
		{ "NO accept now", "'now'" },
		{ "NO jump", "'jump'" },
		{ "CD0000042-0 accept", "check digit" },
		{ "12345678", "letters in front" },
		{ "CD", "digit" },
	};
	struct err err;
	(void)state;
	assert_int_equal(case_number_format(STR("CD"), 42, number, &err), RES_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[200];
		char *words[WORDS_MAX];
		struct case_arguments arguments;
		(void)!snprintf(text, sizeof text, "%s", cases[i].text);
		int n = words_make(text, words);
		err.text[0] = 0;
		enum res res = case_arguments_read(n, words, &arguments, &err);
		if (cases[i].fault == NULL
				? res != RES_OK || arguments.case_id != 42
				: res != RES_INVALID || strstr(err.text, cases[i].fault) == NULL)
			fail_msg("'%s': %s '%s'", cases[i].text, res_name(res), err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_read_or_called_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What an article must be, and which one holds on a day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reply_kb_core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct reply_kb_article good = {
	.category = STR_INIT("0105"),
	.title = STR_INIT("居住证怎么办"),
	.words = STR_INIT("居住证,办理/怎么办"),
	.text = STR_INIT("请到现住地派出所办理。"),
	.unit = STR_INIT("D05"),
	.valid_from = 18000,
	.valid_to = REPLY_KB_NO_END,
};

static const struct reply_code categories[] = {
	{ STR_INIT("0105"), 0, REPLY_KB_NO_END },
	{ STR_INIT("0106"), 0, 18000 },
};
static const struct reply_code units[] = { { STR_INIT("D05"), 0, REPLY_KB_NO_END } };
static const struct reply_codes all_categories = { categories, COUNT(categories) };
static const struct reply_codes all_units = { units, COUNT(units) };
static struct reply_kb empty;
static const struct reply_kb_rules rules = {
	.kb = &empty, .categories = &all_categories, .units = &all_units, .today = 18000
};

static void reply_kb_check_names_what_is_wrong_with_the_words(void **state)
{
	static const struct {
		const char *words;
		const char *says; /* NULL: nothing */
	} rows[] = {
		{ "居住证", NULL },
		{ "居住证,办理/怎么办", NULL },
		{ "公积金,提取/取出,租房/租 房", NULL },
		{ "", "has no text" },
		{ "居住证,", "nothing between two commas" },
		{ ",居住证", "nothing between two commas" },
		{ "居住证,,办理", "nothing between two commas" },
		{ "居住证,办", "'办' is no word of two characters" },
		{ "居住证/ 暂住证", "' 暂住证' is no word" },
		{ "居住证/", "'' is no word" },
		{ "居住证，办理", "'，' separates nothing" },
		{ "居住证、办理", "'、' separates nothing" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply_kb_article article = good;
		struct err err = { "" };
		enum res res;
		article.words = str_from_c(rows[i].words);
		res = reply_kb_check(&article, &rules, &err);
		if (res != (rows[i].says == NULL ? RES_OK : RES_INVALID))
			fail_msg("'%s': %s %s", rows[i].words, res_name(res), err.text);
		if (rows[i].says != NULL && strstr(err.text, rows[i].says) == NULL)
			fail_msg("'%s': '%s' does not say '%s'", rows[i].words, err.text,
				rows[i].says);
	}
}

static void reply_kb_check_wants_a_title_a_text_and_a_period(void **state)
{
	struct reply_kb_article article = good;

	(void)state;
	assert_int_equal(reply_kb_check(&article, &rules, NULL), RES_OK);
	article.title = STR(" ");
	assert_int_equal(reply_kb_check(&article, &rules, NULL), RES_INVALID);
	article = good;
	article.text = STR("");
	assert_int_equal(reply_kb_check(&article, &rules, NULL), RES_INVALID);
	article = good;
	article.text = STR("a\x01");
	assert_int_equal(reply_kb_check(&article, &rules, NULL), RES_INVALID);
	article = good;
	article.valid_to = article.valid_from;
	assert_int_equal(reply_kb_check(&article, &rules, NULL), RES_INVALID);
	article = good;
}

static void reply_kb_check_wants_a_known_category_unit_and_number(void **state)
{
	static const struct reply_kb_article there[] = { { .id = 3 } };
	const struct reply_kb kb = { .articles = there, .n = COUNT(there) };
	struct reply_kb_rules with = rules;
	struct reply_kb_article article = good;
	struct err err = { "" };

	(void)state;
	with.kb = &kb;
	article.category = STR("0106");
	assert_int_equal(reply_kb_check(&article, &with, &err), RES_INVALID);
	assert_string_equal(err.text, "category '0106' is not in the taxonomy today");
	article = good;
	article.unit = STR("D06");
	assert_int_equal(reply_kb_check(&article, &with, &err), RES_INVALID);
	assert_string_equal(err.text, "there is no unit 'D06' today");
	article = good;
	article.id = 3;
	assert_int_equal(reply_kb_check(&article, &with, NULL), RES_OK);
	article.id = 4;
	assert_int_equal(reply_kb_check(&article, &with, &err), RES_INVALID);
	assert_string_equal(err.text, "there is no article 4: 0 makes a new one");
	article.id = -1;
	assert_int_equal(reply_kb_check(&article, &with, NULL), RES_INVALID);
}

static void reply_kb_check_keeps_all_articles_within_memory(void **state)
{
	static const struct reply_kb_article there[] = {
		{ .id = 3, .text = { .p = "x", .n = REPLY_KB_BYTES_MAX - 40 } },
	};
	const struct reply_kb kb = { .articles = there, .n = COUNT(there) };
	struct reply_kb_rules with = rules;
	struct reply_kb_article article = good;

	(void)state;
	with.kb = &kb;
	article.text = STR("forty bytes more would be one too many..");
	assert_int_equal(article.text.n, 40);
	assert_int_equal(reply_kb_check(&article, &with, NULL), RES_OK);
	article.text = STR("forty bytes more would be one too many...");
	assert_int_equal(reply_kb_check(&article, &with, NULL), RES_TOO_BIG);
	article.id = 3; /* takes the other's place */
	assert_int_equal(reply_kb_check(&article, &with, NULL), RES_OK);
}

static void reply_kb_find_gives_the_article_only_on_its_days(void **state)
{
	static const struct reply_kb_article articles[] = {
		{ .id = 1, .valid_from = 100, .valid_to = 110 },
		{ .id = 4, .valid_from = 100, .valid_to = REPLY_KB_NO_END },
		{ .id = 9, .valid_from = 105, .valid_to = REPLY_KB_NO_END },
	};
	static const struct {
		int64_t id;
		int32_t day;
		int found; /* -1: none */
	} rows[] = {
		{ 1, 99, -1 },
		{ 1, 100, 0 },
		{ 1, 109, 0 },
		{ 1, 110, -1 },
		{ 4, 50000, 1 },
		{ 9, 104, -1 },
		{ 9, 105, 2 },
		{ 0, 105, -1 },
		{ 5, 105, -1 },
		{ 10, 105, -1 },
	};
	const struct reply_kb kb = { .articles = articles, .n = COUNT(articles) };
	const struct reply_kb none = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct reply_kb_article *found = reply_kb_find(&kb, rows[i].id, rows[i].day);
		if (rows[i].found < 0)
			assert_null(found);
		else
			assert_ptr_equal(found, &articles[rows[i].found]);
	}
	assert_null(reply_kb_find(&none, 1, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_kb_check_names_what_is_wrong_with_the_words),
		cmocka_unit_test(reply_kb_check_wants_a_title_a_text_and_a_period),
		cmocka_unit_test(reply_kb_check_wants_a_known_category_unit_and_number),
		cmocka_unit_test(reply_kb_check_keeps_all_articles_within_memory),
		cmocka_unit_test(reply_kb_find_gives_the_article_only_on_its_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which article answers which letter, on which day. */
#include "intake_article_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STILL	     INT32_MIN

static const struct intake_article articles[] = {
	{ 7, STR_INIT("居住证,办理/怎么办"), 100, STILL }, { 3, STR_INIT("居住证"), 100, STILL },
	{ 4, STR_INIT("公积金,提取"), 100, 200 },
	{ 5, STR_INIT("公积金,提取,租房/租赁住房"), 100, STILL },
	{ 9, STR_INIT("公交卡, 挂失 "), 100, STILL }, /* blanks around a word say nothing */
	{ 8, STR_INIT("公交卡,补办"), 100, STILL }, { 11, STR_INIT(""), 100, STILL },
	{ 12, STR_INIT(",,"), 100, STILL },
	{ 13, STR_INIT("/,医保"), 100, STILL }, /* a part of nothing never stands there */
};

static void intake_article_find_cases(void **state)
{
	static const struct {
		const char *title;
		const char *body;
		int32_t day;
		int64_t id;
	} table[] = {
		{ "居住证怎么办", "请问需要什么材料", 150, 7 }, /* more characters than article 3 */
		{ "居住证", "请问如何办理", 150, 7 },		/* title and body together */
		{ "居住证丢了", "怎样补", 150, 3 },
		{ "居住证", "", 99, 0 }, /* holds from day 100 on */
		{ "公积金提取", "条件", 199, 4 },
		{ "公积金提取", "条件", 200, 0 }, /* its last day was 199 */
		{ "公积金提取", "租房", 150, 5 },
		{ "公积金提取", "租赁住房", 150, 5 },
		{ "公积金", "租房", 150, 0 }, /* one part is missing */
		{ "公交卡", "挂失", 150, 9 },
		{ "公交卡挂失和补办", "", 150, 8 }, /* equally many: the lowest id */
		{ "医保", "报销", 150, 0 },
		{ "", "", 150, 0 },
		{ "路灯不亮", "三天了", 150, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		int64_t id = intake_article_find(articles, COUNT(articles),
			str_from_c(table[i].title), str_from_c(table[i].body), table[i].day);
		if (id != table[i].id)
			fail_msg("row %zu: article %d", i, (int)id);
	}
	assert_int_equal(intake_article_find(NULL, 0, STR("居住证"), STR(""), 150), 0);
}

/* The order of the rows decides nothing. */
static void intake_article_find_any_order_gives_the_same(void **state)
{
	struct intake_article turned[COUNT(articles)];

	(void)state;
	for (size_t i = 0; i < COUNT(articles); i++)
		turned[i] = articles[COUNT(articles) - 1 - i];
	assert_int_equal(
		intake_article_find(turned, COUNT(turned), STR("公交卡挂失和补办"), STR(""), 150),
		8);
	assert_int_equal(
		intake_article_find(turned, COUNT(turned), STR("居住证怎么办"), STR(""), 150), 7);
}

static void intake_article_holds_goes_by_id_and_day(void **state)
{
	(void)state;
	assert_true(intake_article_holds(articles, COUNT(articles), 4, 100));
	assert_true(intake_article_holds(articles, COUNT(articles), 4, 199));
	assert_false(intake_article_holds(articles, COUNT(articles), 4, 200));
	assert_false(intake_article_holds(articles, COUNT(articles), 4, 99));
	assert_true(intake_article_holds(articles, COUNT(articles), 3, INT32_MAX));
	assert_false(intake_article_holds(articles, COUNT(articles), 4711, 150));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intake_article_find_cases),
		cmocka_unit_test(intake_article_find_any_order_gives_the_same),
		cmocka_unit_test(intake_article_holds_goes_by_id_and_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

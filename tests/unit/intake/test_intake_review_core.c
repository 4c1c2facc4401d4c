/* Accepting with corrections, refusing on lawful grounds, due times and direct answers. */
#include "intake_review_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STILL	     INT32_MIN
#define DAY	     20000 /* 2024-10-04 */

static const struct intake_code categories[] = {
	{ STR_INIT("0205"), 0, STILL }, { STR_INIT("2204"), 0, STILL },
	{ STR_INIT("0999"), 0, DAY }, /* was one until yesterday */
};
static const struct intake_code areas[] = {
	{ STR_INIT("510104"), 0, STILL },
	{ STR_INIT("510199"), DAY + 1, STILL }, /* will be one tomorrow */
};
static const struct intake_type types[] = {
	{ STR_INIT("consult"), { LIMIT_WORKDAYS, 1 }, 0, STILL },
	{ STR_INIT("help"), { LIMIT_WORKDAYS, 1 }, 0, STILL },
	{ STR_INIT("report"), { LIMIT_WORKDAYS, 1 }, 0, STILL },
	{ STR_INIT("urgent"), { LIMIT_MINUTES, 30 }, 0, STILL },
	{ STR_INIT("emergency"), { LIMIT_MINUTES, 0 }, 0, STILL },
};
static const struct road_row road[] = {
	{ STR_INIT("answer"), STR_INIT("*"), STR_INIT("system"), 0, STILL },
	{ STR_INIT("accept"), STR_INIT("*"), STR_INIT("people"), 0, STILL },
};
static const struct intake_article articles[] = { { 5, STR_INIT("居住证"), 0, STILL },
	{ 6, STR_INIT("旧"), 0, DAY } };
static const struct intake_reference reference = {
	.categories = categories,
	.n_categories = COUNT(categories),
	.areas = areas,
	.n_areas = COUNT(areas),
	.types = types,
	.n_types = COUNT(types),
	.road = road,
	.n_road = COUNT(road),
	.articles = articles,
	.n_articles = COUNT(articles),
	.general_category = STR_INIT("2204"),
	.default_type = STR_INIT("help"),
};

static struct intake_matter suggested(void)
{
	return (struct intake_matter){ .klass = STR(""),
		.type = STR("consult"),
		.category = STR("2204"),
		.area = STR("510104"),
		.confidence_pct = 0,
		.is_general_desk = true,
		.named_units = STR("D02,D03"),
		.kb_article = 5 };
}

static void intake_review_accept_empty_fields_keep_the_suggestion(void **state)
{
	struct intake_matter before = suggested(), out;
	struct intake_accept asked = { .note = STR("") };

	(void)state;
	assert_int_equal(
		intake_review_accept(&reference, &before, &asked, DAY, &out, NULL), RES_OK);
	assert_memory_equal(&out, &before, sizeof out);
}

static void intake_review_accept_what_a_person_says_stands(void **state)
{
	struct intake_matter before = suggested(), out;
	struct intake_accept asked = { .type = STR("help"),
		.category = STR("0205"),
		.area = STR(INTAKE_NO_AREA),
		.note = STR("马上处理") };

	(void)state;
	assert_int_equal(
		intake_review_accept(&reference, &before, &asked, DAY, &out, NULL), RES_OK);
	assert_true(str_eq_c(out.type, "help") && str_eq_c(out.category, "0205"));
	assert_true(out.area.p != NULL && out.area.n == 0);
	assert_int_equal(out.confidence_pct, 100);
	assert_false(out.is_general_desk);
	assert_int_equal(out.kb_article, 0); /* not a consult any more */
	assert_true(str_eq_c(out.klass, ""));
	asked = (struct intake_accept){ .category = STR("2204") };
	assert_int_equal(
		intake_review_accept(&reference, &before, &asked, DAY, &out, NULL), RES_OK);
	assert_true(out.is_general_desk);
	assert_int_equal(out.confidence_pct, 100);
}

static void intake_review_accept_a_report_stays_one_and_may_become_one(void **state)
{
	struct intake_matter before = suggested(), out;
	struct intake_accept asked = { .type = STR("help") };

	(void)state;
	before.klass = STR("report");
	before.type = STR("report");
	assert_int_equal(
		intake_review_accept(&reference, &before, &asked, DAY, &out, NULL), RES_OK);
	assert_true(str_eq_c(out.klass, "report") && str_eq_c(out.type, "help"));
	before = suggested();
	asked.type = STR("report");
	assert_int_equal(
		intake_review_accept(&reference, &before, &asked, DAY, &out, NULL), RES_OK);
	assert_true(str_eq_c(out.klass, "report"));
	assert_true(str_eq_c(out.named_units, "D02,D03"));
	assert_int_equal(out.kb_article, 0);
}

static void intake_review_accept_what_is_unknown_is_named_without_effect(void **state)
{
	static const struct {
		struct intake_accept asked;
		const char *says;
	} table[] = {
		{ { .type = STR_INIT("wish") }, "type 'wish' is unknown today" },
		{ { .category = STR_INIT("9999") }, "category '9999' is unknown today" },
		{ { .category = STR_INIT("0999") }, "category '0999' is unknown today" },
		{ { .area = STR_INIT("D02") }, "area 'D02' is no county-level unit today" },
		{ { .area = STR_INIT("510199") }, "area '510199' is no county-level unit today" },
		{ { .type = STR_INIT("a\xff") }, "type 'a' is unknown today" },
		{ { .note = STR_INIT("一二三四五六七八九十一二三四五六七八九十一二三四五") },
			"note has 25 characters" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct intake_matter before = suggested(), out, untouched;
		struct err err = { .text = "" };
		memset(&out, 0x5A, sizeof out);
		untouched = out;
		assert_int_equal(
			intake_review_accept(&reference, &before, &table[i].asked, DAY, &out, &err),
			RES_INVALID);
		if (strstr(err.text, table[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, table[i].says);
		assert_memory_equal(&out, &untouched, sizeof out);
	}
}

static void intake_direct_article_cases(void **state)
{
	static const struct road_row by_people[] = { { STR_INIT("answer"), STR_INIT("*"),
		STR_INIT("people"), 0, STILL } };
	struct intake_reference people = reference;
	struct intake_matter matter = suggested(), out;
	struct intake_accept asked = { .no_article = true };

	(void)state;
	people.road = by_people;
	people.n_road = COUNT(by_people);
	assert_int_equal(intake_direct_article(&reference, &matter, DAY), 5);
	assert_int_equal(intake_direct_article(&people, &matter, DAY), 0);
	assert_int_equal(
		intake_review_accept(&reference, &matter, &asked, DAY, &out, NULL), RES_OK);
	assert_int_equal(out.kb_article, 0);
	matter.kb_article = 6;
	assert_int_equal(intake_direct_article(&reference, &matter, DAY - 1), 6);
	assert_int_equal(intake_direct_article(&reference, &matter, DAY), 0); /* no longer */
	matter = suggested();
	matter.type = STR("help");
	assert_int_equal(intake_direct_article(&reference, &matter, DAY), 0);
	matter = suggested();
	matter.klass = STR("report");
	assert_int_equal(intake_direct_article(&reference, &matter, DAY), 0);
	matter = suggested();
	matter.kb_article = 0;
	assert_int_equal(intake_direct_article(&reference, &matter, DAY), 0);
}

static void intake_review_refuse_cases(void **state)
{
	static char long_text[3 * (INTAKE_GUIDANCE_CHARS_MAX + 1)];
	const struct {
		struct intake_refuse asked;
		const char *says; /* NULL: good */
	} table[] = {
		{ { STR("outside_city"), STR("请拨打028-12345以外的当地热线"), STR("") }, NULL },
		{ { STR("other"), STR("请\n向社区反映"), STR("已说明理由") }, NULL },
		{ { STR("because"), STR("请"), STR("") },
			"reason 'because' is no lawful ground: want one of outside_city, " },
		{ { STR(""), STR("请"), STR("") }, "abuse_no_substance, other" },
		{ { STR("other"), STR(""), STR("") }, "guidance is empty: want 1-500" },
		{ { STR("other"), STR(" \n"), STR("") }, "guidance is empty" },
		{ { STR("other"), STR("a\x01"), STR("") }, "guidance holds a control character" },
		{ { STR("other"), str_of(long_text, sizeof long_text), STR("") },
			"guidance has 501 characters: want 1-500" },
		{ { STR("other"), STR("请"), STR("a\nb") }, "the note is not one line" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof long_text; i += 3)
		memcpy(long_text + i, "\xE8\xB7\xAF", 3);
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err err = { .text = "" };
		enum intake_reason reason = INTAKE_REASONS;
		enum res res = intake_review_refuse(&table[i].asked, &reason, &err);
		assert_int_equal(res, table[i].says == NULL ? RES_OK : RES_INVALID);
		if (table[i].says == NULL)
			assert_true(str_eq_c(table[i].asked.reason, intake_reason_word(reason)));
		else if (strstr(err.text, table[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, table[i].says);
	}
	assert_true(str_is_utf8(str_from_c(intake_reason_zh(INTAKE_REASON_LITIGATION))));
}

static struct instant at(const char *text)
{
	struct instant instant = INSTANT_NONE;

	assert_int_equal(instant_parse(str_from_c(text), &instant), RES_OK);
	return instant;
}

static void intake_accept_due_follows_the_type(void **state)
{
	static const struct workday_calendar calendar = { .first_year = 2024, .last_year = 2024 };
	static const struct {
		const char *type;
		const char *received;
		const char *due;
		bool is_provisional;
	} table[] = {
		{ "help", "2024-10-16 09:00:00", "2024-10-18 00:00:00", false },
		{ "consult", "2024-10-18 23:59:59", "2024-10-22 00:00:00", false }, /* a Friday */
		{ "unheard_of", "2024-10-16 09:00:00", "2024-10-18 00:00:00", false },
		{ "urgent", "2024-10-19 09:00:00", "2024-10-19 09:30:00", false },
		{ "emergency", "2024-10-19 09:00:00", "2024-10-19 09:00:00", false },
		{ "help", "2024-12-31 09:00:00", "2025-01-02 00:00:00", true },
	};
	struct intake_reference empty = reference;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct due_time due = intake_accept_due(
			&reference, &calendar, str_from_c(table[i].type), at(table[i].received));
		assert_int_equal(due.at.us, at(table[i].due).us);
		assert_int_equal(due.is_provisional, table[i].is_provisional);
	}
	empty.n_types = 0;
	assert_true(instant_is_none(
		intake_accept_due(&empty, &calendar, STR("help"), at("2024-10-16 09:00:00")).at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intake_review_accept_empty_fields_keep_the_suggestion),
		cmocka_unit_test(intake_review_accept_what_a_person_says_stands),
		cmocka_unit_test(intake_review_accept_a_report_stays_one_and_may_become_one),
		cmocka_unit_test(intake_review_accept_what_is_unknown_is_named_without_effect),
		cmocka_unit_test(intake_direct_article_cases),
		cmocka_unit_test(intake_review_refuse_cases),
		cmocka_unit_test(intake_accept_due_follows_the_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

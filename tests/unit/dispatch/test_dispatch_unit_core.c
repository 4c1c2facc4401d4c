/* Who leads, who helps, and which limits. */
#include "dispatch_unit_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY	     20000
#define ALWAYS                                                                                     \
	{                                                                                          \
		0, INT32_MAX                                                                       \
	}

static const struct dispatch_duty duties[] = {
	{ STR_INIT("0205"), STR_INIT("D17"), true, ALWAYS },
	{ STR_INIT("0301"), STR_INIT("E09"), false, { 0, DAY } },
	{ STR_INIT("0301"), STR_INIT("E01"), false, { DAY, INT32_MAX } },
	{ STR_INIT("2004"), STR_INIT("P02"), false, ALWAYS },
	{ STR_INIT("2204"), STR_INIT("D35"), false, ALWAYS },
	{ STR_INIT("0999"), STR_INIT("D99"), false, { DAY + 1, INT32_MAX } },
};
static const struct dispatch_org areas[] = {
	{ STR_INIT("510104"), ALWAYS },
	{ STR_INIT("510105"), { 0, DAY } },
};
static const struct dispatch_org orgs[] = {
	{ STR_INIT("510104"), ALWAYS },
	{ STR_INIT("D17"), ALWAYS },
	{ STR_INIT("D35"), ALWAYS },
	{ STR_INIT("E01"), ALWAYS },
	{ STR_INIT("E09"), { 0, DAY } },
	{ STR_INIT("P02"), ALWAYS },
};
static const struct dispatch_sla slas[] = {
	{ STR_INIT("help"), { LIMIT_WORKDAYS, 1 }, { LIMIT_WORKDAYS, 1 }, { LIMIT_WORKDAYS, 9 },
		{ 0, DAY } },
	{ STR_INIT("help"), { LIMIT_WORKDAYS, 1 }, { LIMIT_WORKDAYS, 1 }, { LIMIT_WORKDAYS, 7 },
		{ DAY, INT32_MAX } },
	{ STR_INIT("praise"), { LIMIT_WORKDAYS, 1 }, { LIMIT_NONE, 0 }, { LIMIT_WORKDAYS, 3 },
		ALWAYS },
};

static struct dispatch_reference reference(void)
{
	return (struct dispatch_reference){ .version = 3,
		.duties = duties,
		.n_duties = COUNT(duties),
		.areas = areas,
		.n_areas = COUNT(areas),
		.orgs = orgs,
		.n_orgs = COUNT(orgs),
		.slas = slas,
		.n_slas = COUNT(slas),
		.general_category = STR("2204"),
		.default_type = STR("help"),
		.report_desks = { STR("D35"), STR("D00") },
		.n_report_desks = 2 };
}

static void dispatch_choose_unit_cases(void **state)
{
	static const struct {
		const char *category;
		const char *area;
		bool is_general;
		const char *named; /* joined by commas; NULL: not a report */
		const char *unit;
		const char *co_unit;
		enum dispatch_reason reason;
	} table[] = {
		{ "0205", "510104", false, NULL, "510104", "D17", DISPATCH_AREA },
		{ "0205", "", false, NULL, "D17", NULL, DISPATCH_NO_AREA },
		{ "0205", "510105", false, NULL, "D17", NULL, DISPATCH_NO_AREA }, /* has ended */
		{ "0205", "999999", false, NULL, "D17", NULL, DISPATCH_NO_AREA },
		{ "0301", "510104", false, NULL, "E01", NULL, DISPATCH_BUREAU },
		{ "0999", "", false, NULL, "D35", NULL, DISPATCH_GENERAL_DESK },
		{ "7777", "510104", false, NULL, "D35", NULL, DISPATCH_GENERAL_DESK },
		{ "0205", "510104", true, NULL, "D35", NULL, DISPATCH_GENERAL_DESK },
		{ "2204", "", true, NULL, "D35", NULL, DISPATCH_GENERAL_DESK },
		/* reports */
		{ "0205", "510104", false, "", "510104", "D17", DISPATCH_AREA },
		{ "0205", "510104", false, "D17", "510104", NULL, DISPATCH_AREA },
		{ "0205", "510104", false, "510104", "D35", NULL, DISPATCH_REPORT_NAMED },
		{ "0205", "510104", false, "510104,D35", "D00", NULL, DISPATCH_REPORT_NAMED },
		{ "2004", "", false, "P02", "D35", NULL, DISPATCH_REPORT_NAMED },
		{ "2004", "", false, "D35", "P02", NULL, DISPATCH_BUREAU },
		{ "2204", "", true, "D35", "D00", NULL, DISPATCH_REPORT_NAMED },
		{ "2204", "", true, "D35,D00", "D00", NULL,
			DISPATCH_REPORT_NAMED }, /* the last one */
		{ "0205", "", false, "D17", "D35", NULL, DISPATCH_REPORT_NAMED },
	};
	struct dispatch_reference rows = reference();

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct dispatch_question question = { .category = str_from_c(table[i].category),
			.area = str_from_c(table[i].area),
			.is_general_desk = table[i].is_general,
			.is_report = table[i].named != NULL,
			.named_units = str_from_c(table[i].named),
			.day = DAY };
		struct dispatch_choice choice;
		assert_int_equal(dispatch_choose_unit(&rows, &question, &choice, NULL), RES_OK);
		if (!str_eq_c(choice.unit, table[i].unit))
			fail_msg("row %zu: %.*s", i, STR_ARG(choice.unit));
		assert_int_equal(choice.reason, table[i].reason);
		assert_int_equal(choice.n_co_units, table[i].co_unit != NULL);
		if (table[i].co_unit != NULL)
			assert_true(str_eq_c(choice.co_units[0], table[i].co_unit));
	}
}

/* Only a report hides from those whom it names. */
static void dispatch_choose_unit_names_count_for_reports_only(void **state)
{
	struct dispatch_reference rows = reference();
	struct dispatch_question question = { .category = STR("0205"),
		.area = STR("510104"),
		.named_units = STR("510104"),
		.day = DAY };
	struct dispatch_choice choice;

	(void)state;
	assert_int_equal(dispatch_choose_unit(&rows, &question, &choice, NULL), RES_OK);
	assert_true(str_eq_c(choice.unit, "510104"));
}

static void dispatch_choose_unit_without_general_desk_waits(void **state)
{
	struct dispatch_reference rows = reference();
	struct dispatch_question question = { .category = STR("7777"), .day = DAY };
	struct dispatch_choice choice;
	struct err err = { .text = "" };

	(void)state;
	rows.general_category = STR("8888");
	assert_int_equal(dispatch_choose_unit(&rows, &question, &choice, &err), RES_NOT_FOUND);
	assert_non_null(strstr(err.text, "8888"));
}

static void dispatch_choose_wished_cases(void **state)
{
	static const struct str many[] = { STR_INIT("D17"), STR_INIT("D35"), STR_INIT("E01"),
		STR_INIT("P02"), STR_INIT("510104") };
	static const struct str twice[] = { STR_INIT("D35"), STR_INIT("D35") };
	static const struct {
		const char *unit;
		const struct str *co_units;
		size_t n_co_units;
		const char *named;  /* NULL: not a report */
		const char *wanted; /* unit and co-units, each with a bar; else what is said */
		enum res res;
		enum dispatch_reason reason;
	} table[] = {
		{ "", NULL, 0, NULL, "510104|D17|", RES_OK, DISPATCH_AREA },
		{ "", &many[1], 2, NULL, "510104|D35|E01|", RES_OK, DISPATCH_AREA },
		{ "E01", NULL, 0, NULL, "E01|", RES_OK, DISPATCH_CHOSEN },
		{ "E01", many, 2, NULL, "E01|D17|D35|", RES_OK, DISPATCH_CHOSEN },
		{ "E01", many, 2, "P02", "E01|D17|D35|", RES_OK, DISPATCH_CHOSEN },
		{ "", NULL, 0, "510104", "D35|", RES_OK, DISPATCH_REPORT_NAMED },
		{ "X99", NULL, 0, NULL, "unit 'X99' is unknown today", RES_INVALID, 0 },
		{ "E09", NULL, 0, NULL, "unit 'E09' is unknown today", RES_INVALID, 0 },
		{ "E01", many, 5, NULL, "5 co-units: want at most 4", RES_INVALID, 0 },
		{ "E01", &many[2], 1, NULL, "'E01' stands there twice", RES_INVALID, 0 },
		{ "E01", twice, 2, NULL, "'D35' stands there twice", RES_INVALID, 0 },
		{ "E01", NULL, 0, "D17,E01", "the report names E01", RES_INVALID, 0 },
		{ "P02", many, 1, "D17", "the report names D17", RES_INVALID, 0 },
	};
	struct dispatch_reference rows = reference();

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct dispatch_question question = { .category = STR("0205"),
			.area = STR("510104"),
			.is_report = table[i].named != NULL,
			.named_units = str_from_c(table[i].named),
			.day = DAY };
		struct dispatch_wish wish = { .unit = str_from_c(table[i].unit),
			.co_units = table[i].co_units,
			.n_co_units = table[i].n_co_units };
		struct dispatch_choice choice = { .n_co_units = 0 };
		struct err err = { .text = "" };
		enum res res = dispatch_choose_wished(&rows, &question, &wish, &choice, &err);
		assert_int_equal(res, table[i].res);
		if (res != RES_OK) {
			if (strstr(err.text, table[i].wanted) == NULL)
				fail_msg("row %zu: %s", i, err.text);
			continue;
		}
		char units[64];
		size_t n = (size_t)snprintf(units, sizeof units, "%.*s|", STR_ARG(choice.unit));
		for (size_t c = 0; c < choice.n_co_units; c++)
			n += (size_t)snprintf(
				units + n, sizeof units - n, "%.*s|", STR_ARG(choice.co_units[c]));
		assert_string_equal(units, table[i].wanted);
		assert_int_equal(choice.reason, table[i].reason);
	}
}

static void dispatch_reason_name_cases(void **state)
{
	(void)state;
	assert_string_equal(dispatch_reason_name(DISPATCH_AREA), "AREA");
	assert_string_equal(dispatch_reason_name(DISPATCH_REPORT_NAMED), "REPORT_NAMED");
	assert_string_equal(dispatch_reason_name(DISPATCH_REASONS), "?");
}

static void dispatch_find_sla_cases(void **state)
{
	static const struct {
		const char *type;
		int32_t day;
		int32_t resolve; /* 0: none */
	} table[] = {
		{ "help", DAY - 1, 9 },
		{ "help", DAY, 7 },
		{ "praise", DAY, 3 },
		{ "unheard_of", DAY, 7 },
		{ "help", -1, 0 },
	};
	struct dispatch_reference rows = reference();

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct dispatch_sla *sla = NULL;
		enum res res = dispatch_find_sla(
			&rows, str_from_c(table[i].type), table[i].day, &sla, NULL);
		assert_int_equal(res, table[i].resolve == 0 ? RES_NOT_FOUND : RES_OK);
		if (res == RES_OK)
			assert_int_equal(sla->resolve.n, table[i].resolve);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dispatch_choose_unit_cases),
		cmocka_unit_test(dispatch_choose_unit_names_count_for_reports_only),
		cmocka_unit_test(dispatch_choose_unit_without_general_desk_waits),
		cmocka_unit_test(dispatch_choose_wished_cases),
		cmocka_unit_test(dispatch_reason_name_cases),
		cmocka_unit_test(dispatch_find_sla_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

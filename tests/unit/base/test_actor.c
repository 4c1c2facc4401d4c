/* Actors as headers carry them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/actor.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void actor_parse_well_formed_is_taken_apart(void **state)
{
	static const struct {
		struct str text;
		enum role role;
		struct str name, unit;
	} rows[] = {
		{ STR_INIT("system"), ROLE_SYSTEM, STR_INIT(""), STR_INIT("") },
		{ STR_INIT("reviewer/wang"), ROLE_REVIEWER, STR_INIT("wang"), STR_INIT("") },
		{ STR_INIT("unit_officer/li.na@D16"), ROLE_UNIT_OFFICER, STR_INIT("li.na"),
			STR_INIT("D16") },
		{ STR_INIT("unit_lead@510107"), ROLE_UNIT_LEAD, STR_INIT(""), STR_INIT("510107") },
		{ STR_INIT("agent/李娜"), ROLE_AGENT, STR_INIT("李娜"), STR_INIT("") },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct actor actor;
		assert_int_equal(actor_parse(rows[i].text, &actor, NULL), RES_OK);
		assert_int_equal(actor.role, rows[i].role);
		assert_true(str_eq(actor.name, rows[i].name));
		assert_true(str_eq(actor.unit, rows[i].unit));
	}
}

static void actor_parse_ill_formed_is_refused(void **state)
{
	static const struct str rows[] = { STR_INIT(""), STR_INIT("mayor/x"), STR_INIT("Reviewer"),
		STR_INIT("reviewer/a b"), STR_INIT("reviewer/a/b"), STR_INIT("unit_officer/x@y@z"),
		STR_INIT("agent/\xff"), STR_INIT("unit_officer/x@D16;drop"), STR_INIT("/x"),
		STR_INIT(
			"agent/"
			"01234567890123456789012345678901234567890123456789012345678901234567890123"
			"4567890123456789012345") };
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct actor actor = { .role = ROLES };
		struct err err = { .text = "" };
		assert_int_equal(actor_parse(rows[i], &actor, &err), RES_INVALID);
		assert_int_equal(actor.role, ROLES);
		assert_true(err.text[0] != 0);
	}
}

static void role_words_lead_back_to_their_role(void **state)
{
	(void)state;
	for (int i = 0; i < ROLES; i++) {
		struct actor actor;
		assert_int_equal(
			actor_parse(str_from_c(role_word((enum role)i)), &actor, NULL), RES_OK);
		assert_int_equal(actor.role, i);
		assert_true(role_is_in((enum role)i, UINT32_C(1) << i));
		assert_false(role_is_in((enum role)i, ~(UINT32_C(1) << i)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actor_parse_well_formed_is_taken_apart),
		cmocka_unit_test(actor_parse_ill_formed_is_refused),
		cmocka_unit_test(role_words_lead_back_to_their_role),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

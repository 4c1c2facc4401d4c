/* Whose a case is, and as whom a step is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "case_core.h"

#define MEM_BYTES (1u << 20)

static void case_state_has_its_owner(void **state)
{
	static const struct {
		const char *visible;
		const char *reply;
		uint32_t roles;
		const char *acts;
	} cases[] = {
		{ "RECEIVED", "", ROLE_BIT(AGENT) | ROLE_BIT(REVIEWER), "accept, refuse" },
		{ "DISPATCHED", "OPEN", ROLE_BIT(UNIT_OFFICER), "sign" },
		{ "REPLY_REVIEW", "SUBMITTED", ROLE_BIT(UNIT_LEAD), "approve, reject" },
		{ "REPLY_REVIEW", "LEAD_APPROVED", ROLE_BIT(REVIEWER), "approve, reject" },
		{ "REDO", "OPEN", ROLE_BIT(UNIT_OFFICER), "submit" },
		{ "CLOSED", "CLOSED", 0, "" },
		{ "NOT_ACCEPTED", "NOTIFIED", 0, "" },
		{ "SOMETHING_NEWER", "", 0, "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct case_state found =
			case_state_find(str_from_c(cases[i].visible), str_from_c(cases[i].reply));
		assert_int_equal(found.roles, cases[i].roles);
		assert_string_equal(found.acts, cases[i].acts);
	}
}

static void actor_what_is_missing_is_filled_in(void **state)
{
	static const struct {
		const char *as;
		enum role role;
		const char *user;
		const char *unit;
		const char *actor; /* NULL: refused */
	} cases[] = {
		{ "", ROLE_AGENT, "wang", "D16", "agent/wang" },
		{ "", ROLE_UNIT_OFFICER, "wang", "D16", "unit_officer/wang@D16" },
		{ "", ROLE_UNIT_OFFICER, "wang", "", NULL },
		{ "", ROLE_CITIZEN, "a b$c", "D16", "citizen/abc" },
		{ "", ROLE_CITIZEN, "", "", "citizen/operator" },
		{ "reviewer", ROLE_AGENT, "wang", "D16", "reviewer/wang" },
		{ "reviewer/li", ROLE_AGENT, "wang", "D16", "reviewer/li" },
		{ "unit_officer/li@D20", ROLE_UNIT_OFFICER, "wang", "D16", "unit_officer/li@D20" },
		{ "unit_lead", ROLE_UNIT_OFFICER, "wang", "D16", "unit_lead/wang@D16" },
		{ "unit_officer/li@D20", ROLE_UNIT_OFFICER, "wang", "", "unit_officer/li@D20" },
		{ "mayor/li", ROLE_AGENT, "wang", "D16", NULL },
		{ "agent/l i", ROLE_AGENT, "wang", "D16", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		const struct case_actor_wish wish = { .as = str_from_c(cases[i].as),
			.role = cases[i].role,
			.user = str_from_c(cases[i].user),
			.unit = str_from_c(cases[i].unit) };
		struct str actor = STR("");
		struct err err;
		enum res res = case_actor_make(mem, &wish, &actor, &err);
		if (cases[i].actor == NULL ? res != RES_INVALID
					   : res != RES_OK || !str_eq_c(actor, cases[i].actor))
			fail_msg("case %zu: %s '%.*s'", i, res_name(res), STR_ARG(actor));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_state_has_its_owner),
		cmocka_unit_test(actor_what_is_missing_is_filled_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a table allows, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/life.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

enum { NEW, OPEN, DONE };
enum { COME, SIGN, CLOSE, LOSE };

static const char *state_name(int state)
{
	static const char *const names[] = { "NEW", "OPEN", "DONE" };

	return state >= 0 && state < (int)COUNT(names) ? names[state] : "?";
}

static const char *const events[] = { "come", "be signed for", "be closed", "be lost" };
static const struct life_step steps[] = {
	{ NEW, COME, OPEN, ROLE_BIT(SYSTEM) },
	{ NEW, CLOSE, DONE, ROLE_BIT(REVIEWER) },
	{ OPEN, SIGN, OPEN, ROLE_BIT(UNIT_OFFICER) },
	{ OPEN, CLOSE, DONE, ROLE_BIT(AGENT) | ROLE_BIT(REVIEWER) },
};
static const struct life life = { .owner = "toy",
	.steps = steps,
	.n_steps = COUNT(steps),
	.events = events,
	.n_events = COUNT(events),
	.state_name = state_name };

static void life_find_every_triple_goes_by_the_table(void **state)
{
	static const struct {
		int from, event;
		enum role role;
		enum res res;
		const char *says; /* NULL: the step is there */
	} table[] = {
		{ NEW, COME, ROLE_SYSTEM, RES_OK, NULL },
		{ OPEN, CLOSE, ROLE_AGENT, RES_OK, NULL },
		{ OPEN, CLOSE, ROLE_REVIEWER, RES_OK, NULL },
		{ NEW, COME, ROLE_AGENT, RES_DENIED,
			"toy: a case can come by system, not by agent" },
		{ NEW, CLOSE, ROLE_AGENT, RES_DENIED,
			"toy: a case can now be closed by reviewer, not by agent" },
		{ NEW, SIGN, ROLE_UNIT_OFFICER, RES_CONFLICT,
			"toy: a case that is NEW cannot be signed for, only one that is OPEN; "
			"possible now: come (system), be closed (reviewer)" },
		{ DONE, CLOSE, ROLE_REVIEWER, RES_CONFLICT,
			"toy: a case that is DONE cannot be closed, only one that is NEW or OPEN; "
			"possible now: nothing" },
		{ 7, CLOSE, ROLE_REVIEWER, RES_CONFLICT, "a case that is ? cannot be closed" },
		{ OPEN, LOSE, ROLE_REVIEWER, RES_DENIED, "by nobody, not by reviewer" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct life_step *step = NULL;
		struct err err = { .text = "" };
		enum res res =
			life_find(&life, table[i].from, table[i].event, table[i].role, &step, &err);
		assert_int_equal(res, table[i].res);
		assert_true((step != NULL) == (res == RES_OK));
		if (table[i].says != NULL && strstr(err.text, table[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, table[i].says);
	}
}

static void life_check_unit_is_the_units_own_matter(void **state)
{
	struct actor actor = { ROLE_UNIT_OFFICER, STR("li"), STR("D16") };
	struct err err = { .text = "" };

	(void)state;
	assert_int_equal(life_check_unit(&actor, STR("D16"), &err), RES_OK);
	assert_int_equal(life_check_unit(&actor, STR("D17"), &err), RES_DENIED);
	assert_string_equal(err.text, "the case is with D17, not with D16");
	actor.unit = STR("");
	assert_int_equal(life_check_unit(&actor, STR("D17"), &err), RES_DENIED);
	assert_string_equal(err.text, "the case is with D17; the actor names no unit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_find_every_triple_goes_by_the_table),
		cmocka_unit_test(life_check_unit_is_the_units_own_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

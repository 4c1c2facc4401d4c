/* Acts: each option reaches its field, and what is wrong is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acts/acts.h"
#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire.h"

#define MEM_BYTES (1u << 20)

/* Each act with all its options: the fields that act_body looks up by name must exist. */
static void act_every_option_has_its_field(void **state)
{
	(void)state;
	for (int act = 0; act < ACTS; act++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		struct act_value values[16];
		struct str body;
		struct err err = { .text = "" };
		size_t n = 0;
		for (size_t i = 0; i < act_options_n; i++)
			if (act_options[i].act == (enum act)act)
				values[n++] = (struct act_value){ act_options[i].name,
					act_options[i].kind == OPTION_TIME ? STR("2020-01-01")
									   : STR("7") };
		if (act_body(mem, (enum act)act, values, n, &body, &err) != RES_OK)
			fail_msg("%s: %s", act_rule((enum act)act)->word, err.text);
	}
}

static void act_body_says_what_was_said(void **state)
{
	static const struct act_value accept[] = { { "type", STR_INIT("help") },
		{ "no-article", STR_INIT("") } };
	static const struct act_value dispatch[] = { { "unit", STR_INIT("D16") },
		{ "co-units", STR_INIT("D20, D21,") } };
	static const struct act_value rate[] = { { "solved", STR_INIT("yes") },
		{ "satisfaction", STR_INIT("5") }, { "contacted", STR_INIT("") } };
	static const struct act_value submit[] = { { "text", STR_INIT("好") },
		{ "replied-at", STR_INIT("1970-01-02T08:00:00+08:00") } };
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	Wangli__IntakeAccept *accepted = NULL;
	Wangli__DispatchDispatch *dispatched = NULL;
	Wangli__FollowupRate *rated = NULL;
	Wangli__ReplySubmit *submitted = NULL;
	struct str body;
	(void)state;
	assert_int_equal(act_body(mem, ACT_ACCEPT, accept, 2, &body, NULL), RES_OK);
	assert_int_equal(
		wire_unpack(mem, &wangli__intake_accept__descriptor, body, &accepted, NULL),
		RES_OK);
	assert_string_equal(accepted->type, "help");
	assert_true(accepted->no_article);
	assert_int_equal(act_body(mem, ACT_DISPATCH, dispatch, 2, &body, NULL), RES_OK);
	assert_int_equal(
		wire_unpack(mem, &wangli__dispatch_dispatch__descriptor, body, &dispatched, NULL),
		RES_OK);
	assert_int_equal(dispatched->n_co_units, 2);
	assert_string_equal(dispatched->co_units[1], "D21");
	assert_int_equal(act_body(mem, ACT_RATE, rate, 3, &body, NULL), RES_OK);
	assert_int_equal(
		wire_unpack(mem, &wangli__followup_rate__descriptor, body, &rated, NULL), RES_OK);
	assert_int_equal(rated->satisfaction, 5);
	assert_string_equal(rated->contacted, "yes");
	assert_int_equal(act_body(mem, ACT_SUBMIT, submit, 2, &body, NULL), RES_OK);
	assert_int_equal(
		wire_unpack(mem, &wangli__reply_submit__descriptor, body, &submitted, NULL),
		RES_OK);
	assert_int_equal(submitted->replied_at_us, 86400000000);
}

static void act_wrong_use_is_named(void **state)
{
	static const struct {
		enum act act;
		struct act_value value;
		const char *fault;
	} cases[] = {
		{ ACT_SIGN, { "note", STR_INIT("x") }, "--note" },
		{ ACT_REFUSE, { "reason", STR_INIT("other") }, "--guidance" },
		{ ACT_SUBMIT, { "replied-at", STR_INIT("2020-01-01") }, "--text" },
		{ ACT_SUBMIT, { "replied-at", STR_INIT("soon") }, "no time" },
		{ ACT_ANSWER, { "article", STR_INIT("first") }, "number" },
		{ ACT_APPROVE, { "draft", STR_INIT("4294967296") }, "number" },
		{ ACT_SUBMIT, { "text", STR_INIT("\xff") }, "UTF-8" },
		{ ACT_SUBMIT, { "text", STR_INIT("a\0b") }, "UTF-8" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		SCOPED(arena)
		struct arena *mem = arena_create(MEM_BYTES);
		struct str body;
		struct err err = { .text = "" };
		enum res res = act_body(mem, cases[i].act, &cases[i].value, 1, &body, &err);
		if (res != RES_INVALID || strstr(err.text, cases[i].fault) == NULL)
			fail_msg("case %zu: %s '%s'", i, res_name(res), err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(act_every_option_has_its_field),
		cmocka_unit_test(act_body_says_what_was_said),
		cmocka_unit_test(act_wrong_use_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is next for a letter that is played: state by state, and a whole life in a model of the
 * services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "replay_core.h"

#define TURNS_MOST 40

/* "sign", "wait", "rest", "done", "lost" */
static const char *told(const struct replay_move *move)
{
	static const char *const kinds[] = { "", "wait", "rest", "done", "lost" };
	return move->kind == REPLAY_TAKE ? replay_step_name(move->step) : kinds[move->kind];
}

static void case_next_step_follows_from_its_states(void **state)
{
	static const struct {
		const char *intake, *dispatch, *reply, *followup;
		bool is_contacted, is_due, has_rating, has_people;
		const char *next;
	} cases[] = {
		{ "RECEIVED", "", "", "", false, false, false, true, "accept" },
		{ "RECEIVED", "", "", "", false, true, false, true, "accept" },
		{ "ACCEPTED", "", "", "", false, false, false, true, "wait" },
		{ "ACCEPTED", "", "", "", false, false, false, false, "rest" },
		{ "ACCEPTED", "", "", "", false, true, false, false, "wait" },
		{ "ACCEPTED", "UNKNOWN", "OPEN", "", false, true, false, false, "wait" },
		{ "ACCEPTED", "DIRECT", "", "", false, true, false, false, "wait" },
		{ "ACCEPTED", "ACCEPTED", "UNKNOWN", "", false, false, false, true, "dispatch" },
		{ "ACCEPTED", "DISPATCHED", "UNKNOWN", "", false, false, false, true, "sign" },
		{ "ACCEPTED", "IN_PROGRESS", "UNKNOWN", "", false, false, false, true, "contact" },
		{ "ACCEPTED", "IN_PROGRESS", "OPEN", "", true, false, false, true, "rest" },
		{ "ACCEPTED", "IN_PROGRESS", "UNKNOWN", "", true, false, false, true, "rest" },
		{ "ACCEPTED", "IN_PROGRESS", "", "", true, false, false, true, "rest" },
		{ "ACCEPTED", "IN_PROGRESS", "UNKNOWN", "", true, true, false, true, "submit" },
		{ "ACCEPTED", "IN_PROGRESS", "", "", true, true, false, true, "submit" },
		{ "ACCEPTED", "IN_PROGRESS", "OPEN", "", true, true, false, true, "submit" },
		{ "ACCEPTED", "IN_PROGRESS", "OPEN", "", false, true, false, true, "contact" },
		{ "ACCEPTED", "IN_PROGRESS", "SUBMITTED", "", true, true, false, true,
			"approve_lead" },
		{ "ACCEPTED", "IN_PROGRESS", "LEAD_APPROVED", "", true, true, false, true,
			"approve_reviewer" },
		{ "ACCEPTED", "IN_PROGRESS", "REPLIED", "", true, true, false, true, "rest" },
		{ "ACCEPTED", "RESOLVED", "DELIVERED", "", true, true, true, true, "rest" },
		{ "ACCEPTED", "RESOLVED", "DELIVERED", "FOLLOWING", true, true, false, true,
			"rest" },
		{ "ACCEPTED", "RESOLVED", "DELIVERED", "FOLLOWING", true, true, true, true,
			"rate" },
		{ "ACCEPTED", "RESOLVED", "DELIVERED", "REDOING", true, true, true, true, "wait" },
		{ "ACCEPTED", "IN_PROGRESS", "OPEN", "REDOING", true, true, true, true, "submit" },
		{ "ACCEPTED", "IN_PROGRESS", "REPLIED", "REDOING", true, true, true, true, "rest" },
		{ "CLOSED", "CLOSED", "CLOSED", "CLOSED", true, true, true, true, "done" },
		{ "ACCEPTED", "RESOLVED", "DELIVERED", "CLOSED", true, true, true, true, "done" },
		{ "NOT_ACCEPTED", "CLOSED", "NOTIFIED", "", false, true, false, true, "lost" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct replay_facts facts = { .intake = str_from_c(cases[i].intake),
			.dispatch = str_from_c(cases[i].dispatch),
			.reply = str_from_c(cases[i].reply),
			.followup = str_from_c(cases[i].followup),
			.unit = STR("D16"),
			.is_contacted = cases[i].is_contacted,
			.visits = 1 };
		const struct replay_wish wish = { cases[i].is_due, cases[i].has_rating,
			cases[i].has_people };
		struct replay_move move = replay_next(&facts, &wish);
		if (strcmp(told(&move), cases[i].next) != 0)
			fail_msg("case %zu: %s, want %s", i, told(&move), cases[i].next);
	}
}

static void rating_is_given_once_a_round_and_after_a_visit(void **state)
{
	struct replay_facts facts = { .intake = STR("ACCEPTED"),
		.dispatch = STR("RESOLVED"),
		.reply = STR("DELIVERED"),
		.followup = STR("FOLLOWING") };
	const struct replay_wish wish = { true, true, true };
	(void)state;
	assert_int_equal(replay_next(&facts, &wish).kind, REPLAY_REST);
	facts.visits = 1;
	assert_int_equal(replay_next(&facts, &wish).step, REPLAY_RATE);
	assert_int_equal(replay_next(&facts, &wish).n, 1);
	facts.is_rated = true;
	assert_int_equal(replay_next(&facts, &wish).kind, REPLAY_REST);
	facts.is_rated = false;
	facts.redo = 1;
	assert_int_equal(replay_next(&facts, &wish).n, 2);
}

/* What the services do when a step is taken, in a few words; unsatisfied: the first time. */
static void model_take(struct replay_facts *facts, enum replay_step step, bool is_satisfied)
{
	switch (step) {
	case REPLAY_ACCEPT:
		facts->intake = STR("ACCEPTED");
		facts->dispatch = STR("ACCEPTED");
		return;
	case REPLAY_DISPATCH:
		facts->dispatch = STR("DISPATCHED");
		facts->unit = STR("D16");
		return;
	case REPLAY_SIGN:
		facts->dispatch = STR("IN_PROGRESS");
		facts->reply = STR("OPEN");
		return;
	case REPLAY_CONTACT:
		facts->is_contacted = true;
		return;
	case REPLAY_SUBMIT:
		facts->reply = STR("SUBMITTED");
		facts->draft++;
		return;
	case REPLAY_APPROVE_LEAD:
		facts->reply = STR("LEAD_APPROVED");
		return;
	case REPLAY_APPROVE_REVIEWER:
		facts->reply = STR("DELIVERED");
		facts->dispatch = STR("RESOLVED");
		facts->followup = STR("FOLLOWING");
		facts->visits = 1;
		return;
	case REPLAY_RATE:
		if (is_satisfied || facts->redo == 1) {
			facts->followup = STR("CLOSED");
			return;
		}
		facts->followup = STR("REDOING");
		facts->reply = STR("OPEN");
		facts->dispatch = STR("IN_PROGRESS");
		facts->visits = 0;
		facts->redo = 1;
		return;
	case REPLAY_STEPS:
		return;
	}
}

static void life_takes_each_step_once_to_its_end(void **state)
{
	static const struct {
		bool is_satisfied;
		const char *steps;
	} lives[] = {
		{ true, "accept.1 dispatch.1 sign.1 contact.1 submit.1 approve_lead.1 "
			"approve_reviewer.1 rate.1 done" },
		{ false, "accept.1 dispatch.1 sign.1 contact.1 submit.1 approve_lead.1 "
			 "approve_reviewer.1 rate.1 submit.2 approve_lead.2 approve_reviewer.2 "
			 "rate.2 done" },
	};
	const struct replay_wish wish = { true, true, true };
	(void)state;
	for (size_t i = 0; i < sizeof lives / sizeof lives[0]; i++) {
		struct replay_facts facts = { .intake = STR("RECEIVED") };
		struct buf said = { 0 };
		for (int turn = 0; turn < TURNS_MOST; turn++) {
			struct replay_move move = replay_next(&facts, &wish);
			if (move.kind != REPLAY_TAKE) {
				buf_printf(&said, "%s", told(&move));
				break;
			}
			buf_printf(&said, "%s.%d ", told(&move), (int)move.n);
			model_take(&facts, move.step, lives[i].is_satisfied);
		}
		if (!str_eq_c(buf_str(&said), lives[i].steps))
			fail_msg("life %zu: %.*s", i, STR_ARG(buf_str(&said)));
		buf_fini(&said);
	}
}

static void answer_is_the_units_or_an_articles(void **state)
{
	static const struct {
		const char *dispatch, *reply, *unit;
		bool is_answered, is_direct;
	} cases[] = {
		{ "IN_PROGRESS", "OPEN", "D16", false, false },
		{ "IN_PROGRESS", "REPLIED", "D16", true, false },
		{ "RESOLVED", "DELIVERED", "D16", true, false },
		{ "RESOLVED", "DELIVERED", "", true, true }, { "CLOSED", "CLOSED", "", true, true },
		{ "CLOSED", "NOTIFIED", "", false, false },
		{ "DIRECT", "REPLIED", "", true, false }, /* dispatch has not heard of it yet */
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct replay_facts facts = { .dispatch = str_from_c(cases[i].dispatch),
			.reply = str_from_c(cases[i].reply),
			.unit = str_from_c(cases[i].unit) };
		assert_int_equal(replay_is_answered(&facts), cases[i].is_answered);
		assert_int_equal(replay_is_answered_directly(&facts), cases[i].is_direct);
	}
}

static void rating_is_read_as_number_or_word(void **state)
{
	static const struct {
		struct str text;
		int32_t rating;
		const char *solved;
	} cases[] = {
		{ STR_INIT("5"), 5, "yes" },
		{ STR_INIT("1"), 1, "no" },
		{ STR_INIT("很满意"), 5, "yes" },
		{ STR_INIT("满意"), 4, "yes" },
		{ STR_INIT("基本满意"), 3, "partly" },
		{ STR_INIT("不满意"), 2, "no" },
		{ STR_INIT("很不满意"), 1, "no" },
		{ STR_INIT("0"), 0, NULL },
		{ STR_INIT("6"), 0, NULL },
		{ STR_INIT("4.5"), 0, NULL },
		{ STR_INIT("good"), 0, NULL },
		{ STR_INIT(""), 0, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(replay_rating_read(cases[i].text), cases[i].rating);
		if (cases[i].solved != NULL)
			assert_string_equal(replay_rating_solved(cases[i].rating), cases[i].solved);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_next_step_follows_from_its_states),
		cmocka_unit_test(rating_is_given_once_a_round_and_after_a_visit),
		cmocka_unit_test(life_takes_each_step_once_to_its_end),
		cmocka_unit_test(answer_is_the_units_or_an_articles),
		cmocka_unit_test(rating_is_read_as_number_or_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

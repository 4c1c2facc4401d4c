/* Review by people, direct answers from the knowledge base, answers given again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reply_cases.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- review --- */

static void reply_decide_the_author_may_not_approve_the_own_draft(void **state)
{
	static const enum reply_state states[] = { REPLY_SUBMITTED, REPLY_LEAD_APPROVED };

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		struct reply_case file = case_in(states[i]);
		struct reply_event event = event_of(REPLY_EV_APPROVE);
		struct reply_decision decision;
		struct err err = { "" };
		event.actor = actor_for(REPLY_EV_APPROVE, states[i]);
		event.actor.name = STR("li");
		assert_int_equal(
			reply_decide(&file, &event, &people, now, &decision, &err), RES_DENIED);
		assert_non_null(strstr(err.text, "'li' wrote draft 1 and may not approve it"));
		event.kind = REPLY_EV_REJECT; /* taking it back is nobody's loss */
		assert_int_equal(
			reply_decide(&file, &event, &people, now, &decision, &err), RES_OK);
	}
}

static void reply_decide_only_the_draft_that_was_read_is_approved(void **state)
{
	struct reply_case file = case_in(REPLY_SUBMITTED);
	struct reply_event event = event_of(REPLY_EV_APPROVE);
	struct reply_decision decision;
	struct err err = { "" };

	(void)state;
	file.draft = 2;
	event.draft = 1;
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, &err), RES_CONFLICT);
	assert_string_equal(err.text, "draft 2 is the last one, not 1: read it first");
	event.draft = 2;
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, &err), RES_OK);
}

static void reply_decide_a_rejected_draft_is_followed_by_the_next_number(void **state)
{
	struct reply_case file = case_in(REPLY_LEAD_APPROVED);
	struct reply_event reject = event_of(REPLY_EV_REJECT);
	struct reply_event submit = event_of(REPLY_EV_SUBMIT);
	struct reply_decision decision;
	struct err err = { "" };

	(void)state;
	reject.actor = actor_for(REPLY_EV_REJECT, REPLY_LEAD_APPROVED);
	assert_int_equal(reply_decide(&file, &reject, &people, now, &decision, NULL), RES_OK);
	assert_int_equal(decision.after.state, REPLY_OPEN);
	assert_int_equal(reply_stage(decision.taken[0].from), 2);
	file = decision.after;
	assert_int_equal(reply_decide(&file, &submit, &people, now, &decision, NULL), RES_OK);
	assert_int_equal(decision.after.draft, 2);
	assert_int_equal(decision.after.state, REPLY_SUBMITTED);
	/* and without a reason nothing is rejected */
	reject.text = STR("");
	file = case_in(REPLY_LEAD_APPROVED);
	assert_int_equal(reply_decide(&file, &reject, &people, now, &decision, &err), RES_INVALID);
	assert_string_equal(err.text, "the reason has no text");
}

static void reply_decide_the_system_approves_the_stages_that_the_road_gives_it(void **state)
{
	static const struct {
		struct reply_rules rules;
		enum reply_state end;
		size_t n_taken;
	} rows[] = {
		{ { false, false }, REPLY_SUBMITTED, 1 },
		{ { true, false }, REPLY_LEAD_APPROVED, 2 },
		{ { false, true }, REPLY_SUBMITTED, 1 },
		{ { true, true }, REPLY_REPLIED, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply_case file = case_in(REPLY_OPEN);
		struct reply_event event = event_of(REPLY_EV_SUBMIT);
		struct reply_decision decision;
		assert_int_equal(
			reply_decide(&file, &event, &rows[i].rules, now, &decision, NULL), RES_OK);
		assert_int_equal(decision.after.state, rows[i].end);
		assert_int_equal(decision.n_taken, rows[i].n_taken);
		for (size_t k = 0; k < decision.n_taken; k++)
			assert_int_equal(decision.taken[k].is_systems, k > 0);
		assert_true(str_eq(decision.after.delivery_id,
			rows[i].end == REPLY_REPLIED ? STR("CD0000001-8/1") : STR_NONE));
	}
}

/* --- direct answers --- */

static void reply_decide_a_letter_with_an_article_is_answered_at_once_whoever_approves(void **state)
{
	static const enum reply_event_kind want[] = { REPLY_EV_LETTER, REPLY_EV_ANSWER,
		REPLY_EV_APPROVE, REPLY_EV_APPROVE, REPLY_EV_SEND };
	struct reply_event event = event_of(REPLY_EV_LETTER);
	struct reply_decision decision;
	struct reply_case file;

	(void)state;
	reply_case_init(&file);
	event.kb_article = 7;
	event.article = (struct reply_article){ 7, STR("请到服务中心办理"), STR("D05") };
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, NULL), RES_OK);
	assert_int_equal(decision.n_taken, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(decision.taken[i].kind, want[i]);
	assert_int_equal(decision.after.state, REPLY_REPLIED);
	assert_int_equal(decision.after.kb_article, 7);
	assert_int_equal(decision.after.draft, 1);
}

static void reply_decide_a_letter_whose_article_is_gone_waits_for_a_unit(void **state)
{
	struct reply_event event = event_of(REPLY_EV_LETTER);
	struct reply_decision decision;
	struct reply_case file;

	(void)state;
	reply_case_init(&file);
	event.kb_article = 7;
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, NULL), RES_OK);
	assert_int_equal(decision.n_taken, 2);
	assert_int_equal(decision.taken[1].kind, REPLY_EV_NO_ARTICLE);
	assert_int_equal(decision.after.state, REPLY_UNKNOWN);
	assert_int_equal(decision.after.draft, 0);
}

static void reply_decide_an_agent_answers_consults_without_a_draft_only(void **state)
{
	struct reply_event event = event_of(REPLY_EV_ANSWER);
	struct reply_case file = case_in(REPLY_UNKNOWN);
	struct reply_decision decision;
	struct err err = { "" };

	(void)state;
	file.has_letter = true;
	file.type = STR("consult");
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, &err), RES_OK);
	assert_int_equal(decision.after.state, REPLY_REPLIED);
	assert_true(str_eq(decision.after.author, STR("chen")));
	event.article.id = 0;
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, &err), RES_CONFLICT);
	assert_string_equal(err.text, "there is no article 7 that holds today");
	event.article.id = 7;
	file.type = STR("help");
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, &err), RES_CONFLICT);
	assert_non_null(strstr(err.text, "type help is answered by its unit"));
	file = case_in(REPLY_OPEN);
	file.draft = 1; /* rejected */
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, &err), RES_CONFLICT);
	assert_non_null(strstr(err.text, "unit_officer of 510104 answers"));
}

static void reply_decide_redo_opens_the_case_for_the_units_next_draft(void **state)
{
	struct reply_case file = case_in(REPLY_DELIVERED);
	struct reply_event redo = event_of(REPLY_EV_REDO);
	struct reply_event submit = event_of(REPLY_EV_SUBMIT);
	struct reply_decision decision;

	(void)state;
	redo.unit = STR("510105");
	submit.actor.unit = STR("510105");
	submit.fresh_delivery_id = STR("CD0000001-8/2");
	assert_int_equal(reply_decide(&file, &redo, &people, now, &decision, NULL), RES_OK);
	assert_int_equal(decision.after.state, REPLY_OPEN);
	file = decision.after;
	assert_int_equal(reply_decide(&file, &submit, &system_alone, now, &decision, NULL), RES_OK);
	assert_int_equal(decision.after.draft, 2);
	assert_true(str_eq(decision.after.delivery_id, STR("CD0000001-8/2")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_decide_the_author_may_not_approve_the_own_draft),
		cmocka_unit_test(reply_decide_only_the_draft_that_was_read_is_approved),
		cmocka_unit_test(reply_decide_a_rejected_draft_is_followed_by_the_next_number),
		cmocka_unit_test(
			reply_decide_the_system_approves_the_stages_that_the_road_gives_it),
		cmocka_unit_test(
			reply_decide_a_letter_with_an_article_is_answered_at_once_whoever_approves),
		cmocka_unit_test(reply_decide_a_letter_whose_article_is_gone_waits_for_a_unit),
		cmocka_unit_test(reply_decide_an_agent_answers_consults_without_a_draft_only),
		cmocka_unit_test(reply_decide_redo_opens_the_case_for_the_units_next_draft),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

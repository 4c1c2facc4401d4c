/* Every state × event pair of reply's life cycle, every order of its producers, and what a text of
 * a reply may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reply_cases.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- every state × event × role --- */

#define VERIFIERS (ROLE_BIT(SUPERVISOR) | ROLE_BIT(REVIEWER))

/* What is allowed where people take every step that they can take. */
static const struct triple {
	enum reply_state from;
	enum reply_event_kind event;
	uint32_t roles;
	enum reply_state to;
	size_t n_taken;
} allowed[] = {
	{ REPLY_UNKNOWN, REPLY_EV_LETTER, ROLE_BIT(SYSTEM), REPLY_UNKNOWN, 1 },
	{ REPLY_UNKNOWN, REPLY_EV_REFUSED, ROLE_BIT(SYSTEM), REPLY_NOTICE, 1 },
	{ REPLY_UNKNOWN, REPLY_EV_NO_ARTICLE, ROLE_BIT(SYSTEM), REPLY_UNKNOWN, 1 },
	{ REPLY_UNKNOWN, REPLY_EV_UNIT, ROLE_BIT(SYSTEM), REPLY_UNKNOWN, 1 },
	{ REPLY_UNKNOWN, REPLY_EV_SIGNED, ROLE_BIT(SYSTEM), REPLY_UNKNOWN, 1 },
	{ REPLY_UNKNOWN, REPLY_EV_READY, ROLE_BIT(SYSTEM), REPLY_OPEN, 1 },
	{ REPLY_OPEN, REPLY_EV_LETTER, ROLE_BIT(SYSTEM), REPLY_OPEN, 1 },
	{ REPLY_OPEN, REPLY_EV_UNIT, ROLE_BIT(SYSTEM), REPLY_OPEN, 1 },
	{ REPLY_OPEN, REPLY_EV_SIGNED, ROLE_BIT(SYSTEM), REPLY_OPEN, 1 },
	{ REPLY_OPEN, REPLY_EV_SUBMIT, ROLE_BIT(UNIT_OFFICER), REPLY_SUBMITTED, 1 },
	/* what was checked when it was put is approved at once */
	{ REPLY_OPEN, REPLY_EV_ANSWER, ROLE_BIT(AGENT), REPLY_REPLIED, 4 },
	{ REPLY_SUBMITTED, REPLY_EV_APPROVE, ROLE_BIT(UNIT_LEAD) | ROLE_BIT(SYSTEM),
		REPLY_LEAD_APPROVED, 1 },
	{ REPLY_SUBMITTED, REPLY_EV_REJECT, ROLE_BIT(UNIT_LEAD), REPLY_OPEN, 1 },
	{ REPLY_LEAD_APPROVED, REPLY_EV_APPROVE, ROLE_BIT(REVIEWER) | ROLE_BIT(SYSTEM),
		REPLY_REPLIED, 2 },
	{ REPLY_LEAD_APPROVED, REPLY_EV_REJECT, ROLE_BIT(REVIEWER), REPLY_OPEN, 1 },
	{ REPLY_APPROVED, REPLY_EV_SEND, ROLE_BIT(SYSTEM), REPLY_REPLIED, 1 },
	{ REPLY_REPLIED, REPLY_EV_DELIVERED, ROLE_BIT(SYSTEM), REPLY_DELIVERED, 1 },
	{ REPLY_REPLIED, REPLY_EV_UNDELIVERABLE, ROLE_BIT(SYSTEM), REPLY_UNDELIVERABLE, 1 },
	{ REPLY_REPLIED, REPLY_EV_UNIT, ROLE_BIT(SYSTEM), REPLY_REPLIED, 1 },
	{ REPLY_REPLIED, REPLY_EV_SIGNED, ROLE_BIT(SYSTEM), REPLY_REPLIED, 1 },
	{ REPLY_DELIVERED, REPLY_EV_UNIT, ROLE_BIT(SYSTEM), REPLY_DELIVERED, 1 },
	{ REPLY_DELIVERED, REPLY_EV_SIGNED, ROLE_BIT(SYSTEM), REPLY_DELIVERED, 1 },
	{ REPLY_DELIVERED, REPLY_EV_REDO, ROLE_BIT(SYSTEM), REPLY_OPEN, 1 },
	{ REPLY_DELIVERED, REPLY_EV_CLOSED, ROLE_BIT(SYSTEM), REPLY_CLOSED, 1 },
	{ REPLY_UNDELIVERABLE, REPLY_EV_UNIT, ROLE_BIT(SYSTEM), REPLY_UNDELIVERABLE, 1 },
	{ REPLY_UNDELIVERABLE, REPLY_EV_SIGNED, ROLE_BIT(SYSTEM), REPLY_UNDELIVERABLE, 1 },
	{ REPLY_UNDELIVERABLE, REPLY_EV_REDO, ROLE_BIT(SYSTEM), REPLY_OPEN, 1 },
	{ REPLY_UNDELIVERABLE, REPLY_EV_CLOSED, ROLE_BIT(SYSTEM), REPLY_CLOSED, 1 },
	{ REPLY_CLOSED, REPLY_EV_UNIT, ROLE_BIT(SYSTEM), REPLY_CLOSED, 1 },
	{ REPLY_CLOSED, REPLY_EV_SIGNED, ROLE_BIT(SYSTEM), REPLY_CLOSED, 1 },
	{ REPLY_NOTICE, REPLY_EV_DELIVERED, ROLE_BIT(SYSTEM), REPLY_NOTIFIED, 1 },
	{ REPLY_NOTICE, REPLY_EV_UNDELIVERABLE, ROLE_BIT(SYSTEM), REPLY_NOTIFIED, 1 },
	{ REPLY_REPLIED, REPLY_EV_CLAIMED, ROLE_BIT(SYSTEM), REPLY_SENDING, 1 },
	{ REPLY_SENDING, REPLY_EV_DELIVERED, ROLE_BIT(SYSTEM), REPLY_DELIVERED, 1 },
	{ REPLY_SENDING, REPLY_EV_UNDELIVERABLE, ROLE_BIT(SYSTEM), REPLY_UNDELIVERABLE, 1 },
	{ REPLY_SENDING, REPLY_EV_DOUBTED, ROLE_BIT(SYSTEM), REPLY_IN_DOUBT, 1 },
	{ REPLY_SENDING, REPLY_EV_UNIT, ROLE_BIT(SYSTEM), REPLY_SENDING, 1 },
	{ REPLY_SENDING, REPLY_EV_SIGNED, ROLE_BIT(SYSTEM), REPLY_SENDING, 1 },
	{ REPLY_IN_DOUBT, REPLY_EV_DELIVERED, ROLE_BIT(SYSTEM), REPLY_DELIVERED, 1 },
	{ REPLY_IN_DOUBT, REPLY_EV_UNDELIVERABLE, ROLE_BIT(SYSTEM), REPLY_UNDELIVERABLE, 1 },
	{ REPLY_IN_DOUBT, REPLY_EV_FOUND, VERIFIERS, REPLY_DELIVERED, 1 },
	{ REPLY_IN_DOUBT, REPLY_EV_RESENT, VERIFIERS, REPLY_REPLIED, 1 },
	{ REPLY_IN_DOUBT, REPLY_EV_UNIT, ROLE_BIT(SYSTEM), REPLY_IN_DOUBT, 1 },
	{ REPLY_IN_DOUBT, REPLY_EV_SIGNED, ROLE_BIT(SYSTEM), REPLY_IN_DOUBT, 1 },
	{ REPLY_NOTICE, REPLY_EV_CLAIMED, ROLE_BIT(SYSTEM), REPLY_NOTICE_SENDING, 1 },
	{ REPLY_NOTICE_SENDING, REPLY_EV_DELIVERED, ROLE_BIT(SYSTEM), REPLY_NOTIFIED, 1 },
	{ REPLY_NOTICE_SENDING, REPLY_EV_UNDELIVERABLE, ROLE_BIT(SYSTEM), REPLY_NOTIFIED, 1 },
	{ REPLY_NOTICE_SENDING, REPLY_EV_DOUBTED, ROLE_BIT(SYSTEM), REPLY_NOTICE_IN_DOUBT, 1 },
	{ REPLY_NOTICE_IN_DOUBT, REPLY_EV_DELIVERED, ROLE_BIT(SYSTEM), REPLY_NOTIFIED, 1 },
	{ REPLY_NOTICE_IN_DOUBT, REPLY_EV_UNDELIVERABLE, ROLE_BIT(SYSTEM), REPLY_NOTIFIED, 1 },
	{ REPLY_NOTICE_IN_DOUBT, REPLY_EV_FOUND, VERIFIERS, REPLY_NOTIFIED, 1 },
	{ REPLY_NOTICE_IN_DOUBT, REPLY_EV_RESENT, VERIFIERS, REPLY_NOTICE, 1 },
};

static const struct triple *allowed_find(int from, int event, enum role role)
{
	for (size_t i = 0; i < COUNT(allowed); i++)
		if ((int)allowed[i].from == from && (int)allowed[i].event == event &&
			role_is_in(role, allowed[i].roles))
			return &allowed[i];
	return NULL;
}

static uint32_t roles_anywhere(int event)
{
	uint32_t roles = event == REPLY_EV_ANSWER ? ROLE_BIT(SYSTEM) : 0; /* tried below */

	for (size_t i = 0; i < COUNT(allowed); i++)
		roles |= (int)allowed[i].event == event ? allowed[i].roles : 0;
	return roles;
}

static uint32_t roles_here(int from, int event)
{
	uint32_t roles = 0;

	for (size_t i = 0; i < COUNT(allowed); i++)
		if ((int)allowed[i].from == from && (int)allowed[i].event == event)
			roles |= allowed[i].roles;
	return roles;
}

static enum res refusal_of(int from, int event, enum role role)
{
	bool is_done = event == REPLY_EV_DELIVERED || event == REPLY_EV_UNDELIVERABLE ||
		       event == REPLY_EV_DOUBTED;
	bool is_early =
		from == REPLY_UNKNOWN &&
		(event == REPLY_EV_SUBMIT || event == REPLY_EV_ANSWER || event == REPLY_EV_CLAIMED);

	if (!role_is_in(role, roles_anywhere(event)))
		return RES_DENIED;
	if (is_early)
		return RES_RETRY;
	if (roles_here(from, event) != 0)
		return RES_DENIED;
	if (is_done && from < REPLY_REPLIED)
		return RES_NOT_FOUND;
	return RES_CONFLICT;
}

static void triple_check(int from, int kind, int role)
{
	const struct triple *triple = allowed_find(from, kind, (enum role)role);
	struct reply_case file = case_in(from);
	struct reply_case before = file;
	struct reply_event event = event_of((enum reply_event_kind)kind);
	struct reply_decision decision, untouched;
	struct err err = { "" };
	enum res res;

	event.actor = (struct actor){ (enum role)role, STR("somebody"), UNIT };
	memset(&decision, 0x5a, sizeof(decision));
	untouched = decision;
	res = reply_decide(&file, &event, &people, now, &decision, &err);
	assert_memory_equal(&file, &before, sizeof(file));
	if (triple == NULL) {
		assert_string_equal(
			res_name(res), res_name(refusal_of(from, kind, (enum role)role)));
		assert_memory_equal(&decision, &untouched, sizeof(decision));
		assert_true(strlen(err.text) > 10);
		return;
	}
	assert_string_equal(err.text, "");
	assert_int_equal(res, RES_OK);
	assert_int_equal(decision.after.state, triple->to);
	assert_int_equal(decision.n_taken, triple->n_taken);
	assert_int_equal(decision.taken[0].kind, kind);
	assert_int_equal(decision.taken[0].from, from);
}

static void reply_decide_each_state_event_and_role_follows_the_table_or_is_refused(void **state)
{
	(void)state;
	for (int from = 0; from < REPLY_STATES; from++)
		for (int kind = 0; kind < REPLY_EVENTS; kind++)
			for (int role = 0; role < ROLES; role++)
				triple_check(from, kind, role);
}

static void reply_decide_refusal_names_state_rule_and_who_can_do_what(void **state)
{
	static const struct {
		enum reply_state from;
		enum reply_event_kind event;
		enum role role;
		const char *says;
	} rows[] = {
		{ REPLY_SUBMITTED, REPLY_EV_SUBMIT, ROLE_UNIT_OFFICER,
			"reply: a case that is SUBMITTED cannot get a draft, only one that is "
			"OPEN; possible now: have its draft approved (system or unit_lead), have "
			"its draft rejected (unit_lead)" },
		{ REPLY_CLOSED, REPLY_EV_SUBMIT, ROLE_UNIT_OFFICER, "CLOSED cannot get a draft" },
		{ REPLY_LEAD_APPROVED, REPLY_EV_APPROVE, ROLE_UNIT_LEAD,
			"now have its draft approved by system or reviewer, not by unit_lead" },
		{ REPLY_OPEN, REPLY_EV_REJECT, ROLE_UNIT_LEAD,
			"only one that is SUBMITTED or LEAD_APPROVED" },
		{ REPLY_OPEN, REPLY_EV_SUBMIT, ROLE_REVIEWER, "by unit_officer, not by reviewer" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply_case file = case_in(rows[i].from);
		struct reply_event event = event_of(rows[i].event);
		struct reply_decision decision;
		struct err err = { "" };
		event.actor = (struct actor){ rows[i].role, STR("somebody"), UNIT };
		assert_int_not_equal(
			reply_decide(&file, &event, &people, now, &decision, &err), RES_OK);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, rows[i].says);
	}
}

static void reply_decide_another_unit_is_denied_by_name(void **state)
{
	static const enum reply_event_kind kinds[] = { REPLY_EV_SUBMIT, REPLY_EV_APPROVE,
		REPLY_EV_REJECT };

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct reply_case file = case_in(i == 0 ? REPLY_OPEN : REPLY_SUBMITTED);
		struct reply_event event = event_of(kinds[i]);
		struct reply_decision decision;
		struct err err = { "" };
		event.actor.unit = STR("D20");
		event.actor.name = STR("somebody");
		assert_int_equal(
			reply_decide(&file, &event, &people, now, &decision, &err), RES_DENIED);
		assert_string_equal(err.text, "the case is with 510104, not with D20");
	}
}

static void reply_decide_submit_is_dated_by_the_unit_but_never_after_now(void **state)
{
	static const struct {
		struct instant given;
		struct instant want;
	} rows[] = {
		{ { INT64_MIN }, { 1546300800000000 } },
		{ { 1546300800000000 }, { 1546300800000000 } },
		{ { 1546214400000000 }, { 1546214400000000 } },
		{ { 1546300800000001 }, { 1546300800000000 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply_case file = case_in(REPLY_OPEN);
		struct reply_event event = event_of(REPLY_EV_SUBMIT);
		struct reply_decision decision;
		event.replied_at = rows[i].given;
		assert_int_equal(
			reply_decide(&file, &event, &people, now, &decision, NULL), RES_OK);
		assert_int_equal(decision.after.replied_at.us, rows[i].want.us);
	}
}

/* n times the character, in memory of the caller. */
static struct str text_repeat(char *out, size_t cap, const char *character, size_t n)
{
	size_t width = strlen(character);

	assert_true(n * width <= cap);
	for (size_t i = 0; i < n; i++)
		memcpy(out + i * width, character, width);
	return str_of(out, n * width);
}

static void reply_decide_submit_takes_only_texts_within_limits(void **state)
{
	static char memory[3 * (REPLY_TEXT_MAX + 1)];
	const struct {
		struct str text;
		enum res want;
	} rows[] = {
		{ STR("好"), RES_OK },
		{ STR("第一行\n\t第二行\r\n"), RES_OK },
		{ STR(""), RES_INVALID },
		{ STR_NONE, RES_INVALID },
		{ STR(" \n　"), RES_INVALID },
		{ STR("a\x01z"), RES_INVALID },
		{ STR("a\x7fz"), RES_INVALID },
		{ STR("a\xc2\x85z"), RES_INVALID },
		{ str_slice(text_repeat(memory, sizeof(memory), "字", REPLY_TEXT_MAX + 1), 0,
			  3 * REPLY_TEXT_MAX),
			RES_OK },
		{ str_of(memory, sizeof(memory)), RES_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply_case file = case_in(REPLY_OPEN);
		struct reply_event event = event_of(REPLY_EV_SUBMIT);
		struct reply_decision decision;
		struct err err = { "" };
		event.text = rows[i].text;
		assert_int_equal(
			reply_decide(&file, &event, &people, now, &decision, &err), rows[i].want);
		assert_int_equal(err.text[0] != 0, rows[i].want != RES_OK);
	}
}

static void reply_decide_done_of_another_delivery_is_not_found(void **state)
{
	static const enum reply_event_kind kinds[] = { REPLY_EV_DELIVERED, REPLY_EV_UNDELIVERABLE };

	(void)state;
	for (int from = 0; from < REPLY_STATES; from++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			struct reply_case file = case_in(from);
			struct reply_event event = event_of(kinds[k]);
			struct reply_decision decision;
			event.delivery_id = STR("CD0000001-8/2");
			assert_int_equal(reply_decide(&file, &event, &people, now, &decision, NULL),
				RES_NOT_FOUND);
			event.delivery_id = STR("");
			assert_int_equal(reply_decide(&file, &event, &people, now, &decision, NULL),
				RES_NOT_FOUND);
		}
}

static void reply_decide_second_unit_while_open_replaces_the_first(void **state)
{
	struct reply_case file = case_in(REPLY_OPEN);
	struct reply_event event = event_of(REPLY_EV_UNIT);
	struct reply_decision decision;

	(void)state;
	event.unit = STR("510105");
	assert_int_equal(reply_decide(&file, &event, &people, now, &decision, NULL), RES_OK);
	assert_true(str_eq(decision.after.unit, STR("510105")));
}

/* --- every order of the producers --- */

/* Who may speak when: a channel answers what was sent to it, followup what was delivered. What is
 * refused as RETRY is said again later. */
static const struct {
	enum reply_event_kind kind;
	enum reply_state needs; /* the least state in which its cause exists */
} road[] = {
	{ REPLY_EV_LETTER, REPLY_UNKNOWN },
	{ REPLY_EV_UNIT, REPLY_UNKNOWN },
	{ REPLY_EV_SIGNED, REPLY_UNKNOWN },
	{ REPLY_EV_SUBMIT, REPLY_UNKNOWN },
	{ REPLY_EV_DELIVERED, REPLY_REPLIED },
	{ REPLY_EV_CLOSED, REPLY_DELIVERED },
};

static size_t walk(const struct reply_case *file, unsigned said, unsigned tried)
{
	size_t ends = 0;

	if (said == (1U << COUNT(road)) - 1) {
		assert_int_equal(file->state, REPLY_CLOSED);
		assert_true(str_eq(file->channel, STR("app")));
		assert_true(str_eq(file->unit, STR("510104")));
		assert_true(str_eq(file->type, STR("consult")));
		assert_int_equal(file->draft, 1);
		assert_int_equal(file->replied_at.us, now.us);
		assert_int_equal(file->delivered_at.us, now.us);
		assert_int_equal(file->closed_at.us, now.us);
		return 1;
	}
	for (unsigned i = 0; i < COUNT(road); i++) {
		struct reply_event event = event_of(road[i].kind);
		struct reply_decision decision;
		enum res res;
		if ((said | tried) & 1U << i || file->state < (int16_t)road[i].needs)
			continue;
		res = reply_decide(file, &event, &system_alone, now, &decision, NULL);
		if (res == RES_RETRY) {
			assert_int_equal(road[i].kind, REPLY_EV_SUBMIT);
			ends += walk(file, said, tried | 1U << i);
			continue;
		}
		assert_int_equal(res, RES_OK);
		ends += walk(&decision.after, said | 1U << i, 0);
	}
	return ends;
}

static void reply_decide_every_order_of_producers_ends_in_the_same_case(void **state)
{
	struct reply_case file;

	(void)state;
	reply_case_init(&file);
	/* LETTER, UNIT and SIGNED in six orders; SUBMIT tried in vain before none or some of them.
	 */
	assert_int_equal(walk(&file, 0, 0), 6 * 8);
}

static void reply_state_name_each_state_has_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < REPLY_STATES; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(reply_state_name((enum reply_state)a),
				reply_state_name((enum reply_state)b));
}

static void reply_reason_mask_hides_numbers_and_accounts_only(void **state)
{
	static const struct {
		const char *reason;
		const char *masked;
	} table[] = {
		{ "", "" },
		{ "no such account", "no such account" },
		{ "550 5.1.1 <li.si@example.cn>: unknown",
			"550 5.1.1 <****************>: unknown" },
		{ "用户13812345678已停机", "用户***********已停机" },
		{ "138-1234 5678 is off", "***-**** **** is off" },
		{ "8612345", "*******" },
		{ "error 123456", "error 123456" },
		{ "@zhang", "******" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct str reason = str_from_c(table[i].reason);
		char masked[64];
		reply_reason_mask(reason, masked);
		assert_int_equal(reason.n, strlen(table[i].masked));
		assert_memory_equal(masked, table[i].masked, reason.n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			reply_decide_each_state_event_and_role_follows_the_table_or_is_refused),
		cmocka_unit_test(reply_decide_refusal_names_state_rule_and_who_can_do_what),
		cmocka_unit_test(reply_decide_another_unit_is_denied_by_name),
		cmocka_unit_test(reply_decide_submit_is_dated_by_the_unit_but_never_after_now),
		cmocka_unit_test(reply_decide_submit_takes_only_texts_within_limits),
		cmocka_unit_test(reply_decide_done_of_another_delivery_is_not_found),
		cmocka_unit_test(reply_decide_second_unit_while_open_replaces_the_first),
		cmocka_unit_test(reply_decide_every_order_of_producers_ends_in_the_same_case),
		cmocka_unit_test(reply_state_name_each_state_has_its_own),
		cmocka_unit_test(reply_reason_mask_hides_numbers_and_accounts_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

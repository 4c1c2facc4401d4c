/* Every state × event pair of reply's life cycle, every order of its producers, and what a text of
 * a reply may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reply_core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct instant now = { 1546300800000000 }; /* 2019-01-01 08:00 in Shanghai */

static struct reply_case case_in(enum reply_state state)
{
	struct reply_case file;

	reply_case_init(&file);
	file.state = (int16_t)state;
	if (state == REPLY_UNKNOWN)
		return file;
	file.has_letter = true;
	file.has_unit = true;
	file.channel = STR("app");
	file.type = STR("help");
	file.unit = STR("510104");
	if (state == REPLY_OPEN)
		return file;
	file.draft = 1;
	file.delivery_id = STR("CD0000001-8/1");
	file.replied_at = now;
	return file;
}

static struct reply_event event_of(enum reply_event_kind kind)
{
	return (struct reply_event){
		.kind = kind,
		.channel = STR("app"),
		.klass = STR(""),
		.type = STR("help"),
		.unit = STR("510104"),
		.text = STR("已办理"),
		.replied_at = INSTANT_NONE,
		.fresh_delivery_id = STR("CD0000001-8/1"),
		.delivery_id = STR("CD0000001-8/1"),
	};
}

/* What each pair must come to; the automatic steps that follow are taken with it. */
struct pair {
	enum reply_state from;
	enum reply_event_kind event;
	enum reply_state to;
	size_t n_taken;
};
static const struct pair allowed[] = {
	{ REPLY_UNKNOWN, REPLY_EV_LETTER, REPLY_UNKNOWN, 1 },
	{ REPLY_UNKNOWN, REPLY_EV_UNIT, REPLY_UNKNOWN, 1 },
	{ REPLY_UNKNOWN, REPLY_EV_READY, REPLY_OPEN, 1 },
	{ REPLY_OPEN, REPLY_EV_LETTER, REPLY_OPEN, 1 },
	{ REPLY_OPEN, REPLY_EV_UNIT, REPLY_OPEN, 1 },
	{ REPLY_OPEN, REPLY_EV_SUBMIT, REPLY_REPLIED, 4 },
	{ REPLY_SUBMITTED, REPLY_EV_APPROVE_LEAD, REPLY_REPLIED, 3 },
	{ REPLY_LEAD_APPROVED, REPLY_EV_APPROVE_REVIEWER, REPLY_REPLIED, 2 },
	{ REPLY_APPROVED, REPLY_EV_SEND, REPLY_REPLIED, 1 },
	{ REPLY_REPLIED, REPLY_EV_DELIVERED, REPLY_DELIVERED, 1 },
	{ REPLY_REPLIED, REPLY_EV_UNDELIVERABLE, REPLY_UNDELIVERABLE, 1 },
	{ REPLY_DELIVERED, REPLY_EV_CLOSED, REPLY_CLOSED, 1 },
	{ REPLY_UNDELIVERABLE, REPLY_EV_CLOSED, REPLY_CLOSED, 1 },
};

static const struct pair *allowed_find(enum reply_state from, enum reply_event_kind event)
{
	for (size_t i = 0; i < COUNT(allowed); i++)
		if (allowed[i].from == from && allowed[i].event == event)
			return &allowed[i];
	return NULL;
}

static enum res refusal_of(enum reply_state from, enum reply_event_kind event)
{
	bool is_done = event == REPLY_EV_DELIVERED || event == REPLY_EV_UNDELIVERABLE;

	if (from == REPLY_UNKNOWN && event == REPLY_EV_SUBMIT)
		return RES_RETRY;
	if (is_done && (from == REPLY_UNKNOWN || from == REPLY_OPEN))
		return RES_NOT_FOUND;
	return RES_CONFLICT;
}

static void pair_check(enum reply_state from, enum reply_event_kind kind)
{
	const struct pair *pair = allowed_find(from, kind);
	struct reply_case file = case_in(from);
	struct reply_case before = file;
	struct reply_event event = event_of(kind);
	struct reply_decision decision;
	struct reply_decision untouched;
	struct err err = { "" };
	enum res res;

	memset(&decision, 0x5a, sizeof(decision));
	untouched = decision;
	res = reply_decide(&file, &event, now, &decision, &err);
	assert_memory_equal(&file, &before, sizeof(file));
	if (pair == NULL) {
		assert_string_equal(res_name(res), res_name(refusal_of(from, kind)));
		assert_memory_equal(&decision, &untouched, sizeof(decision));
		assert_true(strlen(err.text) > 0);
		return;
	}
	assert_int_equal(res, RES_OK);
	assert_int_equal(decision.after.state, pair->to);
	assert_int_equal(decision.n_taken, pair->n_taken);
	assert_int_equal(decision.taken[0], kind);
}

static void reply_decide_each_pair_follows_the_table_or_is_refused(void **state)
{
	(void)state;
	for (int from = 0; from < REPLY_STATES; from++)
		for (int kind = 0; kind < REPLY_EVENTS; kind++)
			pair_check((enum reply_state)from, (enum reply_event_kind)kind);
}

static void reply_decide_refusal_names_state_and_what_is_possible(void **state)
{
	(void)state;
	for (int from = REPLY_SUBMITTED; from < REPLY_STATES; from++) {
		struct reply_case file = case_in((enum reply_state)from);
		struct reply_event event = event_of(REPLY_EV_SUBMIT);
		struct reply_decision decision;
		struct err err = { "" };
		assert_int_equal(reply_decide(&file, &event, now, &decision, &err), RES_CONFLICT);
		assert_non_null(strstr(err.text, reply_state_name((enum reply_state)from)));
		assert_non_null(strstr(err.text, ": "));
	}
}

static void reply_decide_submit_takes_the_approvals_in_order(void **state)
{
	static const enum reply_event_kind want[] = { REPLY_EV_SUBMIT, REPLY_EV_APPROVE_LEAD,
		REPLY_EV_APPROVE_REVIEWER, REPLY_EV_SEND };
	struct reply_case file = case_in(REPLY_OPEN);
	struct reply_event event = event_of(REPLY_EV_SUBMIT);
	struct reply_decision decision;

	(void)state;
	assert_int_equal(reply_decide(&file, &event, now, &decision, NULL), RES_OK);
	assert_int_equal(decision.n_taken, COUNT(want));
	assert_memory_equal(decision.taken, want, sizeof(want));
	assert_int_equal(decision.after.draft, 1);
	assert_true(str_eq(decision.after.delivery_id, STR("CD0000001-8/1")));
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
		assert_int_equal(reply_decide(&file, &event, now, &decision, NULL), RES_OK);
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
		assert_int_equal(reply_decide(&file, &event, now, &decision, &err), rows[i].want);
		assert_int_equal(err.text[0] != 0, rows[i].want != RES_OK);
	}
}

static void reply_decide_done_of_another_delivery_is_not_found(void **state)
{
	static const enum reply_event_kind kinds[] = { REPLY_EV_DELIVERED, REPLY_EV_UNDELIVERABLE };

	(void)state;
	for (int from = 0; from < REPLY_STATES; from++)
		for (size_t k = 0; k < COUNT(kinds); k++) {
			struct reply_case file = case_in((enum reply_state)from);
			struct reply_event event = event_of(kinds[k]);
			struct reply_decision decision;
			event.delivery_id = STR("CD0000001-8/2");
			assert_int_equal(
				reply_decide(&file, &event, now, &decision, NULL), RES_NOT_FOUND);
			event.delivery_id = STR("");
			assert_int_equal(
				reply_decide(&file, &event, now, &decision, NULL), RES_NOT_FOUND);
		}
}

static void reply_decide_second_unit_while_open_replaces_the_first(void **state)
{
	struct reply_case file = case_in(REPLY_OPEN);
	struct reply_event event = event_of(REPLY_EV_UNIT);
	struct reply_decision decision;

	(void)state;
	event.unit = STR("510105");
	assert_int_equal(reply_decide(&file, &event, now, &decision, NULL), RES_OK);
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
		assert_true(str_eq(file->type, STR("help")));
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
		res = reply_decide(file, &event, now, &decision, NULL);
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
	/* LETTER and UNIT in two orders; SUBMIT tried in vain before none, one or both. */
	assert_int_equal(walk(&file, 0, 0), 8);
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
		cmocka_unit_test(reply_decide_each_pair_follows_the_table_or_is_refused),
		cmocka_unit_test(reply_decide_refusal_names_state_and_what_is_possible),
		cmocka_unit_test(reply_decide_submit_takes_the_approvals_in_order),
		cmocka_unit_test(reply_decide_submit_is_dated_by_the_unit_but_never_after_now),
		cmocka_unit_test(reply_decide_submit_takes_only_texts_within_limits),
		cmocka_unit_test(reply_decide_done_of_another_delivery_is_not_found),
		cmocka_unit_test(reply_decide_second_unit_while_open_replaces_the_first),
		cmocka_unit_test(reply_decide_every_order_of_producers_ends_in_the_same_case),
		cmocka_unit_test(reply_reason_mask_hides_numbers_and_accounts_only),
		cmocka_unit_test(reply_state_name_each_state_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

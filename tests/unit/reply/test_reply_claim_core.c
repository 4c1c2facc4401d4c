/* Claims of deliveries: who gets GO, what a fence of an earlier claim is worth, what a person finds
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reply_cases.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum res decide(const struct reply_case *file, const struct reply_event *event,
	struct reply_decision *out, struct err *err)
{
	return reply_decide(file, event, &system_alone, now, out, err);
}

static void claim_raises_the_fence_and_is_known_by_its_name(void **state)
{
	struct reply_case file = case_in(REPLY_REPLIED);
	struct reply_event event = event_of(REPLY_EV_CLAIMED);
	struct reply_decision decision;

	(void)state;
	assert_false(reply_claim_is_repeated(&file, &event));
	assert_int_equal(decide(&file, &event, &decision, NULL), RES_OK);
	assert_int_equal(decision.after.fence, 1);
	file = decision.after;
	assert_true(reply_claim_is_repeated(&file, &event));
	event.claim_id = CLAIM_ID;
	assert_false(reply_claim_is_repeated(&file, &event));
	event = event_of(REPLY_EV_CLAIMED);
	event.delivery_id = STR("CD0000001-8/2");
	assert_false(reply_claim_is_repeated(&file, &event));
	file.state = REPLY_IN_DOUBT;
	assert_false(reply_claim_is_repeated(&file, &event));
}

static void claim_is_refused_with_the_reason(void **state)
{
	static const struct {
		enum reply_state from;
		const char *delivery_id, *claim_id;
		enum res want;
		const char *says;
	} rows[] = {
		{ REPLY_UNKNOWN, "CD0000001-8/1", "0123456789abcdef", RES_RETRY, "not known here" },
		{ REPLY_SENDING, "CD0000001-8/1", "0123456789abcdef", RES_CONFLICT,
			"claimed already" },
		{ REPLY_NOTICE_SENDING, "CD0000001-8/1", "0123456789abcdef", RES_CONFLICT,
			"claimed already" },
		{ REPLY_IN_DOUBT, "CD0000001-8/1", "claim-of-replica-1", RES_CONFLICT,
			"in doubt: a person asks" },
		{ REPLY_DELIVERED, "CD0000001-8/1", "0123456789abcdef", RES_CONFLICT,
			"DELIVERED cannot be claimed" },
		{ REPLY_OPEN, "CD0000001-8/1", "0123456789abcdef", RES_CONFLICT,
			"is not the one under way" },
		{ REPLY_REPLIED, "CD0000001-8/2", "0123456789abcdef", RES_CONFLICT,
			"is not the one under way" },
		{ REPLY_REPLIED, "CD0000001-8/1", "0123456789abcde", RES_INVALID, "16 to 64" },
		{ REPLY_REPLIED, "CD0000001-8/1", "0123456789 abcdef", RES_INVALID, "16 to 64" },
		{ REPLY_REPLIED, "CD0000001-8/1",
			"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefx",
			RES_INVALID, "16 to 64" },
		{ REPLY_REPLIED, "CD0000001-8/1", "", RES_INVALID, "16 to 64" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply_case file = case_in(rows[i].from);
		struct reply_event event = event_of(REPLY_EV_CLAIMED);
		struct reply_decision decision;
		struct err err = { "" };
		event.delivery_id = str_from_c(rows[i].delivery_id);
		event.claim_id = str_from_c(rows[i].claim_id);
		assert_int_equal(decide(&file, &event, &decision, &err), rows[i].want);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("row %zu: '%s'", i, err.text);
	}
}

/* fence 2 is out or in doubt, or was verified as not delivered: what is a word of which claim
 * worth? */
static void word_of_each_claim_is_worth_what_it_proves(void **state)
{
	static const struct {
		enum reply_state from;
		enum reply_event_kind kind;
		int32_t fence;
		enum res want;
		enum reply_state to;
		int32_t by;
		bool may_be_double;
	} rows[] = {
		{ REPLY_SENDING, REPLY_EV_DELIVERED, 0, RES_OK, REPLY_DELIVERED, 2, false },
		{ REPLY_SENDING, REPLY_EV_DELIVERED, 2, RES_OK, REPLY_DELIVERED, 2, false },
		{ REPLY_SENDING, REPLY_EV_DELIVERED, 1, RES_OK, REPLY_DELIVERED, 1, true },
		{ REPLY_SENDING, REPLY_EV_UNDELIVERABLE, 2, RES_OK, REPLY_UNDELIVERABLE, 2, false },
		{ REPLY_SENDING, REPLY_EV_UNDELIVERABLE, 1, RES_NOT_FOUND, REPLY_SENDING, 0,
			false },
		{ REPLY_SENDING, REPLY_EV_DOUBTED, 1, RES_NOT_FOUND, REPLY_SENDING, 0, false },
		{ REPLY_SENDING, REPLY_EV_DOUBTED, 0, RES_OK, REPLY_IN_DOUBT, 2, false },
		{ REPLY_SENDING, REPLY_EV_DELIVERED, 3, RES_INVALID, REPLY_SENDING, 0, false },
		{ REPLY_SENDING, REPLY_EV_DELIVERED, -1, RES_INVALID, REPLY_SENDING, 0, false },
		{ REPLY_IN_DOUBT, REPLY_EV_DELIVERED, 1, RES_OK, REPLY_DELIVERED, 1, true },
		{ REPLY_IN_DOUBT, REPLY_EV_DELIVERED, 2, RES_OK, REPLY_DELIVERED, 2, false },
		{ REPLY_IN_DOUBT, REPLY_EV_UNDELIVERABLE, 1, RES_NOT_FOUND, REPLY_IN_DOUBT, 0,
			false },
		{ REPLY_REPLIED, REPLY_EV_DELIVERED, 2, RES_OK, REPLY_DELIVERED, 2, false },
		{ REPLY_REPLIED, REPLY_EV_DELIVERED, 1, RES_OK, REPLY_DELIVERED, 1, false },
		{ REPLY_REPLIED, REPLY_EV_UNDELIVERABLE, 1, RES_OK, REPLY_UNDELIVERABLE, 1, false },
		{ REPLY_REPLIED, REPLY_EV_DOUBTED, 2, RES_CONFLICT, REPLY_REPLIED, 0, false },
		{ REPLY_NOTICE_SENDING, REPLY_EV_DELIVERED, 1, RES_OK, REPLY_NOTIFIED, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply_case file = case_in(rows[i].from);
		struct reply_event event = event_of(rows[i].kind);
		struct reply_decision decision = { .after = file };
		enum res res;
		file.fence = 2;
		event.fence = rows[i].fence;
		res = decide(&file, &event, &decision, NULL);
		if (res != rows[i].want || decision.after.state != (int16_t)rows[i].to ||
			decision.fence != rows[i].by ||
			decision.may_be_double != rows[i].may_be_double)
			fail_msg("row %zu: %s, %s, fence %d", i, res_name(res),
				reply_state_name(decision.after.state), decision.fence);
	}
}

static void redo_and_resend_begin_clean(void **state)
{
	struct reply_case file = case_in(REPLY_SENDING);
	static const enum reply_event_kind kinds[] = { REPLY_EV_DELIVERED, REPLY_EV_REDO,
		REPLY_EV_SUBMIT };
	struct reply_event event;
	struct reply_decision decision;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		event = event_of(kinds[i]);
		event.fresh_delivery_id = STR("CD0000001-8/2");
		assert_int_equal(decide(&file, &event, &decision, NULL), RES_OK);
		file = decision.after;
	}
	assert_int_equal(file.state, REPLY_REPLIED);
	assert_int_equal(file.fence, 0);
	assert_true(str_is_empty(file.claim_id));
	file = case_in(REPLY_IN_DOUBT);
	event = event_of(REPLY_EV_RESENT);
	event.actor = (struct actor){ ROLE_REVIEWER, STR("wang"), STR("") };
	assert_int_equal(decide(&file, &event, &decision, NULL), RES_OK);
	assert_int_equal(decision.after.fence, 1);
	assert_true(str_is_empty(decision.after.claim_id));
	file = decision.after;
	event = event_of(REPLY_EV_CLAIMED);
	event.claim_id = CLAIM_ID; /* a restarted client knows no other name */
	assert_int_equal(decide(&file, &event, &decision, NULL), RES_OK);
	assert_int_equal(decision.after.fence, 2);
}

static void verification_names_its_delivery_or_none_and_says_how(void **state)
{
	static const struct {
		const char *delivery_id, *note;
		enum res want;
	} rows[] = {
		{ "", "平台后台已查", RES_OK },
		{ "CD0000001-8/1", "平台后台已查", RES_OK },
		{ "CD0000001-8/2", "平台后台已查", RES_CONFLICT },
		{ "", "", RES_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reply_case file = case_in(REPLY_IN_DOUBT);
		struct reply_event event = event_of(REPLY_EV_FOUND);
		struct reply_decision decision;
		event.delivery_id = str_from_c(rows[i].delivery_id);
		event.text = str_from_c(rows[i].note);
		assert_int_equal(decide(&file, &event, &decision, NULL), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claim_raises_the_fence_and_is_known_by_its_name),
		cmocka_unit_test(claim_is_refused_with_the_reason),
		cmocka_unit_test(word_of_each_claim_is_worth_what_it_proves),
		cmocka_unit_test(redo_and_resend_begin_clean),
		cmocka_unit_test(verification_names_its_delivery_or_none_and_says_how),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

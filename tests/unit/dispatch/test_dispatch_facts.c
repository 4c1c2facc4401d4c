/* Facts of three producers in every order: direct answers, redo, due times. */
#include "dispatch_fixture.h"

/* Whether reply's word comes after intake's or before, a direct answer bothers no unit. */
static void dispatch_decide_direct_answers_bother_no_unit(void **state)
{
	static const enum dispatch_event_kind orders[][2] = {
		{ DISPATCH_ON_ANSWERABLE, DISPATCH_ON_REPLIED },
		{ DISPATCH_ON_REPLIED, DISPATCH_ON_ANSWERABLE },
		{ DISPATCH_ON_REPLIED, DISPATCH_ON_ACCEPTED }, /* by an agent */
	};

	(void)state;
	for (size_t o = 0; o < COUNT(orders); o++) {
		struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
		struct dispatch_decision out = { .n_done = 0 };
		for (size_t i = 0; i < 2; i++) {
			struct dispatch_event event = event_of(orders[o][i]);
			event.is_direct = true;
			assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
			file = out.file;
		}
		assert_int_equal(file.state, DISPATCH_RESOLVED);
		assert_int_equal(file.task, 0);
		assert_true(str_eq_c(file.unit, "") && file.is_direct);
		assert_int_equal(out.n_done, 1);
		assert_int_equal(out.done[0].deed, DISPATCH_DID_RESOLVE);
		assert_true(out.done[0].is_on_time);
		/* nobody can take again what nobody had */
		struct dispatch_event redo = event_of(DISPATCH_ON_REDO);
		struct err err = { .text = "" };
		assert_int_equal(decide(&file, &redo, &out, &err), RES_CONFLICT);
		assert_non_null(strstr(err.text, "no unit ever had this case"));
	}
}

static void dispatch_decide_without_its_article_a_unit_gets_it(void **state)
{
	static const enum dispatch_event_kind orders[][2] = {
		{ DISPATCH_ON_ANSWERABLE, DISPATCH_ON_NO_ARTICLE },
		{ DISPATCH_ON_NO_ARTICLE, DISPATCH_ON_ANSWERABLE },
	};

	(void)state;
	for (size_t o = 0; o < COUNT(orders); o++) {
		struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
		struct dispatch_decision out;
		for (size_t i = 0; i < 2; i++) {
			struct dispatch_event event = event_of(orders[o][i]);
			assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
			file = out.file;
		}
		assert_int_equal(file.state, DISPATCH_IN_PROGRESS);
		assert_true(str_eq_c(file.unit, "510104"));
	}
}

/* The same unit, a clock of its own, no signing; the next reply resolves it. */
static void dispatch_decide_redo_gives_the_case_back_to_its_unit(void **state)
{
	struct dispatch_case file = case_in(DISPATCH_RESOLVED);
	struct dispatch_event event = event_of(DISPATCH_ON_REDO);
	struct dispatch_decision out;

	(void)state;
	file.contacted_at = file.signed_at;
	file.sign_due = file.contact_due = file.resolve_due = at(NOW);
	assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
	assert_int_equal(out.n_done, 1);
	assert_int_equal(out.done[0].deed, DISPATCH_DID_REDISPATCH);
	assert_int_equal(out.done[0].task, 2);
	assert_int_equal(out.done[0].redo, 1);
	assert_int_equal(out.done[0].choice.reason, DISPATCH_REDO);
	assert_int_equal(out.file.state, DISPATCH_IN_PROGRESS);
	assert_int_equal(out.file.task, 2);
	assert_true(str_eq_c(out.file.unit, "510104"));
	assert_true(instant_is_none(out.file.sign_due) && instant_is_none(out.file.contact_due));
	assert_int_equal(out.file.resolve_due.us, at("2019-05-02 00:00:00").us); /* 5 wd */
	assert_true(instant_is_none(out.file.resolved_at));
	file = out.file;
	event = event_of(DISPATCH_ON_REPLIED);
	event.at = at("2019-05-02 00:00:00.000001");
	assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
	assert_int_equal(out.file.state, DISPATCH_RESOLVED);
	assert_int_equal(out.done[0].redo, 1);
	assert_false(out.done[0].is_on_time);
	file = out.file;
	event = event_of(DISPATCH_ON_REDO);
	struct err err = { .text = "" };
	assert_int_equal(decide(&file, &event, &out, &err), RES_CONFLICT); /* the first, again */
	assert_non_null(strstr(err.text, "redo 1 came after redo 1"));
}

/* followup may be heard before reply, and both before intake: the entries are the same. */
static void dispatch_decide_early_redo_waits_for_the_reply(void **state)
{
	static const enum dispatch_event_kind orders[][3] = {
		{ DISPATCH_ON_ACCEPTED, DISPATCH_ON_REPLIED, DISPATCH_ON_REDO },
		{ DISPATCH_ON_ACCEPTED, DISPATCH_ON_REDO, DISPATCH_ON_REPLIED },
		{ DISPATCH_ON_REPLIED, DISPATCH_ON_ACCEPTED, DISPATCH_ON_REDO },
		{ DISPATCH_ON_REPLIED, DISPATCH_ON_REDO, DISPATCH_ON_ACCEPTED },
		{ DISPATCH_ON_REDO, DISPATCH_ON_ACCEPTED, DISPATCH_ON_REPLIED },
		{ DISPATCH_ON_REDO, DISPATCH_ON_REPLIED, DISPATCH_ON_ACCEPTED },
	};
	static const enum dispatch_deed wanted[] = { DISPATCH_DID_DISPATCH, DISPATCH_DID_SIGN,
		DISPATCH_DID_CONTACT, DISPATCH_DID_RESOLVE, DISPATCH_DID_REDISPATCH };

	(void)state;
	for (size_t o = 0; o < COUNT(orders); o++) {
		struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
		size_t taken = 0;
		for (size_t i = 0; i < 3; i++) {
			struct dispatch_event event = event_of(orders[o][i]);
			struct dispatch_decision out;
			assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
			for (size_t d = 0; d < out.n_done; d++) {
				const struct dispatch_done *done = &out.done[d];
				assert_true(taken < COUNT(wanted));
				assert_int_equal(done->deed, wanted[taken++]);
				assert_int_equal(
					done->task, done->deed == DISPATCH_DID_REDISPATCH ? 2 : 1);
				if (done->deed == DISPATCH_DID_DISPATCH)
					assert_int_equal(
						done->sign_due.us, at("2019-04-26 00:00:00").us);
			}
			file = out.file;
		}
		assert_int_equal(taken, COUNT(wanted));
		assert_int_equal(file.state, DISPATCH_IN_PROGRESS);
		assert_int_equal(file.task, 2);
	}
}

static void dispatch_decide_refused_case_is_closed_without_an_entry(void **state)
{
	struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
	struct dispatch_event event = event_of(DISPATCH_ON_REFUSED);
	struct dispatch_decision out;

	(void)state;
	assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
	assert_int_equal(out.file.state, DISPATCH_CLOSED);
	assert_int_equal(out.n_done, 0);
	assert_int_equal(out.file.closed_at.us, event.at.us);
}

static void dispatch_decide_due_times_follow_the_type(void **state)
{
	static const struct workday_calendar unpublished = { .first_year = 2007,
		.last_year = 2018 };
	struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
	struct dispatch_event event = event_of(DISPATCH_ON_ACCEPTED);
	struct dispatch_decision out;

	(void)state;
	event.type = STR("urgent");
	assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
	assert_int_equal(out.file.resolve_due.us, at("2019-04-24 11:00:00").us);
	event.type = STR("praise");
	assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
	assert_true(instant_is_none(out.file.contact_due));
	assert_true(instant_is_none(out.file.resolve_due));
	event.type = STR("unheard_of");
	assert_int_equal(dispatch_decide(&file, &event, at("2019-04-24 09:00:00"), &reference,
				 &unpublished, &out, NULL),
		RES_OK);
	assert_int_equal(out.file.resolve_due.us, at("2019-05-04 00:00:00").us);
	assert_true(out.file.is_provisional && out.done[0].is_provisional);
	/* and a redo over such a year, too */
	file = case_in(DISPATCH_RESOLVED);
	event = event_of(DISPATCH_ON_REDO);
	assert_int_equal(
		dispatch_decide(&file, &event, at(NOW), &reference, &unpublished, &out, NULL),
		RES_OK);
	assert_true(out.file.is_provisional && out.done[0].is_provisional);
}

static void dispatch_decide_without_reference_has_no_effect(void **state)
{
	struct dispatch_reference empty = reference;
	struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
	struct dispatch_event event = event_of(DISPATCH_ON_ACCEPTED);
	struct dispatch_decision out, untouched;

	(void)state;
	memset(&out, 0x5A, sizeof out);
	untouched = out;
	empty.n_slas = 0;
	assert_int_equal(dispatch_decide(&file, &event, at("2019-04-24 09:00:00"), &empty,
				 &calendar, &out, NULL),
		RES_NOT_FOUND);
	empty.n_duties = 0;
	assert_int_equal(dispatch_decide(&file, &event, at("2019-04-24 09:00:00"), &empty,
				 &calendar, &out, NULL),
		RES_NOT_FOUND);
	assert_memory_equal(&out, &untouched, sizeof out);
}

static void dispatch_decide_reply_at_the_due_time_is_on_time(void **state)
{
	static const struct {
		const char *replied;
		bool has_due;
		bool is_on_time;
	} table[] = {
		{ "2019-05-03 23:59:59", true, true },
		{ "2019-05-04 00:00:00", true, true },
		{ "2019-05-04 00:00:00.000001", true, false },
		{ "2029-01-01 00:00:00", false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct dispatch_case file = case_in(DISPATCH_IN_PROGRESS);
		struct dispatch_event event = event_of(DISPATCH_ON_REPLIED);
		struct dispatch_decision out;
		event.at = at(table[i].replied);
		if (table[i].has_due)
			file.resolve_due = at("2019-05-04 00:00:00");
		assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
		assert_int_equal(out.n_done, 2); /* contacting was the system's all along */
		assert_int_equal(out.done[1].deed, DISPATCH_DID_RESOLVE);
		assert_int_equal(out.done[1].is_on_time, table[i].is_on_time);
		assert_int_equal(out.file.resolved_at.us, event.at.us);
	}
}

/* Whatever the order, the case ends closed, with the same times and the same four entries. */
static void dispatch_decide_all_orders_end_the_same(void **state)
{
	static const enum dispatch_event_kind orders[][3] = {
		{ DISPATCH_ON_ACCEPTED, DISPATCH_ON_REPLIED, DISPATCH_ON_CLOSED },
		{ DISPATCH_ON_ACCEPTED, DISPATCH_ON_CLOSED, DISPATCH_ON_REPLIED },
		{ DISPATCH_ON_REPLIED, DISPATCH_ON_ACCEPTED, DISPATCH_ON_CLOSED },
		{ DISPATCH_ON_REPLIED, DISPATCH_ON_CLOSED, DISPATCH_ON_ACCEPTED },
		{ DISPATCH_ON_CLOSED, DISPATCH_ON_ACCEPTED, DISPATCH_ON_REPLIED },
		{ DISPATCH_ON_CLOSED, DISPATCH_ON_REPLIED, DISPATCH_ON_ACCEPTED },
	};

	(void)state;
	for (size_t o = 0; o < COUNT(orders); o++) {
		struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
		size_t taken = 0;
		for (size_t i = 0; i < 3; i++) {
			struct dispatch_event event = event_of(orders[o][i]);
			struct dispatch_decision out;
			assert_int_not_equal(file.state, DISPATCH_CLOSED);
			assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
			for (size_t s = 0; s < out.n_done; s++) {
				assert_int_equal(out.done[s].deed, taken++);
				if (out.done[s].deed == DISPATCH_DID_RESOLVE)
					assert_true(out.done[s].is_on_time);
			}
			file = out.file;
		}
		assert_int_equal(file.state, DISPATCH_CLOSED);
		assert_int_equal(taken, DISPATCH_DID_RESOLVE + 1);
		assert_int_equal(file.resolved_at.us, at("2019-04-25 10:00:00").us);
		assert_int_equal(file.closed_at.us, at("2019-05-20 10:00:00").us);
		assert_true(str_eq_c(file.unit, "510104"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dispatch_decide_direct_answers_bother_no_unit),
		cmocka_unit_test(dispatch_decide_without_its_article_a_unit_gets_it),
		cmocka_unit_test(dispatch_decide_redo_gives_the_case_back_to_its_unit),
		cmocka_unit_test(dispatch_decide_early_redo_waits_for_the_reply),
		cmocka_unit_test(dispatch_decide_refused_case_is_closed_without_an_entry),
		cmocka_unit_test(dispatch_decide_due_times_follow_the_type),
		cmocka_unit_test(dispatch_decide_without_reference_has_no_effect),
		cmocka_unit_test(dispatch_decide_reply_at_the_due_time_is_on_time),
		cmocka_unit_test(dispatch_decide_all_orders_end_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

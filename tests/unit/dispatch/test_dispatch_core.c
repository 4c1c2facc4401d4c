/* Every state × event, and every order in which three producers can be heard. */
#include "dispatch_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALWAYS                                                                                     \
	{                                                                                          \
		0, INT32_MAX                                                                       \
	}

static const struct dispatch_duty duties[] = {
	{ STR_INIT("0205"), STR_INIT("D17"), true, ALWAYS },
	{ STR_INIT("2204"), STR_INIT("D35"), false, ALWAYS },
};
static const struct dispatch_area areas[] = { { STR_INIT("510104"), ALWAYS } };
static const struct dispatch_sla slas[] = {
	{ STR_INIT("help"), { LIMIT_WORKDAYS, 1 }, { LIMIT_WORKDAYS, 2 }, { LIMIT_WORKDAYS, 7 },
		ALWAYS },
	{ STR_INIT("praise"), { LIMIT_WORKDAYS, 1 }, { LIMIT_NONE, 0 }, { LIMIT_NONE, 0 }, ALWAYS },
	{ STR_INIT("urgent"), { LIMIT_MINUTES, 15 }, { LIMIT_MINUTES, 30 }, { LIMIT_MINUTES, 120 },
		ALWAYS },
};
static const struct dispatch_reference reference = {
	.version = 1,
	.duties = duties,
	.n_duties = COUNT(duties),
	.areas = areas,
	.n_areas = COUNT(areas),
	.slas = slas,
	.n_slas = COUNT(slas),
	.general_category = STR_INIT("2204"),
	.default_type = STR_INIT("help"),
	.report_desks = { STR_INIT("D35") },
	.n_report_desks = 1,
};
static const struct workday_calendar calendar = { .first_year = 2019, .last_year = 2019 };

static struct instant at(const char *text)
{
	struct instant instant = INSTANT_NONE;

	assert_int_equal(instant_parse(str_from_c(text), &instant), RES_OK);
	return instant;
}

static struct dispatch_event event_of(enum dispatch_event_kind kind)
{
	struct dispatch_event event = { .kind = kind, .at = at("2019-04-25 10:00:00") };

	if (kind == DISPATCH_ON_CLOSED)
		event.at = at("2019-05-20 10:00:00");
	event.type = STR("help");
	event.question = (struct dispatch_question){ .category = STR("0205"),
		.area = STR("510104"),
		.day = instant_shanghai_day(at("2019-04-24 09:00:00")) };
	return event;
}

static struct dispatch_case case_in(int state)
{
	struct dispatch_case file;

	dispatch_case_init(&file);
	file.state = (int16_t)state;
	if (state >= DISPATCH_DISPATCHED)
		file.dispatched_at = at("2019-04-24 09:00:00");
	if (state >= DISPATCH_IN_PROGRESS)
		file.signed_at = file.contacted_at = file.dispatched_at;
	if (state >= DISPATCH_RESOLVED)
		file.resolved_at = at("2019-04-25 09:00:00");
	if (state >= DISPATCH_CLOSED)
		file.closed_at = at("2019-05-25 09:00:00");
	return file;
}

static enum res decide(struct dispatch_case *file, const struct dispatch_event *event,
	struct dispatch_decision *out, struct err *err)
{
	return dispatch_decide(
		file, event, at("2019-04-24 09:00:00"), &reference, &calendar, out, err);
}

/* Where each fact leads from each state; -1: refused. */
static const int ends[DISPATCH_STATES][DISPATCH_EVENTS] = {
	[DISPATCH_UNKNOWN] = { DISPATCH_IN_PROGRESS, DISPATCH_UNKNOWN, DISPATCH_UNKNOWN },
	/* not stored today: signing follows in the same commit, and here it is made up for */
	[DISPATCH_DISPATCHED] = { -1, DISPATCH_RESOLVED, DISPATCH_IN_PROGRESS },
	[DISPATCH_IN_PROGRESS] = { -1, DISPATCH_RESOLVED, DISPATCH_IN_PROGRESS },
	[DISPATCH_RESOLVED] = { -1, -1, DISPATCH_CLOSED },
	[DISPATCH_CLOSED] = { -1, -1, -1 },
};

static void dispatch_decide_every_pair_goes_by_the_table(void **state)
{
	(void)state;
	for (int from = 0; from <= DISPATCH_STATES; from++) {
		for (int kind = 0; kind < DISPATCH_EVENTS; kind++) {
			struct dispatch_case file = case_in(from);
			struct dispatch_event event = event_of((enum dispatch_event_kind)kind);
			struct dispatch_decision out, untouched;
			struct err err = { .text = "" };
			int wanted = from < DISPATCH_STATES ? ends[from][kind] : -1;
			memset(&out, 0x5A, sizeof out);
			untouched = out;
			enum res res = decide(&file, &event, &out, &err);
			if (wanted < 0) {
				assert_int_equal(res, RES_CONFLICT);
				assert_true(strlen(err.text) > 10);
				assert_memory_equal(&out, &untouched, sizeof out);
			} else {
				assert_int_equal(res, RES_OK);
				assert_int_equal(out.file.state, wanted);
			}
		}
	}
}

static void dispatch_decide_a_fact_a_second_time_is_refused(void **state)
{
	static const enum dispatch_event_kind kinds[] = { DISPATCH_ON_REPLIED, DISPATCH_ON_CLOSED };

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
		struct dispatch_event event = event_of(kinds[i]);
		struct dispatch_decision out;
		struct err err = { .text = "" };
		assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
		file = out.file;
		assert_int_equal(decide(&file, &event, &out, &err), RES_CONFLICT);
		assert_non_null(strstr(err.text, "again"));
	}
}

static void dispatch_decide_accepted_is_dispatched_signed_contacted(void **state)
{
	static const enum dispatch_step wanted[] = { DISPATCH_DID_DISPATCH, DISPATCH_DID_SIGN,
		DISPATCH_DID_CONTACT };
	struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
	struct dispatch_event event = event_of(DISPATCH_ON_ACCEPTED);
	struct dispatch_decision out;

	(void)state;
	assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
	assert_int_equal(out.n_steps, COUNT(wanted));
	assert_memory_equal(out.steps, wanted, sizeof wanted);
	assert_int_equal(out.file.task, 1);
	assert_true(str_eq_c(out.file.unit, "510104"));
	assert_true(str_eq_c(out.choice.co_units[0], "D17"));
	assert_true(str_eq_c(out.file.type, "help"));
	assert_true(str_eq_c(out.file.category, "0205"));
	assert_true(str_eq_c(out.file.area, "510104"));
	assert_int_equal(out.file.dispatched_at.us, at("2019-04-24 09:00:00").us);
	assert_int_equal(out.file.signed_at.us, out.file.dispatched_at.us);
	assert_int_equal(out.file.contacted_at.us, out.file.dispatched_at.us);
	/* a Wednesday; due at 24:00 of the last working day */
	assert_int_equal(out.file.sign_due.us, at("2019-04-26 00:00:00").us);
	assert_int_equal(out.file.contact_due.us, at("2019-04-27 00:00:00").us);
	assert_int_equal(out.file.resolve_due.us, at("2019-05-04 00:00:00").us);
	assert_false(out.file.is_provisional);
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
	assert_true(out.file.is_provisional);
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
		assert_int_equal(out.n_steps, 1);
		assert_int_equal(out.steps[0], DISPATCH_DID_RESOLVE);
		assert_int_equal(out.is_on_time, table[i].is_on_time);
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
			for (size_t s = 0; s < out.n_steps; s++)
				assert_int_equal(out.steps[s], taken++);
			if (out.n_steps > 0 && out.steps[out.n_steps - 1] == DISPATCH_DID_RESOLVE)
				assert_true(out.is_on_time);
			file = out.file;
		}
		assert_int_equal(file.state, DISPATCH_CLOSED);
		assert_int_equal(taken, DISPATCH_STEPS);
		assert_int_equal(file.resolved_at.us, at("2019-04-25 10:00:00").us);
		assert_int_equal(file.closed_at.us, at("2019-05-20 10:00:00").us);
		assert_true(str_eq_c(file.unit, "510104"));
	}
}

static void dispatch_state_name_unknown_number_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(dispatch_state_name(DISPATCH_IN_PROGRESS), "IN_PROGRESS");
	assert_string_equal(dispatch_state_name(-1), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dispatch_decide_every_pair_goes_by_the_table),
		cmocka_unit_test(dispatch_decide_a_fact_a_second_time_is_refused),
		cmocka_unit_test(dispatch_decide_accepted_is_dispatched_signed_contacted),
		cmocka_unit_test(dispatch_decide_due_times_follow_the_type),
		cmocka_unit_test(dispatch_decide_without_reference_has_no_effect),
		cmocka_unit_test(dispatch_decide_reply_at_the_due_time_is_on_time),
		cmocka_unit_test(dispatch_decide_all_orders_end_the_same),
		cmocka_unit_test(dispatch_state_name_unknown_number_is_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

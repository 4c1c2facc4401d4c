/* Every state × event × role, the road by the system and by people, and what is said of the rest.
 */
#include "dispatch_fixture.h"

#define NO -1
/* Where each event leads from each state when people take the steps, and when the system does; NO:
 * refused. Written anew, not taken from the core. */
static const int ends[2][DISPATCH_STATES][DISPATCH_EVENTS] = {
	{
		[DISPATCH_UNKNOWN] = { DISPATCH_ACCEPTED, DISPATCH_DIRECT, DISPATCH_CLOSED,
			DISPATCH_UNKNOWN, DISPATCH_UNKNOWN, DISPATCH_UNKNOWN, DISPATCH_UNKNOWN, NO,
			NO, NO },
		[DISPATCH_DISPATCHED] = { NO, NO, NO, NO, DISPATCH_RESOLVED, DISPATCH_DISPATCHED,
			DISPATCH_DISPATCHED, NO, DISPATCH_IN_PROGRESS, NO },
		[DISPATCH_IN_PROGRESS] = { NO, NO, NO, NO, DISPATCH_RESOLVED, DISPATCH_IN_PROGRESS,
			DISPATCH_IN_PROGRESS, NO, NO, DISPATCH_IN_PROGRESS },
		[DISPATCH_RESOLVED] = { NO, NO, NO, NO, NO, DISPATCH_IN_PROGRESS, DISPATCH_CLOSED,
			NO, NO, NO },
		[DISPATCH_CLOSED] = { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
		[DISPATCH_ACCEPTED] = { NO, NO, NO, NO, DISPATCH_RESOLVED, NO, DISPATCH_ACCEPTED,
			DISPATCH_DISPATCHED, NO, NO },
		[DISPATCH_DIRECT] = { NO, NO, NO, DISPATCH_ACCEPTED, DISPATCH_RESOLVED, NO,
			DISPATCH_DIRECT, NO, NO, NO },
	},
	{
		[DISPATCH_UNKNOWN] = { DISPATCH_IN_PROGRESS, DISPATCH_DIRECT, DISPATCH_CLOSED,
			DISPATCH_UNKNOWN, DISPATCH_UNKNOWN, DISPATCH_UNKNOWN, DISPATCH_UNKNOWN, NO,
			NO, NO },
		/* what the road left to people until today, the system takes at the next chance */
		[DISPATCH_DISPATCHED] = { NO, NO, NO, NO, DISPATCH_RESOLVED, DISPATCH_IN_PROGRESS,
			DISPATCH_IN_PROGRESS, NO, DISPATCH_IN_PROGRESS, NO },
		[DISPATCH_IN_PROGRESS] = { NO, NO, NO, NO, DISPATCH_RESOLVED, DISPATCH_IN_PROGRESS,
			DISPATCH_IN_PROGRESS, NO, NO, DISPATCH_IN_PROGRESS },
		[DISPATCH_RESOLVED] = { NO, NO, NO, NO, NO, DISPATCH_IN_PROGRESS, DISPATCH_CLOSED,
			NO, NO, NO },
		[DISPATCH_CLOSED] = { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
		[DISPATCH_ACCEPTED] = { NO, NO, NO, NO, DISPATCH_RESOLVED, NO, DISPATCH_IN_PROGRESS,
			DISPATCH_IN_PROGRESS, NO, NO },
		[DISPATCH_DIRECT] = { NO, NO, NO, DISPATCH_IN_PROGRESS, DISPATCH_RESOLVED, NO,
			DISPATCH_DIRECT, NO, NO, NO },
	},
};

static void assert_triple(int road, int from, int kind, int role)
{
	const struct dispatch_reference rows = road == 0 ? people() : reference;
	struct dispatch_case file = case_in(from);
	struct dispatch_event event = event_of((enum dispatch_event_kind)kind);
	struct dispatch_decision out, untouched;
	struct err err = { .text = "" };
	bool is_role = (int)event.actor.role == role;
	int wanted = from < DISPATCH_STATES && is_role ? ends[road][from][kind] : NO;

	event.actor.role = (enum role)role;
	event.is_direct = from == DISPATCH_ACCEPTED || from == DISPATCH_DISPATCHED;
	memset(&out, 0x5A, sizeof out);
	untouched = out;
	enum res res = decide_on(&rows, &file, &event, &out, &err);
	if (wanted != NO) {
		assert_int_equal(res, RES_OK);
		if (out.file.state != wanted)
			fail_msg("road %d, %s × %d: %s", road, dispatch_state_name(from), kind,
				dispatch_state_name(out.file.state));
		return;
	}
	bool is_early = from == DISPATCH_UNKNOWN && kind >= DISPATCH_DISPATCH && res == RES_RETRY;
	assert_true(res == RES_CONFLICT || res == RES_DENIED || is_early);
	assert_memory_equal(err.text, is_early ? "dispatch: not kno" : "dispatch: a case ", 17);
	assert_memory_equal(&out, &untouched, sizeof out);
}

static void dispatch_decide_every_triple_goes_by_the_table(void **state)
{
	(void)state;
	for (int road = 0; road < 2; road++) {
		for (int from = 0; from <= DISPATCH_STATES; from++) {
			for (int kind = 0; kind < DISPATCH_EVENTS; kind++) {
				for (int role = 0; role < ROLES; role++)
					assert_triple(road, from, kind, role);
			}
		}
	}
}

static void dispatch_decide_only_the_units_own_people(void **state)
{
	static const struct {
		enum dispatch_event_kind kind;
		int from;
		const char *unit;
		const char *says;
	} table[] = {
		{ DISPATCH_SIGN, DISPATCH_DISPATCHED, "D17",
			"the case is with 510104, not with D17" },
		{ DISPATCH_SIGN, DISPATCH_DISPATCHED, "", "the actor names no unit" },
		{ DISPATCH_CONTACT, DISPATCH_IN_PROGRESS, "D35",
			"the case is with 510104, not with D35" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct dispatch_case file = case_in(table[i].from);
		struct dispatch_event event = event_of(table[i].kind);
		struct dispatch_decision out;
		struct err err = { .text = "" };
		event.actor.unit = str_from_c(table[i].unit);
		assert_int_equal(decide(&file, &event, &out, &err), RES_DENIED);
		assert_non_null(strstr(err.text, table[i].says));
	}
}

static void dispatch_decide_refusals_say_what_is_possible(void **state)
{
	static const struct {
		enum dispatch_event_kind kind;
		int from;
		const char *says;
	} table[] = {
		{ DISPATCH_CONTACT, DISPATCH_DISPATCHED,
			"dispatch: a case that is DISPATCHED cannot have its citizen contacted, "
			"only one that is IN_PROGRESS; possible now: be signed for "
			"(unit_officer)" },
		{ DISPATCH_SIGN, DISPATCH_ACCEPTED, "possible now: be dispatched (dispatcher)" },
		{ DISPATCH_SIGN, DISPATCH_IN_PROGRESS, "possible now: have its citizen contacted" },
		{ DISPATCH_DISPATCH, DISPATCH_DISPATCHED, "a case that is DISPATCHED cannot be" },
		{ DISPATCH_SIGN, DISPATCH_CLOSED, "possible now: nothing" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct dispatch_reference rows = people();
		struct dispatch_case file = case_in(table[i].from);
		struct dispatch_event event = event_of(table[i].kind);
		struct dispatch_decision out;
		struct err err = { .text = "" };
		assert_int_equal(decide_on(&rows, &file, &event, &out, &err), RES_CONFLICT);
		if (strstr(err.text, table[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, table[i].says);
	}
}

static void dispatch_decide_a_fact_a_second_time_is_refused(void **state)
{
	static const enum dispatch_event_kind kinds[] = { DISPATCH_ON_REPLIED, DISPATCH_ON_CLOSED,
		DISPATCH_ON_NO_ARTICLE };

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
	static const enum dispatch_deed wanted[] = { DISPATCH_DID_DISPATCH, DISPATCH_DID_SIGN,
		DISPATCH_DID_CONTACT };
	struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
	struct dispatch_event event = event_of(DISPATCH_ON_ACCEPTED);
	struct dispatch_decision out;

	(void)state;
	assert_int_equal(decide(&file, &event, &out, NULL), RES_OK);
	assert_deeds(&out, wanted, COUNT(wanted));
	for (size_t i = 0; i < out.n_done; i++) {
		assert_false(out.done[i].is_by_actor);
		assert_int_equal(out.done[i].task, 1);
		assert_int_equal(out.done[i].redo, 0);
	}
	assert_true(out.done[1].is_on_time && out.done[2].is_on_time);
	assert_int_equal(out.file.task, 1);
	assert_true(str_eq_c(out.file.unit, "510104"));
	assert_true(str_eq_c(out.done[0].choice.co_units[0], "D17"));
	assert_true(str_eq_c(out.file.type, "help"));
	assert_true(str_eq_c(out.file.category, "0205"));
	assert_true(str_eq_c(out.file.area, "510104"));
	assert_true(str_eq_c(out.file.named_units, "")); /* of reports alone */
	assert_int_equal(out.file.dispatched_at.us, at("2019-04-24 09:00:00").us);
	assert_int_equal(out.file.signed_at.us, out.file.dispatched_at.us);
	assert_int_equal(out.file.contacted_at.us, out.file.dispatched_at.us);
	/* a Wednesday; due at 24:00 of the last working day */
	assert_int_equal(out.file.sign_due.us, at("2019-04-26 00:00:00").us);
	assert_int_equal(out.file.contact_due.us, at("2019-04-27 00:00:00").us);
	assert_int_equal(out.file.resolve_due.us, at("2019-05-04 00:00:00").us);
	assert_int_equal(out.done[0].resolve_due.us, out.file.resolve_due.us);
	assert_false(out.file.is_provisional);
}

/* Each step by the person whose it is; what comes late is told. */
static void dispatch_decide_people_take_their_steps_one_by_one(void **state)
{
	static const struct str co_units[] = { STR_INIT("D35") };
	const struct dispatch_reference rows = people();
	struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
	struct dispatch_event event = event_of(DISPATCH_ON_ACCEPTED);
	struct dispatch_decision out;

	(void)state;
	assert_int_equal(decide_on(&rows, &file, &event, &out, NULL), RES_OK);
	assert_int_equal(out.n_done, 0);
	file = out.file;
	event = event_of(DISPATCH_DISPATCH);
	event.wish =
		(struct dispatch_wish){ .unit = STR("D17"), .co_units = co_units, .n_co_units = 1 };
	assert_int_equal(decide_on(&rows, &file, &event, &out, NULL), RES_OK);
	assert_int_equal(out.n_done, 1);
	assert_true(out.done[0].is_by_actor);
	assert_int_equal(out.done[0].choice.reason, DISPATCH_CHOSEN);
	assert_true(str_eq_c(out.file.unit, "D17"));
	assert_true(str_eq_c(out.done[0].choice.co_units[0], "D35"));
	file = out.file;
	event = event_of(DISPATCH_SIGN);
	event.actor.unit = STR("D17");
	assert_int_equal(dispatch_decide(&file, &event, at("2019-04-26 00:00:00"), &rows, &calendar,
				 &out, NULL),
		RES_OK);
	assert_int_equal(out.n_done, 1);
	assert_true(out.done[0].is_by_actor && out.done[0].is_on_time);
	file = out.file;
	event = event_of(DISPATCH_CONTACT);
	event.actor.unit = STR("D17");
	assert_int_equal(dispatch_decide(&file, &event, at("2019-04-27 00:00:00.000001"), &rows,
				 &calendar, &out, NULL),
		RES_OK);
	assert_true(out.done[0].is_by_actor);
	assert_false(out.done[0].is_on_time);
	file = out.file;
	struct err err = { .text = "" };
	assert_int_equal(decide_on(&rows, &file, &event, &out, &err), RES_CONFLICT);
	assert_non_null(
		strstr(err.text, "again: he was contacted already; possible now: the reply"));
}

/* Signing is somebody's, contacting the system's: the second follows the first at once. */
static void dispatch_decide_the_systems_step_follows_the_persons(void **state)
{
	static const struct road_row mixed[] = { ROAD("dispatch", "system"), ROAD("sign", "people"),
		ROAD("contact", "system") };
	static const enum dispatch_deed wanted[] = { DISPATCH_DID_SIGN, DISPATCH_DID_CONTACT };
	struct dispatch_reference rows = reference;
	struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
	struct dispatch_event event = event_of(DISPATCH_ON_ACCEPTED);
	struct dispatch_decision out;

	(void)state;
	rows.road = mixed;
	assert_int_equal(decide_on(&rows, &file, &event, &out, NULL), RES_OK);
	assert_int_equal(out.file.state, DISPATCH_DISPATCHED);
	file = out.file;
	event = event_of(DISPATCH_SIGN);
	assert_int_equal(decide_on(&rows, &file, &event, &out, NULL), RES_OK);
	assert_deeds(&out, wanted, COUNT(wanted));
	assert_true(out.done[0].is_by_actor);
	assert_false(out.done[1].is_by_actor);
}

static void dispatch_decide_wrong_wishes_have_no_effect(void **state)
{
	static const struct {
		enum dispatch_event_kind kind;
		int from;
		const char *unit, *note, *means, *says;
	} table[] = {
		{ DISPATCH_DISPATCH, DISPATCH_ACCEPTED, "X99", "", "", "unit 'X99' is unknown" },
		{ DISPATCH_DISPATCH, DISPATCH_ACCEPTED, "",
			"一二三四五六七八九十一二三四五六七八九十一二三四五", "", "at most 24" },
		{ DISPATCH_CONTACT, DISPATCH_IN_PROGRESS, "", "a\nb", "", "one line" },
		{ DISPATCH_CONTACT, DISPATCH_IN_PROGRESS, "", "", "pigeon",
			"want phone, visit, message or site" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct dispatch_reference rows = people();
		struct dispatch_case file = case_in(table[i].from);
		struct dispatch_event event = event_of(table[i].kind);
		struct dispatch_decision out, untouched;
		struct err err = { .text = "" };
		event.wish.unit = str_from_c(table[i].unit);
		event.note = str_from_c(table[i].note);
		event.means = str_from_c(table[i].means);
		memset(&out, 0x5A, sizeof out);
		untouched = out;
		assert_int_equal(decide_on(&rows, &file, &event, &out, &err), RES_INVALID);
		if (strstr(err.text, table[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, table[i].says);
		assert_memory_equal(&out, &untouched, sizeof out);
	}
}

/* A report waits for a dispatcher with the names that it must not go to. */
static void dispatch_decide_report_keeps_its_names_until_it_is_dispatched(void **state)
{
	const struct dispatch_reference rows = people();
	struct dispatch_case file = case_in(DISPATCH_UNKNOWN);
	struct dispatch_event event = event_of(DISPATCH_ON_ACCEPTED);
	struct dispatch_decision out;

	(void)state;
	event.question.is_report = true;
	event.question.named_units = STR("D17,510104");
	assert_int_equal(decide_on(&rows, &file, &event, &out, NULL), RES_OK);
	assert_true(str_eq_c(out.file.named_units, "D17,510104"));
	file = out.file;
	event = event_of(DISPATCH_DISPATCH);
	event.wish.unit = STR("D17");
	assert_int_equal(decide_on(&rows, &file, &event, &out, NULL), RES_INVALID);
	event.wish.unit = STR("");
	assert_int_equal(decide_on(&rows, &file, &event, &out, NULL), RES_OK);
	assert_true(str_eq_c(out.file.unit, "D35"));
	assert_int_equal(out.done[0].choice.reason, DISPATCH_REPORT_NAMED);
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
		cmocka_unit_test(dispatch_decide_every_triple_goes_by_the_table),
		cmocka_unit_test(dispatch_decide_only_the_units_own_people),
		cmocka_unit_test(dispatch_decide_refusals_say_what_is_possible),
		cmocka_unit_test(dispatch_decide_a_fact_a_second_time_is_refused),
		cmocka_unit_test(dispatch_decide_accepted_is_dispatched_signed_contacted),
		cmocka_unit_test(dispatch_decide_people_take_their_steps_one_by_one),
		cmocka_unit_test(dispatch_decide_the_systems_step_follows_the_persons),
		cmocka_unit_test(dispatch_decide_wrong_wishes_have_no_effect),
		cmocka_unit_test(dispatch_decide_report_keeps_its_names_until_it_is_dispatched),
		cmocka_unit_test(dispatch_state_name_unknown_number_is_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every state × event pair of follow-up, the plans of visits on a calendar, late and repeated
 * timers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "followup_core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 2019-05-01 to 04 are off, 2019-05-05 (a Sunday) is a working day: sorted, as the core wants it.
 */
static struct workday_override overrides[5];
static struct workday_calendar calendar = {
	.overrides = overrides, .n = COUNT(overrides), .first_year = 2019, .last_year = 2019
};

static struct instant at(const char *text)
{
	struct instant instant;

	assert_int_equal(instant_parse(str_from_c(text), &instant), RES_OK);
	return instant;
}

static void assert_at(struct instant got, const char *want)
{
	char text[INSTANT_TEXT_MAX];

	instant_format(got, text);
	if (got.us != at(want).us)
		fail_msg("%s: want %s", text, want);
}

static int calendar_make(void **state)
{
	int32_t first = date_to_days((struct civil_date){ 2019, 5, 1 });

	(void)state;
	for (int32_t i = 0; i < (int32_t)COUNT(overrides); i++)
		overrides[i] = (struct workday_override){ .day = first + i, .is_work = i == 4 };
	return 0;
}

static struct followup_event event_of(enum followup_event_kind kind, struct instant when)
{
	return (struct followup_event){
		.kind = kind,
		.at = when,
		.type = STR("help"),
		.plan = FOLLOWUP_PLAN_DAYS,
		.rating = { .solved = STR("no"), .satisfaction = 2, .contacted = STR("yes") },
	};
}

static struct followup_decision decide(
	const struct followup_case *file, const struct followup_event *event, struct instant now)
{
	struct followup_decision decision;

	assert_int_equal(followup_decide(file, event, now, &calendar, &decision, NULL), RES_OK);
	return decision;
}

static struct followup_decision start(
	enum followup_event_kind kind, enum followup_plan_name plan, const char *when)
{
	struct followup_event event = event_of(kind, at(when));
	struct followup_case file;

	followup_case_init(&file);
	event.plan = plan;
	return decide(&file, &event, at(when));
}

/* --- every state × event × role --- */

enum shape {
	SHAPE_UNKNOWN,
	SHAPE_NOT_ASKED,
	SHAPE_VISITS_LEFT,
	SHAPE_VISITS_DONE,
	SHAPE_CLOSED,
	SHAPE_REDOING,
	SHAPES
};

static struct followup_case case_in(enum shape shape)
{
	static const int16_t visits[] = { 0, 0, 1, 3, 3, 1 };
	struct followup_case file;

	followup_case_init(&file);
	if (shape == SHAPE_UNKNOWN)
		return file;
	file = start(FOLLOWUP_EV_DELIVERED, FOLLOWUP_PLAN_DAYS, "2019-04-23 10:00").after;
	file.visits = visits[shape];
	file.next_at = at("2019-04-25 09:00");
	if (shape == SHAPE_CLOSED || shape == SHAPE_REDOING) {
		file.state = shape == SHAPE_CLOSED ? FOLLOWUP_CLOSED : FOLLOWUP_REDOING;
		file.next_at = INSTANT_NONE;
		file.redo = 1;
	}
	return file;
}

#define RATERS (ROLE_BIT(CITIZEN) | ROLE_BIT(VISITOR))

/* The rating is a bad one: the first of its case. */
static const struct triple {
	enum shape from;
	enum followup_event_kind event;
	uint32_t roles;
	enum followup_state to;
	size_t n_taken;
	enum followup_timer timer;
	enum followup_timer timer_gone;
} allowed[] = {
	{ SHAPE_UNKNOWN, FOLLOWUP_EV_DELIVERED, ROLE_BIT(SYSTEM), FOLLOWUP_FOLLOWING, 1,
		FOLLOWUP_TIMER_VISIT, FOLLOWUP_TIMER_NONE },
	{ SHAPE_UNKNOWN, FOLLOWUP_EV_UNDELIVERABLE, ROLE_BIT(SYSTEM), FOLLOWUP_FOLLOWING, 1,
		FOLLOWUP_TIMER_VISIT, FOLLOWUP_TIMER_NONE },
	{ SHAPE_REDOING, FOLLOWUP_EV_DELIVERED, ROLE_BIT(SYSTEM), FOLLOWUP_FOLLOWING, 1,
		FOLLOWUP_TIMER_VISIT, FOLLOWUP_TIMER_NONE },
	{ SHAPE_REDOING, FOLLOWUP_EV_UNDELIVERABLE, ROLE_BIT(SYSTEM), FOLLOWUP_FOLLOWING, 1,
		FOLLOWUP_TIMER_VISIT, FOLLOWUP_TIMER_NONE },
	{ SHAPE_NOT_ASKED, FOLLOWUP_EV_VISIT_DUE, ROLE_BIT(SYSTEM), FOLLOWUP_FOLLOWING, 1,
		FOLLOWUP_TIMER_VISIT, FOLLOWUP_TIMER_NONE },
	{ SHAPE_VISITS_LEFT, FOLLOWUP_EV_VISIT_DUE, ROLE_BIT(SYSTEM), FOLLOWUP_FOLLOWING, 2,
		FOLLOWUP_TIMER_VISIT, FOLLOWUP_TIMER_NONE },
	{ SHAPE_VISITS_LEFT, FOLLOWUP_EV_RATE, RATERS, FOLLOWUP_REDOING, 2, FOLLOWUP_TIMER_NONE,
		FOLLOWUP_TIMER_VISIT },
	{ SHAPE_VISITS_DONE, FOLLOWUP_EV_RATE, RATERS, FOLLOWUP_REDOING, 2, FOLLOWUP_TIMER_NONE,
		FOLLOWUP_TIMER_CLOSE },
	{ SHAPE_VISITS_DONE, FOLLOWUP_EV_CLOSE_DUE, ROLE_BIT(SYSTEM), FOLLOWUP_CLOSED, 2,
		FOLLOWUP_TIMER_NONE, FOLLOWUP_TIMER_CLOSE },
};

static const struct triple *allowed_find(int shape, int kind, int role)
{
	for (size_t i = 0; i < COUNT(allowed); i++)
		if ((int)allowed[i].from == shape && (int)allowed[i].event == kind &&
			role_is_in((enum role)role, allowed[i].roles))
			return &allowed[i];
	return NULL;
}

static enum res refusal_of(int shape, int kind, int role)
{
	uint32_t roles = kind == FOLLOWUP_EV_RATE ? RATERS : ROLE_BIT(SYSTEM);

	if (!role_is_in((enum role)role, roles))
		return RES_DENIED;
	return kind == FOLLOWUP_EV_RATE && shape == SHAPE_UNKNOWN ? RES_RETRY : RES_CONFLICT;
}

static void triple_check(int shape, int kind, int role)
{
	struct instant now = at("2019-04-25 09:00");
	const struct triple *triple = allowed_find(shape, kind, role);
	struct followup_case file = case_in((enum shape)shape);
	struct followup_case before = file;
	struct followup_event event = event_of((enum followup_event_kind)kind, now);
	struct followup_decision decision, untouched;
	struct err err = { "" };
	enum res res;

	event.actor = (struct actor){ .role = (enum role)role };
	memset(&decision, 0x5a, sizeof(decision));
	untouched = decision;
	res = followup_decide(&file, &event, now, &calendar, &decision, &err);
	assert_memory_equal(&file, &before, sizeof(file));
	if (triple != NULL) {
		assert_string_equal(err.text, "");
		assert_int_equal(res, RES_OK);
		assert_int_equal(decision.after.state, triple->to);
		assert_int_equal(decision.n_taken, triple->n_taken);
		assert_int_equal(decision.timer, triple->timer);
		assert_int_equal(decision.timer_gone, triple->timer_gone);
		return;
	}
	assert_string_equal(res_name(res), res_name(refusal_of(shape, kind, role)));
	assert_memory_equal(&decision, &untouched, sizeof(decision));
	assert_true(strlen(err.text) > 10);
	if (res == RES_CONFLICT)
		assert_non_null(strstr(err.text, followup_state_name(file.state)));
}

static void followup_decide_each_state_event_and_role_follows_the_table_or_is_refused(void **state)
{
	(void)state;
	for (int shape = 0; shape < SHAPES; shape++)
		for (int kind = 0; kind < FOLLOWUP_EVENTS; kind++)
			for (int role = 0; role < ROLES; role++)
				triple_check(shape, kind, role);
}

/* --- plans --- */

static const struct {
	const char *what;
	enum followup_plan_name plan;
	enum followup_event_kind kind;
	const char *delivered;
	const char *visits[4]; /* NULL-terminated */
	const char *closed;
	const char *reason;
} lives[] = {
	{ "three working days", FOLLOWUP_PLAN_DAYS, FOLLOWUP_EV_DELIVERED, "2019-04-23 10:00",
		{ "2019-04-24 09:00", "2019-04-25 09:00", "2019-04-26 09:00" }, "2019-04-27 00:00",
		"no_answer" },
	{ "over the holidays, with a working Sunday", FOLLOWUP_PLAN_DAYS, FOLLOWUP_EV_DELIVERED,
		"2019-04-30 23:59:59",
		{ "2019-05-05 09:00", "2019-05-06 09:00", "2019-05-07 09:00" }, "2019-05-08 00:00",
		"no_answer" },
	{ "delivered before dawn", FOLLOWUP_PLAN_DAYS, FOLLOWUP_EV_DELIVERED, "2019-04-23 00:00",
		{ "2019-04-24 09:00", "2019-04-25 09:00", "2019-04-26 09:00" }, "2019-04-27 00:00",
		"no_answer" },
	{ "undeliverable", FOLLOWUP_PLAN_DAYS, FOLLOWUP_EV_UNDELIVERABLE, "2019-04-23 10:00",
		{ "2019-04-24 09:00", "2019-04-25 09:00", "2019-04-26 09:00" }, "2019-04-27 00:00",
		"undelivered" },
	{ "urgent: three times on the next working day", FOLLOWUP_PLAN_HOURS, FOLLOWUP_EV_DELIVERED,
		"2019-04-30 08:00", { "2019-05-05 09:00", "2019-05-05 13:00", "2019-05-05 17:00" },
		"2019-05-06 00:00", "no_answer" },
	{ "thanks", FOLLOWUP_PLAN_THANKS, FOLLOWUP_EV_DELIVERED, "2019-04-23 10:00",
		{ "2019-04-24 09:00" }, "2019-05-01 00:00", "auto" },
	{ "thanks that could not be handed over", FOLLOWUP_PLAN_THANKS, FOLLOWUP_EV_UNDELIVERABLE,
		"2019-04-23 10:00", { "2019-04-24 09:00" }, "2019-05-01 00:00", "undelivered" },
};

static void visit_check(struct followup_decision *made, int16_t k, const char *when, bool is_last)
{
	struct followup_event event = event_of(FOLLOWUP_EV_VISIT_DUE, INSTANT_NONE);
	size_t n = 0;

	assert_int_equal(made->timer, FOLLOWUP_TIMER_VISIT);
	assert_at(made->after.next_at, when);
	*made = decide(&made->after, &event, at(when));
	if (k > 1) {
		assert_int_equal(made->taken[n].kind, FOLLOWUP_SILENT);
		assert_int_equal(made->taken[n++].visit, k - 1);
	}
	assert_int_equal(made->taken[n].kind, FOLLOWUP_VISITED);
	assert_int_equal(made->taken[n++].visit, k);
	assert_int_equal(made->n_taken, n);
	assert_int_equal(made->after.visits, k);
	assert_int_equal(made->timer, is_last ? FOLLOWUP_TIMER_CLOSE : FOLLOWUP_TIMER_VISIT);
}

static void life_check(size_t row)
{
	struct followup_event event = event_of(FOLLOWUP_EV_CLOSE_DUE, INSTANT_NONE);
	struct followup_decision made =
		start(lives[row].kind, lives[row].plan, lives[row].delivered);
	int16_t k = 0;

	assert_int_equal(made.taken[0].kind, FOLLOWUP_STARTED);
	while (lives[row].visits[k] != NULL) {
		const char *when = lives[row].visits[k++];
		visit_check(&made, k, when, lives[row].visits[k] == NULL);
	}
	assert_int_equal(made.after.planned, k);
	assert_at(made.after.next_at, lives[row].closed);
	made = decide(&made.after, &event, at(lives[row].closed));
	assert_int_equal(made.n_taken, 2);
	assert_int_equal(made.taken[0].kind, FOLLOWUP_SILENT);
	assert_int_equal(made.taken[0].visit, k);
	assert_int_equal(made.taken[1].kind, FOLLOWUP_CLOSED_DEED);
	assert_true(str_eq(made.after.reason, str_from_c(lives[row].reason)));
	assert_true(instant_is_none(made.after.next_at));
	assert_at(made.after.closed_at, lives[row].closed);
}

static void followup_life_each_plan_visits_and_closes_as_planned(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lives); i++) {
		print_message("%s\n", lives[i].what);
		life_check(i);
	}
}

static void followup_plan_for_each_limit_of_sla_names_its_plan(void **state)
{
	static const struct {
		const char *due;
		enum followup_plan_name want;
	} rows[] = {
		{ "3wd", FOLLOWUP_PLAN_DAYS },
		{ "7wd", FOLLOWUP_PLAN_DAYS },
		{ "2wd", FOLLOWUP_PLAN_HOURS },
		{ "1wd", FOLLOWUP_PLAN_HOURS },
		{ "24h", FOLLOWUP_PLAN_HOURS },
		{ "0", FOLLOWUP_PLAN_HOURS },
		{ "-", FOLLOWUP_PLAN_THANKS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct time_limit limit;
		assert_int_equal(time_limit_parse(str_from_c(rows[i].due), &limit, NULL), RES_OK);
		assert_int_equal(followup_plan_for(limit), rows[i].want);
	}
	assert_int_equal(
		followup_plan_for((struct time_limit){ LIMIT_WORKDAYS, -1 }), FOLLOWUP_PLAN_DAYS);
}

/* --- timers that come early, late or twice --- */

static void followup_decide_timer_before_its_time_is_only_set_again(void **state)
{
	struct followup_decision made =
		start(FOLLOWUP_EV_DELIVERED, FOLLOWUP_PLAN_THANKS, "2019-04-23 10:00");
	struct followup_event due = event_of(FOLLOWUP_EV_VISIT_DUE, INSTANT_NONE);
	struct followup_event end = event_of(FOLLOWUP_EV_CLOSE_DUE, INSTANT_NONE);
	struct followup_decision again;

	(void)state;
	again = decide(&made.after, &due, at("2019-04-24 08:59:59"));
	assert_int_equal(again.n_taken, 0);
	assert_int_equal(again.timer, FOLLOWUP_TIMER_VISIT);
	assert_memory_equal(&again.after, &made.after, sizeof(made.after));
	made = decide(&made.after, &due, at("2019-04-24 09:00"));
	again = decide(&made.after, &end, at("2019-04-24 09:00:01"));
	assert_int_equal(again.n_taken, 0);
	assert_int_equal(again.timer, FOLLOWUP_TIMER_CLOSE);
	assert_memory_equal(&again.after, &made.after, sizeof(made.after));
}

static void followup_decide_timer_twice_visits_once(void **state)
{
	struct followup_decision made =
		start(FOLLOWUP_EV_DELIVERED, FOLLOWUP_PLAN_DAYS, "2019-04-23 10:00");
	struct followup_event due = event_of(FOLLOWUP_EV_VISIT_DUE, INSTANT_NONE);

	(void)state;
	made = decide(&made.after, &due, at("2019-04-24 09:00"));
	made = decide(&made.after, &due, at("2019-04-24 09:00"));
	assert_int_equal(made.after.visits, 1);
	assert_int_equal(made.n_taken, 0);
	assert_at(made.after.next_at, "2019-04-25 09:00");
}

static void followup_decide_after_a_standstill_days_lie_between_visits(void **state)
{
	static const char *const late[] = { "2019-04-30 22:00", "2019-05-06 10:00",
		"2019-05-20 09:00" };
	static const char *const next[] = { "2019-05-05 09:00", "2019-05-07 09:00",
		"2019-05-21 00:00" };
	struct followup_decision made =
		start(FOLLOWUP_EV_DELIVERED, FOLLOWUP_PLAN_DAYS, "2019-04-23 10:00");
	struct followup_event due = event_of(FOLLOWUP_EV_VISIT_DUE, INSTANT_NONE);

	(void)state;
	for (size_t i = 0; i < COUNT(late); i++) {
		made = decide(&made.after, &due, at(late[i]));
		assert_at(made.after.next_at, next[i]);
	}
	assert_int_equal(made.timer, FOLLOWUP_TIMER_CLOSE);
}

static void followup_decide_event_that_comes_days_late_starts_with_a_visit_to_come(void **state)
{
	struct followup_event event = event_of(FOLLOWUP_EV_DELIVERED, at("2019-04-23 10:00"));
	struct followup_decision made;
	struct followup_case file;

	(void)state;
	followup_case_init(&file);
	made = decide(&file, &event, at("2019-04-29 10:00"));
	assert_at(made.after.delivered_at, "2019-04-23 10:00");
	assert_at(made.after.next_at, "2019-04-30 09:00");
}

/* --- ratings --- */

static struct followup_decision rate(const struct followup_case *file, const char *solved,
	int32_t satisfaction, const char *when)
{
	struct followup_event event = event_of(FOLLOWUP_EV_RATE, INSTANT_NONE);

	event.actor.role = ROLE_CITIZEN;
	event.rating.solved = str_from_c(solved);
	event.rating.satisfaction = satisfaction;
	return decide(file, &event, at(when));
}

static void followup_rate_what_it_leads_to_depends_on_rating_type_and_round(void **state)
{
	static const struct {
		const char *type;
		int16_t redo;
		const char *solved;
		int32_t satisfaction;
		enum followup_state end;
		const char *reason; /* of the closing */
		const char *rating;
	} rows[] = {
		{ "help", 0, "yes", 5, FOLLOWUP_CLOSED, "rated", "yes/5" },
		{ "help", 0, "partly", 3, FOLLOWUP_CLOSED, "rated", "partly/3" },
		{ "help", 0, "yes", 2, FOLLOWUP_REDOING, "", "yes/2" },
		{ "help", 0, "no", 5, FOLLOWUP_REDOING, "", "no/5" },
		{ "help", 1, "yes", 4, FOLLOWUP_CLOSED, "rated", "yes/4" },
		{ "help", 1, "no", 1, FOLLOWUP_CLOSED, "unsatisfied", "no/1" },
		{ "consult", 0, "no", 1, FOLLOWUP_CLOSED, "unsatisfied", "no/1" },
		{ "consult", 0, "yes", 3, FOLLOWUP_CLOSED, "rated", "yes/3" },
		{ "praise", 0, "partly", 2, FOLLOWUP_CLOSED, "unsatisfied", "partly/2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct followup_case file = case_in(SHAPE_VISITS_LEFT);
		struct followup_decision made;
		file.type = str_from_c(rows[i].type);
		file.redo = rows[i].redo;
		made = rate(&file, rows[i].solved, rows[i].satisfaction, "2019-04-24 12:00");
		assert_int_equal(made.after.state, rows[i].end);
		assert_int_equal(made.n_taken, 2);
		assert_int_equal(made.taken[0].kind, FOLLOWUP_RATED);
		assert_int_equal(made.taken[0].visit, 1);
		assert_true(str_eq_c(made.after.rating, rows[i].rating));
		assert_true(str_eq_c(made.after.reason, rows[i].reason));
		assert_true(instant_is_none(made.after.next_at));
		assert_int_equal(made.timer, FOLLOWUP_TIMER_NONE);
		assert_int_equal(made.timer_gone, FOLLOWUP_TIMER_VISIT);
		assert_int_equal(
			made.after.redo, rows[i].redo + (rows[i].end == FOLLOWUP_REDOING ? 1 : 0));
	}
}

static void followup_rate_names_what_is_wrong_with_a_rating(void **state)
{
	static char long_remark[3 * (FOLLOWUP_REMARK_MAX + 1) + 1];
	static const struct {
		struct followup_rating rating;
		const char *says;
	} rows[] = {
		{ { STR_INIT("maybe"), 5, STR_INIT(""), STR_INIT("") }, "solved 'maybe'" },
		{ { STR_INIT(""), 5, STR_INIT(""), STR_INIT("") }, "want yes, partly or no" },
		{ { STR_INIT("yes"), 0, STR_INIT(""), STR_INIT("") }, "satisfaction 0" },
		{ { STR_INIT("yes"), 6, STR_INIT(""), STR_INIT("") }, "1 (not at all) to 5" },
		{ { STR_INIT("yes"), 5, STR_INIT("so"), STR_INIT("") }, "contacted 'so'" },
		{ { STR_INIT("yes"), 5, STR_INIT(""), STR_INIT("a\x01") }, "control character" },
		{ { STR_INIT("yes"), 5, STR_INIT(""), { long_remark, sizeof(long_remark) - 1 } },
			"501 characters: at most 500" },
	};

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(long_remark); i += 3)
		memcpy(long_remark + i, "字", 3);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct followup_case file = case_in(SHAPE_VISITS_LEFT);
		struct followup_event event = event_of(FOLLOWUP_EV_RATE, INSTANT_NONE);
		struct followup_decision made;
		struct err err = { "" };
		event.actor.role = ROLE_VISITOR;
		event.rating = rows[i].rating;
		assert_int_equal(followup_decide(&file, &event, at("2019-04-24 12:00"), &calendar,
					 &made, &err),
			RES_INVALID);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, rows[i].says);
	}
}

static void followup_rate_before_the_first_visit_says_when_it_is(void **state)
{
	struct followup_case file = case_in(SHAPE_NOT_ASKED);
	struct followup_event event = event_of(FOLLOWUP_EV_RATE, INSTANT_NONE);
	struct followup_decision made;
	struct err err = { "" };

	(void)state;
	event.actor.role = ROLE_CITIZEN;
	assert_int_equal(
		followup_decide(&file, &event, at("2019-04-24 12:00"), &calendar, &made, &err),
		RES_CONFLICT);
	assert_non_null(strstr(err.text, "2019-04-25T09:00:00+08:00"));
	assert_non_null(strstr(err.text, "by citizen or visitor"));
}

static void followup_first_visit_of_the_system_goes_with_the_reply(void **state)
{
	struct followup_event event = event_of(FOLLOWUP_EV_DELIVERED, at("2019-04-23 10:00"));
	struct followup_decision made;
	struct followup_case file;

	(void)state;
	followup_case_init(&file);
	event.is_asked_now = true;
	made = decide(&file, &event, at("2019-04-23 10:00"));
	assert_int_equal(made.n_taken, 2);
	assert_int_equal(made.taken[0].kind, FOLLOWUP_STARTED);
	assert_int_equal(made.taken[1].kind, FOLLOWUP_VISITED);
	assert_int_equal(made.after.visits, 1);
	/* the others as planned */
	assert_at(made.after.next_at, "2019-04-25 09:00");
	made = rate(&made.after, "yes", 5, "2019-04-23 10:01");
	assert_int_equal(made.after.state, FOLLOWUP_CLOSED);
	/* thanks need no second visit: the closing comes next */
	event.plan = FOLLOWUP_PLAN_THANKS;
	made = decide(&file, &event, at("2019-04-23 10:00"));
	assert_int_equal(made.timer, FOLLOWUP_TIMER_CLOSE);
	assert_at(made.after.next_at, "2019-05-01 00:00");
	/* what did not arrive cannot be asked about */
	event.kind = FOLLOWUP_EV_UNDELIVERABLE;
	made = decide(&file, &event, at("2019-04-23 10:00"));
	assert_int_equal(made.after.visits, 0);
}

static void followup_second_round_has_visits_and_an_end_of_its_own(void **state)
{
	static const char *const visits[] = { "2019-04-29 09:00", "2019-04-30 09:00",
		"2019-05-05 09:00" };
	struct followup_event delivered = event_of(FOLLOWUP_EV_DELIVERED, at("2019-04-26 16:00"));
	struct followup_event due = event_of(FOLLOWUP_EV_VISIT_DUE, INSTANT_NONE);
	struct followup_event end = event_of(FOLLOWUP_EV_CLOSE_DUE, INSTANT_NONE);
	struct followup_case file = case_in(SHAPE_VISITS_LEFT);
	struct followup_decision made = rate(&file, "no", 1, "2019-04-24 12:00");

	(void)state;
	assert_int_equal(made.after.state, FOLLOWUP_REDOING);
	made = decide(&made.after, &delivered, at("2019-04-26 16:00"));
	assert_int_equal(made.after.round, 2);
	assert_true(str_is_empty(made.after.rating));
	assert_int_equal(followup_planned_of_round(&made.after), 3);
	for (size_t i = 0; i < COUNT(visits); i++) {
		assert_int_equal(followup_visits_of_round(&made.after), i);
		assert_at(made.after.next_at, visits[i]);
		made = decide(&made.after, &due, at(visits[i]));
		assert_int_equal(made.n_taken, i == 0 ? 1 : 2);
	}
	assert_int_equal(made.after.visits, 4);
	made = decide(&made.after, &end, at("2019-05-06 00:00"));
	assert_true(str_eq(made.after.reason, STR("no_answer")));
	assert_int_equal(made.after.redo, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			followup_decide_each_state_event_and_role_follows_the_table_or_is_refused),
		cmocka_unit_test(followup_life_each_plan_visits_and_closes_as_planned),
		cmocka_unit_test(followup_plan_for_each_limit_of_sla_names_its_plan),
		cmocka_unit_test(followup_decide_timer_before_its_time_is_only_set_again),
		cmocka_unit_test(followup_decide_timer_twice_visits_once),
		cmocka_unit_test(followup_decide_after_a_standstill_days_lie_between_visits),
		cmocka_unit_test(
			followup_decide_event_that_comes_days_late_starts_with_a_visit_to_come),
		cmocka_unit_test(followup_rate_what_it_leads_to_depends_on_rating_type_and_round),
		cmocka_unit_test(followup_rate_names_what_is_wrong_with_a_rating),
		cmocka_unit_test(followup_rate_before_the_first_visit_says_when_it_is),
		cmocka_unit_test(followup_first_visit_of_the_system_goes_with_the_reply),
		cmocka_unit_test(followup_second_round_has_visits_and_an_end_of_its_own),
	};

	return cmocka_run_group_tests(tests, calendar_make, NULL);
}

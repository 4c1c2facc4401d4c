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
		.kind = kind, .at = when, .type = STR("help"), .plan = FOLLOWUP_PLAN_DAYS
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

/* --- every pair --- */

enum shape { SHAPE_UNKNOWN, SHAPE_VISITS_LEFT, SHAPE_VISITS_DONE, SHAPE_CLOSED, SHAPES };

static struct followup_case case_in(enum shape shape)
{
	struct followup_case file;

	followup_case_init(&file);
	if (shape == SHAPE_UNKNOWN)
		return file;
	file = start(FOLLOWUP_EV_DELIVERED, FOLLOWUP_PLAN_DAYS, "2019-04-23 10:00").after;
	file.visits = shape == SHAPE_VISITS_LEFT ? 1 : 3;
	file.next_at = at("2019-04-25 09:00");
	if (shape == SHAPE_CLOSED) {
		file.state = FOLLOWUP_CLOSED;
		file.next_at = INSTANT_NONE;
	}
	return file;
}

static const struct {
	enum shape from;
	enum followup_event_kind event;
	enum followup_state to;
	size_t n_taken;
	enum followup_timer timer;
} allowed[] = {
	{ SHAPE_UNKNOWN, FOLLOWUP_EV_DELIVERED, FOLLOWUP_FOLLOWING, 1, FOLLOWUP_TIMER_VISIT },
	{ SHAPE_UNKNOWN, FOLLOWUP_EV_UNDELIVERABLE, FOLLOWUP_FOLLOWING, 1, FOLLOWUP_TIMER_VISIT },
	{ SHAPE_VISITS_LEFT, FOLLOWUP_EV_VISIT_DUE, FOLLOWUP_FOLLOWING, 2, FOLLOWUP_TIMER_VISIT },
	{ SHAPE_VISITS_DONE, FOLLOWUP_EV_CLOSE_DUE, FOLLOWUP_CLOSED, 2, FOLLOWUP_TIMER_NONE },
};

static void pair_check(enum shape shape, enum followup_event_kind kind)
{
	struct instant now = at("2019-04-25 09:00");
	struct followup_case file = case_in(shape);
	struct followup_case before = file;
	struct followup_event event = event_of(kind, now);
	struct followup_decision decision;
	struct followup_decision untouched;
	struct err err = { "" };
	enum res res;

	memset(&decision, 0x5a, sizeof(decision));
	untouched = decision;
	res = followup_decide(&file, &event, now, &calendar, &decision, &err);
	assert_memory_equal(&file, &before, sizeof(file));
	for (size_t i = 0; i < COUNT(allowed); i++)
		if (allowed[i].from == shape && allowed[i].event == kind) {
			assert_int_equal(res, RES_OK);
			assert_int_equal(decision.after.state, allowed[i].to);
			assert_int_equal(decision.n_taken, allowed[i].n_taken);
			assert_int_equal(decision.timer, allowed[i].timer);
			return;
		}
	assert_int_equal(res, RES_CONFLICT);
	assert_memory_equal(&decision, &untouched, sizeof(decision));
	assert_non_null(strstr(err.text, followup_state_name((enum followup_state)file.state)));
}

static void followup_decide_each_pair_follows_the_table_or_is_refused(void **state)
{
	(void)state;
	for (int shape = 0; shape < SHAPES; shape++)
		for (int kind = 0; kind < FOLLOWUP_EVENTS; kind++)
			pair_check((enum shape)shape, (enum followup_event_kind)kind);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followup_decide_each_pair_follows_the_table_or_is_refused),
		cmocka_unit_test(followup_life_each_plan_visits_and_closes_as_planned),
		cmocka_unit_test(followup_plan_for_each_limit_of_sla_names_its_plan),
		cmocka_unit_test(followup_decide_timer_before_its_time_is_only_set_again),
		cmocka_unit_test(followup_decide_timer_twice_visits_once),
		cmocka_unit_test(followup_decide_after_a_standstill_days_lie_between_visits),
		cmocka_unit_test(
			followup_decide_event_that_comes_days_late_starts_with_a_visit_to_come),
	};

	return cmocka_run_group_tests(tests, calendar_make, NULL);
}

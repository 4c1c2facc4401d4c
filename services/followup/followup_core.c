/* Decides when a citizen is asked, what a rating leads to and when a case ends. */
#include "followup_core.h"

#include "base/check.h"

/* One visit a row of the plan; working days are counted from the day of delivery, hours are
 * Shanghai's. */
struct slot {
	int8_t workday;
	int8_t hour;
};

static const struct plan {
	struct slot visits[FOLLOWUP_VISITS_MAX];
	int16_t n_visits;
	int8_t close_workday;	     /* ends at 24:00 of it */
	enum followup_reason reason; /* of closing when nobody answered */
} plans[] = {
	[FOLLOWUP_PLAN_DAYS] = { { { 1, 9 }, { 2, 9 }, { 3, 9 } }, 3, 3,
		FOLLOWUP_REASON_NO_ANSWER },
	[FOLLOWUP_PLAN_HOURS] = { { { 1, 9 }, { 1, 13 }, { 1, 17 } }, 3, 1,
		FOLLOWUP_REASON_NO_ANSWER },
	[FOLLOWUP_PLAN_THANKS] = { { { 1, 9 } }, 1, 5, FOLLOWUP_REASON_AUTO },
};
_Static_assert(sizeof(plans) / sizeof(plans[0]) == FOLLOWUP_PLANS, "each plan has its row");

/* Which plan a limit of sla.csv means: the first row that fits. */
static const struct {
	enum limit_unit unit;
	int32_t least;
	enum followup_plan_name plan;
} choices[] = {
	{ LIMIT_NONE, 0, FOLLOWUP_PLAN_THANKS },
	{ LIMIT_WORKDAYS, 3, FOLLOWUP_PLAN_DAYS },
	{ LIMIT_WORKDAYS, 0, FOLLOWUP_PLAN_HOURS },
	{ LIMIT_MINUTES, 0, FOLLOWUP_PLAN_HOURS },
};

/* What a step does, chosen by the table below. */
enum act { ACT_START, ACT_VISIT, ACT_CLOSE_SILENT, ACT_RATE, ACT_REDO, ACT_END };

static const struct life_step steps[] = {
#define STEP(from, event, to, roles, act, why)                                                     \
	{ FOLLOWUP_##from, FOLLOWUP_EV_##event, FOLLOWUP_##to, roles },
#include "followup_steps.def"
#undef STEP
};

static const enum act acts[] = {
#define STEP(from, event, to, roles, act, why) act,
#include "followup_steps.def"
#undef STEP
};
_Static_assert(sizeof(acts) / sizeof(acts[0]) == sizeof(steps) / sizeof(steps[0]), "one a step");

static const char *const events[] = {
#define EVENT(name, source, meaning) [FOLLOWUP_EV_##name] = meaning,
#include "followup_events.def"
#undef EVENT
};
_Static_assert(sizeof(events) / sizeof(events[0]) == FOLLOWUP_EVENTS, "each event has its words");

static const struct life life = {
	.owner = "followup",
	.steps = steps,
	.n_steps = sizeof(steps) / sizeof(steps[0]),
	.events = events,
	.n_events = FOLLOWUP_EVENTS,
	.state_name = followup_state_name,
};

/* Nothing can be done again: an answer to a question, thanks for praise. */
static const char *const never_redone[] = { "consult", "praise" };

/* What may be said of the solution, and how it stands on the row with each satisfaction. */
static const struct {
	const char *solved;
	const char *texts[FOLLOWUP_SATISFACTION_MAX + 1];
} ratings[] = {
	{ "yes", { NULL, "yes/1", "yes/2", "yes/3", "yes/4", "yes/5" } },
	{ "partly", { NULL, "partly/1", "partly/2", "partly/3", "partly/4", "partly/5" } },
	{ "no", { NULL, "no/1", "no/2", "no/3", "no/4", "no/5" } },
};

const char *followup_state_name(int state)
{
	switch (state) {
#define STATE(name, number, meaning)                                                               \
	case number:                                                                               \
		return #name;
#include "followup_states.def"
#undef STATE
	}
	return "?";
}

const char *followup_reason_word(enum followup_reason reason)
{
	static const char *const words[] = {
#define REASON(name, word, meaning) [FOLLOWUP_REASON_##name] = word,
#include "followup_reasons.def"
#undef REASON
	};

	return words[reason];
}

void followup_case_init(struct followup_case *file)
{
	*file = (struct followup_case){
		.state = FOLLOWUP_UNKNOWN,
		.delivered_at = INSTANT_NONE,
		.next_at = INSTANT_NONE,
		.closed_at = INSTANT_NONE,
	};
}

enum followup_plan_name followup_plan_for(struct time_limit followup_due)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (choices[i].unit == followup_due.unit && followup_due.n >= choices[i].least)
			return choices[i].plan;
	return FOLLOWUP_PLAN_DAYS;
}

static struct instant slot_at(int32_t day, int8_t hour)
{
	return instant_add(instant_from_shanghai_day(day), SPAN_HOURS(hour));
}

int16_t followup_planned_of_round(const struct followup_case *file)
{
	return plans[file->plan].n_visits;
}

int16_t followup_visits_of_round(const struct followup_case *file)
{
	return (int16_t)(file->visits - file->planned + plans[file->plan].n_visits);
}

/* When the next visit takes place: as planned, or, when the plan's time is past because the system
 * stood still, at that hour of the next working day. Nobody is asked three times in a row only
 * because we were late. */
static struct instant visit_time(const struct followup_case *file, struct instant now,
	const struct workday_calendar *calendar)
{
	struct slot slot = plans[file->plan].visits[followup_visits_of_round(file)];
	int32_t delivered = instant_shanghai_day(file->delivered_at);
	struct instant at = slot_at(workday_add(calendar, delivered, slot.workday), slot.hour);

	if (instant_is_before(now, at))
		return at;
	return slot_at(workday_add(calendar, instant_shanghai_day(now), 1), slot.hour);
}

/* 24:00 of the plan's last day, and never before the end of the day of the last visit. */
static struct instant close_time(const struct followup_case *file, struct instant now,
	const struct workday_calendar *calendar)
{
	int32_t planned = workday_add(calendar, instant_shanghai_day(file->delivered_at),
		plans[file->plan].close_workday);
	int32_t today = instant_shanghai_day(now);

	return instant_from_shanghai_day((planned > today ? planned : today) + 1);
}

/* The one that stands: visits first, then the closing. */
static enum followup_timer timer_of(const struct followup_case *file)
{
	if (file->state != FOLLOWUP_FOLLOWING)
		return FOLLOWUP_TIMER_NONE;
	return file->visits < file->planned ? FOLLOWUP_TIMER_VISIT : FOLLOWUP_TIMER_CLOSE;
}

/* --- what a step does --- */

static void take(struct followup_decision *made, enum followup_deed_kind kind, int16_t visit)
{
	CHECK(made->n_taken < FOLLOWUP_TAKEN_MAX);
	made->taken[made->n_taken++] = (struct followup_deed){ .kind = kind, .visit = visit };
}

static void start(struct followup_decision *made, const struct followup_event *event,
	struct instant now, const struct workday_calendar *calendar)
{
	struct followup_case *file = &made->after;

	CHECK(event->plan < FOLLOWUP_PLANS);
	file->plan = (int16_t)event->plan;
	file->round++;
	file->planned = (int16_t)(file->visits + plans[event->plan].n_visits);
	file->type = event->type;
	file->rating = STR_NONE;
	file->is_undelivered = event->kind == FOLLOWUP_EV_UNDELIVERABLE;
	file->delivered_at = event->at;
	file->next_at = visit_time(file, now, calendar);
	take(made, FOLLOWUP_STARTED, 0);
}

static void visit(
	struct followup_decision *made, struct instant now, const struct workday_calendar *calendar)
{
	struct followup_case *file = &made->after;

	if (followup_visits_of_round(file) > 0)
		take(made, FOLLOWUP_SILENT, file->visits);
	file->visits++;
	take(made, FOLLOWUP_VISITED, file->visits);
	file->next_at = file->visits < file->planned ? visit_time(file, now, calendar)
						     : close_time(file, now, calendar);
}

static void close_as(
	struct followup_decision *made, enum followup_reason reason, struct instant now)
{
	struct followup_case *file = &made->after;

	file->reason = str_from_c(followup_reason_word(reason));
	file->next_at = INSTANT_NONE;
	file->closed_at = now;
	take(made, FOLLOWUP_CLOSED_DEED, file->visits);
}

static void close_silent(struct followup_decision *made, struct instant now)
{
	const struct followup_case *file = &made->after;

	take(made, FOLLOWUP_SILENT, file->visits);
	close_as(made,
		file->is_undelivered ? FOLLOWUP_REASON_UNDELIVERED : plans[file->plan].reason, now);
}

static bool is_content(const struct followup_rating *rating)
{
	return !str_eq_c(rating->solved, "no") && rating->satisfaction >= FOLLOWUP_CONTENT_FROM;
}

const char *followup_redo_reason(const struct followup_rating *rating)
{
	return str_eq_c(rating->solved, "no") ? "unsolved" : "unsatisfied";
}

static bool may_redo(const struct followup_case *file)
{
	for (size_t i = 0; i < sizeof(never_redone) / sizeof(never_redone[0]); i++)
		if (str_eq_c(file->type, never_redone[i]))
			return false;
	return file->redo < FOLLOWUP_REDO_MAX;
}

static void rate(struct followup_decision *made, const struct followup_rating *rating)
{
	for (size_t i = 0; i < sizeof(ratings) / sizeof(ratings[0]); i++)
		if (str_eq_c(rating->solved, ratings[i].solved))
			made->after.rating = str_from_c(ratings[i].texts[rating->satisfaction]);
	take(made, FOLLOWUP_RATED, made->after.visits);
}

static void redo(struct followup_decision *made)
{
	made->after.redo++;
	made->after.next_at = INSTANT_NONE;
	take(made, FOLLOWUP_REDONE, 0);
}

static void perform(struct followup_decision *made, enum act act,
	const struct followup_event *event, struct instant now,
	const struct workday_calendar *calendar)
{
	switch (act) {
	case ACT_START:
		start(made, event, now, calendar);
		break;
	case ACT_VISIT:
		visit(made, now, calendar);
		break;
	case ACT_CLOSE_SILENT:
		close_silent(made, now);
		break;
	case ACT_RATE:
		rate(made, &event->rating);
		break;
	case ACT_REDO:
		redo(made);
		break;
	case ACT_END:
		close_as(made,
			is_content(&event->rating) ? FOLLOWUP_REASON_RATED
						   : FOLLOWUP_REASON_UNSATISFIED,
			now);
		break;
	}
}

/* --- what an event must fulfil --- */

static enum res rating_check(const struct followup_rating *rating, struct err *err)
{
	size_t chars = str_utf8_length(rating->remark);
	bool is_solved_known = false;

	for (size_t i = 0; i < sizeof(ratings) / sizeof(ratings[0]); i++)
		is_solved_known = is_solved_known || str_eq_c(rating->solved, ratings[i].solved);
	if (!is_solved_known)
		return err_set(err, RES_INVALID, "solved '%.*s': want yes, partly or no",
			STR_ARG(rating->solved));
	if (rating->satisfaction < 1 || rating->satisfaction > FOLLOWUP_SATISFACTION_MAX)
		return err_set(err, RES_INVALID,
			"satisfaction %d: want 1 (not at all) to %d (very)", rating->satisfaction,
			FOLLOWUP_SATISFACTION_MAX);
	if (!str_is_empty(rating->contacted) && !str_eq_c(rating->contacted, "yes") &&
		!str_eq_c(rating->contacted, "no"))
		return err_set(err, RES_INVALID, "contacted '%.*s': want yes, no or nothing",
			STR_ARG(rating->contacted));
	if (!str_is_utf8(rating->remark) || str_find_control(rating->remark) != SIZE_MAX)
		return err_set(
			err, RES_INVALID, "the remark is not UTF-8 or holds a control character");
	if (chars > FOLLOWUP_REMARK_MAX)
		return err_set(err, RES_INVALID, "the remark has %zu characters: at most %d", chars,
			FOLLOWUP_REMARK_MAX);
	return RES_OK;
}

/* Beside role and state: timers and ratings have their time, and what follows from a step does not
 * come alone. */
static enum res moment_check(
	const struct followup_case *file, enum followup_event_kind kind, struct err *err)
{
	bool visits_left = file->visits < file->planned;
	bool is_out_of_turn = (kind == FOLLOWUP_EV_VISIT_DUE && !visits_left) ||
			      (kind == FOLLOWUP_EV_CLOSE_DUE && visits_left);
	bool is_consequence = kind == FOLLOWUP_EV_FIRST_VISIT || kind == FOLLOWUP_EV_REDO ||
			      kind == FOLLOWUP_EV_END;
	char next[INSTANT_TEXT_MAX];

	if (is_consequence)
		return err_set(err, RES_CONFLICT, "state %s: to %s only follows from another step",
			followup_state_name(file->state), events[kind]);
	if (is_out_of_turn)
		return err_set(err, RES_CONFLICT,
			"state %s after %d of %d visits does not allow it",
			followup_state_name(file->state), file->visits, file->planned);
	if (kind == FOLLOWUP_EV_RATE && followup_visits_of_round(file) == 0)
		return err_set(err, RES_CONFLICT,
			"state %s: nobody has asked the citizen about this answer yet; the first "
			"visit is at %s, a rating by citizen or visitor is possible from then on",
			followup_state_name(file->state), instant_format(file->next_at, next));
	return RES_OK;
}

static enum res event_check(const struct followup_case *file, const struct followup_event *event,
	const struct life_step **out, struct err *err)
{
	struct err why = { "" };
	enum res res =
		life_find(&life, file->state, (int)event->kind, event->actor.role, out, &why);

	if (res == RES_DENIED)
		return err_set(err, res, "%s", why.text);
	if (event->kind == FOLLOWUP_EV_RATE)
		TRY(rating_check(&event->rating, err));
	if (event->kind == FOLLOWUP_EV_RATE && file->state == FOLLOWUP_UNKNOWN)
		return err_set(
			err, RES_RETRY, "not known here yet: wait until the reply is delivered");
	if (res != RES_OK)
		return err_set(err, res, "%s", why.text);
	return moment_check(file, event->kind, err);
}

/* --- the decision --- */

/* What the system does right after: the first visit, or what follows from a rating. */
static bool automatic_find(const struct followup_case *file, const struct followup_event *event,
	enum followup_event_kind last, enum followup_event_kind *out)
{
	if (last == FOLLOWUP_EV_DELIVERED && event->is_asked_now)
		*out = FOLLOWUP_EV_FIRST_VISIT;
	else if (last == FOLLOWUP_EV_RATE)
		*out = !is_content(&event->rating) && may_redo(file) ? FOLLOWUP_EV_REDO
								     : FOLLOWUP_EV_END;
	else
		return false;
	return true;
}

static bool is_early(
	const struct followup_case *file, enum followup_event_kind kind, struct instant now)
{
	return (kind == FOLLOWUP_EV_VISIT_DUE || kind == FOLLOWUP_EV_CLOSE_DUE) &&
	       instant_is_before(now, file->next_at);
}

enum res followup_decide(const struct followup_case *file, const struct followup_event *event,
	struct instant now, const struct workday_calendar *calendar, struct followup_decision *out,
	struct err *err)
{
	struct followup_decision made = { .after = *file };
	enum followup_event_kind kind = event->kind;
	const struct life_step *step = NULL;

	TRY(event_check(file, event, &step, err));
	while (!is_early(file, kind, now)) {
		made.after.state = (int16_t)step->to;
		perform(&made, acts[step - steps], event, now, calendar);
		if (!automatic_find(&made.after, event, kind, &kind))
			break;
		CHECK(life_find(&life, made.after.state, (int)kind, ROLE_SYSTEM, &step, NULL) ==
			RES_OK);
	}
	made.timer = timer_of(&made.after);
	if (timer_of(file) != made.timer)
		made.timer_gone = timer_of(file);
	*out = made;
	return RES_OK;
}

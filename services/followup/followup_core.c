/* Decides when a citizen is asked and when a case ends. */
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
	int8_t close_workday; /* ends at 24:00 of it */
	const char *reason;   /* of closing when nobody answered */
} plans[] = {
	[FOLLOWUP_PLAN_DAYS] = { { { 1, 9 }, { 2, 9 }, { 3, 9 } }, 3, 3, "no_answer" },
	[FOLLOWUP_PLAN_HOURS] = { { { 1, 9 }, { 1, 13 }, { 1, 17 } }, 3, 1, "no_answer" },
	[FOLLOWUP_PLAN_THANKS] = { { { 1, 9 } }, 1, 5, "auto" },
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
enum act { ACT_START, ACT_VISIT, ACT_CLOSE };

/* The life cycle. A pair that is missing is refused. A visit stays in FOLLOWING. */
static const struct step {
	enum followup_state from;
	enum followup_event_kind event;
	enum followup_state to;
	enum act act;
} steps[] = {
	{ FOLLOWUP_UNKNOWN, FOLLOWUP_EV_DELIVERED, FOLLOWUP_FOLLOWING, ACT_START },
	{ FOLLOWUP_UNKNOWN, FOLLOWUP_EV_UNDELIVERABLE, FOLLOWUP_FOLLOWING, ACT_START },
	{ FOLLOWUP_FOLLOWING, FOLLOWUP_EV_VISIT_DUE, FOLLOWUP_FOLLOWING, ACT_VISIT },
	{ FOLLOWUP_FOLLOWING, FOLLOWUP_EV_CLOSE_DUE, FOLLOWUP_CLOSED, ACT_CLOSE },
};

const char *followup_state_name(enum followup_state state)
{
	static const char *const names[] = { "UNKNOWN", "FOLLOWING", "CLOSED" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == FOLLOWUP_STATES, "each has a name");
	return names[state];
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

/* When visit k (from 1) takes place: as planned, or, when the plan's time is past because the
 * system stood still, at that hour of the next working day. Nobody is asked three times in a row
 * only because we were late. */
static struct instant visit_time(const struct followup_case *file, int16_t k, struct instant now,
	const struct workday_calendar *calendar)
{
	struct slot slot = plans[file->plan].visits[k - 1];
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
	file->planned = plans[event->plan].n_visits;
	file->type = event->type;
	file->is_undelivered = event->kind == FOLLOWUP_EV_UNDELIVERABLE;
	file->delivered_at = event->at;
	file->next_at = visit_time(file, 1, now, calendar);
	made->timer = FOLLOWUP_TIMER_VISIT;
	take(made, FOLLOWUP_STARTED, 0);
}

static void visit(
	struct followup_decision *made, struct instant now, const struct workday_calendar *calendar)
{
	struct followup_case *file = &made->after;

	if (file->visits > 0)
		take(made, FOLLOWUP_SILENT, file->visits);
	file->visits++;
	take(made, FOLLOWUP_VISITED, file->visits);
	if (file->visits < file->planned) {
		file->next_at = visit_time(file, (int16_t)(file->visits + 1), now, calendar);
		made->timer = FOLLOWUP_TIMER_VISIT;
	} else {
		file->next_at = close_time(file, now, calendar);
		made->timer = FOLLOWUP_TIMER_CLOSE;
	}
}

static void close_silent(struct followup_decision *made, struct instant now)
{
	struct followup_case *file = &made->after;

	take(made, FOLLOWUP_SILENT, file->visits);
	file->reason = str_from_c(file->is_undelivered ? "undelivered" : plans[file->plan].reason);
	file->next_at = INSTANT_NONE;
	file->closed_at = now;
	made->timer = FOLLOWUP_TIMER_NONE;
	take(made, FOLLOWUP_CLOSED_DEED, file->visits);
}

static const struct step *step_find(const struct followup_case *file, enum followup_event_kind kind)
{
	bool visits_left = file->visits < file->planned;

	/* One timer stands at a time: visits first, then the closing. */
	if (kind == FOLLOWUP_EV_VISIT_DUE && !visits_left)
		return NULL;
	if (kind == FOLLOWUP_EV_CLOSE_DUE && visits_left)
		return NULL;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].from == (enum followup_state)file->state && steps[i].event == kind)
			return &steps[i];
	return NULL;
}

enum res followup_decide(const struct followup_case *file, const struct followup_event *event,
	struct instant now, const struct workday_calendar *calendar, struct followup_decision *out,
	struct err *err)
{
	struct followup_decision made = { .after = *file };
	const struct step *step = step_find(file, event->kind);

	if (step == NULL)
		return err_set(err, RES_CONFLICT,
			"state %s after %d of %d visits does not allow it",
			followup_state_name((enum followup_state)file->state), file->visits,
			file->planned);
	if (step->act != ACT_START && instant_is_before(now, file->next_at)) {
		made.timer = step->act == ACT_VISIT ? FOLLOWUP_TIMER_VISIT : FOLLOWUP_TIMER_CLOSE;
		*out = made;
		return RES_OK;
	}
	made.after.state = (int16_t)step->to;
	switch (step->act) {
	case ACT_START:
		start(&made, event, now, calendar);
		break;
	case ACT_VISIT:
		visit(&made, now, calendar);
		break;
	case ACT_CLOSE:
		close_silent(&made, now);
		break;
	}
	*out = made;
	return RES_OK;
}

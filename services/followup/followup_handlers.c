/* One function a message: read it, let the core decide, perform the decision. The table closes the
 * file. An event or a timer whose step the state does not allow has no effect. */
#include "followup_handlers.h"

#include "followup_codec.h"
#include "followup_core.h"
#include "followup_store.h"

/* What performing a decision needs beside the row. */
struct act {
	struct kit_turn *turn;
	const struct followup_case *file; /* after the last step */
	const struct followup_event *event;
	bool is_asked_now; /* the first visit goes with the reply */
};

static struct followup_row *row_of(struct kit_turn *turn)
{
	return turn->row;
}

/* By what the citizen was reached: the system writes on the channel that the letter came by, a
 * visitor calls. */
static const char *means_of(const struct act *act)
{
	return act->event->actor.role == ROLE_VISITOR ? "phone" : "message";
}

static void visit_keep(const struct act *act, struct followup_visit_row row, bool is_outcome)
{
	row.case_id = act->turn->message->head.case_id;
	row.n = 2 * row.visit - (is_outcome ? 0 : 1);
	row.round = act->file->round;
	row.means = str_from_c(means_of(act));
	row.at = act->turn->now;
	kit_insert(act->turn, &followup_visits, &row);
}

static void journal(const struct act *act, const char *type, struct str actor, struct str body)
{
	kit_journal(act->turn, type, actor, body);
}

static void started(const struct act *act, int16_t visit)
{
	struct instant first_at = act->is_asked_now ? act->turn->now : act->file->next_at;

	(void)visit;
	journal(act, "followup.started.v1", STR("system"),
		followup_write_started(act->turn->mem, act->file, first_at));
}

static void silent(const struct act *act, int16_t visit)
{
	visit_keep(act, (struct followup_visit_row){ .visit = visit, .what = STR("silent") }, true);
	journal(act, "followup.silent.v1", STR("system"),
		followup_write_silent(act->turn->mem, act->file, visit));
}

static void visited(const struct act *act, int16_t visit)
{
	visit_keep(act, (struct followup_visit_row){ .visit = visit, .what = STR("asked") }, false);
	journal(act, "followup.visited.v1", STR("system"),
		followup_write_visited(act->turn->mem, act->file, visit, means_of(act)));
}

static void rated(const struct act *act, int16_t visit)
{
	const struct followup_rating *rating = &act->event->rating;

	visit_keep(act,
		(struct followup_visit_row){
			.visit = visit,
			.what = STR("rated"),
			.solved = rating->solved,
			.satisfaction = (int16_t)rating->satisfaction,
			.contacted = rating->contacted.p == NULL ? STR("") : rating->contacted,
			.remark = rating->remark,
		},
		true);
	journal(act, "followup.rated.v1", act->turn->message->head.actor,
		followup_write_rated(act->turn->mem, act->file, rating, visit, means_of(act)));
}

static void redone(const struct act *act, int16_t visit)
{
	(void)visit;
	journal(act, "followup.redo.v1", STR("system"),
		followup_write_redo(
			act->turn->mem, act->file, followup_redo_reason(&act->event->rating)));
}

static void closed(const struct act *act, int16_t visit)
{
	(void)visit;
	journal(act, "followup.closed.v1", STR("system"),
		followup_write_closed(act->turn->mem, act->file));
}

static void (*const deeds[])(const struct act *act, int16_t visit) = {
	[FOLLOWUP_STARTED] = started,
	[FOLLOWUP_SILENT] = silent,
	[FOLLOWUP_VISITED] = visited,
	[FOLLOWUP_RATED] = rated,
	[FOLLOWUP_REDONE] = redone,
	[FOLLOWUP_CLOSED_DEED] = closed,
};
_Static_assert(sizeof(deeds) / sizeof(deeds[0]) == FOLLOWUP_DEEDS, "each deed is done");

static const char *const timer_names[] = {
	[FOLLOWUP_TIMER_VISIT] = "visit",
	[FOLLOWUP_TIMER_CLOSE] = "close",
};

static void perform(struct kit_turn *turn, const struct followup_decision *decision,
	const struct followup_event *event)
{
	struct followup_case *file = followup_file_of(row_of(turn));
	const struct act act = {
		.turn = turn, .file = file, .event = event, .is_asked_now = event->is_asked_now
	};

	*file = decision->after;
	for (size_t i = 0; i < decision->n_taken; i++)
		deeds[decision->taken[i].kind](&act, decision->taken[i].visit);
	if (decision->timer_gone != FOLLOWUP_TIMER_NONE)
		kit_timer_set(turn, timer_names[decision->timer_gone], INSTANT_NONE);
	if (decision->timer != FOLLOWUP_TIMER_NONE)
		kit_timer_set(turn, timer_names[decision->timer], file->next_at);
}

static enum res decide(struct kit_turn *turn, const struct followup_event *event,
	struct followup_decision *out, struct err *err)
{
	const struct followup_service *service = turn->service;

	return followup_decide(followup_file_of(row_of(turn)), event, turn->now,
		&service->reference.calendar, out, err);
}

/* A fact or a timer: it has no effect where the state has no step for it. */
static enum res note(struct kit_turn *turn, struct followup_event *event, struct err *err)
{
	struct followup_decision decision;
	enum res res;

	event->actor = (struct actor){ .role = ROLE_SYSTEM };
	res = decide(turn, event, &decision, err);
	if (res == RES_CONFLICT)
		return RES_OK;
	TRY(res);
	perform(turn, &decision, event);
	return RES_OK;
}

/* Moves the cursor only; but a new row needs its first values. */
static enum res passed(struct kit_turn *turn, struct err *err)
{
	(void)err;
	followup_file_of(row_of(turn));
	return RES_OK;
}

static enum res reply_ended(struct kit_turn *turn, enum followup_event_kind kind, struct err *err)
{
	const struct followup_service *service = turn->service;
	struct followup_event event = { .kind = kind, .at = turn->message->head.time };

	if (instant_is_none(event.at))
		return err_set(err, RES_INVALID, "the event has no time");
	TRY(followup_read_delivered(turn->mem, turn->message->body, &event.type, err));
	event.plan =
		followup_plan_of(&service->reference, event.type, instant_shanghai_day(event.at));
	event.is_asked_now =
		kind == FOLLOWUP_EV_DELIVERED &&
		road_taken_by_system(service->reference.road, service->reference.n_road,
			ROAD_FIRST_VISIT, event.type, instant_shanghai_day(turn->now));
	return note(turn, &event, err);
}

static enum res reply_delivered(struct kit_turn *turn, struct err *err)
{
	return reply_ended(turn, FOLLOWUP_EV_DELIVERED, err);
}

static enum res reply_undeliverable(struct kit_turn *turn, struct err *err)
{
	return reply_ended(turn, FOLLOWUP_EV_UNDELIVERABLE, err);
}

static enum res visit_due(struct kit_turn *turn, struct err *err)
{
	struct followup_event event = { .kind = FOLLOWUP_EV_VISIT_DUE };

	return note(turn, &event, err);
}

static enum res close_due(struct kit_turn *turn, struct err *err)
{
	struct followup_event event = { .kind = FOLLOWUP_EV_CLOSE_DUE };

	return note(turn, &event, err);
}

/* Plain DONE: the journal keeps the result, so that it needs no row of its own. */
static enum res rate(struct kit_turn *turn, struct err *err)
{
	struct followup_event event = { .kind = FOLLOWUP_EV_RATE };
	struct followup_decision decision;

	TRY(kit_actor(turn, &event.actor, err));
	TRY(followup_read_rate(turn->mem, turn->message->body, &event.rating, err));
	TRY(decide(turn, &event, &decision, err));
	perform(turn, &decision, &event);
	return RES_OK;
}

const struct kit_handler followup_handlers[] = {
	{ WIRE_EVENT, "reply.submitted.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.approved.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.rejected.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.no_article.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.replied.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.delivered.v1", reply_delivered },
	{ WIRE_EVENT, "reply.undeliverable.v1", reply_undeliverable },
	{ WIRE_EVENT, "reply.sending.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.in_doubt.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.resent.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.notified.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "reply.unnotified.v1", passed, .is_lazy = true },
	{ WIRE_COMMAND, "followup.rate.v1", rate },
	{ KIT_TIMER, "visit", visit_due },
	{ KIT_TIMER, "close", close_due },
	{ 0 },
};

/* One function a message: read it, let the core decide, perform the decision. The table closes the
 * file. An event or a timer whose step the state does not allow has no effect. */
#include "followup_handlers.h"

#include "followup_codec.h"
#include "followup_core.h"
#include "followup_store.h"

static const char means_message[] = "message"; /* on the channel that the letter came by */

static struct followup_row *row_of(struct kit_turn *turn)
{
	return turn->row;
}

static void visit_keep(struct kit_turn *turn, int16_t visit, bool is_outcome, struct str what)
{
	struct followup_visit_row row = {
		.case_id = turn->message->head.case_id,
		.n = 2 * visit - (is_outcome ? 0 : 1),
		.visit = visit,
		.what = what,
		.means = STR(means_message),
		.at = turn->now,
	};

	kit_insert(turn, &followup_visits, &row);
}

static void started(struct kit_turn *turn, const struct followup_case *file, int16_t visit)
{
	(void)visit;
	kit_journal(turn, "followup.started.v1", STR("system"),
		followup_write_started(turn->mem, file));
}

static void silent(struct kit_turn *turn, const struct followup_case *file, int16_t visit)
{
	(void)file;
	visit_keep(turn, visit, true, STR("silent"));
	kit_journal(
		turn, "followup.silent.v1", STR("system"), followup_write_silent(turn->mem, visit));
}

static void visited(struct kit_turn *turn, const struct followup_case *file, int16_t visit)
{
	(void)file;
	visit_keep(turn, visit, false, STR("asked"));
	kit_journal(turn, "followup.visited.v1", STR("system"),
		followup_write_visited(turn->mem, visit, means_message));
}

static void closed(struct kit_turn *turn, const struct followup_case *file, int16_t visit)
{
	(void)visit;
	kit_journal(
		turn, "followup.closed.v1", STR("system"), followup_write_closed(turn->mem, file));
}

static void (*const deeds[])(
	struct kit_turn *turn, const struct followup_case *file, int16_t visit) = {
	[FOLLOWUP_STARTED] = started,
	[FOLLOWUP_SILENT] = silent,
	[FOLLOWUP_VISITED] = visited,
	[FOLLOWUP_CLOSED_DEED] = closed,
};
_Static_assert(sizeof(deeds) / sizeof(deeds[0]) == FOLLOWUP_DEEDS, "each deed is done");

static const char *const timer_names[] = {
	[FOLLOWUP_TIMER_VISIT] = "visit",
	[FOLLOWUP_TIMER_CLOSE] = "close",
};

static enum res decide(struct kit_turn *turn, const struct followup_event *event, struct err *err)
{
	const struct followup_service *service = turn->service;
	struct followup_case *file = followup_file_of(row_of(turn));
	struct followup_decision decision;
	enum res res = followup_decide(
		file, event, turn->now, &service->reference.calendar, &decision, err);

	if (res == RES_CONFLICT)
		return RES_OK;
	TRY(res);
	*file = decision.after;
	for (size_t i = 0; i < decision.n_taken; i++)
		deeds[decision.taken[i].kind](turn, file, decision.taken[i].visit);
	if (decision.timer != FOLLOWUP_TIMER_NONE)
		kit_timer_set(turn, timer_names[decision.timer], file->next_at);
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
	return decide(turn, &event, err);
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

	return decide(turn, &event, err);
}

static enum res close_due(struct kit_turn *turn, struct err *err)
{
	struct followup_event event = { .kind = FOLLOWUP_EV_CLOSE_DUE };

	return decide(turn, &event, err);
}

const struct kit_handler followup_handlers[] = {
	{ .kind = WIRE_EVENT, .type = "reply.submitted.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.approved.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.replied.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.delivered.v1", .handle = reply_delivered },
	{ .kind = WIRE_EVENT, .type = "reply.undeliverable.v1", .handle = reply_undeliverable },
	{ .kind = KIT_TIMER, .type = "visit", .handle = visit_due },
	{ .kind = KIT_TIMER, .type = "close", .handle = close_due },
	{ 0 },
};

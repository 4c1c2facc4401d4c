/* One function a message: read it, let the core decide, perform the decision. The table closes the
 * file. */
#include "dispatch_handlers.h"

#include "dispatch_codec.h"
#include "dispatch_core.h"
#include "dispatch_store.h"

#define ACTOR STR("system")

static struct str join_units(struct arena *mem, const struct dispatch_choice *choice)
{
	struct str joined = STR("");

	for (size_t i = 0; i < choice->n_co_units; i++)
		joined = arena_printf(mem, "%.*s%s%.*s", STR_ARG(joined), i > 0 ? "," : "",
			STR_ARG(choice->co_units[i]));
	return joined;
}

static void dispatched(struct kit_turn *turn, const struct dispatch_decision *decision)
{
	const struct dispatch_case *file = &decision->file;
	struct dispatch_task_row row = { .case_id = kit_case_of(turn->row)->case_id,
		.n = file->task,
		.unit = file->unit,
		.co_units = join_units(turn->mem, &decision->choice),
		.reason = str_from_c(dispatch_reason_name(decision->choice.reason)),
		.ref_version = turn->ref_version,
		.dispatched_at = file->dispatched_at,
		.sign_due = file->sign_due,
		.contact_due = file->contact_due,
		.resolve_due = file->resolve_due };

	kit_insert(turn, &dispatch_tasks, &row);
	kit_journal(turn, "dispatch.dispatched.v1", ACTOR,
		dispatch_write_dispatched(turn->mem, decision, turn->ref_version));
}

static void signed_for(struct kit_turn *turn, const struct dispatch_decision *decision)
{
	kit_journal(turn, "dispatch.signed.v1", ACTOR,
		dispatch_write_signed(turn->mem, &decision->file));
}

static void contacted(struct kit_turn *turn, const struct dispatch_decision *decision)
{
	kit_journal(turn, "dispatch.contacted.v1", ACTOR,
		dispatch_write_contacted(turn->mem, &decision->file));
}

static void resolved(struct kit_turn *turn, const struct dispatch_decision *decision)
{
	kit_journal(
		turn, "dispatch.resolved.v1", ACTOR, dispatch_write_resolved(turn->mem, decision));
}

static void (*const deeds[])(struct kit_turn *turn, const struct dispatch_decision *decision) = {
	[DISPATCH_DID_DISPATCH] = dispatched,
	[DISPATCH_DID_SIGN] = signed_for,
	[DISPATCH_DID_CONTACT] = contacted,
	[DISPATCH_DID_RESOLVE] = resolved,
};
_Static_assert(sizeof(deeds) / sizeof(deeds[0]) == DISPATCH_STEPS, "each step is journalled");

/* Calendars are dated too: a notice that came later does not change what was decided before. */
static const struct workday_calendar *calendar_on(struct dispatch_service *service, int32_t day)
{
	if (service->calendar_day != day) {
		service->calendar = workday_calendar_known_on(service->reference.notices,
			service->reference.n_notices, day, service->overrides);
		service->calendar_day = day;
	}
	return &service->calendar;
}

static enum res decide(struct kit_turn *turn, struct dispatch_event *event, struct err *err)
{
	struct dispatch_service *service = turn->service;
	struct dispatch_case *file = dispatch_file_of(turn->row);
	struct dispatch_decision decision;

	event->question.day = instant_shanghai_day(turn->now);
	enum res res = dispatch_decide(file, event, turn->now, &service->reference,
		calendar_on(service, event->question.day), &decision, err);
	/* A fact of another service does not become possible by asking again. */
	if (res == RES_CONFLICT)
		return RES_INVALID;
	TRY(res);
	*file = decision.file;
	for (size_t i = 0; i < decision.n_steps; i++)
		deeds[decision.steps[i]](turn, &decision);
	return RES_OK;
}

static enum res intake_accepted(struct kit_turn *turn, struct err *err)
{
	struct dispatch_event event = { .kind = DISPATCH_ON_ACCEPTED };

	TRY(dispatch_read_accepted(turn->mem, turn->message->body, &event, err));
	return decide(turn, &event, err);
}

static enum res take_fact(struct kit_turn *turn, enum dispatch_event_kind kind, struct err *err)
{
	struct dispatch_event event = { .kind = kind, .at = turn->message->head.time };

	if (instant_is_none(event.at))
		return err_set(err, RES_INVALID, "the event has no time");
	return decide(turn, &event, err);
}

static enum res reply_replied(struct kit_turn *turn, struct err *err)
{
	return take_fact(turn, DISPATCH_ON_REPLIED, err);
}

static enum res followup_closed(struct kit_turn *turn, struct err *err)
{
	return take_fact(turn, DISPATCH_ON_CLOSED, err);
}

/* Moves the cursor only; but a new row needs its first values. */
static enum res passed(struct kit_turn *turn, struct err *err)
{
	(void)err;
	dispatch_file_of(turn->row);
	return RES_OK;
}

const struct kit_handler dispatch_handlers[] = {
	{ .kind = WIRE_EVENT, .type = "intake.received.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "intake.accepted.v1", .handle = intake_accepted },
	{ .kind = WIRE_EVENT, .type = "reply.submitted.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "reply.approved.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "reply.replied.v1", .handle = reply_replied },
	{ .kind = WIRE_EVENT, .type = "reply.delivered.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "reply.undeliverable.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.started.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.visited.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.silent.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.closed.v1", .handle = followup_closed },
	{ 0 },
};

/* One function a message: read it, let the core decide, perform the decision. The table closes the
 * file. */
#include "dispatch_handlers.h"

#include "dispatch_codec.h"
#include "dispatch_core.h"
#include "dispatch_store.h"

#define SYSTEM STR("system")

static void keep_task(struct kit_turn *turn, const struct dispatch_done *done)
{
	struct dispatch_task_row row = { .case_id = kit_case_of(turn->row)->case_id,
		.n = done->task,
		.unit = done->choice.unit,
		.co_units =
			arena_join(turn->mem, done->choice.co_units, done->choice.n_co_units, ','),
		.reason = str_from_c(dispatch_reason_name(done->choice.reason)),
		.ref_version = turn->ref_version,
		.dispatched_at = turn->now,
		.sign_due = done->sign_due,
		.contact_due = done->contact_due,
		.resolve_due = done->resolve_due };

	kit_insert(turn, &dispatch_tasks, &row);
}

static const struct {
	const char *type;
	struct str (*write)(struct arena *mem, const struct dispatch_entry *entry);
	bool is_task;
} deeds[] = {
	[DISPATCH_DID_DISPATCH] = { "dispatch.dispatched.v1", dispatch_write_dispatched, true },
	[DISPATCH_DID_SIGN] = { "dispatch.signed.v1", dispatch_write_signed, false },
	[DISPATCH_DID_CONTACT] = { "dispatch.contacted.v1", dispatch_write_contacted, false },
	[DISPATCH_DID_RESOLVE] = { "dispatch.resolved.v1", dispatch_write_resolved, false },
	[DISPATCH_DID_REDISPATCH] = { "dispatch.redispatched.v1", dispatch_write_dispatched, true },
};
_Static_assert(sizeof(deeds) / sizeof(deeds[0]) == DISPATCH_DEEDS, "each deed is journalled");

static void perform(struct kit_turn *turn, const struct dispatch_event *event,
	const struct dispatch_decision *decision)
{
	for (size_t i = 0; i < decision->n_done; i++) {
		const struct dispatch_done *done = &decision->done[i];
		struct dispatch_entry entry = { .file = &decision->file,
			.done = done,
			.note = done->is_by_actor ? event->note : STR(""),
			.means = done->is_by_actor ? event->means : STR(""),
			.ref_version = turn->ref_version };
		if (deeds[done->deed].is_task)
			keep_task(turn, done);
		kit_journal(turn, deeds[done->deed].type,
			done->is_by_actor ? turn->message->head.actor : SYSTEM,
			deeds[done->deed].write(turn->mem, &entry));
	}
}

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

	event->day = instant_shanghai_day(turn->now);
	TRY(dispatch_decide(file, event, turn->now, &service->reference,
		calendar_on(service, event->day), &decision, err));
	*file = decision.file;
	perform(turn, event, &decision);
	return RES_OK;
}

/* --- facts --- */

static enum res take_fact(struct kit_turn *turn, enum dispatch_event_kind kind,
	dispatch_reader *read, struct err *err)
{
	struct dispatch_event event = {
		.kind = kind, .actor = { .role = ROLE_SYSTEM }, .at = turn->message->head.time
	};

	if (instant_is_none(event.at))
		return err_set(err, RES_INVALID, "the event has no time");
	if (read != NULL)
		TRY(read(turn->mem, turn->message->body, &event, err));
	enum res res = decide(turn, &event, err);
	/* A fact of another service does not become possible by asking again. */
	return res == RES_CONFLICT ? RES_INVALID : res;
}

static enum res intake_accepted(struct kit_turn *turn, struct err *err)
{
	return take_fact(turn, DISPATCH_ON_ACCEPTED, dispatch_read_accepted, err);
}

static enum res intake_refused(struct kit_turn *turn, struct err *err)
{
	return take_fact(turn, DISPATCH_ON_REFUSED, NULL, err);
}

static enum res reply_no_article(struct kit_turn *turn, struct err *err)
{
	return take_fact(turn, DISPATCH_ON_NO_ARTICLE, NULL, err);
}

static enum res reply_replied(struct kit_turn *turn, struct err *err)
{
	return take_fact(turn, DISPATCH_ON_REPLIED, dispatch_read_replied, err);
}

static enum res followup_redo(struct kit_turn *turn, struct err *err)
{
	return take_fact(turn, DISPATCH_ON_REDO, dispatch_read_redo, err);
}

static enum res followup_closed(struct kit_turn *turn, struct err *err)
{
	return take_fact(turn, DISPATCH_ON_CLOSED, NULL, err);
}

/* Moves the cursor only; but a new row needs its first values. */
static enum res passed(struct kit_turn *turn, struct err *err)
{
	(void)err;
	dispatch_file_of(turn->row);
	return RES_OK;
}

/* --- commands of people --- */

/* A command may be faster than the event that it builds on. */
static enum res obey(struct kit_turn *turn, enum dispatch_event_kind kind, dispatch_reader *read,
	struct err *err)
{
	struct dispatch_event event = { .kind = kind, .at = turn->now };

	TRY(kit_actor(turn, &event.actor, err));
	if (dispatch_file_of(turn->row)->state == DISPATCH_UNKNOWN)
		return err_set(err, RES_RETRY, "not known here yet: wait until it is accepted");
	if (read != NULL)
		TRY(read(turn->mem, turn->message->body, &event, err));
	if (kind == DISPATCH_CONTACT && str_is_empty(event.means))
		event.means = STR(DISPATCH_MEANS_DEFAULT);
	return decide(turn, &event, err);
}

static enum res dispatch_command(struct kit_turn *turn, struct err *err)
{
	return obey(turn, DISPATCH_DISPATCH, dispatch_read_dispatch, err);
}

static enum res sign_command(struct kit_turn *turn, struct err *err)
{
	return obey(turn, DISPATCH_SIGN, NULL, err);
}

static enum res contact_command(struct kit_turn *turn, struct err *err)
{
	return obey(turn, DISPATCH_CONTACT, dispatch_read_contact, err);
}

const struct kit_handler dispatch_handlers[] = {
	{ .kind = WIRE_EVENT, .type = "intake.received.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "intake.accepted.v1", .handle = intake_accepted },
	{ .kind = WIRE_EVENT, .type = "intake.refused.v1", .handle = intake_refused },
	{ .kind = WIRE_EVENT, .type = "reply.submitted.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.approved.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.rejected.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.no_article.v1", .handle = reply_no_article },
	{ .kind = WIRE_EVENT, .type = "reply.replied.v1", .handle = reply_replied },
	{ .kind = WIRE_EVENT, .type = "reply.delivered.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.undeliverable.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.sending.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.in_doubt.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.resent.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.notified.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "reply.unnotified.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "followup.started.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "followup.visited.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "followup.silent.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "followup.rated.v1", .handle = passed, .is_lazy = true },
	{ .kind = WIRE_EVENT, .type = "followup.redo.v1", .handle = followup_redo },
	{ .kind = WIRE_EVENT,
		.type = "followup.closed.v1",
		.handle = followup_closed,
		.is_lazy = true },
	{ .kind = WIRE_COMMAND, .type = "dispatch.dispatch.v1", .handle = dispatch_command },
	{ .kind = WIRE_COMMAND, .type = "dispatch.sign.v1", .handle = sign_command },
	{ .kind = WIRE_COMMAND, .type = "dispatch.contact.v1", .handle = contact_command },
	{ 0 },
};

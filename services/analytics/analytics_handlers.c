/* One function an event: read it, let the core note it, hand its deltas to the roll-ups. The table
 * closes the file. */
#include "analytics_handlers.h"

#include "analytics_codec.h"
#include "analytics_core.h"
#include "analytics_store.h"

static enum res note(struct kit_turn *turn, struct analytics_event *event,
	enum analytics_event_kind kind, struct err *err)
{
	struct analytics_row *row = turn->row;
	struct analytics_case *file = analytics_file_of(row);
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct analytics_case after;
	size_t n;

	event->kind = kind;
	event->at = turn->message->head.time;
	TRY(analytics_note(file, event, &after, err));
	n = analytics_deltas(file, &after, deltas);
	*file = after;
	for (size_t i = 0; i < n; i++) {
		struct analytics_cell_row cell = {
			.case_id = turn->message->head.case_id,
			.delta = deltas[i],
		};
		kit_insert(turn, &analytics_cells, &cell);
	}
	return RES_OK;
}

/* An event whose time is all that it tells us. */
static enum res note_time(struct kit_turn *turn, enum analytics_event_kind kind, struct err *err)
{
	struct analytics_event event = { 0 };

	return note(turn, &event, kind, err);
}

typedef enum res read_body(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err);

static enum res read_and_note(
	struct kit_turn *turn, read_body *read, enum analytics_event_kind kind, struct err *err)
{
	struct analytics_event event = { 0 };

	TRY(read(turn->mem, turn->message->body, &event, err));
	return note(turn, &event, kind, err);
}

static enum res received(struct kit_turn *turn, struct err *err)
{
	return read_and_note(turn, analytics_read_received, ANALYTICS_EV_RECEIVED, err);
}

static enum res accepted(struct kit_turn *turn, struct err *err)
{
	return read_and_note(turn, analytics_read_accepted, ANALYTICS_EV_ACCEPTED, err);
}

static enum res dispatched(struct kit_turn *turn, struct err *err)
{
	return read_and_note(turn, analytics_read_dispatched, ANALYTICS_EV_DISPATCHED, err);
}

static enum res signed_for(struct kit_turn *turn, struct err *err)
{
	return note_time(turn, ANALYTICS_EV_SIGNED, err);
}

static enum res contacted(struct kit_turn *turn, struct err *err)
{
	return note_time(turn, ANALYTICS_EV_CONTACTED, err);
}

static enum res resolved(struct kit_turn *turn, struct err *err)
{
	return read_and_note(turn, analytics_read_resolved, ANALYTICS_EV_RESOLVED, err);
}

static enum res submitted(struct kit_turn *turn, struct err *err)
{
	return note_time(turn, ANALYTICS_EV_SUBMITTED, err);
}

/* Approvals change nothing that is counted; a row that begins here still needs its first values. */
static enum res passed(struct kit_turn *turn, struct err *err)
{
	(void)err;
	analytics_file_of(turn->row);
	return RES_OK;
}

static enum res replied(struct kit_turn *turn, struct err *err)
{
	return note_time(turn, ANALYTICS_EV_REPLIED, err);
}

static enum res delivered(struct kit_turn *turn, struct err *err)
{
	return note_time(turn, ANALYTICS_EV_DELIVERED, err);
}

static enum res undeliverable(struct kit_turn *turn, struct err *err)
{
	return note_time(turn, ANALYTICS_EV_UNDELIVERABLE, err);
}

static enum res followed(struct kit_turn *turn, struct err *err)
{
	return note_time(turn, ANALYTICS_EV_FOLLOWED, err);
}

static enum res visited(struct kit_turn *turn, struct err *err)
{
	return read_and_note(turn, analytics_read_visited, ANALYTICS_EV_VISITED, err);
}

static enum res closed(struct kit_turn *turn, struct err *err)
{
	return read_and_note(turn, analytics_read_closed, ANALYTICS_EV_CLOSED, err);
}

const struct kit_handler analytics_handlers[] = {
	{ .kind = WIRE_EVENT, .type = "intake.received.v1", .handle = received },
	{ .kind = WIRE_EVENT, .type = "intake.accepted.v1", .handle = accepted },
	{ .kind = WIRE_EVENT, .type = "dispatch.dispatched.v1", .handle = dispatched },
	{ .kind = WIRE_EVENT, .type = "dispatch.signed.v1", .handle = signed_for },
	{ .kind = WIRE_EVENT, .type = "dispatch.contacted.v1", .handle = contacted },
	{ .kind = WIRE_EVENT, .type = "dispatch.resolved.v1", .handle = resolved },
	{ .kind = WIRE_EVENT, .type = "reply.submitted.v1", .handle = submitted },
	{ .kind = WIRE_EVENT, .type = "reply.approved.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "reply.replied.v1", .handle = replied },
	{ .kind = WIRE_EVENT, .type = "reply.delivered.v1", .handle = delivered },
	{ .kind = WIRE_EVENT, .type = "reply.undeliverable.v1", .handle = undeliverable },
	{ .kind = WIRE_EVENT, .type = "followup.started.v1", .handle = followed },
	{ .kind = WIRE_EVENT, .type = "followup.visited.v1", .handle = visited },
	{ .kind = WIRE_EVENT, .type = "followup.silent.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.closed.v1", .handle = closed },
	{ 0 },
};

/* Every event is read, noted by the core, and its differences handed to the roll-ups; which events
 * there are is analytics_events.def. Nobody waits for a figure, so all of them may wait for the
 * next event of their case: a life of two dozen events becomes a few writes. */
#include "analytics_handlers.h"

#include "analytics_codec.h"
#include "analytics_status.h"
#include "analytics_store.h"

static void add_to_cells(struct kit_turn *turn, const struct analytics_case *before,
	const struct analytics_case *after)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct analytics_change changes[ANALYTICS_CHANGES_MAX];
	size_t n_deltas = analytics_deltas(before, after, deltas);
	size_t n_changes = analytics_changes(before, after, changes);

	for (size_t i = 0; i < n_deltas; i++)
		kit_insert(turn, &analytics_cells,
			&(struct analytics_cell_row){ turn->message->head.case_id, deltas[i] });
	for (size_t i = 0; i < n_changes; i++)
		kit_insert(turn, &analytics_figures,
			&(struct analytics_figure_row){ turn->message->head.case_id, changes[i] });
}

/* A row that begins with an event that changes nothing still needs its first values. */
static enum res take(struct kit_turn *turn, struct err *err)
{
	struct analytics_case *file = analytics_file_of(turn->row);
	const struct analytics_service *service = turn->service;
	const struct wire_head *head = &turn->message->head;
	struct analytics_event event;
	struct analytics_case after;

	TRY(analytics_read(turn->mem, head->type, head->time, turn->message->body, &event, err));
	if (event.kind == ANALYTICS_EVENTS)
		return RES_OK;
	TRY(analytics_note(file, &event, &service->calendar, &after, err));
	add_to_cells(turn, file, &after);
	analytics_status_note(turn, &event, file, &after);
	*file = after;
	return RES_OK;
}

const struct kit_handler analytics_handlers[] = {
#define EVENT(type_, kind_, reader_)                                                               \
	{ .kind = WIRE_EVENT, .type = (type_), .handle = take, .is_lazy = true },
#define PASSED(type_) { .kind = WIRE_EVENT, .type = (type_), .handle = take, .is_lazy = true },
#include "analytics_events.def"
#undef EVENT
#undef PASSED
	{ .kind = WIRE_DONE, .type = "status.done.v1", .handle = analytics_status_done },
	{ 0 },
};

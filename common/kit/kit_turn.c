/* What handlers emit. Everything goes to lists of the batch, tagged with its case; losers' parts
 * are left out at the write. */
#include "kit/kit_internal.h"

#include <string.h>

void list_add(struct arena *mem, struct list *list, void *item)
{
	if (item == NULL) /* memory is out: the arena is marked, the batch will not commit */
		return;
	if (list->n == list->cap) {
		size_t cap = list->cap == 0 ? 64 : list->cap * 2;
		void **items = arena_grow(
			mem, list->items, list->n * sizeof(void *), cap * sizeof(void *));
		if (items == NULL)
			return;
		list->items = items;
		list->cap = cap;
	}
	list->items[list->n++] = item;
}

struct batch_mark batch_mark(const struct batch *batch)
{
	return (struct batch_mark){
		.journal = batch->journal.n,
		.raised = batch->raised.n,
		.done = batch->done.n,
		.timers = batch->timers.n,
		.children = batch->children.n,
		.hints = batch->hints.n,
		.changes = batch->changes.n,
	};
}

void batch_cut(struct batch *batch, struct batch_mark mark)
{
	batch->journal.n = mark.journal;
	batch->raised.n = mark.raised;
	batch->done.n = mark.done;
	batch->timers.n = mark.timers;
	batch->children.n = mark.children;
	batch->hints.n = mark.hints;
	batch->changes.n = mark.changes;
}

static struct slot *slot_of(struct kit_turn *turn)
{
	return (struct slot *)turn;
}

void kit_journal(struct kit_turn *turn, const char *type, struct str actor, struct str body)
{
	struct batch *batch = turn->kit->batch;
	struct batch_case *at = slot_of(turn)->at;
	struct journal_row *entry = arena_new(batch->mem, struct journal_row);
	if (entry == NULL)
		return;
	struct kit_case *row = kit_case_of(at->row);
	*entry = (struct journal_row){
		.case_id = at->case_id,
		.seq = ++row->seq,
		.at = batch->now,
		.type = str_from_c(type),
		.actor = str_is_empty(actor) ? STR("system") : actor,
		.body = body.p != NULL ? body : STR(""),
		.at_case = at,
	};
	if (turn->message->kind == WIRE_COMMAND)
		entry->command_id = turn->message->head.command_id;
	kit_journal_seal(entry, row->head);
	at->is_dirty = true;
	list_add(batch->mem, &batch->journal, entry);
}

void kit_insert(struct kit_turn *turn, const struct kit_table *table, const void *row)
{
	struct batch *batch = turn->kit->batch;
	struct child_row *child = arena_new(batch->mem, struct child_row);
	void *copy = arena_alloc(batch->mem, table->row_bytes);
	if (child == NULL || copy == NULL)
		return;
	memcpy(copy, row, table->row_bytes);
	*child = (struct child_row){ .table = table, .row = copy, .at_case = slot_of(turn)->at };
	list_add(batch->mem, &batch->children, child);
}

void kit_timer_set(struct kit_turn *turn, const char *name, struct instant due)
{
	struct batch *batch = turn->kit->batch;
	struct batch_case *at = slot_of(turn)->at;
	struct timer_row *timer = arena_new(batch->mem, struct timer_row);
	if (timer == NULL)
		return;
	*timer = (struct timer_row){
		.case_id = at->case_id, .name = str_from_c(name), .due = due, .at_case = at
	};
	at->is_dirty = true;
	list_add(batch->mem, &batch->timers, timer);
}

static void marker_add(struct kit_turn *turn, struct list *list, struct str group, int32_t upto)
{
	struct batch *batch = turn->kit->batch;
	struct batch_case *at = slot_of(turn)->at;
	struct marker_row *marker = arena_new(batch->mem, struct marker_row);
	if (marker == NULL)
		return;
	*marker = (struct marker_row){
		.case_id = at->case_id,
		.grp = arena_str(batch->mem, group),
		.seq = upto,
		.at_case = at,
	};
	at->is_dirty = true;
	list_add(batch->mem, list, marker);
}

void kit_marker_raise(struct kit_turn *turn, struct str group, int32_t upto)
{
	marker_add(turn, &turn->kit->batch->raised, group, upto);
}

void kit_marker_done(struct kit_turn *turn, struct str group, int32_t upto)
{
	marker_add(turn, &turn->kit->batch->done, group, upto);
}

void kit_answer(struct kit_turn *turn, struct str body)
{
	slot_of(turn)->answer = body;
}

void kit_answer_text(struct kit_turn *turn, struct str text)
{
	slot_of(turn)->text = text;
}

void kit_row_unchanged(struct kit_turn *turn)
{
	slot_of(turn)->is_row_unchanged = true;
}

void kit_count_claim(struct kit_turn *turn, enum kit_claim what)
{
	slot_of(turn)->claim = what;
}

void kit_hint(struct kit_turn *turn, const char *group, const char *type)
{
	struct batch *batch = turn->kit->batch;
	struct hint_row *hint = arena_new(batch->mem, struct hint_row);
	if (hint == NULL)
		return;
	*hint = (struct hint_row){ .group = str_from_c(group), .type = str_from_c(type) };
	list_add(batch->mem, &batch->hints, hint);
}

enum res kit_actor(const struct kit_turn *turn, struct actor *out, struct err *err)
{
	const struct wire_head *head = &turn->message->head;

	if (!str_eq_c(head->sender, "cli") && !str_eq_c(head->sender, "portal"))
		return err_set(err, RES_DENIED, "only portal and command line speak for people");
	return actor_parse(head->actor, out, err);
}

struct db *kit_turn_db(struct kit_turn *turn)
{
	turn->kit->batch->is_handler_in_db = true;
	return turn->kit->db;
}

/* Messages meet rows: each slot gets its handler, its case row in memory and its end. All that a
 * failed handler did is undone. */
#include "kit/kit_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_RETRY_MS 200

/* A handler's name: its kind in one byte, and its type. false: longer than any handler's. */
static bool handler_key(int kind, struct str type, char out[KIT_NAME_MAX], struct str *out_key)
{
	if (type.n >= KIT_NAME_MAX)
		return false;
	out[0] = (char)kind;
	if (type.n > 0)
		memcpy(out + 1, type.p, type.n);
	*out_key = str_of(out, type.n + 1);
	return true;
}

static void handlers_add(struct kit *kit, const struct kit_handler *handlers)
{
	char bytes[KIT_NAME_MAX];
	struct str key;
	for (const struct kit_handler *h = handlers; h->kind != 0; h++) {
		CHECK(handler_key(h->kind, str_from_c(h->type), bytes, &key));
		map_put(kit->handlers, key, (void *)(uintptr_t)h);
	}
}

void kit_handlers_map(struct kit *kit)
{
	kit->handlers = map_create();
	handlers_add(kit, kit_parked_handlers);
	handlers_add(kit, kit->spec->handlers);
}

const struct kit_handler *kit_handler_find(struct kit *kit, const struct wire_msg *msg)
{
	char bytes[KIT_NAME_MAX];
	struct str key;
	if (!handler_key((int)msg->kind, msg->head.type, bytes, &key))
		return NULL;
	return map_get(kit->handlers, key);
}

static void slot_end(struct slot *slot, enum slot_end end, enum wire_code code)
{
	slot->end = end;
	slot->code = code;
	if (code == WIRE_CODE_BUSY)
		slot->retry_after_ms = BUSY_RETRY_MS;
}

static void slot_refuse(struct kit *kit, struct slot *slot, enum wire_code code, const char *why)
{
	slot_end(slot, SLOT_DONE, code);
	slot->text = arena_str(kit->batch->mem, str_from_c(why));
	kit->counts.refused++;
	log_event(kit->log, message_refused, LOG_TEXT("kind", wire_kind_name(slot->message.kind)),
		LOG_STR("type", slot->message.head.type),
		LOG_ID("case", slot->message.head.case_id), LOG_TEXT("code", wire_code_name(code)),
		LOG_TEXT("why", why));
}

/* What a handler's result means for what is answered; true when the slot's effects stand. */
static bool slot_conclude(struct kit *kit, struct slot *slot, enum res res, const struct err *err)
{
	bool is_command = slot->message.kind == WIRE_COMMAND;
	bool is_claim = slot->message.kind == WIRE_CLAIM;
	switch (res) {
	case RES_OK:
		slot_end(slot, SLOT_DONE, is_command ? WIRE_CODE_DONE : WIRE_CODE_COMMITTED);
		return true;
	case RES_INVALID:
	case RES_TOO_BIG:
		slot_refuse(kit, slot, WIRE_CODE_INVALID, err->text);
		return false;
	case RES_DENIED:
		slot_refuse(kit, slot, WIRE_CODE_FORBIDDEN, err->text);
		return false;
	case RES_CONFLICT:
		if (is_command)
			slot_refuse(kit, slot, WIRE_CODE_REFUSED, err->text);
		else if (is_claim)
			slot_refuse(kit, slot, WIRE_CODE_CONFLICT, err->text);
		else
			slot_end(slot, SLOT_AGAIN, WIRE_CODE_UNSPECIFIED);
		return false;
	case RES_NOT_FOUND:
	case RES_RETRY:
		slot_end(slot, SLOT_DONE, WIRE_CODE_BUSY);
		slot->text = arena_str(kit->batch->mem, str_from_c(err->text));
		return false;
	case RES_BUG:
		slot_refuse(kit, slot, WIRE_CODE_INVALID, err->text);
		return false;
	}
	return false;
}

/* A command that wrote entries and answers no more than "done" is found by them when it is
 * repeated; one that says more is kept in a row of its own, and only there. */
static void slot_find_in_journal(struct batch *batch, struct slot *slot, size_t first_entry)
{
	bool says_more = slot->text.p != NULL || slot->answer.p != NULL;
	slot->is_journalled = batch->journal.n > first_entry && !says_more;
	for (size_t i = first_entry; says_more && i < batch->journal.n; i++)
		((struct journal_row *)batch->journal.items[i])->command_id = STR_NONE;
}

/* The planted poison: poison:<case> is refused, crash:<case> ends the process. */
static bool plant_poison(const struct wire_msg *event, struct err *err)
{
	if (kit_planted_case("crash", event->head.case_id))
		abort();
	if (!kit_planted_case("poison", event->head.case_id))
		return false;
	(void)err_set(err, RES_INVALID, "planted: this case is poison");
	return true;
}

/* Runs the handler on the row; on failure row and lists are as before. */
void kit_slot_run(struct kit *kit, struct slot *slot)
{
	struct batch *batch = kit->batch;
	size_t row_bytes = slot->at != NULL ? kit->spec->cases->row_bytes : 0;
	void *before = NULL;
	bool was_dirty = false;
	if (slot->at != NULL) {
		before = arena_alloc(batch->mem, row_bytes);
		if (before == NULL)
			return;
		memcpy(before, slot->at->row, row_bytes);
		was_dirty = slot->at->is_dirty;
	}
	struct batch_mark mark = batch_mark(batch);
	struct err err = { .text = "" };
	batch->is_handler_in_db = false;
	enum res res = slot->message.kind == WIRE_EVENT && plant_poison(&slot->message, &err)
			       ? RES_INVALID
			       : slot->handler->handle(&slot->turn, &err);
	if (batch->is_handler_in_db && res != RES_OK) {
		/* its statement may have ended the transaction: bisection finds it and refuses it
		 * alone */
		batch->broken = res == RES_RETRY || res == RES_CONFLICT ? res : RES_INVALID;
		batch->broken_err = err;
	}
	if (slot_conclude(kit, slot, res, &err)) {
		slot_find_in_journal(batch, slot, mark.journal);
		if (slot->at != NULL && !slot->is_row_unchanged)
			slot->at->is_dirty = true;
		return;
	}
	batch_cut(batch, mark);
	slot->answer = STR_NONE;
	if (before != NULL) {
		memcpy(slot->at->row, before, row_bytes);
		slot->at->is_dirty = was_dirty;
	}
}

static void decide_event(struct kit *kit, struct slot *slot)
{
	struct kit_case *row = kit_case_of(slot->at->row);
	int producer = kit_producer_find(slot->message.head.producer);
	if (producer < 0 ||
		!kit_subscribes(str_from_c(kit->spec->name), (enum kit_producer)producer) ||
		!str_eq(slot->message.head.producer, slot->message.head.sender)) {
		slot_refuse(kit, slot, WIRE_CODE_FORBIDDEN,
			"not a producer of ours, or somebody else's event");
		return;
	}
	int32_t seq = slot->message.head.seq;
	struct park_place *place = &slot->at->place[producer];
	place->seen = row->seen[producer];
	enum stream_verdict verdict = stream_judge(park_cursor(place), seq, &slot->expected);
	if (kit_planted("skip_cursor"))
		verdict = STREAM_APPLY;
	switch (verdict) {
	case STREAM_DUPLICATE:
		kit->counts.duplicates++;
		slot_end(slot, SLOT_DONE,
			seq > place->seen ? WIRE_CODE_PARKED : WIRE_CODE_DUPLICATE);
		return;
	case STREAM_GAP:
		kit->counts.gaps++;
		slot_end(slot, SLOT_DONE, WIRE_CODE_GAP);
		return;
	case STREAM_APPLY:
		break;
	}
	if (slot->message.head.park || park_is_open(place)) {
		parked_put(kit, slot);
		slot_end(slot, SLOT_DONE, WIRE_CODE_PARKED);
		return;
	}
	if (slot->handler == NULL) {
		slot_refuse(kit, slot, WIRE_CODE_UNKNOWN_TYPE, "no handler for this type");
		return;
	}
	kit_slot_run(kit, slot);
	if (slot->end == SLOT_DONE && slot->code == WIRE_CODE_COMMITTED) {
		kit_case_of(slot->at->row)->seen[producer] = seq;
		slot->at->last_event_slot[producer] = (int32_t)(slot - kit->batch->slots) + 1;
	}
}

/* An earlier message of this batch moved or cleared the timer, or it fired here already. */
static bool timer_is_spoken(const struct batch *batch, const struct slot *slot)
{
	for (size_t i = 0; i < batch->timers.n; i++) {
		const struct timer_row *timer = batch->timers.items[i];
		if (timer->at_case == slot->at && str_eq_c(timer->name, slot->handler->type))
			return true;
	}
	return false;
}

/* A timer that fired is gone with this commit, unless its handler set it again. */
static void decide_timer(struct kit *kit, struct slot *slot)
{
	if (instant_is_none(slot->timer_due) || timer_is_spoken(kit->batch, slot)) {
		slot_end(slot, SLOT_SILENT, WIRE_CODE_UNSPECIFIED);
		return;
	}
	struct batch_mark mark = batch_mark(kit->batch);
	bool was_dirty = slot->at->is_dirty;
	kit_timer_set(&slot->turn, slot->handler->type, INSTANT_NONE);
	kit_slot_run(kit, slot);
	if (slot->code == WIRE_CODE_COMMITTED)
		return;
	batch_cut(kit->batch, mark);
	slot->at->is_dirty = was_dirty;
}

bool kit_keeps_result(const struct slot *slot)
{
	return slot->message.kind == WIRE_COMMAND && slot->at != NULL && !slot->is_kept &&
	       slot->end == SLOT_DONE && slot->code != WIRE_CODE_BUSY && !slot->is_journalled &&
	       slot->code != WIRE_CODE_UNKNOWN_TYPE &&
	       !str_is_empty(slot->message.head.command_id) &&
	       (kit_case_of(slot->at->row)->version > 0 || slot->at->is_dirty);
}

static void decide_command(struct kit *kit, struct slot *slot)
{
	if (slot->is_kept)
		return;
	if (str_is_empty(slot->message.head.command_id)) {
		slot_refuse(kit, slot, WIRE_CODE_INVALID, "a command needs a command_id");
		return;
	}
	bool is_own = parked_is_own(slot->handler);
	/* on what stands in the table, one after another */
	if (is_own && slot->at != NULL && slot->at->has_parked) {
		slot_end(slot, SLOT_AGAIN, WIRE_CODE_UNSPECIFIED);
		return;
	}
	if (slot->at != NULL && kit_case_of(slot->at->row)->version == 0 && !slot->at->is_dirty &&
		!is_own) {
		/* law 4: a command for a case that is not known here yet */
		slot_end(slot, SLOT_DONE, WIRE_CODE_BUSY);
		slot->text = STR("the case is not known here yet");
		return;
	}
	kit_slot_run(kit, slot);
	if (slot->has_stopped && slot->code == WIRE_CODE_DONE)
		slot->code = WIRE_CODE_REFUSED; /* what it did before it stopped stands */
	/* a refusal, too, goes with the case's version, so that two replicas give one result */
	if (kit_keeps_result(slot))
		slot->at->is_dirty = true;
}

static void decide_slot(struct kit *kit, struct slot *slot)
{
	if (slot->end != SLOT_OPEN)
		return;
	if (slot->handler == NULL && slot->message.kind != WIRE_EVENT) {
		slot_refuse(kit, slot, WIRE_CODE_UNKNOWN_TYPE, "no handler for this type");
		return;
	}
	if (slot->at == NULL && !(slot->handler != NULL && slot->handler->no_case &&
					slot->message.kind == WIRE_COMMAND)) {
		slot_refuse(kit, slot, WIRE_CODE_INVALID, "case_id is missing or not positive");
		return;
	}
	slot->turn.row = slot->at != NULL ? slot->at->row : NULL;
	switch ((int)slot->message.kind) {
	case WIRE_EVENT:
		decide_event(kit, slot);
		break;
	case WIRE_COMMAND:
		decide_command(kit, slot);
		break;
	case KIT_TIMER:
		decide_timer(kit, slot);
		break;
	default:
		kit_slot_run(kit, slot);
	}
}

enum res kit_decide(struct kit *kit, struct batch *batch, struct err *err)
{
	for (size_t i = 0; i < batch->n_slots; i++) {
		check_at_message(i + 1, batch->slots[i].message.head.case_id);
		decide_slot(kit, &batch->slots[i]);
		if (batch->broken != RES_OK)
			break;
	}
	check_at_message(0, 0);
	if (batch->broken != RES_OK)
		return err_set(err, batch->broken, "%s", batch->broken_err.text);
	if (arena_failed(batch->mem))
		return err_set(err, RES_INVALID, "the batch needs more than BATCH_MEMORY");
	return RES_OK;
}

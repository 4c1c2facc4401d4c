/* What is said after the commit: acknowledgements, results, receipts, refusals; new events to those
 * who subscribe; credit. */
#include "kit/kit_internal.h"

#include <string.h>

#include "wire/wire_acks.h"

/* Acknowledgements to one replica of a producer: a batch of events is answered by one message. */
struct acks {
	const struct wire_msg *question; /* the first that is answered */
	struct wire_ack first;
	char *bytes;
	size_t n;
};

static void acks_send(struct kit *kit, struct acks *acks)
{
	if (acks->n == 0)
		return;
	struct wire_msg ack = kit_answer_to(kit, acks->question, WIRE_ACK);
	ack.head.seq = acks->first.seq;
	ack.head.code = acks->first.code;
	if (acks->n > 1) {
		ack.head.case_id = 0;
		ack.head.seq = 0;
		ack.head.type = STR(WIRE_ACKS_TYPE);
		ack.body = str_of(acks->bytes, acks->n * WIRE_ACK_BYTES);
	}
	peer_send(kit->peer, &ack);
	acks->n = 0;
}

static struct acks *acks_to(struct batch *batch, const struct wire_msg *question)
{
	for (size_t i = 0; i < batch->acks.n; i++) {
		struct acks *acks = batch->acks.items[i];
		const struct wire_head *head = &acks->question->head;
		if (str_eq(head->reply_to, question->head.reply_to) &&
			str_eq(head->producer, question->head.producer))
			return acks;
	}
	struct acks *acks = arena_new(batch->mem, struct acks);
	char *bytes = arena_alloc(batch->mem, (size_t)WIRE_ACKS_MOST * WIRE_ACK_BYTES);
	if (acks == NULL || bytes == NULL)
		return NULL;
	*acks = (struct acks){ .question = question, .bytes = bytes };
	list_add(batch->mem, &batch->acks, acks);
	return acks;
}

/* Without memory nothing is said; the event is sent again and answered then. */
static void ack_add(struct kit *kit, struct batch *batch, const struct slot *slot, int32_t seq)
{
	const struct wire_ack ack = {
		.case_id = slot->at->case_id, .seq = seq, .code = slot->code
	};
	struct acks *acks = acks_to(batch, &slot->message);
	if (acks == NULL)
		return;
	if (acks->n == WIRE_ACKS_MOST)
		acks_send(kit, acks);
	if (acks->n == 0) {
		acks->question = &slot->message;
		acks->first = ack;
	}
	wire_ack_put(acks->bytes + acks->n++ * WIRE_ACK_BYTES, &ack);
}

static void answer_event(struct kit *kit, struct batch *batch, const struct slot *slot)
{
	if (slot->code == WIRE_CODE_PARKED) {
		parked_ack(kit, slot);
		return;
	}
	if (slot->code != WIRE_CODE_COMMITTED && slot->code != WIRE_CODE_DUPLICATE) {
		kit_nack(kit, &slot->message, slot->code, slot->retry_after_ms, slot->expected,
			slot->text);
		return;
	}
	int producer = kit_producer_find(slot->message.head.producer);
	int32_t carrier = slot->at->last_event_slot[producer] - 1;
	/* one acknowledgement for all events of a producer that this batch took for the case */
	if (slot->code == WIRE_CODE_COMMITTED && carrier >= 0 && &batch->slots[carrier] != slot)
		return;
	ack_add(kit, batch, slot, kit_case_of(slot->at->row)->seen[producer]);
}

static void answer_command(struct kit *kit, const struct slot *slot)
{
	if (slot->code == WIRE_CODE_BUSY || slot->code == WIRE_CODE_UNKNOWN_TYPE) {
		kit_nack(kit, &slot->message, slot->code, slot->retry_after_ms, 0, slot->text);
		return;
	}
	struct wire_msg result = kit_answer_to(kit, &slot->message, WIRE_RESULT);
	result.head.type = slot->message.head.type;
	result.head.code = slot->code;
	result.head.text = str_utf8_cut(slot->text, 200);
	if (slot->at != NULL)
		result.head.seq = slot->is_kept ? slot->kept_seq : kit_case_of(slot->at->row)->seq;
	result.body = slot->answer;
	peer_send(kit->peer, &result);
}

static void answer_submit(struct kit *kit, const struct slot *slot)
{
	if (slot->code != WIRE_CODE_COMMITTED && slot->code != WIRE_CODE_DUPLICATE) {
		kit_nack(kit, &slot->message, slot->code, slot->retry_after_ms, 0, slot->text);
		return;
	}
	struct wire_msg receipt = kit_answer_to(kit, &slot->message, WIRE_RECEIPT);
	receipt.head.type = STR("receipt.v1");
	receipt.head.code = slot->code;
	receipt.body = slot->answer;
	peer_send(kit->peer, &receipt);
}

static void answer_claim(struct kit *kit, const struct slot *slot)
{
	if (slot->code != WIRE_CODE_COMMITTED) {
		kit_nack(kit, &slot->message, slot->code, slot->retry_after_ms, 0, slot->text);
		return;
	}
	struct wire_msg go = kit_answer_to(kit, &slot->message, WIRE_GO);
	go.head.type = STR("go.v1");
	go.body = slot->answer;
	peer_send(kit->peer, &go);
}

static void answer_slot(struct kit *kit, struct batch *batch, const struct slot *slot)
{
	switch ((int)slot->message.kind) {
	case WIRE_EVENT:
		answer_event(kit, batch, slot);
		break;
	case WIRE_COMMAND:
		answer_command(kit, slot);
		break;
	case WIRE_SUBMIT:
		answer_submit(kit, slot);
		break;
	case WIRE_CLAIM:
		answer_claim(kit, slot);
		break;
	default: /* a timer has nobody waiting; DONE is repeated when DELIVER is */
		break;
	}
}

static bool is_again(const struct slot *slot)
{
	return slot->end == SLOT_AGAIN || (slot->at != NULL && slot->at->is_lost && !slot->is_kept);
}

/* The group takes nothing just now: as soon as it does, not only when the lease is over. */
static void send_later(struct kit *kit, const struct batch *batch, struct group *group)
{
	for (size_t i = 0; i < batch->owed.n && group->state == GROUP_BUSY; i++) {
		const struct batch_case *at = batch->owed.items[i];
		relay_due(kit, at->case_id, group, at->first_seq + 1, kit_case_of(at->row)->seq);
	}
}

static void send_events(struct kit *kit, struct batch *batch)
{
	const char *const *groups = NULL;
	size_t n_groups = kit_groups_of(kit->self, &groups);
	for (size_t g = 0; g < n_groups; g++) {
		struct group *group = relay_group(kit, str_from_c(groups[g]));
		if (!relay_may_send(kit, group)) {
			send_later(kit, batch, group);
			continue;
		}
		for (size_t i = 0; i < batch->journal.n; i++) {
			const struct journal_row *entry = batch->journal.items[i];
			if (!entry->at_case->is_lost)
				kit_send_event(kit, str_from_c(group->name), entry, NULL);
		}
	}
	for (size_t i = 0; i < batch->raised.n; i++) {
		const struct marker_row *marker = batch->raised.items[i];
		if (!marker->at_case->is_lost && !marker->is_folded)
			relay_due(kit, marker->case_id, relay_group(kit, marker->grp), marker->seq,
				marker->seq);
	}
}

/* From here on it is known who has answered what was just committed. */
static void track_batch(struct kit *kit, const struct batch *batch)
{
	if (batch->owed.n == 0)
		return;
	const struct batch_case *first = batch->owed.items[0];
	struct sent_batch *sent = track_begin(kit, first->case_id, batch->marker);
	for (size_t i = 0; i < batch->owed.n; i++) {
		const struct batch_case *at = batch->owed.items[i];
		track_case(kit, sent, at->case_id, kit_case_of(at->row)->seq);
	}
}

static void send_hints(struct kit *kit, struct batch *batch)
{
	struct str id = arena_printf(batch->mem, "hint/%lld", (long long)batch->real_now.us);
	for (size_t i = 0; i < batch->hints.n; i++) {
		const struct hint_row *hint = batch->hints.items[i];
		struct wire_msg command = {
			.kind = WIRE_COMMAND,
			.head = {
				.source = str_from_c(kit->spec->name),
				.type = hint->type,
				.to = hint->group,
				.reply_to = str_from_c(kit->instance),
				.command_id = id,
				.time = INSTANT_NONE,
			},
		};
		peer_send(kit->peer, &command);
	}
}

static void take_again(struct kit *kit, const struct slot *slot)
{
	const struct inbox_item item = {
		.message = kit_message_copy(kit->inbox_mem[kit->inbox_at], &slot->message),
		.is_paid = slot->is_paid,
		.has_waited = slot->has_waited,
	};
	kit_inbox_add(kit, &item);
	kit->inbox_is_urgent = true;
	kit->counts.losers++;
}

/* A command that is faster than the event it builds on waits for it, once and a moment. */
static bool waits_for_its_case(struct kit *kit, const struct slot *slot)
{
	const struct inbox_item item = {
		.message = slot->message, .is_paid = true, .has_waited = true
	};
	return slot->message.kind == WIRE_COMMAND && slot->code == WIRE_CODE_BUSY &&
	       !slot->has_waited && shelf_put(kit, &item);
}

void kit_answer_batch(struct kit *kit, struct batch *batch)
{
	int32_t credit = 0;
	for (size_t i = 0; i < batch->n_slots; i++) {
		struct slot *slot = &batch->slots[i];
		if (is_again(slot)) {
			take_again(kit, slot);
			continue;
		}
		if ((int)slot->message.kind != KIT_TIMER && !slot->is_paid &&
			wire_kind_needs_credit(slot->message.kind))
			credit++;
		if (!waits_for_its_case(kit, slot))
			answer_slot(kit, batch, slot);
	}
	for (size_t i = 0; i < batch->acks.n; i++)
		acks_send(kit, batch->acks.items[i]);
	track_batch(kit, batch);
	send_events(kit, batch);
	send_hints(kit, batch);
	for (size_t i = 0; i < batch->done.n; i++) {
		const struct marker_row *marker = batch->done.items[i];
		if (!marker->at_case->is_lost)
			window_answer(&relay_group(kit, marker->grp)->window, loop_now(kit->loop));
	}
	if (credit > 0)
		peer_credit(kit->peer, credit);
}

/* The messages that the kit says by itself, made in one place: answers to a question, and events.
 */
#include "kit/kit_internal.h"

struct wire_msg kit_answer_to(struct kit *kit, const struct wire_msg *question, enum wire_kind kind)
{
	return (struct wire_msg){
		.kind = kind,
		.head = {
			.id = question->head.id,
			.source = str_from_c(kit->spec->name),
			.subject = str_from_c(kit->spec->name),
			.to = question->head.reply_to,
			.route = question->head.route,
			.case_id = question->head.case_id,
			.producer = question->head.producer,
			.seq = question->head.seq,
			.command_id = question->head.command_id,
			.source_msg_id = question->head.source_msg_id,
			.channel = question->head.channel,
			.time = INSTANT_NONE,
		},
	};
}

void kit_nack(struct kit *kit, const struct wire_msg *question, enum wire_code code,
	int32_t retry_after_ms, int32_t expected, struct str text)
{
	struct wire_msg nack = kit_answer_to(kit, question, WIRE_NACK);
	nack.head.code = code;
	nack.head.retry_after_ms = retry_after_ms;
	nack.head.expected = expected;
	nack.head.text = str_utf8_cut(text, 200);
	peer_send(kit->peer, &nack);
}

void kit_send_event(struct kit *kit, struct str group, const struct journal_row *entry,
	const struct kit_sending *how)
{
	bool is_alone = how != NULL && how->attempt >= KIT_ALONE_AFTER;
	struct str self = str_from_c(kit->spec->name);
	struct wire_msg event = {
		.kind = WIRE_EVENT,
		.head = {
			.source = self,
			.type = entry->type,
			.time = entry->at,
			.to = group,
			.reply_to = str_from_c(kit->instance),
			.case_id = entry->case_id,
			.producer = self,
			.seq = entry->seq,
		},
		.body = entry->body,
	};
	if (how != NULL) {
		event.head.attempt = how->attempt;
		event.head.park = how->park;
		event.head.text = how->park ? str_utf8_cut(how->why, 200) : STR_NONE;
		metrics_add(kit->metrics.values, KIT_METRIC_park_asked, how->park);
	}
	metrics_add(kit->metrics.values, KIT_METRIC_events_sent, 1);
	if (is_alone)
		peer_flush(kit->peer);
	peer_send(kit->peer, &event);
	if (is_alone)
		peer_flush(kit->peer);
}

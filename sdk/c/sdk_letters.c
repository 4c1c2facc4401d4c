/* Letters on their way: sent, and their answers taken: RECEIPT, and NACK. */
#include "proto/door.pb-c.h"
#include "sdk/sdk_internal.h"

#define BUSY_LEAST SPAN_MS(100) /* a NACK without a time of its own */
#define BUSY_MOST  SPAN_MIN(10) /* nobody may silence us for longer */

void letters_send(struct wangli *client, struct instant now)
{
	if (!peer_is_up(client->peer))
		return;
	struct outbox_letter *letter;
	outbox_expire(&client->outbox, now, ANSWER_WITHIN);
	while ((letter = outbox_next(&client->outbox, now, client->window.now)) != NULL) {
		const struct wire_msg msg = {
			.kind = WIRE_SUBMIT,
			.head = { .id = letter->id,
				.type = STR("submit.v1"),
				.to = STR("intake"),
				.reply_to = str_from_c(peer_instance(client->peer)),
				.channel = str_from_c(client->channel),
				.source_msg_id = letter->id,
				.attempt = letter->attempt },
			.body = letter->body,
		};
		peer_send(client->peer, &msg);
	}
}

/* Answers carry the id of what they answer. NULL: a letter that is answered already, too. */
static struct outbox_letter *letter_answered(struct wangli *client, const struct wire_msg *msg)
{
	struct outbox_letter *letter = outbox_find(&client->outbox, msg->head.id);
	return letter == NULL || letter->is_answered ? NULL : letter;
}

static void letter_told(struct took *took, struct outbox_letter *letter)
{
	letter->is_answered = true;
	took->letters[took->n_letters++] = letter;
}

void letters_take_receipt(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	struct outbox_letter *letter = letter_answered(client, msg);
	Wangli__Receipt *body = NULL;
	if (letter == NULL || wire_unpack(client->mem, &wangli__receipt__descriptor, msg->body,
				      &body, NULL) != RES_OK)
		return;
	const struct wangli_receipt receipt = {
		.source_msg_id = sdk_text(letter->id),
		.case_number = wangli_text_from_c(body->case_number),
		.query_code = wangli_text_from_c(body->query_code),
		.digest = wangli_text_of(body->digest.data, body->digest.len),
		.received_at_us = body->received_at_us,
		.is_repeat = body->is_repeat,
	};
	if (client->on.on_receipt != NULL)
		client->on.on_receipt(client->on.arg, &receipt);
	sdk_window_receipt(&client->window);
	letter_told(took, letter);
}

struct span nack_wait(const struct wire_msg *nack)
{
	struct span after = SPAN_MS(nack->head.retry_after_ms);
	if (after.us < BUSY_LEAST.us)
		return BUSY_LEAST;
	return after.us > BUSY_MOST.us ? BUSY_MOST : after;
}

/* What a NACK says about the letter: RES_RETRY, or why it will never be taken. */
static enum res nack_meaning(enum wire_code code)
{
	switch ((unsigned)code) {
	case WIRE_CODE_INVALID:
		return RES_INVALID;
	case WIRE_CODE_CONFLICT:
		return RES_CONFLICT;
	case WIRE_CODE_FORBIDDEN:
		return RES_DENIED;
	}
	return RES_RETRY;
}

void letters_take_nack(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	struct outbox_letter *letter = letter_answered(client, msg);
	if (letter == NULL)
		return;
	enum res why = nack_meaning(msg->head.code);
	if (why == RES_RETRY) {
		struct span after = nack_wait(msg);
		if (after.us < OUTBOX_ASIDE.us)
			sdk_window_busy(&client->window, client->outbox.n_flying, letter->sent_at,
				took->now);
		outbox_refuse(&client->outbox, letter, took->now, after);
		return;
	}
	const struct wangli_refusal refusal = {
		.source_msg_id = sdk_text(letter->id),
		.why = sdk_result(why),
		.text = sdk_text(msg->head.text),
	};
	if (client->on.on_refused != NULL)
		client->on.on_refused(client->on.arg, &refusal);
	letter_told(took, letter);
}

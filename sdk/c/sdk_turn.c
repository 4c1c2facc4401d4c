/* One turn of the client: make durable, send, wait, take, call back, keep, answer. */
#include <string.h>

#include "os/os.h"
#include "proto/door.pb-c.h"
#include "sdk/sdk_internal.h"

#define DONE_TYPE     "done.v1"
#define ANSWER_WITHIN SPAN_S(5)	    /* then a letter is sent again */
#define BUSY_LEAST    SPAN_MS(100)  /* a NACK without a time of its own */
#define BUSY_MOST     SPAN_MIN(10)  /* nobody may silence us for longer */
#define WAIT_MOST     SPAN_MS(1000) /* heartbeats go out at least this often */

/* --- out --- */

static void send_letters(struct wangli *client, struct instant now)
{
	if (!peer_is_up(client->peer))
		return;
	struct outbox_letter *letter;
	outbox_expire(&client->outbox, now, ANSWER_WITHIN);
	while ((letter = outbox_next(&client->outbox, now, client->window)) != NULL) {
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

struct delivery {
	const struct wire_msg *msg;
	struct str delivery_id;
};

/* The outcome that the spool keeps, said to the platform (again). */
static void send_done(struct wangli *client, const struct delivery *delivery)
{
	const struct spool_outcome *outcome =
		spool_find_outcome(client->spool, delivery->delivery_id);
	if (outcome == NULL || !outcome->is_kept)
		return;
	const struct wire_head *asked = &delivery->msg->head;
	Wangli__Done done = WANGLI__DONE__INIT;
	done.delivery_id = (char *)(uintptr_t)arena_c(client->mem, delivery->delivery_id);
	done.reason = (char *)(uintptr_t)arena_c(client->mem, outcome->reason);
	done.done_at_us = os_real_now().us;
	const struct wire_msg msg = {
		.kind = WIRE_DONE,
		.head = { .id = delivery->delivery_id,
			.type = STR(DONE_TYPE),
			.to = STR("reply"),
			.reply_to = str_from_c(peer_instance(client->peer)),
			.route = asked->route,
			.case_id = asked->case_id,
			.channel = asked->channel,
			.source_msg_id = asked->source_msg_id,
			.code = outcome->is_delivered ? WIRE_CODE_DELIVERED
						      : WIRE_CODE_UNDELIVERABLE,
			.text = outcome->reason },
		.body = wire_pack(client->mem, &done.base),
	};
	peer_send(client->peer, &msg);
}

/* --- in: answers to letters --- */

/* Answers carry the id of what they answer. A refusal of our DONE carries a delivery's. */
static struct outbox_letter *letter_answered(struct wangli *client, const struct wire_msg *msg)
{
	if (msg->kind == WIRE_NACK && str_eq_c(msg->head.type, DONE_TYPE))
		return NULL;
	return outbox_find(&client->outbox, msg->head.id);
}

static void letter_done(struct wangli *client, struct outbox_letter *letter)
{
	spool_add_answered(client->spool, letter->id);
	outbox_remove(&client->outbox, letter);
}

static void take_receipt(struct wangli *client, const struct wire_msg *msg)
{
	struct outbox_letter *letter = letter_answered(client, msg);
	Wangli__Receipt *body = NULL;
	if (letter == NULL || wire_unpack(client->mem, &wangli__receipt__descriptor, msg->body,
				      &body, NULL) != RES_OK)
		return;
	const struct wangli_receipt receipt = {
		.source_msg_id = letter->id,
		.case_number = wire_str(body->case_number),
		.query_code = wire_str(body->query_code),
		.digest = str_of(body->digest.data, body->digest.len),
		.received_at = { body->received_at_us },
		.is_repeat = body->is_repeat,
	};
	if (client->on.on_receipt != NULL)
		client->on.on_receipt(client->on.arg, &receipt);
	letter_done(client, letter);
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

static void take_nack(struct wangli *client, const struct wire_msg *msg, struct instant now)
{
	struct outbox_letter *letter = letter_answered(client, msg);
	if (letter == NULL)
		return;
	enum res why = nack_meaning(msg->head.code);
	if (why == RES_RETRY) {
		struct span after = SPAN_MS(msg->head.retry_after_ms);
		if (after.us < BUSY_LEAST.us)
			after = BUSY_LEAST;
		if (after.us > BUSY_MOST.us)
			after = BUSY_MOST;
		outbox_refuse(&client->outbox, letter, now, after);
		return;
	}
	if (client->on.on_refused != NULL)
		client->on.on_refused(client->on.arg, letter->id, why, msg->head.text);
	letter_done(client, letter);
}

/* --- in: deliveries --- */

static enum res call_deliver(
	struct wangli *client, const struct wire_msg *msg, const Wangli__Deliver *body)
{
	const struct wangli_delivery delivery = {
		.delivery_id = wire_str(body->delivery_id),
		.source_msg_id = msg->head.source_msg_id,
		.channel = msg->head.channel,
		.case_number = wire_str(body->case_number),
		.text = wire_str(body->text),
		.unit = wire_str(body->unit),
		.replied_at = { body->replied_at_us },
		.reply_address = wire_str(body->reply_address),
	};
	struct wangli_outcome outcome = { .is_delivered = false, .reason = STR_NONE };
	if (client->on.on_deliver == NULL)
		return RES_RETRY;
	TRY(client->on.on_deliver(client->on.arg, &delivery, &outcome));
	spool_add_outcome(
		client->spool, delivery.delivery_id, outcome.is_delivered, outcome.reason);
	return RES_OK;
}

/* true: there is an outcome, kept or to be kept. One that cannot be read is left unanswered: the
 * platform counts that and sets it aside. */
static bool take_delivery(struct wangli *client, const struct wire_msg *msg, struct delivery *out)
{
	Wangli__Deliver *body = NULL;
	if (wire_unpack(client->mem, &wangli__deliver__descriptor, msg->body, &body, NULL) !=
		RES_OK)
		return false;
	*out = (struct delivery){ .msg = msg, .delivery_id = wire_str(body->delivery_id) };
	if (out->delivery_id.n == 0)
		return false;
	if (spool_find_outcome(client->spool, out->delivery_id) != NULL)
		return true;
	return call_deliver(client, msg, body) == RES_OK;
}

/* First the integrator's own medium, then our spool, then the word to the platform. */
static enum res deliveries_end(
	struct wangli *client, const struct delivery *deliveries, size_t n, struct err *err)
{
	enum res res = RES_OK;
	if (n > 0 && client->on.on_keep != NULL && client->on.on_keep(client->on.arg) != RES_OK)
		spool_drop_outcomes(client->spool);
	else
		res = spool_keep_outcomes(client->spool, os_real_now(), err);
	for (size_t i = 0; i < n; i++)
		send_done(client, &deliveries[i]);
	return res;
}

/* --- the turn --- */

/* Takes what has arrived, up to TAKE_MOST; *out_n: how many that was. */
static enum res take(struct wangli *client, size_t *out_n, struct err *err)
{
	struct wire_msg messages[TAKE_MOST];
	struct delivery deliveries[TAKE_MOST];
	size_t n_deliveries = 0;
	int32_t credit = 0;
	arena_reset(client->mem);
	size_t n = peer_receive(client->peer, client->mem, messages, TAKE_MOST);
	struct instant now = os_monotonic_now();
	for (size_t i = 0; i < n; i++) {
		const struct wire_msg *msg = &messages[i];
		credit += wire_kind_needs_credit(msg->kind);
		if (msg->kind == WIRE_RECEIPT)
			take_receipt(client, msg);
		else if (msg->kind == WIRE_NACK)
			take_nack(client, msg, now);
		else if (msg->kind == WIRE_DELIVER &&
			 take_delivery(client, msg, &deliveries[n_deliveries]))
			n_deliveries++;
	}
	enum res res = deliveries_end(client, deliveries, n_deliveries, err);
	if (credit > 0)
		peer_credit(client->peer, credit);
	*out_n = n;
	return res;
}

static enum res wait_for_socket(struct wangli *client, struct span wait, struct err *err)
{
	struct instant now = os_monotonic_now();
	struct instant due = outbox_due(&client->outbox, client->window, ANSWER_WITHIN);
	if (wait.us > WAIT_MOST.us)
		wait = WAIT_MOST;
	if (!instant_is_none(due) && instant_since(due, now).us < wait.us)
		wait = instant_since(due, now);
	if (wait.us <= 0)
		return RES_OK;
	loop_timer_set(client->timer, wait);
	enum res res = loop_run(client->loop, err);
	loop_timer_stop(client->timer);
	return res;
}

static enum res send_all(struct wangli *client, struct err *err)
{
	TRY(spool_sync(client->spool, &client->outbox, err));
	struct instant now = os_monotonic_now();
	peer_turn(client->peer, now);
	send_letters(client, now);
	peer_flush(client->peer);
	return RES_OK;
}

enum res wangli_turn(struct wangli *client, struct span wait, struct err *err)
{
	size_t n = 0;
	TRY(send_all(client, err));
	TRY(take(client, &n, err));
	if (n == 0 && wait.us > 0) {
		TRY(wait_for_socket(client, wait, err));
		TRY(take(client, &n, err));
	}
	/* Answers open the window again, and outcomes and credit should not wait for the caller. */
	return send_all(client, err);
}

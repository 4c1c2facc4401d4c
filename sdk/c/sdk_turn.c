/* One turn of the client: make durable, send, wait, take, call back, keep, answer. What comes in is
 * shared out by a table; each row's function is in the file of its subject. */
#include "os/os.h"
#include "sdk/sdk_internal.h"

#define WAIT_MOST SPAN_MS(1000) /* heartbeats go out at least this often */

/* Only the door's own NACK names a type; a service's names what it answers by its ids. */
static void take_nack(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	if (!str_is_empty(msg->head.command_id))
		asks_take_nack(client, msg, took);
	else if (!claims_take_nack(client, msg, took))
		letters_take_nack(client, msg, took);
}

/* What comes in. type NULL: any; the first row that fits takes it. A NACK of our own DONE says
 * nothing that we act on: the platform sends the delivery, or the status, again. */
static const struct {
	enum wire_kind kind;
	const char *type;
	void (*take)(struct wangli *client, const struct wire_msg *msg, struct took *took);
} incoming[] = {
	{ WIRE_RECEIPT, NULL, letters_take_receipt },
	{ WIRE_NACK, "done.v1", NULL },
	{ WIRE_NACK, "status.done.v1", NULL },
	{ WIRE_NACK, NULL, take_nack },
	{ WIRE_GO, NULL, claims_take_go },
	{ WIRE_RESULT, NULL, asks_take_result },
	{ WIRE_DELIVER, "status.v1", statuses_take },
	{ WIRE_DELIVER, NULL, deliveries_take },
};

static void take_one(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	for (size_t i = 0; i < sizeof incoming / sizeof incoming[0]; i++) {
		if (msg->kind != incoming[i].kind ||
			(incoming[i].type != NULL && !str_eq_c(msg->head.type, incoming[i].type)))
			continue;
		if (incoming[i].take != NULL)
			incoming[i].take(client, msg, took);
		return;
	}
}

/* First the integrator's own medium, then our spool, then the word to the platform. What is not
 * kept comes again: letters after their time-out. */
static enum res took_end(struct wangli *client, struct took *took, struct err *err)
{
	enum res res = RES_OK;
	bool is_kept = took->n_letters + took->n_deliveries + took->n_statuses == 0 ||
		       client->on.on_keep == NULL ||
		       client->on.on_keep(client->on.arg) == WANGLI_OK;
	for (size_t i = 0; i < took->n_letters; i++) {
		took->letters[i]->is_answered = false;
		if (!is_kept)
			continue;
		spool_add_answered(client->spool, took->letters[i]->id);
		outbox_remove(&client->outbox, took->letters[i]);
	}
	if (is_kept)
		res = spool_keep_outcomes(client->spool, os_real_now(), err);
	else
		spool_drop_outcomes(client->spool);
	deliveries_send_done(client, took);
	if (is_kept)
		statuses_send_done(client, took);
	return res;
}

/* Takes what has arrived, up to TAKE_MOST; *out_n: how many that was. */
static enum res take(struct wangli *client, size_t *out_n, struct err *err)
{
	struct wire_msg messages[TAKE_MOST];
	struct took took = { .now = os_monotonic_now() };
	int32_t credit = 0;
	arena_reset(client->mem);
	size_t n = peer_receive(client->peer, client->mem, messages, TAKE_MOST);
	for (size_t i = 0; i < n; i++) {
		const struct wire_msg *msg = &messages[i];
		credit += wire_kind_needs_credit(msg->kind);
		take_one(client, msg, &took);
	}
	enum res res = claims_turn(client, &took, err);
	enum res kept = took_end(client, &took, res == RES_OK ? err : NULL);
	if (res == RES_OK)
		claims_send(client, &took);
	if (res == RES_OK)
		res = kept;
	if (credit > 0)
		peer_credit(client->peer, credit);
	*out_n = n;
	return res;
}

static enum res wait_for_socket(struct wangli *client, struct span wait, struct err *err)
{
	struct instant now = os_monotonic_now();
	struct instant due = INSTANT_NONE;
	if (peer_is_up(client->peer)) /* without a door nothing is due */
		due = instant_min(outbox_due(&client->outbox, client->window.now, ANSWER_WITHIN),
			asks_due(&client->asks));
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
	letters_send(client, now);
	asks_send(client, now);
	peer_flush(client->peer);
	return RES_OK;
}

enum res client_turn(struct wangli *client, struct span wait, struct err *err)
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

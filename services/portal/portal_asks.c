#include "portal_asks.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define RETRY_AT_LEAST SPAN_MS(50)
#define RETRY_AT_MOST  SPAN_MS(1000)
#define TURN_EVERY     SPAN_MS(50)

struct open_ask {
	struct ask ask;
	struct instant ends_at;
	struct instant again_at; /* none: under way */
	char *words;		 /* command_id and body */
};

struct portal_asks {
	struct portal_state *state;
	struct map *open; /* by command_id */
	struct loop_timer *timer;
};

static void on_timer(void *arg)
{
	struct portal_asks *asks = arg;

	portal_asks_turn(asks->state);
	if (map_count(asks->open) > 0)
		loop_timer_set(asks->timer, TURN_EVERY);
}

struct portal_asks *portal_asks_create(struct portal_state *state)
{
	struct portal_asks *asks = calloc(1, sizeof(*asks));

	CHECK(asks != NULL);
	asks->state = state;
	asks->open = map_create();
	asks->timer = loop_timer_create(state->loop, on_timer, asks);
	return asks;
}

static void open_free(struct open_ask *open)
{
	free(open->words);
	free(open);
}

static bool free_each(void *arg, struct str key, void *value)
{
	(void)arg;
	(void)key;
	open_free(value);
	return true;
}

void portal_asks_destroy(struct portal_asks *asks)
{
	if (asks == NULL)
		return;
	map_walk(asks->open, free_each, NULL);
	map_destroy(asks->open);
	loop_timer_destroy(asks->timer);
	free(asks);
}

static void ask_send(struct portal_state *state, const struct ask *ask)
{
	peer_send(state->peer, &(struct wire_msg){ .kind = WIRE_COMMAND,
				       .head = { .id = ask->command_id,
					       .type = ask->type,
					       .to = ask->to,
					       .reply_to = str_from_c(peer_instance(state->peer)),
					       .actor = ask->actor,
					       .case_id = ask->case_id,
					       .time = INSTANT_NONE,
					       .command_id = ask->command_id },
				       .body = ask->body });
}

enum res portal_ask(struct portal_state *state, const struct ask *ask, struct err *err)
{
	struct portal_asks *asks = state->asks;
	struct open_ask *open;

	if (!peer_is_up(state->peer) || map_count(asks->open) >= ASKS_MAX)
		return err_set(err, RES_RETRY, "the bus is away or busy");
	if (map_get(asks->open, ask->command_id) != NULL)
		return err_set(err, RES_CONFLICT, "the same command is being asked");
	open = calloc(1, sizeof(*open));
	CHECK(open != NULL);
	open->words = malloc(ask->command_id.n + ask->body.n + 1);
	CHECK(open->words != NULL);
	memcpy(open->words, ask->command_id.p, ask->command_id.n);
	if (ask->body.n > 0)
		memcpy(open->words + ask->command_id.n, ask->body.p, ask->body.n);
	open->ask = *ask;
	open->ask.command_id = str_of(open->words, ask->command_id.n);
	open->ask.body = str_of(open->words + ask->command_id.n, ask->body.n);
	open->ends_at = instant_add(loop_now(state->loop), SPAN_MS(state->config.ask));
	open->again_at = INSTANT_NONE;
	map_put(asks->open, open->ask.command_id, open);
	ask_send(state, &open->ask);
	if (!loop_timer_is_set(asks->timer))
		loop_timer_set(asks->timer, TURN_EVERY);
	return RES_OK;
}

static void ask_end(
	struct portal_state *state, struct open_ask *open, enum ask_end end, struct str text)
{
	map_remove(state->asks->open, open->ask.command_id);
	if (open->ask.exchange != NULL)
		open->ask.ended(open->ask.arg, open->ask.exchange, end, text);
	open_free(open);
}

static void on_busy(struct portal_state *state, struct open_ask *open, int32_t retry_after_ms)
{
	struct span wait = SPAN_MS(retry_after_ms);

	if (wait.us < RETRY_AT_LEAST.us)
		wait = RETRY_AT_LEAST;
	if (wait.us > RETRY_AT_MOST.us)
		wait = RETRY_AT_MOST;
	open->again_at = instant_add(loop_now(state->loop), wait);
}

/* An answer is believed from the service that was asked, and a NACK from the broker too. */
static bool is_from(const struct wire_msg *msg, const struct open_ask *open)
{
	return str_eq(msg->head.sender, open->ask.to) ||
	       (msg->kind == WIRE_NACK && str_eq_c(msg->head.sender, "bus"));
}

static void on_answer(struct portal_state *state, const struct wire_msg *msg)
{
	struct open_ask *open = map_get(state->asks->open, msg->head.command_id);

	if (open == NULL || !is_from(msg, open))
		return;
	if (msg->kind == WIRE_RESULT && msg->head.code == WIRE_CODE_DONE)
		ask_end(state, open, ASK_DONE, msg->head.text);
	else if (msg->head.code == WIRE_CODE_BUSY || msg->head.code == WIRE_CODE_NO_CONSUMER)
		on_busy(state, open, msg->head.retry_after_ms);
	else
		ask_end(state, open, ASK_REFUSED, msg->head.text);
}

static void on_message(void *arg, const struct wire_msg *msg)
{
	struct portal_state *state = arg;

	if (msg->kind == WIRE_RESULT || msg->kind == WIRE_NACK) {
		on_answer(state, msg);
		return;
	}
	if (!wire_kind_needs_credit(msg->kind))
		return;
	/* The portal serves nobody on the bus. */
	peer_send(state->peer, &(struct wire_msg){ .kind = WIRE_NACK,
				       .head = { .id = msg->head.id,
					       .type = msg->head.type,
					       .to = msg->head.reply_to,
					       .case_id = msg->head.case_id,
					       .producer = msg->head.producer,
					       .seq = msg->head.seq,
					       .time = INSTANT_NONE,
					       .command_id = msg->head.command_id,
					       .code = WIRE_CODE_UNKNOWN_TYPE } });
	peer_credit(state->peer, 1);
}

void portal_asks_receive(struct portal_state *state)
{
	peer_receive_all(state->peer, state->mem, on_message, state);
}

static bool turn_each(void *arg, struct str key, void *value)
{
	struct portal_state *state = arg;
	struct open_ask *open = value;
	struct instant now = loop_now(state->loop);

	(void)key;
	if (!instant_is_before(now, open->ends_at)) {
		ask_end(state, open, ASK_AWAY, STR(""));
	} else if (!instant_is_none(open->again_at) && !instant_is_before(now, open->again_at)) {
		open->again_at = INSTANT_NONE;
		ask_send(state, &open->ask);
	}
	return true;
}

void portal_asks_turn(struct portal_state *state)
{
	map_walk(state->asks->open, turn_each, state);
}

static bool forget_each(void *arg, struct str key, void *value)
{
	struct open_ask *open = value;

	(void)key;
	if (open->ask.exchange == arg)
		open->ask.exchange = NULL;
	return true;
}

void portal_asks_forget(struct portal_state *state, struct http_exchange *exchange)
{
	if (state->asks != NULL)
		map_walk(state->asks->open, forget_each, exchange);
}

/* Messages of the bus, and the keys. */
#include "edge_bus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "edge_handlers.h"
#include "proto/operator.pb-c.h"

#define ASK_AGAIN_AFTER SPAN_S(1)

/* "edge/<16 hex of this life>/<number>" */
static void ask_keys(struct edge_state *state, struct instant now)
{
	Wangli__KeysGet body = WANGLI__KEYS_GET__INIT;
	char id[EDGE_ASKED_ID];

	snprintf(id, sizeof(id), "%s/%" PRId64, peer_instance(state->peer), ++state->asked);
	state->asked_at = now;
	state->wants_keys = false;
	peer_send(state->peer, &(struct wire_msg){ .kind = WIRE_COMMAND,
				       .head = { .id = str_from_c(id),
					       .type = STR("keys.get.v1"),
					       .to = STR("intake"),
					       .reply_to = str_from_c(peer_instance(state->peer)),
					       .command_id = str_from_c(id) },
				       .body = wire_pack(state->mem, &body.base) });
}

/* The number of the keys.get that this answers; 0: it is none of ours. */
static int64_t asked_number(const struct edge_state *state, struct str command_id)
{
	struct str instance = str_from_c(peer_instance(state->peer));
	int64_t number;

	if (!str_starts(command_id, instance) || command_id.n <= instance.n + 1 ||
		str_to_int64(str_slice(command_id, instance.n + 1, command_id.n), &number) !=
			RES_OK)
		return 0;
	return number;
}

static bool is_time_for_keys(const struct edge_state *state, struct instant now)
{
	struct instant loaded_at = edge_keys_loaded_at(state->keys);

	return state->wants_keys || state->answered < state->asked || instant_is_none(loaded_at) ||
	       instant_since(now, loaded_at).us >= SPAN_MS(state->config.keys_every).us;
}

void edge_bus_mind_keys(struct edge_state *state)
{
	struct instant now = loop_now(state->loop);
	bool is_fresh = edge_keys_are_fresh(state->keys, now);

	if (!is_fresh && !state->is_stale_told)
		log_event(state->log, keys_stale, LOG_INT("keys", edge_keys_count(state->keys)));
	state->is_stale_told = !is_fresh;
	if (peer_is_up(state->peer) && is_time_for_keys(state, now) &&
		(instant_is_none(state->asked_at) ||
			instant_since(now, state->asked_at).us >= ASK_AGAIN_AFTER.us))
		ask_keys(state, now);
}

void edge_bus_on_welcome(void *arg)
{
	struct edge_state *state = arg;

	edge_letters_excuse(state->letters);
	ask_keys(state, loop_now(state->loop));
}

static void on_keys(struct edge_state *state, const struct wire_msg *msg, int64_t number)
{
	struct err err;

	if (number <= state->answered)
		return;
	if (msg->kind != WIRE_RESULT || msg->head.code != WIRE_CODE_DONE)
		return; /* asked again in a second */
	if (edge_keys_load(state->keys, msg->body, loop_now(state->loop), &err) != RES_OK) {
		log_event(state->log, message_refused, LOG_TEXT("kind", "RESULT"),
			LOG_TEXT("text", err.text));
		return;
	}
	state->answered = number;
	log_event(state->log, keys_loaded, LOG_INT("keys", edge_keys_count(state->keys)));
	state->is_stale_told = false;
	edge_review_members(state);
}

/* An integrator hears those alone whom the door passes his messages to, and the broker. */
static bool may_answer_outside(struct str sender)
{
	static const char *const services[] = { "intake", "reply", "analytics", "media", "bus" };

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (str_eq_c(sender, services[i]))
			return true;
	return false;
}

/* RESULT, RECEIPT, ACK, NACK, GO: ours, or an integrator's. Keys are believed from intake alone. */
static void on_answer(struct edge_state *state, const struct wire_msg *msg)
{
	int64_t number = asked_number(state, msg->head.command_id);

	if (!str_is_empty(msg->head.route) && may_answer_outside(msg->head.sender))
		edge_pass_answer(state, msg);
	else if (number > 0 && str_eq_c(msg->head.sender, "intake"))
		on_keys(state, msg, number);
}

/* What the door answers with: everything that the asker knows its question by. */
static void answer(struct edge_state *state, const struct wire_msg *msg, enum wire_kind kind,
	enum wire_code code, int32_t retry_after_ms)
{
	peer_send(state->peer, &(struct wire_msg){ .kind = kind,
				       .head = { .id = msg->head.id,
					       .type = msg->head.type,
					       .subject = msg->head.to,
					       .to = msg->head.reply_to,
					       .route = msg->head.route,
					       .case_id = msg->head.case_id,
					       .producer = msg->head.producer,
					       .seq = msg->head.seq,
					       .command_id = msg->head.command_id,
					       .channel = msg->head.channel,
					       .source_msg_id = msg->head.source_msg_id,
					       .code = code,
					       .retry_after_ms = retry_after_ms } });
}

static void on_command(struct edge_state *state, const struct wire_msg *msg)
{
	if (!str_eq_c(msg->head.type, "keys.changed.v1")) {
		answer(state, msg, WIRE_NACK, WIRE_CODE_UNKNOWN_TYPE, 0);
		return;
	}
	answer(state, msg, WIRE_RESULT, WIRE_CODE_DONE, 0);
	ask_keys(state, loop_now(state->loop));
}

static void on_deliver(struct edge_state *state, const struct wire_msg *msg)
{
	struct member_pick pick = edge_pass_delivery(state, msg);
	int32_t retry_after_ms;

	if (pick.to != NULL)
		return;
	retry_after_ms = members_refuse(server_members(state->server), msg->head.to, MEMBER_WORK,
		STR_NONE, loop_now(state->loop));
	answer(state, msg, WIRE_NACK, pick.is_served ? WIRE_CODE_BUSY : WIRE_CODE_NO_CONSUMER,
		retry_after_ms);
}

static void on_bus_message(void *arg, const struct wire_msg *msg)
{
	struct edge_state *state = arg;

	switch (msg->kind) {
	case WIRE_RESULT:
	case WIRE_RECEIPT:
	case WIRE_ACK:
	case WIRE_NACK:
	case WIRE_GO:
		on_answer(state, msg);
		return;
	case WIRE_DELIVER:
		on_deliver(state, msg);
		break;
	case WIRE_COMMAND:
		on_command(state, msg);
		break;
	case WIRE_CREDIT: /* a group that refused us takes messages again: intake's is ours to wait
			     for */
		if (str_eq_c(msg->head.to, "intake") && state->answered < state->asked)
			ask_keys(state, loop_now(state->loop));
		return;
	case WIRE_EVENT:
	case WIRE_SUBMIT:
	case WIRE_DONE:
	case WIRE_CLAIM:
		answer(state, msg, WIRE_NACK, WIRE_CODE_UNKNOWN_TYPE, 0);
		break;
	case WIRE_HELLO:
	case WIRE_WELCOME:
	case WIRE_PING:
	case WIRE_PONG:
	case WIRE_BYE: /* the session's own: peer keeps them */
		return;
	}
	peer_credit(state->peer, 1);
}

void edge_bus_receive(struct edge_state *state)
{
	peer_receive_all(state->peer, state->mem, on_bus_message, state);
}

struct served {
	struct str groups[PEER_GROUPS_MAX];
	size_t n;
};

static void serve(void *arg, const struct member_group_view *view)
{
	struct served *served = arg;

	if (view->members > 0 && served->n < PEER_GROUPS_MAX)
		served->groups[served->n++] = view->name;
}

void edge_bus_mind_groups(struct edge_state *state)
{
	struct served served = { .groups = { STR(EDGE_GROUP) }, .n = 1 };

	if (!state->groups_changed || state->is_closing)
		return;
	state->groups_changed = false;
	members_groups(server_members(state->server), serve, &served);
	peer_set_groups(state->peer, served.groups, served.n);
}

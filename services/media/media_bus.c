/* One question, one answer; nothing is remembered. */
#include "media_bus.h"

#include <string.h>

#include "crypto/crypto.h"
#include "media_expire.h"
#include "media_keep.h"
#include "os/os.h"
#include "proto/door.pb-c.h"

static void answer(struct media_state *state, const struct wire_msg *msg, enum wire_kind kind,
	enum wire_code code, struct str body)
{
	peer_send(state->peer, &(struct wire_msg){ .kind = kind,
				       .head = { .id = msg->head.id,
					       .type = msg->head.type,
					       .subject = msg->head.to,
					       .to = msg->head.reply_to,
					       .route = msg->head.route,
					       .command_id = msg->head.command_id,
					       .channel = msg->head.channel,
					       .code = code },
				       .body = body });
}

static char *text_out(struct arena *mem, struct str text)
{
	return (char *)(uintptr_t)arena_c(mem, text);
}

static void right_give(struct media_state *state, const struct media_ask *ask, enum media_kind kind,
	struct str source, Wangli__ObjectRight *out)
{
	struct object_right right = { .verb = OBJECT_PUT,
		.size_bytes = ask->size_bytes,
		.media_type = str_from_c(media_kind_name(kind)),
		.source = source,
		.expires = instant_add(os_real_now(), SPAN_MS(state->config.right_time)) };

	memcpy(right.sha256, ask->sha256.p, sizeof(right.sha256));
	out->right = text_out(state->mem, object_right_make(state->mem, &right, state->key));
	out->url =
		text_out(state->mem, arena_printf(state->mem, "%s/objects/%.*s", state->config.url,
					     STR_ARG(crypto_hex(state->mem, ask->sha256))));
	out->expires_us = right.expires.us;
}

static void object_put(struct media_state *state, const struct wire_msg *msg)
{
	Wangli__ObjectRight out = WANGLI__OBJECT_RIGHT__INIT;
	Wangli__ObjectPut *in = NULL;
	struct err err = { "" };
	enum media_kind kind;
	struct str ticket;

	state->tally.asked++;
	if (wire_unpack(state->mem, &wangli__object_put__descriptor, msg->body, &in, &err) !=
		RES_OK) {
		answer(state, msg, WIRE_RESULT, WIRE_CODE_INVALID, STR_NONE);
		return;
	}
	const struct media_ask ask = { .sha256 = str_of(in->sha256.data, in->sha256.len),
		.size_bytes = in->size_bytes,
		.media_type = wire_str(in->media_type) };
	enum res res = media_ask_check(&ask, &state->limits, &kind, &err);
	if (res == RES_OK)
		res = media_keep_find(state, state->mem, (const uint8_t *)ask.sha256.p,
			msg->head.source, &ticket, &err);
	else
		out.why_not = text_out(state->mem, str_from_c(err.text));
	if (res == RES_OK) {
		state->tally.repeated++;
		out.ticket = (ProtobufCBinaryData){ .len = ticket.n,
			.data = (uint8_t *)(uintptr_t)ticket.p };
	} else if (res == RES_INVALID || res == RES_TOO_BIG) {
		state->tally.refused++;
	} else {
		right_give(state, &ask, kind, msg->head.source, &out);
	}
	answer(state, msg, WIRE_RESULT, WIRE_CODE_DONE, wire_pack(state->mem, &out.base));
}

/* Whose upload it is says the door alone. */
static void on_message(void *arg, const struct wire_msg *msg)
{
	struct media_state *state = arg;

	if (!wire_kind_needs_credit(msg->kind)) {
		media_expire_answer(state, msg);
		return;
	}
	if (msg->kind != WIRE_COMMAND || !str_eq_c(msg->head.type, "object.put.v1"))
		answer(state, msg, WIRE_NACK, WIRE_CODE_UNKNOWN_TYPE, STR_NONE);
	else if (!str_eq_c(msg->head.sender, "edge") || str_is_empty(msg->head.source))
		answer(state, msg, WIRE_NACK, WIRE_CODE_FORBIDDEN, STR_NONE);
	else
		object_put(state, msg);
	peer_credit(state->peer, 1);
}

void media_bus_receive(struct media_state *state)
{
	peer_receive_all(state->peer, state->mem, on_message, state);
}

/* The state store: questions under way, and their answers. Values are sealed here, bound to the
 * integrator's name and their own; the platform sees names and sizes only. A question is a COMMAND,
 * sent again with the same command_id until there is a RESULT; it is forgotten with the client. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "os/os.h"
#include "proto/door.pb-c.h"
#include "sdk/sdk_internal.h"

#define BUSY_LEAST SPAN_MS(100)
#define BUSY_MOST  SPAN_MIN(10)
#define ASK_MEMORY (1u << 20)

struct state_asked {
	TAILQ_ENTRY(state_asked) link;
	char command_id[33];
	const char *type;
	uint64_t tag;
	enum wangli_state_what what;
	struct str name;
	struct str body;
	struct instant due; /* when it is sent (again) */
};

/* What the Python SDK derives and binds, too: replicas in either language share one state. */
void states_init(struct states *states, const uint8_t key[CRYPTO_KEY_BYTES], struct str source)
{
	const struct str part = STR("wangli sdk state");
	crypto_hash(states->key, key, &part, 1);
	states->source = strndup(source.p, source.n);
	CHECK(states->source != NULL);
	TAILQ_INIT(&states->asked);
	states->is_open = true;
}

void states_fini(struct states *states)
{
	struct state_asked *asked;
	if (!states->is_open)
		return;
	while ((asked = TAILQ_FIRST(&states->asked)) != NULL) {
		TAILQ_REMOVE(&states->asked, asked, link);
		free(asked);
	}
	free(states->source);
	explicit_bzero(states, sizeof *states);
}

static struct str about(const struct states *states, struct arena *mem, struct str name)
{
	struct str source = str_from_c(states->source);
	char *text = arena_alloc(mem, source.n + 1 + name.n);
	if (text == NULL)
		return STR_NONE;
	memcpy(text, source.p, source.n);
	text[source.n] = 0;
	memcpy(text + source.n + 1, name.p, name.n);
	return str_of(text, source.n + 1 + name.n);
}

static bool is_name(struct str text, size_t most)
{
	return text.n >= 1 && text.n <= most && str_is_utf8(text) &&
	       memchr(text.p, 0, text.n) == NULL;
}

static enum res ask_check(
	const struct states *states, const struct wangli_state_ask *ask, struct err *err)
{
	bool puts = ask->what == WANGLI_STATE_PUT || ask->what == WANGLI_STATE_REMOVE;
	if (!states->is_open)
		return err_set(err, RES_INVALID, "the client was opened without a state_key");
	if (ask->what < WANGLI_STATE_GET || ask->what > WANGLI_STATE_LEASE)
		return err_set(err, RES_INVALID, "what is %d: none of the four", (int)ask->what);
	if (!is_name(sdk_str(ask->name), WANGLI_STATE_NAME_MAX))
		return err_set(err, RES_INVALID, "name: want 1-%d bytes of UTF-8 without NUL",
			WANGLI_STATE_NAME_MAX);
	if (ask->holder.n > 0 || ask->what == WANGLI_STATE_LEASE)
		if (!is_name(sdk_str(ask->holder), WANGLI_STATE_HOLDER_MAX))
			return err_set(err, RES_INVALID,
				"holder: want 1-%d bytes of UTF-8 without NUL",
				WANGLI_STATE_HOLDER_MAX);
	if (ask->value.n > WANGLI_STATE_VALUE_MAX)
		return err_set(err, RES_TOO_BIG, "the value has %zu bytes: want %d at most",
			ask->value.n, WANGLI_STATE_VALUE_MAX);
	if (puts && ask->if_version < 0)
		return err_set(err, RES_INVALID, "if_version is negative");
	return RES_OK;
}

static char *text_c(struct arena *mem, struct wangli_text text)
{
	return (char *)(uintptr_t)arena_c(mem, sdk_str(text));
}

static struct str put_pack(
	const struct states *states, struct arena *mem, const struct wangli_state_ask *ask)
{
	Wangli__StatePut body = WANGLI__STATE_PUT__INIT;
	body.name = text_c(mem, ask->name);
	body.holder = text_c(mem, ask->holder);
	body.if_version = ask->if_version;
	body.is_removed = ask->what == WANGLI_STATE_REMOVE;
	if (!body.is_removed) {
		struct str sealed = crypto_record_seal(mem, sdk_str(ask->value),
			about(states, mem, sdk_str(ask->name)), states->key);
		body.value.data = (uint8_t *)(uintptr_t)sealed.p;
		body.value.len = sealed.n;
	}
	return wire_pack(mem, &body.base);
}

static struct str ask_pack(const struct states *states, struct arena *mem,
	const struct wangli_state_ask *ask, const char **out_type)
{
	Wangli__StateGet get = WANGLI__STATE_GET__INIT;
	Wangli__StateLease lease = WANGLI__STATE_LEASE__INIT;
	switch (ask->what) {
	case WANGLI_STATE_GET:
		*out_type = "state.get.v1";
		get.name = text_c(mem, ask->name);
		return wire_pack(mem, &get.base);
	case WANGLI_STATE_PUT:
	case WANGLI_STATE_REMOVE:
		*out_type = "state.put.v1";
		return put_pack(states, mem, ask);
	case WANGLI_STATE_LEASE:
		*out_type = "state.lease.v1";
		lease.name = text_c(mem, ask->name);
		lease.holder = text_c(mem, ask->holder);
		lease.lease_ms = ask->lease_ms;
		return wire_pack(mem, &lease.base);
	}
	return STR_NONE;
}

static struct state_asked *asked_make(
	const struct wangli_state_ask *ask, const char *type, struct str body)
{
	uint64_t number[2];
	struct state_asked *asked = calloc(1, sizeof *asked + ask->name.n + body.n);
	CHECK(asked != NULL);
	char *room = (char *)(asked + 1);
	os_random(number, sizeof number);
	snprintf(asked->command_id, sizeof asked->command_id, "%016llx%016llx",
		(unsigned long long)number[0], (unsigned long long)number[1]);
	memcpy(room, ask->name.p, ask->name.n);
	memcpy(room + ask->name.n, body.p, body.n);
	asked->type = type;
	asked->tag = ask->tag;
	asked->what = ask->what;
	asked->name = str_of(room, ask->name.n);
	asked->body = str_of(room + ask->name.n, body.n);
	asked->due = INSTANT_NONE;
	return asked;
}

enum res states_ask(struct states *states, const struct wangli_state_ask *ask, struct err *err)
{
	const char *type = NULL;
	TRY(ask_check(states, ask, err));
	if (states->n == WANGLI_STATE_ASKS_MAX)
		return err_set(
			err, RES_RETRY, "%d questions wait for an answer", WANGLI_STATE_ASKS_MAX);
	SCOPED(arena)
	struct arena *mem = arena_create(ASK_MEMORY);
	CHECK(mem != NULL);
	struct str body = ask_pack(states, mem, ask, &type);
	CHECK(!arena_failed(mem));
	struct state_asked *asked = asked_make(ask, type, body);
	TAILQ_INSERT_TAIL(&states->asked, asked, link);
	states->n++;
	return RES_OK;
}

void states_welcomed(struct states *states)
{
	struct state_asked *asked;
	if (!states->is_open)
		return;
	TAILQ_FOREACH(asked, &states->asked, link)
	{
		asked->due = INSTANT_NONE;
	}
}

void states_send(struct wangli *client, struct instant now)
{
	struct state_asked *asked;
	if (!client->states.is_open || !peer_is_up(client->peer))
		return;
	TAILQ_FOREACH(asked, &client->states.asked, link)
	{
		if (!instant_is_none(asked->due) && instant_is_before(now, asked->due))
			continue;
		asked->due = instant_add(now, ANSWER_WITHIN);
		const struct wire_msg msg = {
			.kind = WIRE_COMMAND,
			.head = { .id = str_from_c(asked->command_id),
				.type = str_from_c(asked->type),
				.to = STR("intake"),
				.reply_to = str_from_c(peer_instance(client->peer)),
				.command_id = str_from_c(asked->command_id) },
			.body = asked->body,
		};
		peer_send(client->peer, &msg);
	}
}

struct instant states_due(const struct states *states)
{
	const struct state_asked *asked;
	struct instant due = INSTANT_NONE;
	if (!states->is_open)
		return due;
	TAILQ_FOREACH(asked, &states->asked, link)
	{
		due = instant_min(due, asked->due);
	}
	return due;
}

static struct state_asked *asked_find(struct states *states, struct str command_id)
{
	struct state_asked *asked;
	if (!states->is_open)
		return NULL;
	TAILQ_FOREACH(asked, &states->asked, link)
	{
		if (str_eq_c(command_id, asked->command_id))
			return asked;
	}
	return NULL;
}

/* Out of the list before the callback, which may ask the next question. */
static void asked_over(struct wangli *client, struct state_asked *asked, struct wangli_state *state)
{
	state->tag = asked->tag;
	state->what = asked->what;
	state->name = sdk_text(asked->name);
	TAILQ_REMOVE(&client->states.asked, asked, link);
	client->states.n--;
	if (client->on.on_state != NULL)
		client->on.on_state(client->on.arg, state);
	free(asked);
}

static void value_open(struct wangli *client, const struct state_asked *asked,
	const Wangli__StateAnswer *body, struct wangli_state *state)
{
	struct str value;
	if (body->value.len == 0)
		return;
	if (crypto_record_open(client->mem, str_of(body->value.data, body->value.len),
		    about(&client->states, client->mem, asked->name), client->states.key,
		    &value) == RES_OK) {
		state->value = sdk_text(value);
		return;
	}
	state->result = WANGLI_INVALID;
	state->text = SDK_TEXT("the value was sealed with another state_key or source");
}

void states_take_result(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	struct state_asked *asked = asked_find(&client->states, msg->head.command_id);
	struct wangli_state state = { .result = WANGLI_OK };
	Wangli__StateAnswer *body = NULL;
	(void)took;
	if (asked == NULL)
		return;
	if (msg->head.code != WIRE_CODE_DONE) {
		state.result =
			msg->head.code == WIRE_CODE_FORBIDDEN ? WANGLI_DENIED : WANGLI_INVALID;
		state.text = sdk_text(msg->head.text);
	} else if (wire_unpack(client->mem, &wangli__state_answer__descriptor, msg->body, &body,
			   NULL) != RES_OK) {
		return; /* it is asked again */
	} else {
		state.version = body->version;
		state.holder = wangli_text_from_c(body->holder);
		state.lease_left_ms = body->lease_left_ms;
		state.text = wangli_text_from_c(body->why_not);
		if (state.text.n > 0)
			state.result = WANGLI_CONFLICT;
		value_open(client, asked, body, &state);
	}
	asked_over(client, asked, &state);
}

/* BUSY and the like: later. The rest is the last word. */
void states_take_nack(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	struct state_asked *asked = asked_find(&client->states, msg->head.command_id);
	struct wangli_state state = { .text = sdk_text(msg->head.text) };
	struct span after = SPAN_MS(msg->head.retry_after_ms);
	if (asked == NULL)
		return;
	switch ((unsigned)msg->head.code) {
	case WIRE_CODE_INVALID:
		state.result = WANGLI_INVALID;
		break;
	case WIRE_CODE_FORBIDDEN:
		state.result = WANGLI_DENIED;
		break;
	default:
		if (after.us < BUSY_LEAST.us)
			after = BUSY_LEAST;
		if (after.us > BUSY_MOST.us)
			after = BUSY_MOST;
		asked->due = instant_add(took->now, after);
		return;
	}
	asked_over(client, asked, &state);
}

/* The state store. Values are sealed here, bound to the integrator's name and their own; the
 * platform sees names and sizes only. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "sdk/sdk_internal.h"

#define ASK_MEMORY (1u << 20)

/* What the Python SDK derives and binds, too: replicas in either language share one state. */
void states_init(struct states *states, const uint8_t key[CRYPTO_KEY_BYTES], struct str source)
{
	const struct str part = STR("wangli sdk state");
	crypto_hash(states->key, key, &part, 1);
	states->source = strndup(source.p, source.n);
	CHECK(states->source != NULL);
	states->is_open = true;
}

void states_fini(struct states *states)
{
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

static void value_open(struct wangli *client, struct str name, const Wangli__StateAnswer *body,
	struct wangli_state *state)
{
	struct str value;
	if (body->value.len == 0)
		return;
	if (crypto_record_open(client->mem, str_of(body->value.data, body->value.len),
		    about(&client->states, client->mem, name), client->states.key,
		    &value) == RES_OK) {
		state->value = sdk_text(value);
		return;
	}
	state->result = WANGLI_INVALID;
	state->text = SDK_TEXT("the value was sealed with another state_key or source");
}

static void answered(struct wangli *client, const struct ask *ask, const struct ask_answer *answer)
{
	struct wangli_state state = { .tag = ask->tag,
		.what = (enum wangli_state_what)ask->what,
		.name = sdk_text(ask->name),
		.result = answer->result,
		.text = sdk_text(answer->text) };
	Wangli__StateAnswer *body = NULL;
	if (answer->result == WANGLI_OK &&
		wire_unpack(client->mem, &wangli__state_answer__descriptor, answer->body, &body,
			NULL) != RES_OK) {
		state.result = WANGLI_BUG;
		state.text = SDK_TEXT("the platform's answer cannot be read");
	} else if (answer->result == WANGLI_OK) {
		state.version = body->version;
		state.holder = wangli_text_from_c(body->holder);
		state.lease_left_ms = body->lease_left_ms;
		state.text = wangli_text_from_c(body->why_not);
		if (state.text.n > 0)
			state.result = WANGLI_CONFLICT;
		value_open(client, ask->name, body, &state);
	}
	if (client->on.on_state != NULL)
		client->on.on_state(client->on.arg, &state);
}

enum res states_ask(struct wangli *client, const struct wangli_state_ask *ask, struct err *err)
{
	struct ask model = { .to = "intake",
		.tag = ask->tag,
		.what = (int)ask->what,
		.name = sdk_str(ask->name),
		.answered = answered };
	TRY(ask_check(&client->states, ask, err));
	TRY(asks_room(&client->asks, err));
	SCOPED(arena)
	struct arena *mem = arena_create(ASK_MEMORY);
	CHECK(mem != NULL);
	model.body = ask_pack(&client->states, mem, ask, &model.type);
	CHECK(!arena_failed(mem));
	asks_add(&client->asks, &model);
	return RES_OK;
}

/* The door of the test. See sdk_door.h. */
#include "sdk_door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "os/os.h"
#include "proto/door.pb-c.h"

#define PATIENCE  SPAN_S(30)
#define MEM_BYTES (16u << 20)

/* --- the door --- */

static bool decide(void *arg, struct str domain, struct str key, char out_user[BUS_USER_MAX])
{
	(void)arg, (void)domain, (void)key;
	snprintf(out_user, BUS_USER_MAX, "integrator");
	return true;
}

static bool may_join(void *arg, struct str user, struct str instance)
{
	(void)arg, (void)user, (void)instance;
	return true;
}

static bool may_serve(void *arg, struct str user, struct str group)
{
	(void)arg, (void)user;
	return str_eq_c(group, "deliver/app") || str_eq_c(group, "status/app");
}

static void on_joined(void *arg, const struct member *member)
{
	(void)arg, (void)member;
}

static void on_message(void *arg, struct member *from, const struct wire_record *record)
{
	struct door *door = arg;
	struct wire_msg *msg = &door->got[door->n_got++];
	assert_true(door->n_got < DOOR_KEPT_MOST);
	door->member = from;
	msg->kind = record->kind;
	msg->body = arena_str(door->mem, record->body);
	assert_int_equal(
		wire_head_read(arena_str(door->mem, record->header), &msg->head, NULL), RES_OK);
}

static void on_lost(void *arg, const struct wire_record *record)
{
	(void)arg, (void)record;
	fail_msg("the door could not hand a message over");
}

static void door_open(struct door *door)
{
	const struct server_options options = {
		.context = door->context,
		.router = { .address = door->address,
			.self = &door->self,
			.zap_domain = "door",
			.most_connections_hint = 10 },
		.name = "door/1",
		.hooks = { .may_join = may_join,
			.may_serve = may_serve,
			.joined = on_joined,
			.left = on_joined,
			.message = on_message,
			.lost = on_lost },
		.arg = door,
	};
	struct err err;
	if (server_open(&door->server, &options, &err) != RES_OK)
		fail_msg("%s", err.text);
}

/* --- the client's callbacks --- */

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct door *door = arg;
	door->receipts++;
	door->repeats += receipt->is_repeat;
	assert_int_equal(receipt->digest.n, WANGLI_DIGEST);
	snprintf(
		door->case_number, sizeof door->case_number, "%.*s", STR_ARG(receipt->case_number));
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct door *door = arg;
	door->refusals++;
	door->refused_as = refusal->why;
}

static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	struct door *door = arg;
	door->deliveries++;
	assert_true(str_eq_c(sdk_str(delivery->text), "已修好"));
	assert_true(str_eq_c(sdk_str(delivery->source_msg_id), "m1"));
	snprintf(door->what, sizeof door->what, "%.*s", STR_ARG(delivery->what));
	*out = (struct wangli_outcome){ .is_delivered = true };
	return door->deliver_says;
}

static enum wangli_result on_keep(void *arg)
{
	struct door *door = arg;
	door->keeps++;
	return door->keep_says;
}

static void on_status(void *arg, const struct wangli_status *status)
{
	struct door *door = arg;
	door->statuses++;
	snprintf(door->status, sizeof door->status, "%.*s", STR_ARG(status->state));
}

static void on_object(void *arg, const struct wangli_object *object)
{
	struct door *door = arg;
	door->objects++;
	door->object.tag = object->tag;
	door->object.result = object->result;
	assert_int_equal(object->sha256[0], 7);
	snprintf(door->object.text, sizeof door->object.text, "%.*s", STR_ARG(object->text));
	snprintf(door->object.ticket, sizeof door->object.ticket, "%.*s", STR_ARG(object->ticket));
	snprintf(door->object.url, sizeof door->object.url, "%.*s", STR_ARG(object->url));
	snprintf(door->object.right, sizeof door->object.right, "%.*s", STR_ARG(object->right));
}

static enum wangli_doubt on_doubt(void *arg, const struct wangli_delivery *delivery)
{
	struct door *door = arg;
	door->doubts++;
	assert_true(str_eq_c(sdk_str(delivery->text), "已修好"));
	return door->doubt_says;
}

static void on_state(void *arg, const struct wangli_state *state)
{
	struct door *door = arg;
	door->states++;
	door->state.tag = state->tag;
	door->state.result = state->result;
	door->state.version = state->version;
	snprintf(door->state.value, sizeof door->state.value, "%.*s", STR_ARG(state->value));
	snprintf(door->state.holder, sizeof door->state.holder, "%.*s", STR_ARG(state->holder));
}

enum res door_client_try(struct door *door, const char *spool, size_t queue, struct wangli **out)
{
	static const char *const groups[] = { "app", NULL };
	const struct wangli_callbacks on = { WANGLI_SIZED(struct wangli_callbacks), .arg = door,
		.on_receipt = on_receipt, .on_refused = on_refused, .on_deliver = on_deliver,
		.on_keep = on_keep, .on_status = door->wants_status ? on_status : NULL,
		.on_state = on_state, .on_doubt = on_doubt, .on_object = on_object };
	const struct wangli_options options = {
		WANGLI_SIZED(struct wangli_options),
		.address = door->address,
		.server_key = door->self.public_key,
		.secret_key = door->client_key.secret_key,
		.spool = spool,
		.channel = "app",
		.groups = groups,
		.queue = queue,
		.vault_key = door->vault_key,
		.claims = door->claims,
		.state_key = door->has_state ? door->vault_key : NULL, /* any 32 bytes do */
		.on = &on,
	};
	return sdk_open(out, &options, NULL);
}

void door_client_open(struct door *door, const char *name)
{
	char spool[128];
	snprintf(spool, sizeof spool, "%s/%s", door->folder, name);
	assert_int_equal(door_client_try(door, spool, 0, &door->client), RES_OK);
}

void door_client_restart(struct door *door, const char *from, const char *to)
{
	char command[256];
	wangli_close(door->client);
	snprintf(command, sizeof command, "cp -r '%s/%s' '%s/%s'", door->folder, from, door->folder,
		to);
	assert_int_equal(system(command), 0);
	door_client_open(door, to);
}

/* --- turning both --- */

static void both_turn(struct door *door)
{
	struct instant now = os_monotonic_now();
	assert_int_equal(sdk_turn(door->client, SPAN_MS(2), NULL), RES_OK);
	bus_zap_turn(door->zap);
	server_receive(door->server, now);
	server_turn(door->server, now);
	server_flush(door->server);
}

struct wire_msg *door_until_got(struct door *door, size_t n)
{
	struct instant end = instant_add(os_monotonic_now(), PATIENCE);
	while (door->n_got < n) {
		assert_true(instant_is_before(os_monotonic_now(), end));
		both_turn(door);
	}
	return &door->got[n - 1];
}

void door_until_count(struct door *door, const int *count, int n)
{
	struct instant end = instant_add(os_monotonic_now(), PATIENCE);
	while (*count < n) {
		assert_true(instant_is_before(os_monotonic_now(), end));
		both_turn(door);
	}
}

void door_submit(struct door *door, const char *id)
{
	const struct wangli_letter letter = {
		WANGLI_SIZED(struct wangli_letter),
		.source_msg_id = wangli_text_from_c(id),
		.title = SDK_TEXT("路灯不亮"),
		.body = SDK_TEXT("春熙路的路灯坏了"),
		.contact = { .account = SDK_TEXT("made-up") },
	};
	assert_int_equal(sdk_submit(door->client, &letter, NULL), RES_OK);
}

void door_answer(struct door *door, const struct wire_msg *asked, enum wire_kind kind,
	enum wire_code code, int32_t retry_after_ms)
{
	uint8_t digest[WANGLI_DIGEST] = { 7 };
	char number[] = "CD0000001-8";
	Wangli__Receipt receipt = WANGLI__RECEIPT__INIT;
	receipt.case_number = number;
	receipt.digest = (ProtobufCBinaryData){ sizeof digest, digest };
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = kind,
			.head = { .id = asked->head.id,
				.source_msg_id = asked->head.source_msg_id,
				.code = code,
				.retry_after_ms = retry_after_ms },
			.body = kind == WIRE_RECEIPT ? wire_pack(door->mem, &receipt.base)
						     : STR("") });
	server_flush(door->server);
}

void door_deliver_what(struct door *door, const char *what)
{
	char id[] = "D1", number[] = "CD0000001-8", text[] = "已修好";
	Wangli__Deliver body = WANGLI__DELIVER__INIT;
	body.delivery_id = id;
	body.case_number = number;
	body.text = text;
	body.what = (char *)(uintptr_t)what;
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = WIRE_DELIVER,
			.head = { .id = STR("D1"),
				.case_id = 1,
				.channel = STR("app"),
				.source_msg_id = STR("m1") },
			.body = wire_pack(door->mem, &body.base) });
	server_flush(door->server);
}

void door_deliver(struct door *door)
{
	door_deliver_what(door, "reply");
}

int door_setup(void **state)
{
	struct door *door = calloc(1, sizeof *door);
	uint8_t vault_key[CRYPTO_KEY_BYTES], vault_secret[CRYPTO_KEY_BYTES];
	struct err err;
	assert_non_null(door);
	snprintf(door->folder, sizeof door->folder, "/tmp/wl-sdk.XXXXXX");
	assert_non_null(mkdtemp(door->folder));
	snprintf(door->address, sizeof door->address, "ipc://%s/door", door->folder);
	assert_int_equal(crypto_start(&err), RES_OK);
	assert_int_equal(bus_pair_make(&door->self, &err), RES_OK);
	assert_int_equal(bus_pair_make(&door->client_key, &err), RES_OK);
	crypto_pair_make(vault_key, vault_secret);
	door->mem = arena_create(MEM_BYTES);
	snprintf(door->vault_key, sizeof door->vault_key, "%.*s",
		STR_ARG(crypto_base64(door->mem, str_of(vault_key, sizeof vault_key))));
	door->context = bus_context_create();
	assert_int_equal(bus_zap_open(&door->zap, door->context, decide, door, &err), RES_OK);
	door_open(door);
	door_client_open(door, "spool");
	*state = door;
	return 0;
}

int door_teardown(void **state)
{
	struct door *door = *state;
	char command[128];
	wangli_close(door->client);
	server_close(door->server);
	bus_zap_close(door->zap);
	bus_context_destroy(door->context);
	arena_destroy(door->mem);
	snprintf(command, sizeof command, "rm -rf '%s'", door->folder);
	assert_int_equal(system(command), 0);
	free(door);
	return 0;
}

void door_introduce(struct door *door)
{
	door_submit(door, "m1");
	door_answer(door, door_until_got(door, 1), WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	door_until_count(door, &door->receipts, 1);
}

/* The client: spool, outbox and one session with the door. See wangli.h. */
#include "sdk/wangli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bus/bus.h"
#include "crypto/crypto.h"
#include "os/os.h"
#include "peer/peer.h"
#include "sdk/sdk_adopt.h"
#include "sdk/sdk_internal.h"
#include "sdk/sdk_shape.h"
#include "wire/wire.h"

#define SUBMIT_MEMORY (4u << 20)
#define PATH_BYTES    4096

/* --- results and words --- */

const char *wangli_result_name(enum wangli_result result)
{
	return (unsigned)result > (unsigned)WANGLI_BUG ? "?" : res_name(sdk_res(result));
}

const char *wangli_version(void)
{
	return WANGLI_VERSION;
}

/* A failure and its sentence, brought out. */
static enum wangli_result told(enum res res, const struct err *err, struct wangli_error *error)
{
	if (res != RES_OK && error != NULL)
		memcpy(error->text, err->text, sizeof error->text);
	return sdk_result(res);
}

/* --- structures of callers --- */

static const struct shape letter_shape = SHAPE(wangli_letter, reply_address);
static const struct shape options_shape = SHAPE(wangli_options, on);
static const struct shape object_ask_shape = SHAPE(wangli_object_ask, media_type);
static const struct shape state_ask_shape = SHAPE(wangli_state_ask, lease_ms);
static const struct shape callbacks_shape = SHAPE(wangli_callbacks, on_keep);

/* --- the socket in our little loop --- */

static void socket_ready(void *arg)
{
	struct wangli *client = arg;
	loop_stop(client->loop);
}

static void wait_is_over(void *arg)
{
	struct wangli *client = arg;
	loop_stop(client->loop);
}

static void welcomed(void *arg)
{
	struct wangli *client = arg;
	outbox_land(&client->outbox);
	asks_welcomed(&client->asks);
}

/* --- opening --- */

static enum res options_are_there(const struct wangli_options *options, struct err *err)
{
	const struct {
		const char *name;
		const char *value;
	} texts[] = { { "address", options->address }, { "server_key", options->server_key },
		{ "secret_key", options->secret_key }, { "vault_key", options->vault_key },
		{ "spool", options->spool }, { "channel", options->channel } };
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].value == NULL)
			return err_set(err, RES_INVALID, "%s is not given", texts[i].name);
	return RES_OK;
}

static bool wants_status(const struct wangli_callbacks *on)
{
	return on->on_status != NULL;
}

static enum res options_check(
	const struct wangli *client, const struct wangli_options *options, struct err *err)
{
	size_t channel_bytes = strlen(options->channel);
	if (channel_bytes == 0 || channel_bytes > WIRE_NAME_MAX)
		return err_set(err, RES_INVALID, "channel '%s': want 1-%d bytes", options->channel,
			WIRE_NAME_MAX);
	size_t most = wants_status(&client->on) ? WANGLI_GROUPS_MAX / 2 : WANGLI_GROUPS_MAX;
	for (size_t i = 0; options->groups != NULL && options->groups[i] != NULL; i++) {
		if (i == most)
			return err_set(err, RES_INVALID, "more than %zu groups", most);
		if (strlen(DELIVER_PREFIX) + strlen(options->groups[i]) > WIRE_NAME_MAX)
			return err_set(
				err, RES_INVALID, "group '%s' is too long", options->groups[i]);
	}
	if (!bus_key_is_valid(str_from_c(options->server_key)))
		return err_set(err, RES_INVALID, "the door's key is no Z85 key");
	return RES_OK;
}

static void instance_name(char out[WIRE_NAME_MAX + 1], const char *channel)
{
	char prefix[41]; /* 19 bytes more stand behind it */
	snprintf(prefix, sizeof prefix, "%.40s", channel);
	os_instance_name(out, WIRE_NAME_MAX + 1, prefix);
}

static void groups_set(struct wangli *client, const char *const *names)
{
	struct str groups[WANGLI_GROUPS_MAX];
	char text[WANGLI_GROUPS_MAX][WIRE_NAME_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
		snprintf(text[n++], sizeof text[0], DELIVER_PREFIX "%s", names[i]);
		if (wants_status(&client->on))
			snprintf(text[n++], sizeof text[0], STATUS_PREFIX "%s", names[i]);
	}
	for (size_t i = 0; i < n; i++)
		groups[i] = str_from_c(text[i]);
	if (n > 0)
		peer_set_groups(client->peer, groups, n);
}

static enum res client_connect(
	struct wangli *client, const struct wangli_options *options, struct err *err)
{
	char instance[WIRE_NAME_MAX + 1];
	/* The door counts quotas and claims by session: one at a time. */
	struct peer_options peer = { .address = options->address,
		.instance = instance,
		.window = WINDOW_MOST,
		.most_lines = 1 };
	TRY(bus_pair_from_secret(str_from_c(options->secret_key), &peer.self, err));
	instance_name(instance, options->channel);
	memcpy(peer.server_key, options->server_key, sizeof peer.server_key);
	client->loop = loop_create();
	client->timer = loop_timer_create(client->loop, wait_is_over, client);
	client->context = bus_context_create();
	peer.context = client->context;
	TRY(peer_open(&client->peer, &peer, err));
	peer_on_welcome(client->peer, welcomed, client);
	peer_attach(client->peer, client->loop, socket_ready, client);
	groups_set(client, options->groups);
	return RES_OK;
}

static enum res seal_open(struct seal *seal, const struct wangli_options *options, struct err *err)
{
	uint8_t key[CRYPTO_KEY_BYTES];
	struct str text = str_from_c(options->vault_key);
	if (crypto_base64_read(text, key, sizeof key) != RES_OK || !crypto_public_is_valid(key))
		return err_set(err, RES_INVALID, "the vault's key is no public key in base64");
	seal_init(seal, key, str_from_c(options->secret_key));
	return RES_OK;
}

static enum res state_open(
	struct wangli *client, const struct wangli_options *options, struct err *err)
{
	uint8_t key[CRYPTO_KEY_BYTES];
	if (options->state_key == NULL)
		return RES_OK;
	if (crypto_base64_read(str_from_c(options->state_key), key, sizeof key) != RES_OK)
		return err_set(err, RES_INVALID, "state_key is not base64 of 32 bytes");
	states_init(&client->states, key,
		str_from_c(options->source == NULL ? options->channel : options->source));
	explicit_bzero(key, sizeof key);
	return RES_OK;
}

static enum res folder_path(
	char out[PATH_BYTES], const char *folder, const char *name, struct err *err)
{
	int n = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
	if (n < 0 || n >= PATH_BYTES)
		return err_set(err, RES_INVALID, "the spool's path is too long");
	return RES_OK;
}

static enum res folder_lock(struct os_lock **out, const char *folder, struct err *err)
{
	char path[PATH_BYTES];
	TRY(folder_path(path, folder, "lock", err));
	return os_lock_take(out, path, err);
}

/* RES_NOT_FOUND: a spool of before heirs. */
static enum res channel_read(
	struct arena *mem, const char *folder, struct str *out, struct err *err)
{
	char path[PATH_BYTES];
	TRY(folder_path(path, folder, "channel", err));
	return os_file_read(mem, path, WIRE_NAME_MAX, out, err);
}

/* Letters know their channel by their spool: it is written down for heirs, and letters of one are
 * never sent on behalf of another. */
static enum res channel_settle(
	const char *folder, const char *channel, size_t unanswered, struct err *err)
{
	char path[PATH_BYTES];
	struct str known = STR_NONE;
	SCOPED(arena)
	struct arena *mem = arena_create(PATH_BYTES);
	CHECK(mem != NULL);
	enum res res = channel_read(mem, folder, &known, err);
	if (res == RES_OK && str_eq_c(known, channel))
		return RES_OK;
	if (res == RES_OK && unanswered > 0)
		return err_set(err, RES_INVALID,
			"%s holds %zu letters of channel '%.*s', not of '%s'", folder, unanswered,
			STR_ARG(known), channel);
	if (res != RES_OK && res != RES_NOT_FOUND)
		return res;
	TRY(folder_path(path, folder, "channel", err));
	return os_file_replace(path, str_from_c(channel), 0600, err);
}

static enum res client_open(
	struct wangli *client, const struct wangli_options *options, struct err *err)
{
	TRY(crypto_start(err));
	TRY(options_check(client, options, err));
	TRY(seal_open(&client->seal, options, err));
	TRY(state_open(client, options, err));
	TRY(os_folder_create(options->spool, 0700, err));
	TRY(folder_lock(&client->lock, options->spool, err));
	TRY(spool_open(&client->spool, options->spool, &client->outbox, os_real_now(), err));
	TRY(channel_settle(options->spool, options->channel, outbox_count(&client->outbox), err));
	return client_connect(client, options, err);
}

static enum res client_create(
	struct wangli **out, const struct wangli_options *options, struct err *err)
{
	struct wangli_callbacks on = { .struct_bytes = 0 };
	TRY(options_are_there(options, err));
	if (options->on != NULL)
		TRY(shape_read(&callbacks_shape, options->on, &on, err));
	struct wangli *client = calloc(1, sizeof *client);
	CHECK(client != NULL);
	client->on = on;
	sdk_window_init(&client->window, options->window == 0 ? WANGLI_WINDOW : options->window);
	client->queue = options->queue == 0 ? WANGLI_QUEUE : options->queue;
	client->channel = strdup(options->channel);
	client->mem = arena_create(TURN_MEMORY);
	CHECK(client->channel != NULL && client->mem != NULL);
	client->claims = options->claims;
	client->held = map_create();
	asks_init(&client->asks);
	outbox_init(&client->outbox);
	enum res res = client_open(client, options, err);
	if (res != RES_OK) {
		wangli_close(client);
		return res;
	}
	*out = client;
	return RES_OK;
}

enum wangli_result wangli_open(
	struct wangli **out, const struct wangli_options *options, struct wangli_error *error)
{
	struct wangli_options known;
	struct err err;
	enum res res = shape_read(&options_shape, options, &known, &err);
	if (res == RES_OK)
		res = client_create(out, &known, &err);
	return told(res, &err, error);
}

void wangli_close(struct wangli *client)
{
	if (client == NULL)
		return;
	/* What could not be made durable was never sent: the caller's last turn said so. */
	if (client->spool != NULL)
		(void)!spool_sync(client->spool, &client->outbox, NULL);
	peer_close(client->peer);
	bus_context_destroy(client->context);
	loop_timer_destroy(client->timer);
	loop_destroy(client->loop);
	spool_close(client->spool);
	os_lock_release(client->lock);
	outbox_fini(&client->outbox);
	asks_fini(&client->asks);
	states_fini(&client->states);
	claims_fini(client);
	arena_destroy(client->mem);
	explicit_bzero(&client->seal, sizeof client->seal);
	free(client->channel);
	free(client);
}

/* --- submitting --- */

static enum res client_submit(
	struct wangli *client, const struct wangli_letter *letter, struct err *err)
{
	uint8_t fingerprint[CRYPTO_HASH_BYTES];
	struct str id = sdk_str(letter->source_msg_id);
	TRY(seal_check(letter, err));
	seal_fingerprint(&client->seal, letter, fingerprint);
	const struct outbox_letter *known = outbox_find(&client->outbox, id);
	if (known != NULL) {
		if (memcmp(known->fingerprint, fingerprint, sizeof fingerprint) == 0)
			return RES_OK;
		return err_set(err, RES_CONFLICT,
			"'%.*s' waits in the spool already, with other content", STR_ARG(id));
	}
	if (outbox_count(&client->outbox) >= client->queue)
		return err_set(err, RES_RETRY, "%zu letters wait for an answer", client->queue);
	SCOPED(arena)
	struct arena *mem = arena_create(SUBMIT_MEMORY);
	CHECK(mem != NULL);
	const struct seal_wish wish = { .wants_status = wants_status(&client->on) };
	struct str body = seal_letter(&client->seal, mem, letter, &wish, os_monotonic_now());
	if (arena_failed(mem) || body.n > WIRE_BODY_MAX)
		return err_set(err, RES_TOO_BIG, "the letter has %zu bytes: want %d at most",
			body.n, WIRE_BODY_MAX);
	spool_add_letter(client->spool, outbox_add(&client->outbox, id, fingerprint, body));
	return RES_OK;
}

enum wangli_result wangli_submit(
	struct wangli *client, const struct wangli_letter *letter, struct wangli_error *error)
{
	struct wangli_letter known;
	struct err err;
	enum res res = shape_read(&letter_shape, letter, &known, &err);
	if (res == RES_OK)
		res = client_submit(client, &known, &err);
	return told(res, &err, error);
}

/* --- adopting --- */

static enum res client_adopt(
	struct wangli *client, const char *folder, size_t *out_letters, struct err *err)
{
	struct str channel = STR_NONE;
	SCOPED(os_lock)
	struct os_lock *lock = NULL;
	SCOPED(arena)
	struct arena *mem = arena_create(PATH_BYTES);
	CHECK(mem != NULL);
	TRY(adopt_find(folder, err));
	TRY(folder_lock(&lock, folder, err));
	enum res res = channel_read(mem, folder, &channel, err);
	if (res == RES_OK && !str_eq_c(channel, client->channel))
		return err_set(err, RES_INVALID, "%s is of channel '%.*s', not of '%s'", folder,
			STR_ARG(channel), client->channel);
	if (res != RES_OK && res != RES_NOT_FOUND)
		return res;
	return adopt_spool(client->spool, &client->outbox, folder, os_real_now(), out_letters, err);
}

enum wangli_result wangli_adopt(
	struct wangli *client, const char *folder, size_t *out_letters, struct wangli_error *error)
{
	size_t letters = 0;
	struct err err;
	enum res res = client_adopt(client, folder, &letters, &err);
	if (out_letters != NULL && (res == RES_OK || res == RES_INVALID))
		*out_letters = letters;
	return told(res, &err, error);
}

/* --- turning and asking --- */

enum wangli_result wangli_turn(struct wangli *client, int wait_ms, struct wangli_error *error)
{
	struct err err;
	return told(client_turn(client, SPAN_MS(wait_ms), &err), &err, error);
}

enum wangli_result wangli_state_ask(
	struct wangli *client, const struct wangli_state_ask *ask, struct wangli_error *error)
{
	struct wangli_state_ask known;
	struct err err;
	enum res res = shape_read(&state_ask_shape, ask, &known, &err);
	if (res == RES_OK)
		res = states_ask(client, &known, &err);
	return told(res, &err, error);
}

enum wangli_result wangli_object_ask(
	struct wangli *client, const struct wangli_object_ask *ask, struct wangli_error *error)
{
	struct wangli_object_ask known;
	struct err err;
	enum res res = shape_read(&object_ask_shape, ask, &known, &err);
	if (res == RES_OK)
		res = objects_ask(client, &known, &err);
	return told(res, &err, error);
}

enum wangli_result wangli_ticket_read(struct wangli_text json, uint8_t out[WANGLI_TICKET_MAX],
	size_t *out_bytes, struct wangli_error *error)
{
	struct err err;
	return told(ticket_read(sdk_str(json), out, out_bytes, &err), &err, error);
}

size_t wangli_unanswered(const struct wangli *client)
{
	return outbox_count(&client->outbox);
}

bool wangli_is_up(const struct wangli *client)
{
	return peer_is_up(client->peer);
}

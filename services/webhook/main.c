/* wangli-webhook: takes one channel's deliveries as an integrator and POSTs them to its subscriber.
 * Owns its state folder alone; no database, no key but the channel's. A round: the SDK's turn, what
 * is due is sent, what ended is made durable, and only then the platform hears of it. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "os/os.h"
#include "webhook_control.h"
#include "webhook_event.h"
#include "webhook_health.h"
#include "webhook_nets.h"
#include "webhook_send.h"
#include "webhook_state.h"

#define EXIT_SETTINGS  2
#define WORK_MEMORY    (8u << 20)
#define IDLE_MS	       200
#define BUSY_MS	       10
#define CONTROL_EVERY  SPAN_S(1)
#define COMPACT_EVERY  SPAN_HOURS(1)
#define CONNECT_WITHIN SPAN_S(5)

static const struct config_setting settings[] = {
#define SETTING(field, name, type, fallback, least, most, unit, meaning)                           \
	CONFIG_ROW(struct webhook_config, field, name, type, fallback, least, most, unit, meaning)
#include "webhook_config.def"
#undef SETTING
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static volatile sig_atomic_t is_stopping;

static void on_signal(int number)
{
	(void)number;
	is_stopping = 1;
}

/* --- the SDK's callbacks --- */

static struct str str_from(struct wangli_text text)
{
	return str_of(text.p == NULL ? "" : text.p, text.n);
}

/* The platform asks again until there is an end; what it gets is durable here already. */
static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	struct webhook_state *state = arg;
	struct str id = str_from(delivery->delivery_id);
	struct post *post = webhook_shelf_find(state->shelf, id);
	bool is_full = webhook_shelf_counts(state->shelf).queued >= (size_t)state->config.queue;

	if (post != NULL && post->end != POST_OPEN && post->is_end_kept) {
		out->is_delivered = post->end == POST_DELIVERED;
		out->reason = wangli_text_from_c(post->reason);
		return WANGLI_OK;
	}
	if (post != NULL || is_full || id.n > POST_ID_MAX)
		return WANGLI_RETRY;
	arena_reset(state->mem);
	struct str body = webhook_event_of(state->mem, delivery);
	if (!arena_failed(state->mem))
		webhook_shelf_take(
			state->shelf, id, str_from(delivery->case_number), body, os_real_now());
	return WANGLI_RETRY;
}

/* --- life --- */

static enum res open_files(struct webhook_state *state, struct err *err)
{
	const char *folder = state->config.state_dir;
	struct arena *mem = state->mem;

	TRY(os_folder_create(folder, 0750, err));
	TRY(os_folder_create(arena_printf(mem, "%s/control", folder).p, 0770, err));
	TRY(os_lock_take(&state->lock, arena_printf(mem, "%s/lock", folder).p, err));
	TRY(webhook_shelf_open(&state->shelf, arena_printf(mem, "%s/journal", folder).p, err));
	return webhook_book_open(&state->book, arena_printf(mem, "%s/delivery.log", folder).p,
		state->config.book_bytes, err);
}

static enum res open_client(struct webhook_state *state, struct err *err)
{
	const char *groups[] = { state->config.channel, NULL };
	struct wangli_callbacks on;
	struct wangli_options options;
	struct wangli_error why = { .text = "" };

	wangli_callbacks_init(&on);
	on.arg = state;
	on.on_deliver = on_deliver;
	wangli_options_init(&options);
	options.address = state->config.door_address;
	options.server_key = state->config.door_server_key;
	options.secret_key = state->config.channel_key;
	options.vault_key = state->config.vault_key;
	options.spool = arena_printf(state->mem, "%s/spool", state->config.state_dir).p;
	options.channel = state->config.channel;
	options.groups = groups;
	options.on = &on;
	if (wangli_open(&state->client, &options, &why) != WANGLI_OK)
		return err_set(err, RES_INVALID, "%s", why.text);
	return RES_OK;
}

static enum res state_open(struct webhook_state *state, struct err *err)
{
	const struct webhook_config *config = &state->config;
	struct fetch_options options = { .may_connect = webhook_may_connect,
		.ended = webhook_try_ended,
		.arg = state,
		.timeout = SPAN_MS(config->timeout),
		.connect = CONNECT_WITHIN,
		.answer_max = (size_t)config->answer_max,
		.allows_http = config->insecure_http,
		.ca_file = config->ca_file };

	state->circuit.open_at = INSTANT_NONE;
	state->schedule = (struct webhook_schedule){ SPAN_MS(config->retry_first),
		SPAN_MS(config->retry_most), SPAN_MS(config->retry_age) };
	TRY(crypto_start(err));
	TRY(webhook_nets_read(str_from_c(config->allow_nets), &state->nets, err));
	TRY(webhook_ports_read(str_from_c(config->ports), &state->ports, err));
	TRY(webhook_url_check(str_from_c(config->url), config->insecure_http, &state->ports, err));
	webhook_health_open(state);
	TRY(open_files(state, err));
	TRY(open_client(state, err));
	TRY(fetch_open(&state->fetch, &options, err));
	if (config->health_listen[0] == 0)
		return RES_OK;
	return http_open(&state->http, config->health_listen, webhook_health_serve, state, err);
}

static void state_close(struct webhook_state *state)
{
	fetch_close(state->fetch); /* what is under way is tried again by the next life */
	http_close(state->http);
	webhook_health_close(state);
	wangli_close(state->client);
	webhook_shelf_close(state->shelf);
	webhook_book_close(state->book);
	os_lock_release(state->lock);
	arena_destroy(state->mem);
	log_destroy(state->log);
	config_free(settings, SETTINGS, &state->config);
}

/* --- rounds --- */

static void tell_disk(struct webhook_state *state, const char *text)
{
	if (text != NULL && !state->is_disk_told)
		log_event(state->log, webhook_disk_refused, LOG_TEXT("text", text));
	state->is_disk_told = text != NULL;
}

/* Nothing is told before it is durable: an end is the SDK's to tell only once is_end_kept. */
static bool sync_all(struct webhook_state *state)
{
	struct err err = { .text = "" };

	if (webhook_book_sync(state->book, &err) == RES_OK &&
		webhook_shelf_sync(state->shelf, &err) == RES_OK) {
		tell_disk(state, NULL);
		return true;
	}
	tell_disk(state, err.text);
	return false;
}

static void mind(struct webhook_state *state, struct instant *compacted_at)
{
	struct instant now = os_monotonic_now();
	struct err err = { .text = "" };

	webhook_control_take(state);
	if (!instant_is_none(*compacted_at) &&
		instant_since(now, *compacted_at).us < COMPACT_EVERY.us)
		return;
	*compacted_at = now;
	if (webhook_shelf_compact(state->shelf,
		    instant_add(os_real_now(), (struct span){ -state->config.keep * 1000 }),
		    &err) != RES_OK)
		tell_disk(state, err.text);
}

static void run(struct webhook_state *state)
{
	struct instant minded_at = INSTANT_NONE, compacted_at = INSTANT_NONE;
	struct wangli_error why;

	while (!is_stopping) {
		bool is_busy = fetch_under_way(state->fetch) > 0;
		struct instant now = os_monotonic_now();

		if (wangli_turn(state->client, is_busy ? BUSY_MS : IDLE_MS, &why) != WANGLI_OK) {
			tell_disk(state, why.text);
			poll(NULL, 0, IDLE_MS);
		}
		if (instant_is_none(minded_at) ||
			instant_since(now, minded_at).us >= CONTROL_EVERY.us) {
			minded_at = now;
			mind(state, &compacted_at);
		}
		if (sync_all(state))
			webhook_send_due(state);
		fetch_turn(state->fetch, SPAN_MS(0));
		if (state->http != NULL)
			http_turn(state->http);
	}
}

int main(int argc, char **argv)
{
	const struct sigaction stop = { .sa_handler = on_signal };
	struct webhook_state state = { .mem = NULL };
	enum log_level level = LOG_LEVEL_INFO;
	struct err err = { .text = "" };
	enum res res;

	if (argc > 1) {
		config_help(settings, SETTINGS, stdout);
		return strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : EXIT_SETTINGS;
	}
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	res = config_load(settings, SETTINGS, &state.config, &err);
	if (res == RES_OK && log_level_parse(str_from_c(state.config.log_level), &level) != RES_OK)
		res = err_set(&err, RES_INVALID, "LOG_LEVEL: want error, warn, info or debug");
	state.log = log_create("webhook", 2, level);
	if (res != RES_OK) {
		log_event(state.log, setting_refused, LOG_TEXT("text", err.text));
		log_destroy(state.log);
		return EXIT_SETTINGS;
	}
	state.mem = arena_create(WORK_MEMORY);
	res = state_open(&state, &err);
	if (res == RES_OK) {
		log_event(state.log, process_started, LOG_TEXT("version", WANGLI_VERSION),
			LOG_TEXT("channel", state.config.channel));
		run(&state);
		(void)sync_all(&state);
		log_event(state.log, process_stopping, LOG_TEXT("version", WANGLI_VERSION));
	} else {
		log_event(state.log, process_failed, LOG_TEXT("text", err.text));
	}
	state_close(&state);
	return res == RES_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

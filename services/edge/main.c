/* wangli-edge: reads the settings, opens the door and the session with the bus, runs the loop until
 * a signal. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "edge_bus.h"
#include "edge_handlers.h"
#include "edge_health.h"
#include "edge_metrics.h"
#include "http/http.h"
#include "os/os.h"
#include "sandbox/sandbox.h"

#define EXIT_SETTINGS	  2
#define TURN_EVERY	  SPAN_S(1)
#define DRAIN_MOST	  SPAN_S(3) /* letters and deliveries under way; the rest is sent again */
#define DESCRIPTORS_EVERY SPAN_MS(50)
#define ROUND_BYTES_MAX	  (128 * 1024 * 1024) /* 256 messages of the largest size, and room */
#define CONNECTIONS	  1024

/* A sanitizer's shadow is private memory of many gigabytes. */
#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#elif defined(__has_feature)
#define IS_SANITIZED __has_feature(address_sanitizer)
#else
#define IS_SANITIZED false
#endif

static const struct config_setting settings[] = {
#define SETTING(field, name, type, fallback, least, most, unit, meaning)                           \
	CONFIG_ROW(struct edge_config, field, name, type, fallback, least, most, unit, meaning)
#include "edge_config.def"
#undef SETTING
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct process {
	struct edge_state state;
	struct bus_context *context;
	struct bus_zap *zap;
	struct http *http;
	struct loop_timer *turn;
	struct loop_timer *descriptors;
	struct loop_timer *end; /* set: the door is closing */
	struct bus_pair door;
	char instance[WIRE_NAME_MAX + 1];
};

static void on_zap(void *arg)
{
	bus_zap_turn(((struct process *)arg)->zap);
}

static void on_door(void *arg)
{
	struct process *process = arg;

	server_receive(process->state.server, loop_now(process->state.loop));
}

static void on_bus(void *arg)
{
	edge_bus_receive(&((struct process *)arg)->state);
}

/* Nobody new comes in while too many descriptors are in use: those who are in go on, and the
 * listener never meets the end of descriptors, where it would spin. */
static void mind_descriptors(struct edge_state *state)
{
	int most = os_descriptors_most() / 10 * 9;
	int next = os_descriptor_next();
	bool was_full = state->is_full;

	if (most > (int)state->config.connections_most)
		most = (int)state->config.connections_most;
	if (next < (was_full ? most / 8 * 7 : most)) {
		if (was_full && server_accept(state->server, true) == RES_OK)
			state->is_full = false;
	} else if (!was_full && server_accept(state->server, false) == RES_OK) {
		state->is_full = true;
		state->tally.times_full++;
	}
	if (state->is_full != was_full && state->is_full)
		log_event(state->log, door_full, LOG_INT("descriptors", most));
	else if (state->is_full != was_full)
		log_event(state->log, door_open_again, LOG_INT("descriptors", next));
}

static void on_descriptors(void *arg)
{
	struct process *process = arg;

	mind_descriptors(&process->state);
	loop_timer_set(process->descriptors, DESCRIPTORS_EVERY);
}

/* Integrators have heard that the door closes, the brokers that it takes nothing any more, and
 * every letter that is inside is answered. */
static bool is_drained(const struct process *process)
{
	const struct edge_state *state = &process->state;

	return loop_timer_is_set(process->end) && server_is_drained(state->server) &&
	       peer_has_left(state->peer) && edge_letters_are_answered(state->letters);
}

static void on_round(void *arg)
{
	struct process *process = arg;
	struct edge_state *state = &process->state;

	server_flush(state->server);
	edge_bus_mind_groups(state);
	if (state->wants_keys)
		edge_bus_mind_keys(state);
	peer_flush(state->peer);
	if (is_drained(process))
		loop_stop(state->loop);
}

static void bus_turn(struct process *process)
{
	struct edge_state *state = &process->state;
	struct peer_counts counts;
	struct err err;

	peer_turn(state->peer, loop_now(state->loop));
	if (peer_has_changed(state->peer)) {
		counts = peer_counts(state->peer);
		if (counts.lines_up == 0)
			log_event(state->log, bus_lost, LOG_TEXT("instance", process->instance));
		else
			log_event(state->log, bus_connected,
				LOG_TEXT("instance", process->instance),
				LOG_INT("lines_up", counts.lines_up),
				LOG_INT("lines", counts.lines));
	}
	if (peer_has_trouble(state->peer, &err))
		log_event(state->log, bus_name_unknown, LOG_TEXT("text", err.text));
}

static void on_turn(void *arg)
{
	struct process *process = arg;
	struct edge_state *state = &process->state;

	server_turn(state->server, loop_now(state->loop));
	bus_turn(process);
	edge_letters_turn(state->letters, loop_now(state->loop));
	edge_bus_mind_keys(state);
	if (edge_keys_have_ends(state->keys))
		edge_review_members(state);
	edge_tell_drops(state);
	loop_timer_set(process->turn, TURN_EVERY);
}

static void on_http(void *arg, int events)
{
	(void)events;
	http_turn(((struct process *)arg)->http);
}

static void on_signal(void *arg)
{
	struct process *process = arg;

	log_event(process->state.log, process_stopping, LOG_TEXT("version", WANGLI_VERSION));
	process->state.is_closing = true;
	server_drain(process->state.server);
	peer_leave(process->state.peer);
	if (!loop_timer_is_set(process->end))
		loop_timer_set(process->end, DRAIN_MOST);
}

static void on_end(void *arg)
{
	loop_stop(((struct process *)arg)->state.loop);
}

static enum res open_health(struct process *process, struct err *err)
{
	const char *listen = process->state.config.health_listen;

	if (listen[0] == 0)
		return RES_OK;
	TRY(http_open(&process->http, listen, edge_health_serve, &process->state, err));
	loop_add_fd(process->state.loop, http_fd(process->http), LOOP_READ, on_http, process);
	return RES_OK;
}

static enum res open_bus(struct process *process, struct err *err)
{
	struct edge_state *state = &process->state;
	struct peer_options options = { .context = process->context,
		.address = state->config.bus_address,
		.instance = process->instance,
		.window = (int32_t)state->config.window };
	struct str group = STR(EDGE_GROUP);

	TRY(peer_keys_set(&options, str_from_c(state->config.bus_key),
		str_from_c(state->config.bus_server_key), err));
	TRY(peer_open(&state->peer, &options, err));
	peer_on_welcome(state->peer, edge_bus_on_welcome, state);
	peer_set_groups(state->peer, &group, 1);
	peer_attach(state->peer, state->loop, on_bus, process);
	return RES_OK;
}

static enum res open_door(struct process *process, struct err *err)
{
	struct edge_state *state = &process->state;
	struct server_options options = { .context = process->context,
		.router = { .address = state->config.listen,
			.self = &process->door,
			.zap_domain = "door",
			.most_connections_hint = CONNECTIONS },
		.name = process->instance,
		.hooks = edge_hooks,
		.arg = state };

	TRY(bus_pair_from_secret(str_from_c(state->config.door_key), &process->door, err));
	TRY(bus_zap_open(&process->zap, process->context, edge_on_key, state, err));
	TRY(server_open(&state->server, &options, err));
	loop_add_socket(state->loop, bus_zap_socket(process->zap), on_zap, process);
	loop_add_socket(state->loop, server_socket(state->server), on_door, process);
	return RES_OK;
}

static struct edge_letters *letters_create(const struct edge_config *config, struct log *log)
{
	return edge_letters_create(&(struct edge_letters_options){ .log = log,
		.quota = { (int32_t)config->quota_per_s, (int32_t)config->quota_burst },
		.most = (int32_t)config->letters_under_way,
		.reserve_pct = (int32_t)config->reserved_share,
		.reserved_channels = config->reserved_channels,
		.patience = SPAN_MS(config->patience),
		.answer_within = SPAN_MS(config->answer_within),
		.quarantine_for = SPAN_MS(config->quarantine_for) });
}

static enum res process_open(struct process *process, struct err *err)
{
	struct edge_state *state = &process->state;

	TRY(os_privileges_bound(err));
	if (!IS_SANITIZED)
		TRY(os_memory_bound(state->config.memory_most, err));
	TRY(crypto_start(err));
	os_instance_name(process->instance, sizeof(process->instance), "edge");
	state->asked_at = INSTANT_NONE;
	state->keys = edge_keys_create(SPAN_MS(state->config.keys_stale));
	state->letters = letters_create(&state->config, state->log);
	edge_metrics_open(state);
	state->mem = arena_create(ROUND_BYTES_MAX);
	state->loop = loop_create();
	loop_on_signal(state->loop, SIGTERM, on_signal, process);
	loop_on_signal(state->loop, SIGINT, on_end, process); /* somebody at a terminal: at once */
	process->context = bus_context_create();
	TRY(open_door(process, err));
	TRY(open_bus(process, err));
	TRY(open_health(process, err));
	loop_after_round(state->loop, on_round, process);
	process->turn = loop_timer_create(state->loop, on_turn, process);
	loop_timer_set(process->turn, TURN_EVERY);
	process->end = loop_timer_create(state->loop, on_end, process);
	process->descriptors = loop_timer_create(state->loop, on_descriptors, process);
	loop_timer_set(process->descriptors, DESCRIPTORS_EVERY);
	return RES_OK;
}

static void process_close(struct process *process)
{
	http_close(process->http);
	loop_timer_destroy(process->turn);
	loop_timer_destroy(process->descriptors);
	loop_timer_destroy(process->end);
	server_close(process->state.server);
	bus_zap_close(process->zap);
	peer_close(process->state.peer);
	bus_context_destroy(process->context);
	loop_destroy(process->state.loop);
	edge_keys_destroy(process->state.keys);
	edge_letters_destroy(process->state.letters);
	arena_destroy(process->state.mem);
	edge_metrics_close(&process->state);
	log_destroy(process->state.log);
	config_free(settings, SETTINGS, &process->state.config);
}

static enum res process_run(struct process *process, struct err *err)
{
	TRY(process_open(process, err));
	if (process->state.config.sandbox && !IS_SANITIZED)
		TRY(sandbox_enter(err));
	log_event(process->state.log, process_started, LOG_TEXT("version", WANGLI_VERSION),
		LOG_TEXT("listen", process->state.config.listen),
		LOG_TEXT("instance", process->instance));
	return loop_run(process->state.loop, err);
}

int main(int argc, char **argv)
{
	struct process process = { 0 };
	enum log_level level = LOG_LEVEL_INFO;
	struct err err = { "" };
	enum res res;

	if (argc > 1) {
		config_help(settings, SETTINGS, stdout);
		return strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : EXIT_SETTINGS;
	}
	res = config_load(settings, SETTINGS, &process.state.config, &err);
	if (res == RES_OK &&
		log_level_parse(str_from_c(process.state.config.log_level), &level) != RES_OK)
		res = err_set(&err, RES_INVALID, "LOG_LEVEL: want error, warn, info or debug");
	process.state.log = log_create("edge", 2, level);
	if (res != RES_OK) {
		log_event(process.state.log, setting_refused, LOG_TEXT("text", err.text));
		log_destroy(process.state.log);
		return EXIT_SETTINGS;
	}
	res = process_run(&process, &err);
	if (res != RES_OK)
		log_event(process.state.log, process_failed, LOG_TEXT("text", err.text));
	process_close(&process);
	return res == RES_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

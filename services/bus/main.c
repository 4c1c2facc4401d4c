/* wangli-bus: reads the settings, opens the sockets, runs the loop until a signal. Order matters:
 * signals before threads (so before the ZeroMQ context), the ZAP handler before the socket that
 * needs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "bus_fault.h"
#include "bus_handlers.h"
#include "bus_health.h"
#include "bus_metrics.h"
#include "bus_peers.h"
#include "bus_state.h"
#include "config/config.h"
#include "os/os.h"

#define EXIT_SETTINGS	2
#define TURN_EVERY	SPAN_S(1)
#define DRAIN_MOST	SPAN_S(2) /* what is under way may take to end; the rest is sent again */
#define STAMP_BYTES_MAX 4096
#define CONNECTIONS	256

static const struct config_setting settings[] = {
#define SETTING(field, name, type, fallback, least, most, unit, meaning)                           \
	CONFIG_ROW(struct bus_config, field, name, type, fallback, least, most, unit, meaning)
#include "bus_config.def"
#undef SETTING
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct process {
	struct bus_state state;
	struct bus_context *context;
	struct bus_zap *zap;
	struct http *http;
	struct loop_timer *turn;
	struct loop_timer *end; /* of draining */
	struct bus_pair pair;
};

static void on_zap(void *arg)
{
	bus_zap_turn(((struct process *)arg)->zap);
}

static void on_message_ready(void *arg)
{
	struct process *process = arg;

	server_receive(process->state.server, loop_now(process->state.loop));
}

static void on_round(void *arg)
{
	struct bus_state *state = &((struct process *)arg)->state;

	server_flush(state->server);
	if (server_is_drained(state->server))
		loop_stop(state->loop);
}

static void on_turn(void *arg)
{
	struct process *process = arg;

	server_turn(process->state.server, loop_now(process->state.loop));
	bus_tell_drops(&process->state);
	bus_faults_turn(process->state.faults);
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
	server_drain(process->state.server);
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
	TRY(http_open(&process->http, listen, bus_health_serve, &process->state, err));
	loop_add_fd(process->state.loop, http_fd(process->http), LOOP_READ, on_http, process);
	return RES_OK;
}

static enum res open_server(struct process *process, struct err *err)
{
	struct bus_state *state = &process->state;
	struct server_options options = { .context = process->context,
		.router = { .address = state->config.listen,
			.self = &process->pair,
			.zap_domain = "bus",
			.most_connections_hint = CONNECTIONS },
		.name = state->name,
		.hooks = bus_hooks,
		.arg = state };

	os_instance_name(state->name, sizeof(state->name), "bus");
	TRY(bus_zap_open(&process->zap, process->context, bus_on_key, state, err));
	TRY(server_open(&state->server, &options, err));
	loop_add_socket(state->loop, bus_zap_socket(process->zap), on_zap, process);
	loop_add_socket(state->loop, server_socket(state->server), on_message_ready, process);
	loop_after_round(state->loop, on_round, process);
	process->turn = loop_timer_create(state->loop, on_turn, process);
	loop_timer_set(process->turn, TURN_EVERY);
	process->end = loop_timer_create(state->loop, on_end, process);
	return RES_OK;
}

static enum res process_open(struct process *process, struct err *err)
{
	struct bus_state *state = &process->state;

	TRY(bus_pair_from_secret(str_trim(str_from_c(state->config.key)), &process->pair, err));
	TRY(bus_peers_open(&state->peers, state->config.peers_dir, err));
	state->loop = loop_create();
	loop_on_signal(state->loop, SIGTERM, on_signal, process);
	loop_on_signal(state->loop, SIGINT, on_end, process); /* somebody at a terminal: at once */
	bus_metrics_open(state);
	state->mem = arena_create(STAMP_BYTES_MAX);
	state->faults = bus_faults_open(state);
	process->context = bus_context_create();
	TRY(open_server(process, err));
	return open_health(process, err);
}

static void process_close(struct process *process)
{
	http_close(process->http);
	loop_timer_destroy(process->turn);
	loop_timer_destroy(process->end);
	bus_faults_close(process->state.faults);
	server_close(process->state.server);
	bus_zap_close(process->zap);
	bus_context_destroy(process->context);
	loop_destroy(process->state.loop);
	bus_peers_close(process->state.peers);
	arena_destroy(process->state.mem);
	bus_metrics_close(&process->state);
	log_destroy(process->state.log);
	config_free(settings, SETTINGS, &process->state.config);
}

static enum res process_run(struct process *process, struct err *err)
{
	TRY(process_open(process, err));
	log_event(process->state.log, process_started, LOG_TEXT("version", WANGLI_VERSION),
		LOG_TEXT("listen", process->state.config.listen));
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
	process.state.log = log_create("bus", 2, level);
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

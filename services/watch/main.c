/* wangli-watch: reads the settings, asks the database about itself, answers Prometheus, until a
 * signal. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch_metrics.h"
#include "watch_relay.h"
#include "watch_serve.h"
#include "watch_state.h"
#include "watch_store.h"

#define EXIT_SETTINGS	2
#define TURN_EVERY	SPAN_S(1)
#define FIRST_READ	SPAN_MS(1) /* answering comes first */
#define ROUND_BYTES_MAX (1024 * 1024)
#define BODY_MAX	1024
#define CONNECTIONS	256
#define IDLE		SPAN_S(60)
#define HEAD_WITHIN	SPAN_S(10)
#define ANSWER_WITHIN	SPAN_S(30)

static const struct config_setting settings[] = {
#define SETTING(field, name, type, fallback, least, most, unit, meaning)                           \
	CONFIG_ROW(struct watch_config, field, name, type, fallback, least, most, unit, meaning)
#include "watch_config.def"
#undef SETTING
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

enum { LISTENER_HEALTH, LISTENER_METRICS, LISTENERS };

struct process {
	struct watch_state state;
	struct http *listeners[LISTENERS];
	struct loop_timer *turn;
	struct loop_timer *read;
};

static void on_turn(void *arg)
{
	struct process *process = arg;

	watch_relays_turn(&process->state);
	loop_timer_set(process->turn, TURN_EVERY);
}

static void on_read(void *arg)
{
	struct process *process = arg;

	watch_store_turn(&process->state);
	loop_timer_set(process->read, SPAN_MS(process->state.config.read_every));
}

static void on_http(void *arg, int events)
{
	(void)events;
	http_turn(arg);
}

static void on_signal(void *arg)
{
	struct process *process = arg;

	log_event(process->state.log, process_stopping, LOG_TEXT("version", WANGLI_VERSION));
	loop_stop(process->state.loop);
}

static enum res listener_open(
	struct process *process, const char *listen, struct http **out, struct err *err)
{
	const struct http_options options = { .listen = listen,
		.serve = watch_serve,
		.gone = watch_serve_gone,
		.arg = &process->state,
		.body_max = BODY_MAX,
		.connections_max = CONNECTIONS,
		.idle = IDLE,
		.head_within = HEAD_WITHIN,
		.body_within = HEAD_WITHIN,
		.answer_within = ANSWER_WITHIN };

	if (listen[0] == '\0')
		return RES_OK;
	TRY(http_open_as(out, &options, err));
	loop_add_fd(process->state.loop, http_fd(*out), LOOP_READ, on_http, *out);
	return RES_OK;
}

static enum res process_open(struct process *process, struct err *err)
{
	struct watch_state *state = &process->state;

	state->cases_at = state->read_at = INSTANT_NONE;
	state->mem = arena_create(ROUND_BYTES_MAX);
	state->loop = loop_create();
	loop_on_signal(state->loop, SIGTERM, on_signal, process);
	loop_on_signal(state->loop, SIGINT, on_signal, process);
	watch_metrics_open(state);
	watch_relays_open(state);
	TRY(listener_open(
		process, state->config.health_listen, &process->listeners[LISTENER_HEALTH], err));
	TRY(listener_open(
		process, state->config.listen, &process->listeners[LISTENER_METRICS], err));
	process->turn = loop_timer_create(state->loop, on_turn, process);
	loop_timer_set(process->turn, TURN_EVERY);
	process->read = loop_timer_create(state->loop, on_read, process);
	loop_timer_set(process->read, FIRST_READ);
	return RES_OK;
}

static void process_close(struct process *process)
{
	struct watch_state *state = &process->state;

	for (size_t i = 0; i < LISTENERS; i++)
		http_close(process->listeners[i]);
	watch_relays_close(state);
	loop_timer_destroy(process->turn);
	loop_timer_destroy(process->read);
	watch_store_close(state);
	loop_destroy(state->loop);
	watch_metrics_close(state);
	arena_destroy(state->mem);
	log_destroy(state->log);
	config_free(settings, SETTINGS, &state->config);
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
	process.state.log = log_create("watch", 2, level);
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

/* wangli-portal: reads the settings and the pages, opens database, bus and HTTP, runs the loop
 * until a signal. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "portal_asks.h"
#include "portal_health.h"
#include "portal_live.h"
#include "portal_metrics.h"
#include "portal_pages.h"
#include "portal_serve.h"
#include "portal_store.h"
#include "portal_visits.h"

#define EXIT_SETTINGS	2
#define TURN_EVERY	SPAN_S(1)
#define DRAIN_MOST	SPAN_S(5)
#define WRITE_TURNS	5  /* visits are written every so many turns */
#define SWEEP_TURNS	60 /* and tries that are over are taken away */
#define ROUND_BYTES_MAX (64 * 1024 * 1024)
#define BUS_WINDOW	256
#define BODY_MAX	(16 * 1024)
#define IDLE		SPAN_S(60)

static const struct config_setting settings[] = {
#define SETTING(field, name, type, fallback, least, most, unit, meaning)                           \
	CONFIG_ROW(struct portal_config, field, name, type, fallback, least, most, unit, meaning)
#include "portal_config.def"
#undef SETTING
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct process {
	struct portal_state state;
	struct bus_context *context;
	struct loop_timer *turn;
	struct loop_timer *end; /* set: no more than this is left to finish what is under way */
	int64_t turns;
	char instance[WIRE_NAME_MAX + 1];
};

static void on_bus(void *arg)
{
	portal_asks_receive(&((struct process *)arg)->state);
}

static void on_http(void *arg, int events)
{
	(void)events;
	http_turn(((struct process *)arg)->state.http);
}

static void on_health(void *arg, int events)
{
	(void)events;
	http_turn(((struct process *)arg)->state.health);
}

static void on_round(void *arg)
{
	struct process *process = arg;

	peer_flush(process->state.peer);
	if (loop_timer_is_set(process->end) && peer_has_left(process->state.peer) &&
		http_answering(process->state.http) == 0)
		loop_stop(process->state.loop);
}

static void database_turn(struct process *process)
{
	struct portal_state *state = &process->state;
	struct err err;
	bool was_up = db_is_up(state->db);

	if (portal_store_mend(state, &err) != RES_OK) {
		if (was_up)
			log_event(state->log, db_lost, LOG_TEXT("why", err.text));
		return;
	}
	if (process->turns % WRITE_TURNS == 0)
		portal_visits_write(state);
	if (process->turns % SWEEP_TURNS == 0)
		(void)!portal_store_sweep(state, &err);
}

static void bus_turn(struct process *process)
{
	struct portal_state *state = &process->state;
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

	process->turns++;
	bus_turn(process);
	database_turn(process);
	loop_timer_set(process->turn, TURN_EVERY);
}

static void on_signal(void *arg)
{
	struct process *process = arg;

	log_event(process->state.log, process_stopping, LOG_TEXT("version", WANGLI_VERSION));
	portal_visits_write(&process->state);
	peer_leave(process->state.peer);
	if (!loop_timer_is_set(process->end))
		loop_timer_set(process->end, DRAIN_MOST);
}

static void on_end(void *arg)
{
	loop_stop(((struct process *)arg)->state.loop);
}

static enum res open_bus(struct process *process, struct err *err)
{
	struct portal_state *state = &process->state;
	struct peer_options options = { .context = process->context,
		.address = state->config.bus_address,
		.instance = process->instance,
		.window = BUS_WINDOW };

	TRY(peer_keys_set(&options, str_trim(str_from_c(state->config.bus_key)),
		str_trim(str_from_c(state->config.bus_server_key)), err));
	TRY(peer_open(&state->peer, &options, err));
	peer_attach(state->peer, state->loop, on_bus, process);
	return RES_OK;
}

static enum res open_http(struct process *process, struct err *err)
{
	struct portal_state *state = &process->state;
	const struct http_options options = { .listen = state->config.listen,
		.serve = portal_serve,
		.gone = portal_gone,
		.arg = state,
		.body_max = BODY_MAX,
		.connections_max = (unsigned)state->config.connections,
		/* A proxy counts its own. */
		.connections_per_address =
			state->config.is_proxied ? 0
						 : (unsigned)state->config.connections_per_address,
		.idle = IDLE,
		.head_within = SPAN_MS(state->config.head_time),
		.body_within = SPAN_MS(state->config.body_time),
		.answer_within = SPAN_MS(state->config.answer_time) };

	TRY(http_open_as(&state->http, &options, err));
	loop_add_fd(state->loop, http_fd(state->http), LOOP_READ, on_http, process);
	return RES_OK;
}

static enum res open_health(struct process *process, struct err *err)
{
	struct portal_state *state = &process->state;

	if (state->config.health_listen[0] == '\0')
		return RES_OK;
	TRY(http_open(
		&state->health, state->config.health_listen, portal_health_serve, state, err));
	loop_add_fd(state->loop, http_fd(state->health), LOOP_READ, on_health, process);
	return RES_OK;
}

static enum res process_open(struct process *process, struct err *err)
{
	struct portal_state *state = &process->state;

	os_instance_name(process->instance, sizeof(process->instance), "portal");
	TRY(crypto_start(err));
	if (crypto_base64_read(str_trim(str_from_c(state->config.secret)), state->secret,
		    sizeof(state->secret)) != RES_OK)
		return err_set(err, RES_INVALID, "PORTAL_SECRET: want 32 bytes in Base64");
	TRY(portal_pages_open(&state->pages, state->config.web_dir, err));
	state->mem = arena_create(ROUND_BYTES_MAX);
	state->loop = loop_create();
	loop_on_signal(state->loop, SIGTERM, on_signal, process);
	loop_on_signal(state->loop, SIGINT, on_signal, process);
	portal_metrics_open(state);
	state->asks = portal_asks_create(state);
	state->live = portal_live_create(state);
	state->visits = portal_visits_create(state);
	TRY(portal_store_open(state, err));
	process->context = bus_context_create();
	TRY(open_bus(process, err));
	TRY(open_health(process, err));
	TRY(open_http(process, err));
	loop_after_round(state->loop, on_round, process);
	process->turn = loop_timer_create(state->loop, on_turn, process);
	loop_timer_set(process->turn, TURN_EVERY);
	process->end = loop_timer_create(state->loop, on_end, process);
	return RES_OK;
}

static void process_close(struct process *process)
{
	struct portal_state *state = &process->state;

	http_close(state->http); /* forgets its streams and asks while they are still there */
	http_close(state->health);
	portal_asks_destroy(state->asks);
	portal_live_destroy(state->live);
	portal_visits_destroy(state->visits);
	portal_metrics_close(state);
	portal_pages_close(state->pages);
	portal_store_close(state);
	loop_timer_destroy(process->turn);
	loop_timer_destroy(process->end);
	peer_close(state->peer);
	bus_context_destroy(process->context);
	loop_destroy(state->loop);
	arena_destroy(state->mem);
	log_destroy(state->log);
	config_free(settings, SETTINGS, &state->config);
}

static enum res process_run(struct process *process, struct err *err)
{
	TRY(process_open(process, err));
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
	process.state.log = log_create("portal", 2, level);
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

/* wangli-media: reads the settings, opens the store, the session with the bus and HTTP, runs the
 * loop until a signal. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "media_bus.h"
#include "media_expire.h"
#include "media_http.h"
#include "media_metrics.h"
#include "media_store.h"
#include "os/os.h"

#define EXIT_SETTINGS	2
#define TURN_EVERY	SPAN_S(1)
#define DRAIN_MOST	SPAN_S(5)
#define ROUND_BYTES_MAX (4 * 1024 * 1024)
#define BODY_MAX	1024 /* of requests that are no upload */
#define LINES_SPARE	48   /* connections beside the uploads */

static const struct config_setting settings[] = {
#define SETTING(field, name, type, fallback, least, most, unit, meaning)                           \
	CONFIG_ROW(struct media_config, field, name, type, fallback, least, most, unit, meaning)
#include "media_config.def"
#undef SETTING
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct process {
	struct media_state state;
	struct bus_context *context;
	struct http *http;
	struct http *health;
	struct loop_timer *turn;
	struct loop_timer *end; /* set: no more than this is left to finish what is under way */
	struct loop_timer *expire;
	char instance[WIRE_NAME_MAX + 1];
};

static void on_bus(void *arg)
{
	media_bus_receive(&((struct process *)arg)->state);
}

static void on_round(void *arg)
{
	struct process *process = arg;

	peer_flush(process->state.peer);
	if (loop_timer_is_set(process->end) && peer_has_left(process->state.peer) &&
		http_answering(process->http) == 0)
		loop_stop(process->state.loop);
}

static void bus_turn(struct process *process)
{
	struct media_state *state = &process->state;
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

	bus_turn(process);
	loop_timer_set(process->turn, TURN_EVERY);
}

static void on_expire(void *arg)
{
	struct process *process = arg;

	media_expire_turn(&process->state);
	loop_timer_set(process->expire, SPAN_MS(process->state.config.expire_every));
}

static void on_http(void *arg, int events)
{
	(void)events;
	http_turn(((struct process *)arg)->http);
}

static void on_health(void *arg, int events)
{
	(void)events;
	http_turn(((struct process *)arg)->health);
}

static void on_signal(void *arg)
{
	struct process *process = arg;

	log_event(process->state.log, process_stopping, LOG_TEXT("version", WANGLI_VERSION));
	peer_leave(process->state.peer);
	if (!loop_timer_is_set(process->end))
		loop_timer_set(process->end, DRAIN_MOST);
}

static void on_end(void *arg)
{
	loop_stop(((struct process *)arg)->state.loop);
}

static enum res open_http(struct process *process, struct err *err)
{
	struct media_state *state = &process->state;
	const struct media_config *config = &state->config;
	const struct http_options options = { .listen = config->http_listen,
		.serve = media_http_serve,
		.head = media_http_head,
		.piece = media_http_piece,
		.gone = media_http_gone,
		.arg = state,
		.body_max = BODY_MAX,
		.connections_max = (unsigned)config->uploads + LINES_SPARE,
		.idle = SPAN_MS(config->idle_time),
		.head_within = SPAN_MS(config->head_time),
		.life = SPAN_MS(config->upload_time) };

	TRY(http_open_as(&process->http, &options, err));
	loop_add_fd(state->loop, http_fd(process->http), LOOP_READ, on_http, process);
	if (config->health_listen[0] == 0)
		return RES_OK;
	TRY(http_open(&process->health, config->health_listen, media_health_serve, state, err));
	loop_add_fd(state->loop, http_fd(process->health), LOOP_READ, on_health, process);
	return RES_OK;
}

static enum res open_bus(struct process *process, struct err *err)
{
	struct media_state *state = &process->state;
	struct peer_options options = { .context = process->context,
		.address = state->config.bus_address,
		.instance = process->instance,
		.window = (int32_t)state->config.window };
	struct str group = STR(MEDIA_GROUP);

	TRY(peer_keys_set(&options, str_from_c(state->config.bus_key),
		str_from_c(state->config.bus_server_key), err));
	TRY(peer_open(&state->peer, &options, err));
	peer_set_groups(state->peer, &group, 1);
	peer_attach(state->peer, state->loop, on_bus, process);
	return RES_OK;
}

/* wangli-photo stands beside this program unless told otherwise. */
static enum res find_photo_program(struct media_state *state, struct err *err)
{
	char *path = state->photo_program;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(state->photo_program) - 32);

	if (state->config.photo_program[0] != 0) {
		snprintf(path, sizeof(state->photo_program), "%s", state->config.photo_program);
	} else if (n > 0) {
		path[n] = 0;
		char *slash = strrchr(path, '/');
		memcpy(slash + 1, "wangli-photo", sizeof("wangli-photo"));
	}
	return access(path, X_OK) == 0
		       ? RES_OK
		       : err_set(err, RES_INVALID, "PHOTO_PROGRAM: %s cannot be run", path);
}

static enum res open_store(struct media_state *state, struct err *err)
{
	TRY(crypto_start(err));
	TRY(object_key_read(str_from_c(state->config.objects_key), state->key, err));
	TRY(find_photo_program(state, err));
	state->limits = (struct media_limits){ .file_bytes_most = state->config.file_bytes,
		.quota_bytes = state->config.quota,
		.uploads_most = state->config.uploads };
	TRY(media_store_open(&state->config, &state->store, err));
	return state->store->used(state->store, &state->used, err);
}

static enum res process_open(struct process *process, struct err *err)
{
	struct media_state *state = &process->state;

	os_instance_name(process->instance, sizeof(process->instance), "media");
	TRY(open_store(state, err));
	media_metrics_open(state);
	state->mem = arena_create(ROUND_BYTES_MAX);
	state->loop = loop_create();
	loop_on_signal(state->loop, SIGTERM, on_signal, process);
	loop_on_signal(state->loop, SIGINT, on_signal, process);
	process->context = bus_context_create();
	TRY(open_bus(process, err));
	TRY(open_http(process, err));
	loop_after_round(state->loop, on_round, process);
	process->turn = loop_timer_create(state->loop, on_turn, process);
	loop_timer_set(process->turn, TURN_EVERY);
	process->end = loop_timer_create(state->loop, on_end, process);
	process->expire = loop_timer_create(state->loop, on_expire, process);
	loop_timer_set(process->expire, SPAN_MS(state->config.expire_every));
	return RES_OK;
}

static void process_close(struct process *process)
{
	struct media_state *state = &process->state;

	http_close(process->http);
	http_close(process->health);
	loop_timer_destroy(process->turn);
	loop_timer_destroy(process->end);
	loop_timer_destroy(process->expire);
	peer_close(state->peer);
	bus_context_destroy(process->context);
	loop_destroy(state->loop);
	if (state->store != NULL)
		state->store->close(state->store);
	arena_destroy(state->mem);
	media_metrics_close(state);
	log_destroy(state->log);
	config_free(settings, SETTINGS, &state->config);
}

static enum res process_run(struct process *process, struct err *err)
{
	TRY(process_open(process, err));
	log_event(process->state.log, process_started, LOG_TEXT("version", WANGLI_VERSION),
		LOG_TEXT("listen", process->state.config.http_listen),
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
	if (res == RES_OK)
		res = media_store_check(&process.state.config, &err);
	process.state.log = log_create("media", 2, level);
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

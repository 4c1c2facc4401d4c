/* The same at both addresses. It is ready without the database: that the database is away is what
 * it has to say. */
#include "watch_serve.h"

#include "os/os.h"
#include "watch_metrics.h"
#include "watch_relay.h"
#include "watch_state.h"
#include "watch_store.h"
#include "watch_targets.h"
#include "json/json.h"

#define RELAY_PATH "/metrics/"
#define FRESH	   SPAN_MS(500)

static void health_answer(
	struct watch_state *state, const struct http_request *request, struct http_answer *answer)
{
	SCOPED(json)
	struct json *health = json_object_create();

	json_set_c(health, "process", "watch");
	json_set_c(health, "version", WANGLI_VERSION);
	json_set_bool(health, "healthy", true);
	json_set_bool(health, "database", state->is_database_up);
	answer->status = 200;
	answer->content_type = "application/json";
	answer->body = json_text(request->mem, health);
}

static void targets_answer(
	struct watch_state *state, const struct http_request *request, struct http_answer *answer)
{
	struct str host = http_header(request, "Host");

	answer->status = 200;
	answer->content_type = "application/json";
	answer->body = watch_targets_json(state->config.services_dir, request->mem, host);
}

static void relay_answer(
	struct watch_state *state, const struct http_request *request, struct http_answer *answer)
{
	struct str name = str_slice(request->path, sizeof(RELAY_PATH) - 1, request->path.n);
	const char *listen;

	if (watch_targets_find(state->config.services_dir, request->mem, name, &listen)) {
		watch_relay_ask(state, listen, request, answer);
		return;
	}
	answer->status = 404;
	answer->content_type = "text/plain";
	answer->body = STR("no process of that name; GET /targets lists them\n");
}

/* Somebody sits before ./wangli top: what is older than half a second is asked again. */
static void freshen(struct watch_state *state)
{
	if (instant_is_none(state->read_at) ||
		instant_since(os_monotonic_now(), state->read_at).us >= FRESH.us)
		watch_store_turn(state);
}

void watch_serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct watch_state *state = arg;

	if (!str_eq_c(request->method, "GET")) {
		answer->status = 405;
		answer->content_type = "text/plain";
		answer->body = STR("only GET\n");
	} else if (str_eq_c(request->path, "/health")) {
		health_answer(state, request, answer);
	} else if (str_eq_c(request->path, "/metrics")) {
		if (http_query(request, "fresh").p != NULL)
			freshen(state);
		answer->status = 200;
		answer->content_type = METRICS_CONTENT_TYPE;
		answer->body = watch_metrics_text(state, request->mem);
	} else if (str_eq_c(request->path, "/targets")) {
		targets_answer(state, request, answer);
	} else if (str_starts(request->path, STR(RELAY_PATH))) {
		relay_answer(state, request, answer);
	} else {
		answer->status = 404;
		answer->content_type = "text/plain";
		answer->body = STR("only /health, /metrics, /metrics/NAME and /targets\n");
	}
}

void watch_serve_gone(void *arg, struct http_exchange *exchange)
{
	watch_relay_gone(arg, exchange);
}

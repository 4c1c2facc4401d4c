/* The portal's state as JSON. */
#include "portal_health.h"

#include "metrics/metrics.h"
#include "portal_answer.h"
#include "portal_live.h"
#include "portal_metrics.h"

bool portal_is_ready(const struct portal_state *state)
{
	return db_is_up(state->db) && peer_is_up(state->peer);
}

void portal_health_public(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	SCOPED(json)
	struct json *json = json_object_create();
	bool is_ready = portal_is_ready(state);

	(void)number;
	json_set_bool(json, "ready", is_ready);
	portal_answer_json(answer, request->mem, is_ready ? 200 : 503, json);
}

static void health_answer(
	struct portal_state *state, const struct http_request *request, struct http_answer *answer)
{
	const struct portal_tally *tally = &state->tally;
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{ "requests", tally->requests },
		{ "problems", tally->problems },
		{ "opened", tally->opened },
		{ "wrong", tally->wrong },
		{ "locked_out", tally->locked_out },
		{ "rated", tally->rated },
		{ "refreshes", tally->refreshes },
		{ "sent", tally->sent },
	};
	bool is_ready = portal_is_ready(state);
	SCOPED(json)
	struct json *json = json_object_create();

	json_set_c(json, "service", "portal");
	json_set_c(json, "version", WANGLI_VERSION);
	json_set_bool(json, "ready", is_ready);
	json_set_c(json, "status", is_ready ? "ok" : "away from the database or the bus");
	json_set_bool(json, "database", db_is_up(state->db));
	json_set_bool(json, "bus", peer_is_up(state->peer));
	json_set_int(json, "watching", (int64_t)portal_live_count(state));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_set_int(json, rows[i].name, rows[i].value);
	portal_answer_json(answer, request->mem, is_ready ? 200 : 503, json);
}

void portal_health_serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct portal_state *state = arg;

	if (str_eq_c(request->path, "/health")) {
		health_answer(state, request, answer);
	} else if (str_eq_c(request->path, "/metrics")) {
		answer->status = 200;
		answer->content_type = METRICS_CONTENT_TYPE;
		answer->body = portal_metrics_text(state, request->mem);
	} else {
		answer->status = 404;
		answer->content_type = "text/plain";
		answer->body = STR("only /health and /metrics\n");
	}
}

/* See webhook_health.h. Healthy: the door was heard of lately and the state folder takes what it is
 * given; a subscriber that is down is no fault of this process. */
#include "webhook_health.h"

#include <stdio.h>

#include "metrics/metrics.h"
#include "json/json.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum webhook_metric {
#define METRIC(name, type, unit, labels, help) WEBHOOK_METRIC_##name,
#include "webhook_metrics.def"
#undef METRIC
};

static const struct metric list[] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "webhook_metrics.def"
#undef METRIC
};

enum outcome { OUTCOME_TAKEN, OUTCOME_FAILED };
static const char *const outcomes[] = { "taken", "failed" };
static const struct metric_label labels[] = { { "outcome", outcomes, N(outcomes) } };

void webhook_health_open(struct webhook_state *state)
{
	const struct metrics_options options = { .component = "webhook",
		.service = state->service,
		.version = WANGLI_VERSION,
		.list = list,
		.n = N(list),
		.labels = labels,
		.n_labels = N(labels) };

	snprintf(state->service, sizeof state->service, "webhook-%s", state->config.channel);
	state->metrics = metrics_create(&options);
}

void webhook_health_close(struct webhook_state *state)
{
	metrics_destroy(state->metrics);
}

static bool is_healthy(const struct webhook_state *state)
{
	return wangli_is_up(state->client) && !state->is_disk_told;
}

static struct str metrics_text(struct webhook_state *state, struct arena *mem)
{
	struct shelf_counts counts = webhook_shelf_counts(state->shelf);
	struct metrics *metrics = state->metrics;
	struct buf text = { 0 };
	struct str out;

	metrics_set(metrics, WEBHOOK_METRIC_healthy, is_healthy(state));
	metrics_set(metrics, WEBHOOK_METRIC_waiting, (double)counts.queued);
	metrics_set(metrics, WEBHOOK_METRIC_dead_letters, (double)counts.dead);
	metrics_set(metrics, WEBHOOK_METRIC_known, (double)counts.known);
	metrics_set(metrics, WEBHOOK_METRIC_failures_in_a_row, state->circuit.failures);
	metrics_set_at(metrics, WEBHOOK_METRIC_tries, OUTCOME_TAKEN, 0, (double)state->tally.taken);
	metrics_set_at(
		metrics, WEBHOOK_METRIC_tries, OUTCOME_FAILED, 0, (double)state->tally.failed);
	metrics_set(metrics, WEBHOOK_METRIC_died, (double)state->tally.dead);
	metrics_set(
		metrics, WEBHOOK_METRIC_refused_addresses, (double)state->tally.refused_addresses);
	metrics_write(metrics, &text);
	out = arena_str(mem, buf_str(&text));
	buf_fini(&text);
	return out;
}

static struct str health_text(struct webhook_state *state, struct arena *mem)
{
	struct shelf_counts counts = webhook_shelf_counts(state->shelf);
	SCOPED(json)
	struct json *said = json_object_create();

	json_set_c(said, "status",
		is_healthy(state)     ? "ok"
		: state->is_disk_told ? "disk"
				      : "no door");
	json_set_c(said, "version", WANGLI_VERSION);
	json_set_c(said, "channel", state->config.channel);
	json_set_int(said, "backlog", (int64_t)counts.queued);
	json_set_int(said, "dead", (int64_t)counts.dead);
	json_set_int(said, "failures_in_a_row", state->circuit.failures);
	return json_text(mem, said);
}

void webhook_health_serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct webhook_state *state = arg;

	if (str_eq_c(request->method, "GET") && str_eq_c(request->path, "/metrics")) {
		*answer = (struct http_answer){ .status = 200,
			.content_type = METRICS_CONTENT_TYPE,
			.body = metrics_text(state, request->mem) };
		return;
	}
	answer->content_type = "application/json";
	if (!str_eq_c(request->method, "GET") || !str_eq_c(request->path, "/health")) {
		answer->status = 404;
		answer->body = STR("{\"error\":\"only GET /health and /metrics\"}");
		return;
	}
	answer->status = is_healthy(state) ? 200 : 503;
	answer->body = health_text(state, request->mem);
}

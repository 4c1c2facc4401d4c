/* The portal's figures. */
#include "portal_metrics.h"

#include "metrics/metrics.h"
#include "portal_health.h"
#include "portal_live.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum portal_metric {
#define METRIC(name, type, unit, labels, help) PORTAL_METRIC_##name,
#include "portal_metrics.def"
#undef METRIC
};

static const struct metric list[] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "portal_metrics.def"
#undef METRIC
};

enum outcome { OUTCOME_OPENED, OUTCOME_WRONG, OUTCOME_LOCKED_OUT, OUTCOMES };
static const char *const outcomes[] = { "opened", "wrong", "locked_out" };
_Static_assert(N(outcomes) == OUTCOMES, "each has its word");

static const struct metric_label labels[] = { { "outcome", outcomes, N(outcomes) } };

void portal_metrics_open(struct portal_state *state)
{
	const struct metrics_options options = { .component = "portal",
		.service = "portal",
		.version = WANGLI_VERSION,
		.list = list,
		.n = N(list),
		.labels = labels,
		.n_labels = N(labels) };

	state->metrics = metrics_create(&options);
}

void portal_metrics_close(struct portal_state *state)
{
	metrics_destroy(state->metrics);
}

struct str portal_metrics_text(struct portal_state *state, struct arena *mem)
{
	const struct portal_tally *tally = &state->tally;
	const int64_t letters[OUTCOMES] = { [OUTCOME_OPENED] = tally->opened,
		[OUTCOME_WRONG] = tally->wrong,
		[OUTCOME_LOCKED_OUT] = tally->locked_out };
	struct buf text = { 0 };
	struct str out;

	metrics_set(state->metrics, PORTAL_METRIC_ready, portal_is_ready(state));
	metrics_set(state->metrics, PORTAL_METRIC_requests, (double)tally->requests);
	metrics_set(state->metrics, PORTAL_METRIC_problems, (double)tally->problems);
	for (size_t i = 0; i < OUTCOMES; i++)
		metrics_set_at(state->metrics, PORTAL_METRIC_letters, i, 0, (double)letters[i]);
	metrics_set(state->metrics, PORTAL_METRIC_rated, (double)tally->rated);
	metrics_set(state->metrics, PORTAL_METRIC_streams, (double)portal_live_count(state));
	metrics_set(state->metrics, PORTAL_METRIC_events, (double)tally->sent);
	metrics_set(state->metrics, PORTAL_METRIC_refreshes, (double)tally->refreshes);
	metrics_set(state->metrics, PORTAL_METRIC_bus_reconnects,
		(double)peer_counts(state->peer).reconnects);
	metrics_write(state->metrics, &text);
	out = arena_str(mem, buf_str(&text));
	buf_fini(&text);
	return out;
}

/* The figures of watch. */
#include "watch_metrics.h"

#include "watch_machine.h"
#include "watch_state.h"
#include "watch_targets.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct metric list[] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "watch_metrics.def"
#undef METRIC
};

static const char *const outcomes[] = {
	[WATCH_RELAY_ANSWERED] = "answered", [WATCH_RELAY_FAILED] = "failed"
};

static const struct metric_label labels[] = {
	{ "outcome", outcomes, N(outcomes) },
	{ "state", NULL, 0 },
	{ "sync", NULL, 0 },
	{ "standby", NULL, 0 },
	{ "slot", NULL, 0 },
	{ "table", NULL, 0 },
	{ "quantile", NULL, 0 },
	{ "disk", NULL, 0 },
};

void watch_metrics_open(struct watch_state *state)
{
	const struct metrics_options options = { .component = "watch",
		.service = "watch",
		.version = WANGLI_VERSION,
		.list = list,
		.n = N(list),
		.labels = labels,
		.n_labels = N(labels) };

	state->metrics = metrics_create(&options);
}

void watch_metrics_close(struct watch_state *state)
{
	metrics_destroy(state->metrics);
}

static void cases_age_set(struct watch_state *state)
{
	double age = -1;

	if (!instant_is_none(state->cases_at))
		age = (double)instant_since(loop_now(state->loop), state->cases_at).us / 1e6;
	metrics_set(state->metrics, WATCH_METRIC_cases_age, age);
}

static void one_more(void *arg, const struct watch_target *target)
{
	(void)target;
	++*(int *)arg;
}

struct str watch_metrics_text(struct watch_state *state, struct arena *mem)
{
	struct buf text = { 0 };
	struct str out;
	int targets = 0;

	metrics_set(state->metrics, WATCH_METRIC_database_up, state->is_database_up);
	cases_age_set(state);
	watch_targets_each(state->config.services_dir, mem, one_more, &targets);
	metrics_set(state->metrics, WATCH_METRIC_targets, targets);
	watch_machine_measure(state, mem);
	metrics_write(state->metrics, &text);
	out = arena_str(mem, buf_str(&text));
	buf_fini(&text);
	return out;
}

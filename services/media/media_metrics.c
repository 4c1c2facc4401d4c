/* The figures of media. */
#include "media_metrics.h"

#include "media_state.h"
#include "metrics/metrics.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum media_metric {
#define METRIC(name, type, unit, labels, help) MEDIA_METRIC_##name,
#include "media_metrics.def"
#undef METRIC
};

static const struct metric list[] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "media_metrics.def"
#undef METRIC
};

enum outcome { OUTCOME_STORED, OUTCOME_REPEATED, OUTCOME_REFUSED, OUTCOME_BROKEN, OUTCOMES };
static const char *const outcomes[] = { "stored", "repeated", "refused", "broken" };
_Static_assert(N(outcomes) == OUTCOMES, "each has its word");

static const struct metric_label labels[] = { { "outcome", outcomes, N(outcomes) } };

void media_metrics_open(struct media_state *state)
{
	const struct metrics_options options = { .component = "media",
		.service = "media",
		.version = WANGLI_VERSION,
		.list = list,
		.n = N(list),
		.labels = labels,
		.n_labels = N(labels) };

	state->metrics = metrics_create(&options);
}

void media_metrics_close(struct media_state *state)
{
	metrics_destroy(state->metrics);
}

static void mirror(struct media_state *state)
{
	const struct media_tally *tally = &state->tally;
	const struct {
		enum media_metric metric;
		int64_t value;
	} rows[] = {
		{ MEDIA_METRIC_healthy, peer_is_up(state->peer) },
		{ MEDIA_METRIC_uploads, state->uploads },
		{ MEDIA_METRIC_photos, state->photos },
		{ MEDIA_METRIC_used, state->used },
		{ MEDIA_METRIC_quota, state->limits.quota_bytes },
		{ MEDIA_METRIC_asked, tally->asked },
		{ MEDIA_METRIC_photos_failed, tally->photos_failed },
		{ MEDIA_METRIC_read, tally->read },
		{ MEDIA_METRIC_aside, tally->aside },
		{ MEDIA_METRIC_bus_reconnects, peer_counts(state->peer).reconnects },
	};
	const int64_t objects[OUTCOMES] = { [OUTCOME_STORED] = tally->stored,
		[OUTCOME_REPEATED] = tally->repeated,
		[OUTCOME_REFUSED] = tally->refused,
		[OUTCOME_BROKEN] = tally->broken };

	for (size_t i = 0; i < N(rows); i++)
		metrics_set(state->metrics, rows[i].metric, (double)rows[i].value);
	for (size_t i = 0; i < OUTCOMES; i++)
		metrics_set_at(state->metrics, MEDIA_METRIC_objects, i, 0, (double)objects[i]);
}

struct str media_metrics_text(struct media_state *state, struct arena *mem)
{
	struct buf text = { 0 };
	struct str out;

	mirror(state);
	metrics_write(state->metrics, &text);
	out = arena_str(mem, buf_str(&text));
	buf_fini(&text);
	return out;
}

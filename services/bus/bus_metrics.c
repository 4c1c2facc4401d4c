/* The broker's figures. */
#include "bus_metrics.h"

#include "bus_peers.h"
#include "bus_state.h"
#include "metrics/metrics.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum bus_metric {
#define METRIC(name, type, unit, labels, help) BUS_METRIC_##name,
#include "bus_metrics.def"
#undef METRIC
};

static const struct metric list[] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "bus_metrics.def"
#undef METRIC
};

static const char *const kinds[] = {
#define KIND(name, number, needs_credit, meaning) [number] = #name,
#include "wire/kinds.def"
#undef KIND
};

/* Two lists under one label: why it was refused, and behind them why it was dropped. */
enum why {
	WHY_BUSY,
	WHY_NO_CONSUMER,
	WHY_FORBIDDEN,
	WHY_TOO_BIG,
	WHY_REFUSED_LAST = WHY_TOO_BIG,
	WHY_NOT_HERE,
	WHY_BAD_BATCH,
	WHY_BAD_HEADER,
	WHY_UNKNOWN_KIND,
	WHY_STRANGER,
	WHY_UNSENT,
	WHYS
};
static const char *const whys[] = { "busy", "no_consumer", "forbidden", "too_big", "not_here",
	"bad_batch", "bad_header", "unknown_kind", "stranger", "unsent" };
_Static_assert(N(whys) == WHYS, "each has its word");

static const struct metric_label labels[] = {
	{ "kind", kinds, N(kinds) },
	{ "why", whys, N(whys) },
	{ "group", NULL, 0 },
};

void bus_metrics_open(struct bus_state *state)
{
	const struct metrics_options options = { .component = "bus",
		.service = "bus",
		.version = WANGLI_VERSION,
		.list = list,
		.n = N(list),
		.labels = labels,
		.n_labels = N(labels) };

	state->metrics = metrics_create(&options);
}

void bus_metrics_close(struct bus_state *state)
{
	metrics_destroy(state->metrics);
}

void bus_metrics_forwarded(struct bus_state *state, enum wire_kind kind)
{
	metrics_add_at(state->metrics, BUS_METRIC_forwarded, (size_t)kind, 0, 1);
}

static void mirror_whys(struct bus_state *state)
{
	struct server_counts counts = server_counts(state->server);
	const int64_t values[WHYS] = { [WHY_BUSY] = state->tally.busy,
		[WHY_NO_CONSUMER] = state->tally.no_consumer,
		[WHY_FORBIDDEN] = state->tally.forbidden + counts.forbidden,
		[WHY_TOO_BIG] = state->tally.too_big,
		[WHY_NOT_HERE] = state->tally.not_here,
		[WHY_BAD_BATCH] = counts.bad_batch,
		[WHY_BAD_HEADER] = counts.bad_header,
		[WHY_UNKNOWN_KIND] = counts.unknown_kind,
		[WHY_STRANGER] = counts.stranger,
		[WHY_UNSENT] = counts.unsent };

	for (size_t i = 0; i < WHYS; i++)
		metrics_set_at(state->metrics,
			i <= WHY_REFUSED_LAST ? BUS_METRIC_refused : BUS_METRIC_dropped, i, 0,
			(double)values[i]);
}

static void mirror_group(void *arg, const struct member_group_view *view)
{
	struct metrics *metrics = arg;

	metrics_set_named(metrics, BUS_METRIC_group_members, view->name, (double)view->members);
	metrics_set_named(metrics, BUS_METRIC_group_credit, view->name, (double)view->credit);
	metrics_set_named(metrics, BUS_METRIC_group_waiting, view->name, (double)view->refused);
}

static void mirror_groups(struct bus_state *state)
{
	metrics_forget(state->metrics, BUS_METRIC_group_members);
	metrics_forget(state->metrics, BUS_METRIC_group_credit);
	metrics_forget(state->metrics, BUS_METRIC_group_waiting);
	members_groups(server_members(state->server), mirror_group, state->metrics);
}

struct str bus_metrics_text(struct bus_state *state, struct arena *mem)
{
	struct server_counts counts = server_counts(state->server);
	struct buf text = { 0 };
	struct str out;
	size_t members;

	members_all(server_members(state->server), &members);
	metrics_set(state->metrics, BUS_METRIC_members, (double)members);
	metrics_set(state->metrics, BUS_METRIC_known_keys, (double)bus_peers_count(state->peers));
	metrics_set(state->metrics, BUS_METRIC_received, (double)counts.received);
	metrics_set(state->metrics, BUS_METRIC_sent, (double)counts.sent);
	metrics_set(state->metrics, BUS_METRIC_undelivered, (double)state->tally.undelivered);
	metrics_set(state->metrics, BUS_METRIC_strange_keys, (double)state->tally.unknown_keys);
	metrics_set(state->metrics, BUS_METRIC_tap_copied, (double)state->tally.tap_copied);
	metrics_set(state->metrics, BUS_METRIC_tap_lost, (double)state->tally.tap_lost);
	mirror_whys(state);
	mirror_groups(state);
	metrics_write(state->metrics, &text);
	out = arena_str(mem, buf_str(&text));
	buf_fini(&text);
	return out;
}

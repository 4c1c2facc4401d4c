/* The door's figures. */
#include "edge_metrics.h"

#include "edge_health.h"
#include "edge_state.h"
#include "metrics/metrics.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum edge_metric {
#define METRIC(name, type, unit, labels, help) EDGE_METRIC_##name,
#include "edge_metrics.def"
#undef METRIC
};

static const struct metric list[] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "edge_metrics.def"
#undef METRIC
};

enum what {
	WHAT_SUBMITTED,
	WHAT_DONE,
	WHAT_CLAIMED,
	WHAT_ASKED,
	WHAT_ANSWERED,
	WHAT_DELIVERED,
	WHATS
};
static const char *const whats[] = { "submitted", "done", "claimed", "asked", "answered",
	"delivered" };
_Static_assert(N(whats) == WHATS, "each has its word");

/* Two lists under one label: what became of messages of the bus, and of those from outside. */
enum why {
	WHY_FULL,
	WHY_BAD,
	WHY_BUS_LAST = WHY_BAD,
	WHY_NOT_HERE,
	WHY_LOST,
	WHY_BAD_BATCH,
	WHY_BAD_HEADER,
	WHY_UNKNOWN_KIND,
	WHY_STRANGER,
	WHY_UNSENT,
	WHYS
};
static const char *const whys[] = { "full", "bad", "not_here", "lost", "bad_batch", "bad_header",
	"unknown_kind", "stranger", "unsent" };
_Static_assert(N(whys) == WHYS, "each has its word");

enum busy_by { BUSY_QUOTA, BUSY_SHARE, BUSY_INTAKE, BUSY_WITHHELD, BUSY_BYS };
static const char *const busy_bys[] = { "quota", "share", "intake", "withheld" };
_Static_assert(N(busy_bys) == BUSY_BYS, "each has its word");

static const struct metric_label labels[] = {
	{ "by", busy_bys, N(busy_bys) },
	{ "what", whats, N(whats) },
	{ "why", whys, N(whys) },
	{ "group", NULL, 0 },
	{ "source", NULL, 0 },
};

void edge_metrics_open(struct edge_state *state)
{
	const struct metrics_options options = { .component = "edge",
		.service = "edge",
		.version = WANGLI_VERSION,
		.list = list,
		.n = N(list),
		.labels = labels,
		.n_labels = N(labels) };

	state->metrics = metrics_create(&options);
}

void edge_metrics_close(struct edge_state *state)
{
	metrics_destroy(state->metrics);
}

void edge_metrics_receipt(struct edge_state *state, struct span took)
{
	metrics_observe(state->metrics, EDGE_METRIC_receipt, 0, (double)took.us / 1e6);
}

static void mirror_counts(struct edge_state *state)
{
	struct server_counts counts = server_counts(state->server);
	struct peer_counts bus = peer_counts(state->peer);
	const struct edge_tally *tally = &state->tally;
	const int64_t passed[WHATS] = { [WHAT_SUBMITTED] = tally->submitted,
		[WHAT_DONE] = tally->done,
		[WHAT_CLAIMED] = tally->claimed,
		[WHAT_ASKED] = tally->asked,
		[WHAT_ANSWERED] = tally->answered,
		[WHAT_DELIVERED] = tally->delivered };
	const int64_t dropped[WHYS] = { [WHY_FULL] = bus.dropped_full,
		[WHY_BAD] = bus.dropped_bad,
		[WHY_NOT_HERE] = tally->not_here,
		[WHY_LOST] = tally->lost,
		[WHY_BAD_BATCH] = counts.bad_batch,
		[WHY_BAD_HEADER] = counts.bad_header,
		[WHY_UNKNOWN_KIND] = counts.unknown_kind,
		[WHY_STRANGER] = counts.stranger,
		[WHY_UNSENT] = counts.unsent };

	for (size_t i = 0; i < WHATS; i++)
		metrics_set_at(state->metrics, EDGE_METRIC_passed, i, 0, (double)passed[i]);
	for (size_t i = 0; i < WHYS; i++)
		metrics_set_at(state->metrics,
			i <= WHY_BUS_LAST ? EDGE_METRIC_bus_dropped : EDGE_METRIC_dropped, i, 0,
			(double)dropped[i]);
	metrics_set(state->metrics, EDGE_METRIC_bus_reconnects, (double)bus.reconnects);
	metrics_set(state->metrics, EDGE_METRIC_bus_lines, (double)bus.lines);
	metrics_set(state->metrics, EDGE_METRIC_bus_lines_up, (double)bus.lines_up);
	metrics_set(state->metrics, EDGE_METRIC_received, (double)counts.received);
	metrics_set(state->metrics, EDGE_METRIC_sent, (double)counts.sent);
	metrics_set(state->metrics, EDGE_METRIC_refused, (double)tally->refused);
	metrics_set(state->metrics, EDGE_METRIC_forbidden, (double)counts.forbidden);
	metrics_set(state->metrics, EDGE_METRIC_strange_keys, (double)tally->unknown_keys);
	metrics_set(state->metrics, EDGE_METRIC_cut_off, (double)tally->cut_off);
	metrics_set(state->metrics, EDGE_METRIC_unheard, (double)counts.unheard);
	metrics_set(state->metrics, EDGE_METRIC_kept_out, (double)tally->kept_out);
	metrics_set(state->metrics, EDGE_METRIC_times_full, (double)tally->times_full);
	metrics_set(state->metrics, EDGE_METRIC_full, state->is_full);
	metrics_set(state->metrics, EDGE_METRIC_untold, (double)tally->untold);
}

static void mirror_keys(struct edge_state *state)
{
	struct instant now = loop_now(state->loop);
	struct instant loaded_at = edge_keys_loaded_at(state->keys);
	bool is_loaded = !instant_is_none(loaded_at);

	metrics_set(state->metrics, EDGE_METRIC_keys, (double)edge_keys_count(state->keys));
	metrics_set(state->metrics, EDGE_METRIC_keys_age,
		is_loaded ? (double)instant_since(now, loaded_at).us / 1e6 : -1);
	metrics_set(state->metrics, EDGE_METRIC_keys_fresh, edge_keys_are_fresh(state->keys, now));
}

static void mirror_group(void *arg, const struct member_group_view *view)
{
	struct metrics *metrics = arg;

	metrics_set_named(metrics, EDGE_METRIC_group_members, view->name, (double)view->members);
	metrics_set_named(metrics, EDGE_METRIC_group_credit, view->name, (double)view->credit);
}

static void mirror_source(void *arg, struct str name, const struct edge_source *source)
{
	const struct {
		int metric;
		int64_t value;
	} rows[] = {
		{ EDGE_METRIC_quota_refused, source->over_quota },
		{ EDGE_METRIC_share_refused, source->over_share },
		{ EDGE_METRIC_early, source->early },
		{ EDGE_METRIC_unanswered, source->unanswered },
		{ EDGE_METRIC_under_way, source->account.held[EDGE_POOL_COMMON] +
						 source->account.held[EDGE_POOL_RESERVE] },
	};

	for (size_t i = 0; i < N(rows); i++)
		if (rows[i].value > 0)
			metrics_set_named(arg, rows[i].metric, name, (double)rows[i].value);
}

static void mirror_busy(struct metrics *metrics, const struct edge_letters_view *view)
{
	const int64_t busy[BUSY_BYS] = { [BUSY_QUOTA] = view->over_quota,
		[BUSY_SHARE] = view->over_share,
		[BUSY_INTAKE] = view->busy,
		[BUSY_WITHHELD] = view->withheld };

	for (size_t i = 0; i < BUSY_BYS; i++)
		metrics_set_at(metrics, EDGE_METRIC_busy, i, 0, (double)busy[i]);
}

static void mirror_letters(struct edge_state *state)
{
	static const int by_source[] = { EDGE_METRIC_quota_refused, EDGE_METRIC_share_refused,
		EDGE_METRIC_early, EDGE_METRIC_unanswered, EDGE_METRIC_under_way };
	struct edge_letters_view view = edge_letters_view(state->letters);

	metrics_set(state->metrics, EDGE_METRIC_window, edge_share_window(view.share));
	metrics_set(state->metrics, EDGE_METRIC_intake_busy, (double)view.busy);
	metrics_set(state->metrics, EDGE_METRIC_expired, (double)view.expired);
	metrics_set(state->metrics, EDGE_METRIC_suspects, (double)view.suspects->n);
	metrics_set(state->metrics, EDGE_METRIC_quarantined, (double)view.suspects->quarantined);
	metrics_set(state->metrics, EDGE_METRIC_withheld, (double)view.withheld);
	mirror_busy(state->metrics, &view);
	for (size_t i = 0; i < N(by_source); i++)
		metrics_forget(state->metrics, by_source[i]);
	edge_sources_each(edge_letters_sources(state->letters), mirror_source, state->metrics);
}

static void mirror_groups(struct edge_state *state)
{
	struct members *members = server_members(state->server);
	size_t connections;

	members_all(members, &connections);
	metrics_set(state->metrics, EDGE_METRIC_connections, (double)connections);
	metrics_forget(state->metrics, EDGE_METRIC_group_members);
	metrics_forget(state->metrics, EDGE_METRIC_group_credit);
	members_groups(members, mirror_group, state->metrics);
}

struct str edge_metrics_text(struct edge_state *state, struct arena *mem)
{
	struct buf text = { 0 };
	struct str out;

	metrics_set(state->metrics, EDGE_METRIC_healthy, edge_is_healthy(state));
	metrics_set(state->metrics, EDGE_METRIC_bus_up, peer_is_up(state->peer));
	mirror_counts(state);
	mirror_keys(state);
	mirror_groups(state);
	mirror_letters(state);
	metrics_write(state->metrics, &text);
	out = arena_str(mem, buf_str(&text));
	buf_fini(&text);
	return out;
}

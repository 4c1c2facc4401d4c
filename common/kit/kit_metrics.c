/* Most of it is counted where it happens or mirrored from counters that /health shows too; the
 * backlog is asked of the database, seldom. */
#include "kit/kit_metrics.h"

#include "kit/kit_internal.h"
#include "kit_sql.h"
#include "os/os.h"

#define BACKLOG_EVERY SPAN_S(5)
#define KINDS	      32 /* places for numbers of wire/kinds.def; the last one is for timers */
#define KIND_TIMER    (KINDS - 1)
#define CODES	      32 /* places for numbers of wire/codes.def; the last two are ours */
#define CODE_AGAIN    (CODES - 1)
#define CODE_SILENT   (CODES - 2)
#define N(array)      (sizeof(array) / sizeof((array)[0]))

enum written { WRITTEN_CASE, WRITTEN_JOURNAL, WRITTEN_CHILD, WRITTEN_TIMER, WRITTEN_COMMAND };
enum arena_place { ARENA_INBOX, ARENA_BATCH, ARENA_RELAY };
enum receipt_outcome { RECEIPT_NEW, RECEIPT_REPEATED };
enum drop { DROP_FULL, DROP_BAD };

static const struct metric list[] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "kit/kit_metrics.def"
#undef METRIC
};
_Static_assert(N(list) == KIT_METRICS, "the enum is made of the same list");

static const char *const kinds[KINDS] = {
#define KIND(name, number, needs_credit, meaning) [number] = #name,
#include "wire/kinds.def"
#undef KIND
	[KIND_TIMER] = "TIMER",
};
static const char *const codes[CODES] = {
#define CODE(name, number, meaning) [number] = #name,
#include "wire/codes.def"
#undef CODE
	[CODE_AGAIN] = "AGAIN",
	[CODE_SILENT] = "SILENT",
};
static const char *const phases[] = { "load", "decide", "write", "answer", "whole" };
_Static_assert(N(phases) == KIT_PHASES, "each phase has its name");
static const char *const outcomes[] = { "new", "repeated" };
static const char *const claims[KIT_CLAIMS] = { "none", "granted", "repeated", "doubted", "resent",
	"double" };
static const char *const tables[] = { "case", "journal", "child", "timer", "command" };
static const char *const arenas[] = { "inbox", "batch", "relay" };
static const char *const whys[] = { "full", "bad" };

static const struct metric_label labels[] = {
	{ "kind", kinds, KINDS },
	{ "code", codes, CODES },
	{ "phase", phases, N(phases) },
	{ "outcome", outcomes, N(outcomes) },
	{ "claim", claims, N(claims) },
	{ "table", tables, N(tables) },
	{ "arena", arenas, N(arenas) },
	{ "why", whys, N(whys) },
	{ "group", NULL, 0 },
};

void kit_metrics_init(struct kit *kit)
{
	const struct metrics_options options = { .component = "kit",
		.service = kit->spec->name,
		.version = WANGLI_VERSION,
		.list = list,
		.n = N(list),
		.labels = labels,
		.n_labels = N(labels) };

	kit->metrics.values = metrics_create(&options);
	kit->metrics.backlog_at = INSTANT_NONE;
}

void kit_metrics_fini(struct kit *kit)
{
	metrics_destroy(kit->metrics.values);
}

/* --- a batch --- */

static double seconds(struct span span)
{
	return (double)span.us / 1e6;
}

void kit_metrics_begin(struct kit *kit)
{
	kit->metrics.phase_at = kit->metrics.batch_at = os_monotonic_now();
}

void kit_metrics_phase(struct kit *kit, enum kit_phase phase)
{
	struct instant now = os_monotonic_now();

	metrics_observe(kit->metrics.values, KIT_METRIC_batch_phase, phase,
		seconds(instant_since(now, kit->metrics.phase_at)));
	kit->metrics.phase_at = now;
	if (phase == KIT_PHASE_ANSWER)
		metrics_observe(kit->metrics.values, KIT_METRIC_batch_phase, KIT_PHASE_WHOLE,
			seconds(instant_since(now, kit->metrics.batch_at)));
}

static size_t code_of(const struct slot *slot)
{
	if (slot->end == SLOT_AGAIN || (slot->at != NULL && slot->at->is_lost && !slot->is_kept))
		return CODE_AGAIN;
	return slot->end == SLOT_SILENT ? CODE_SILENT : (size_t)slot->code;
}

static void count_slot(struct metrics *values, const struct batch *batch, const struct slot *slot)
{
	const struct wire_msg *msg = &slot->message;
	size_t kind = (int)msg->kind == KIT_TIMER ? KIND_TIMER : (size_t)msg->kind;
	size_t code = code_of(slot);

	metrics_add_at(values, KIT_METRIC_messages, kind, code, 1);
	if (code == WIRE_CODE_COMMITTED && msg->kind == WIRE_EVENT &&
		!instant_is_none(msg->head.time))
		metrics_observe(values, KIT_METRIC_event_age, 0,
			seconds(instant_since(batch->now, msg->head.time)));
	if (msg->kind == WIRE_SUBMIT && code == WIRE_CODE_COMMITTED)
		metrics_add_at(values, KIT_METRIC_receipts, RECEIPT_NEW, 0, 1);
	if (msg->kind == WIRE_SUBMIT && code == WIRE_CODE_DUPLICATE)
		metrics_add_at(values, KIT_METRIC_receipts, RECEIPT_REPEATED, 0, 1);
	if (slot->claim != KIT_CLAIM_NONE &&
		(code == WIRE_CODE_COMMITTED || code == WIRE_CODE_DONE))
		metrics_add_at(values, KIT_METRIC_claims, slot->claim, 0, 1);
	if (kit_keeps_result(slot) && code != CODE_AGAIN)
		metrics_add_at(values, KIT_METRIC_rows_written, WRITTEN_COMMAND, 0, 1);
}

static void count_row(struct metrics *values, enum written what, const struct batch_case *at)
{
	if (!at->is_lost)
		metrics_add_at(values, KIT_METRIC_rows_written, what, 0, 1);
}

static void count_rows(struct metrics *values, const struct batch *batch)
{
	for (size_t i = 0; i < batch->cases.n; i++) {
		const struct batch_case *at = batch->cases.items[i];
		if (at->is_dirty)
			count_row(values, WRITTEN_CASE, at);
	}
	for (size_t i = 0; i < batch->journal.n; i++) {
		const struct journal_row *entry = batch->journal.items[i];
		count_row(values, WRITTEN_JOURNAL, entry->at_case);
		if (!entry->at_case->is_lost)
			metrics_add(values, KIT_METRIC_journal_entries, 1);
	}
	for (size_t i = 0; i < batch->children.n; i++)
		count_row(values, WRITTEN_CHILD,
			((const struct child_row *)batch->children.items[i])->at_case);
	for (size_t i = 0; i < batch->timers.n; i++)
		count_row(values, WRITTEN_TIMER,
			((const struct timer_row *)batch->timers.items[i])->at_case);
}

void kit_metrics_batch(struct kit *kit, const struct batch *batch)
{
	struct metrics *values = kit->metrics.values;

	metrics_observe(values, KIT_METRIC_batch, 0, (double)batch->n_slots);
	for (size_t i = 0; i < batch->n_slots; i++)
		count_slot(values, batch, &batch->slots[i]);
	count_rows(values, batch);
}

/* --- GET /metrics --- */

static void take_backlog(struct kit *kit, const struct db_result *result)
{
	struct metrics *values = kit->metrics.values;

	metrics_forget(values, KIT_METRIC_backlog_markers);
	for (size_t i = 0; i < db_rows(result); i++) {
		struct str group = db_get_str(result, i, 0);
		if (group.p != NULL)
			metrics_set_named(values, KIT_METRIC_backlog_markers, group,
				(double)db_get_int(result, i, 1));
		metrics_set(
			values, KIT_METRIC_backlog_oldest, (double)db_get_int(result, i, 2) / 1000);
		metrics_set(values, KIT_METRIC_timers_due, (double)db_get_int(result, i, 3));
		metrics_set(values, KIT_METRIC_timers_oldest_due,
			(double)db_get_int(result, i, 4) / 1000);
		metrics_set(values, KIT_METRIC_parked, (double)db_get_int(result, i, 5));
	}
}

static void read_backlog(struct kit *kit, struct arena *mem)
{
	struct instant now = os_monotonic_now();
	struct db_params params;
	struct db_result *result = NULL;
	struct err err;

	if (!db_is_up(kit->db) || kit->batch != NULL)
		return;
	if (!instant_is_none(kit->metrics.backlog_at) &&
		instant_since(now, kit->metrics.backlog_at).us < BACKLOG_EVERY.us)
		return;
	kit->metrics.backlog_at = now;
	db_params_init(&params, mem);
	if (db_run(kit->db, &kit_sql_backlog_groups, &params, &result, &err) == RES_OK)
		take_backlog(kit, result);
	else
		metrics_add(kit->metrics.values, KIT_METRIC_backlog_read_failures, 1);
	db_release(kit->db);
}

static void mirror_counts(struct kit *kit)
{
	const struct kit_counts *counts = &kit->counts;
	const struct {
		enum kit_metric metric;
		int64_t value;
	} rows[] = {
		{ KIT_METRIC_batches, counts->batches },
		{ KIT_METRIC_duplicates, counts->duplicates },
		{ KIT_METRIC_gaps, counts->gaps },
		{ KIT_METRIC_refused, counts->refused },
		{ KIT_METRIC_repeated, counts->repeated },
		{ KIT_METRIC_bisected, counts->bisected },
		{ KIT_METRIC_resent, counts->resent },
		{ KIT_METRIC_losers, counts->losers },
		{ KIT_METRIC_parkings, counts->parkings },
		{ KIT_METRIC_inbox, (int64_t)kit->n_inbox },
		{ KIT_METRIC_shelf, (int64_t)shelf_count(kit->shelf) },
		{ KIT_METRIC_db_up, db_is_up(kit->db) },
		{ KIT_METRIC_bus_up, peer_is_up(kit->peer) },
		{ KIT_METRIC_ready, kit_is_ready(kit) },
		{ KIT_METRIC_reference_version, kit->ref_version },
	};

	for (size_t i = 0; i < N(rows); i++)
		metrics_set(kit->metrics.values, rows[i].metric, (double)rows[i].value);
}

static void mirror_parts(struct kit *kit)
{
	struct metrics *values = kit->metrics.values;
	struct peer_counts bus = peer_counts(kit->peer);
	size_t inbox = arena_peak(kit->inbox_mem[0]);

	if (arena_peak(kit->inbox_mem[1]) > inbox)
		inbox = arena_peak(kit->inbox_mem[1]);
	metrics_set_at(values, KIT_METRIC_arena_peak, ARENA_INBOX, 0, (double)inbox);
	metrics_set_at(
		values, KIT_METRIC_arena_peak, ARENA_BATCH, 0, (double)arena_peak(kit->batch_mem));
	metrics_set_at(
		values, KIT_METRIC_arena_peak, ARENA_RELAY, 0, (double)arena_peak(kit->relay_mem));
	metrics_set(values, KIT_METRIC_bus_reconnects, (double)bus.reconnects);
	metrics_set(values, KIT_METRIC_bus_lines, (double)bus.lines);
	metrics_set(values, KIT_METRIC_bus_lines_up, (double)bus.lines_up);
	metrics_set_at(values, KIT_METRIC_bus_dropped, DROP_FULL, 0, (double)bus.dropped_full);
	metrics_set_at(values, KIT_METRIC_bus_dropped, DROP_BAD, 0, (double)bus.dropped_bad);
}

struct str kit_metrics_text(struct kit *kit, struct arena *mem)
{
	struct buf text = { 0 };
	struct str out;

	read_backlog(kit, mem);
	mirror_counts(kit);
	mirror_parts(kit);
	house_mirror(kit);
	metrics_write(kit->metrics.values, &text);
	out = arena_str(mem, buf_str(&text));
	buf_fini(&text);
	return out;
}

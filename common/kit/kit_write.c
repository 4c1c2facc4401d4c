/* Rows, journal and markers go to the database. Round B: the tables that decide, new rows, changed
 * rows (versioned); who does not come back has lost. Round C, for winners only: journal, child
 * rows, markers, timers, results; then the commit. */
#include "kit/kit_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit_sql.h"

#define CALLS_MAX 24

struct command_row {
	int64_t case_id;
	struct str command_id;
	struct instant at;
	struct str type;
	struct str actor;
	int16_t code;
	struct str text;
	struct str body;
	int32_t seq;
};

static const struct db_col journal_cols[] = {
	DB_COL(struct journal_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct journal_row, seq, DB_INT4, "seq"),
	DB_COL(struct journal_row, at, DB_INSTANT, "at"),
	DB_COL(struct journal_row, type, DB_TEXT, "type"),
	DB_COL(struct journal_row, actor, DB_TEXT, "actor"),
	DB_COL(struct journal_row, body, DB_BYTES, "body"),
	DB_COL(struct journal_row, body_digest, DB_HASH, "body_digest"),
	DB_COL(struct journal_row, hash, DB_HASH, "hash"),
	DB_COL(struct journal_row, command_id, DB_TEXT, "command_id"),
};
static const struct db_col marker_cols[] = {
	DB_COL(struct marker_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct marker_row, grp, DB_TEXT, "grp"),
	DB_COL(struct marker_row, seq, DB_INT4, "upto_seq"),
};
static const struct db_col timer_cols[] = {
	DB_COL(struct timer_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct timer_row, name, DB_TEXT, "name"),
	DB_COL(struct timer_row, due, DB_INSTANT, "due_at"),
};
static const struct db_col command_cols[] = {
	DB_COL(struct command_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct command_row, command_id, DB_TEXT, "command_id"),
	DB_COL(struct command_row, at, DB_INSTANT, "at"),
	DB_COL(struct command_row, type, DB_TEXT, "type"),
	DB_COL(struct command_row, actor, DB_TEXT, "actor"),
	DB_COL(struct command_row, code, DB_INT2, "code"),
	DB_COL(struct command_row, text, DB_TEXT, "text"),
	DB_COL(struct command_row, body, DB_BYTES, "body"),
	DB_COL(struct command_row, seq, DB_INT4, "seq"),
};
#define N(cols) (sizeof(cols) / sizeof(cols)[0])

struct round {
	struct db_call calls[CALLS_MAX];
	size_t n;
};

static struct db_call *round_add(struct round *round, struct arena *mem, const struct db_sql *sql)
{
	CHECK(round->n < CALLS_MAX);
	struct db_call *call = &round->calls[round->n++];
	*call = (struct db_call){ .sql = sql };
	db_params_init(&call->params, mem);
	return call;
}

/* One array of the table's type for rows (<table>_row). */
static struct db_call *round_add_rows(struct round *round, struct arena *mem,
	const struct db_sql *sql, const struct db_col *cols, size_t n_cols, const struct list *rows)
{
	if (rows->n == 0)
		return NULL;
	struct db_call *call = round_add(round, mem, sql);
	db_param_rows(&call->params, cols, n_cols, (const void *const *)rows->items, rows->n);
	return call;
}

/* One array a column, for what is narrow and rare beside the rows of cases. */
static struct db_call *round_add_columns(struct round *round, struct arena *mem,
	const struct db_sql *sql, const struct db_col *cols, size_t n_cols, const struct list *rows)
{
	if (rows->n == 0)
		return NULL;
	struct db_call *call = round_add(round, mem, sql);
	db_param_columns(&call->params, cols, n_cols, (const void *const *)rows->items, rows->n);
	return call;
}

/* Rows sorted by key, so that two replicas take row locks in the same order (law 5). */
static int compare_cases(const void *a, const void *b)
{
	int64_t left = (*(struct batch_case *const *)a)->case_id;
	int64_t right = (*(struct batch_case *const *)b)->case_id;
	return left < right ? -1 : left > right;
}

static void children_of(struct batch *batch, const struct kit_table *table, struct list *out)
{
	for (size_t i = 0; i < batch->children.n; i++) {
		struct child_row *child = batch->children.items[i];
		bool is_lost = child->at_case != NULL && child->at_case->is_lost;
		if (child->table == table && (!is_lost || kit_planted("keep_losers")))
			list_add(batch->mem, out, child->row);
	}
}

static void win_returned(struct batch *batch, const struct db_call *call)
{
	for (size_t r = 0; call != NULL && r < db_rows(call->result); r++) {
		struct batch_case *at = map_get_id(batch->by_case, db_get_int(call->result, r, 0));
		if (at != NULL)
			at->is_lost = false;
	}
}

static void claims_count(struct batch *batch, const struct round *round)
{
	for (size_t i = 0; i < batch->children.n; i++) {
		struct child_row *child = batch->children.items[i];
		if (child->table->decides)
			child->at_case->claims++;
	}
	for (size_t c = 0; c < round->n; c++) {
		const struct db_result *rows = round->calls[c].result;
		for (size_t r = 0; r < db_rows(rows); r++) {
			struct batch_case *at = map_get_id(batch->by_case, db_get_int(rows, r, 0));
			if (at != NULL)
				at->claims_won++;
		}
	}
	for (size_t i = 0; i < batch->cases.n; i++) {
		struct batch_case *at = batch->cases.items[i];
		at->is_lost = at->claims_won < at->claims;
	}
}

/* The tables that decide go first: a case loses when one of its rows did not go in. */
static enum res round_claims(struct kit *kit, struct batch *batch, struct err *err)
{
	struct round round = { .n = 0 };
	for (const struct kit_table *const *t = kit->spec->tables; t != NULL && *t != NULL; t++) {
		struct list rows = { 0 };
		if (!(*t)->decides)
			continue;
		children_of(batch, *t, &rows);
		round_add_rows(&round, batch->mem, (*t)->insert, (*t)->cols, (*t)->n_cols, &rows);
	}
	if (arena_failed(batch->mem))
		return err_set(err, RES_INVALID, "the batch needs more than BATCH_MEMORY");
	if (round.n == 0)
		return RES_OK;
	TRY(db_round(kit->db, round.calls, round.n, err));
	claims_count(batch, &round);
	return RES_OK;
}

/* A loser whose deciding row stands: only a rollback takes it back, then the batch is run again. */
static enum res claims_check(const struct batch *batch, struct err *err)
{
	for (size_t i = 0; i < batch->cases.n; i++) {
		const struct batch_case *at = batch->cases.items[i];
		if (at->is_lost && at->claims_won > 0)
			return err_set(err, RES_CONFLICT,
				"another replica wrote a case whose deciding row went in");
	}
	return RES_OK;
}

/* Round B. What is written has lost until the database returns it. */
static enum res round_rows(struct kit *kit, struct batch *batch, struct err *err)
{
	const struct kit_case_table *table = kit->spec->cases;
	struct round round = { .n = 0 };
	struct list inserts = { 0 }, updates = { 0 };
	if (batch->cases.n > 0) /* a batch of commands that belong to no case has none */
		qsort(batch->cases.items, batch->cases.n, sizeof(void *), compare_cases);
	for (size_t i = 0; i < batch->cases.n; i++) {
		struct batch_case *at = batch->cases.items[i];
		if (!at->is_dirty || at->is_lost)
			continue;
		at->is_lost = true;
		struct kit_case *row = kit_case_of(at->row);
		list_add(batch->mem, row->version == 0 ? &inserts : &updates, row);
		if (row->version == 0)
			row->version = 1;
	}
	struct db_call *inserted = round_add_rows(
		&round, batch->mem, table->insert, table->cols, table->n_cols, &inserts);
	struct db_call *updated = round_add_rows(
		&round, batch->mem, table->update, table->cols, table->n_cols, &updates);
	if (arena_failed(batch->mem))
		return err_set(err, RES_INVALID, "the batch needs more than BATCH_MEMORY");
	if (round.n == 0)
		return RES_OK;
	TRY(db_round(kit->db, round.calls, round.n, err));
	for (size_t i = 0; i < updates.n; i++)
		kit_case_of(updates.items[i])->version++;
	win_returned(batch, inserted);
	win_returned(batch, updated);
	return RES_OK;
}

static void winners(struct batch *batch, const struct list *from, struct list *out, size_t case_at)
{
	for (size_t i = 0; i < from->n; i++) {
		struct batch_case *at;
		memcpy(&at, (const char *)from->items[i] + case_at, sizeof at);
		if (kit_planted("keep_losers") || !at->is_lost)
			list_add(batch->mem, out, from->items[i]);
	}
}

/* What handlers raised themselves; `on conflict` takes no marker twice. */
static void markers_raised(struct kit *kit, struct batch *batch, struct list *out)
{
	size_t first = out->n;
	for (size_t i = 0; i < batch->raised.n; i++) {
		struct marker_row *marker = batch->raised.items[i];
		const struct batch_case *at = marker->at_case;
		bool is_there = kit_case_of(at->row)->seq != at->first_seq && kit->self >= 0 &&
				kit_subscribes(marker->grp, (enum kit_producer)kit->self);
		for (size_t k = first; k < out->n && !is_there; k++) {
			struct marker_row *earlier = out->items[k];
			is_there = earlier->case_id == marker->case_id &&
				   str_eq(earlier->grp, marker->grp);
			if (is_there)
				earlier->seq = stream_marker_raise(earlier->seq, marker->seq);
			marker->is_folded = is_there;
		}
		if (!at->is_lost && !is_there)
			list_add(batch->mem, out, marker);
	}
}

/* The winners whose journal grew, in the order of their ids. */
static void owed_of(struct kit *kit, struct batch *batch)
{
	const char *const *groups = NULL;
	if (kit_groups_of(kit->self, &groups) == 0)
		return;
	for (size_t i = 0; i < batch->cases.n; i++) {
		struct batch_case *at = batch->cases.items[i];
		if (!at->is_lost && at->is_dirty && kit_case_of(at->row)->seq != at->first_seq)
			list_add(batch->mem, &batch->owed, at);
	}
}

/* One marker for all that the transaction appends. */
static void add_batch_marker(struct kit *kit, struct batch *batch, struct round *round)
{
	size_t n = batch->owed.n;
	if (n == 0)
		return;
	struct db_params *params =
		&round_add(round, batch->mem, &kit_sql_batch_marker_raise)->params;
	int64_t *cases = arena_new_array(batch->mem, int64_t, n);
	int32_t *upto = arena_new_array(batch->mem, int32_t, n);
	if (cases == NULL || upto == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct batch_case *at = batch->owed.items[i];
		cases[i] = at->case_id;
		upto[i] = kit_case_of(at->row)->seq;
	}
	batch->marker = kit->relay.next_batch++;
	db_param_int8(params, cases[0]);
	db_param_int8(params, batch->marker);
	db_param_int8_array(params, cases, n);
	db_param_int4_array(params, upto, n);
	db_param_span(params, SPAN_MS(kit->settings.lease));
}

/* The last word of the batch on each timer counts; `on conflict` takes no row twice. */
static void timers_of(struct batch *batch, struct list *out_set, struct list *out_clear)
{
	SCOPED(map)
	struct map *spoken = map_create();
	for (size_t i = batch->timers.n; i > 0; i--) {
		struct timer_row *timer = batch->timers.items[i - 1];
		if (timer->at_case->is_lost)
			continue;
		struct str key = arena_printf(
			batch->mem, "%lld/%.*s", (long long)timer->case_id, STR_ARG(timer->name));
		if (map_get(spoken, key) != NULL)
			continue;
		map_put(spoken, key, timer);
		list_add(batch->mem, instant_is_none(timer->due) ? out_clear : out_set, timer);
	}
}

static void commands_of(struct batch *batch, struct list *out)
{
	for (size_t i = 0; i < batch->n_slots; i++) {
		const struct slot *slot = &batch->slots[i];
		if (!kit_keeps_result(slot) || slot->at->is_lost)
			continue;
		struct command_row *row = arena_new(batch->mem, struct command_row);
		if (row == NULL)
			return;
		*row = (struct command_row){
			.case_id = slot->at->case_id,
			.command_id = slot->message.head.command_id,
			.at = batch->now,
			.type = slot->message.head.type,
			.actor = slot->message.head.actor.p != NULL ? slot->message.head.actor
								    : slot->message.head.sender,
			.code = (int16_t)slot->code,
			.text = slot->text.p != NULL ? slot->text : STR(""),
			.body = slot->answer.p != NULL ? slot->answer : STR(""),
			.seq = kit_case_of(slot->at->row)->seq,
		};
		if (row->actor.p == NULL)
			row->actor = STR("");
		list_add(batch->mem, out, row);
	}
}

static void finished_params(struct kit *kit, struct arena *mem, struct db_params *params)
{
	struct relay *relay = &kit->relay;
	int64_t *ids = arena_new_array(mem, int64_t, relay->n_finished);
	struct str *groups = arena_new_array(mem, struct str, relay->n_finished);
	int32_t *seqs = arena_new_array(mem, int32_t, relay->n_finished);
	if (ids == NULL || groups == NULL || seqs == NULL)
		return;
	for (size_t i = 0; i < relay->n_finished; i++) {
		ids[i] = relay->finished[i].case_id;
		groups[i] = str_from_c(relay->finished[i].group->name);
		seqs[i] = relay->finished[i].acked;
	}
	db_param_int8_array(params, ids, relay->n_finished);
	db_param_text_array(params, groups, relay->n_finished);
	db_param_int4_array(params, seqs, relay->n_finished);
}

static void finished_batches_params(struct kit *kit, struct arena *mem, struct db_params *params)
{
	struct relay *relay = &kit->relay;
	int64_t *ids = arena_new_array(mem, int64_t, relay->n_finished_batches);
	int64_t *batches = arena_new_array(mem, int64_t, relay->n_finished_batches);
	if (ids == NULL || batches == NULL)
		return;
	for (size_t i = 0; i < relay->n_finished_batches; i++) {
		ids[i] = relay->finished_batches[i].case_id;
		batches[i] = relay->finished_batches[i].batch;
	}
	db_param_int8_array(params, ids, relay->n_finished_batches);
	db_param_int8_array(params, batches, relay->n_finished_batches);
}

/* Markers that have been answered go. */
static void add_finished(struct kit *kit, struct arena *mem, struct round *round)
{
	if (kit->relay.n_finished > 0)
		finished_params(kit, mem, &round_add(round, mem, &kit_sql_marker_done)->params);
	if (kit->relay.n_finished_batches > 0)
		finished_batches_params(
			kit, mem, &round_add(round, mem, &kit_sql_batch_marker_done)->params);
}

static void finished_forget(struct kit *kit)
{
	kit->relay.n_finished = 0;
	kit->relay.n_finished_batches = 0;
}

static void add_journal_and_children(struct kit *kit, struct batch *batch, struct round *round)
{
	struct list journal = { 0 };
	winners(batch, &batch->journal, &journal, offsetof(struct journal_row, at_case));
	round_add_rows(round, batch->mem, &kit_sql_journal_append, journal_cols, N(journal_cols),
		&journal);
	for (const struct kit_table *const *t = kit->spec->tables; t != NULL && *t != NULL; t++) {
		struct list rows = { 0 };
		if ((*t)->decides)
			continue;
		children_of(batch, *t, &rows);
		if ((*t)->merge != NULL)
			rows.n = (*t)->merge(batch->mem, rows.items, rows.n);
		round_add_rows(round, batch->mem, (*t)->insert, (*t)->cols, (*t)->n_cols, &rows);
	}
}

static void add_markers(struct kit *kit, struct batch *batch, struct round *round)
{
	struct list raised = { 0 }, done = { 0 };
	owed_of(kit, batch);
	add_batch_marker(kit, batch, round);
	markers_raised(kit, batch, &raised);
	struct db_call *call = round_add_columns(
		round, batch->mem, &kit_sql_marker_raise, marker_cols, N(marker_cols), &raised);
	if (call != NULL)
		db_param_span(&call->params, SPAN_MS(kit->settings.lease));
	winners(batch, &batch->done, &done, offsetof(struct marker_row, at_case));
	round_add_columns(
		round, batch->mem, &kit_sql_marker_done, marker_cols, N(marker_cols), &done);
	add_finished(kit, batch->mem, round);
}

static void add_parked(struct batch *batch, struct round *round, const struct kit *kit)
{
	struct list rows = { 0 }, changes = { 0 };
	winners(batch, &batch->parked, &rows, offsetof(struct parked_row, at_case));
	struct db_call *call = round_add_columns(
		round, batch->mem, &kit_sql_parked_add, parked_cols, parked_n_cols, &rows);
	if (call != NULL) {
		db_param_text(&call->params, str_from_c(kit->settings.park_owner));
		db_param_int4(&call->params, (int32_t)kit->settings.park_days);
	}
	winners(batch, &batch->changes, &changes, offsetof(struct parked_change, at_case));
	round_add_columns(round, batch->mem, &kit_sql_parked_change, parked_change_cols,
		parked_change_n_cols, &changes);
}

/* The planted bug: answers leave before the commit, and a kill has time to fall between them. */
static void plant_early_answers(struct kit *kit, struct batch *batch)
{
	const struct timespec gap = { .tv_nsec = 30 * 1000 * 1000 };
	kit_answer_batch(kit, batch);
	peer_flush(kit->peer);
	nanosleep(&gap, NULL);
}

enum res kit_write(struct kit *kit, struct batch *batch, struct err *err)
{
	TRY(round_claims(kit, batch, err));
	TRY(round_rows(kit, batch, err));
	TRY(claims_check(batch, err));
	struct round round = { .n = 0 };
	add_journal_and_children(kit, batch, &round);
	add_markers(kit, batch, &round);
	struct list set = { 0 }, clear = { 0 }, commands = { 0 };
	timers_of(batch, &set, &clear);
	round_add_columns(
		&round, batch->mem, &kit_sql_timer_clear, timer_cols, N(timer_cols) - 1, &clear);
	round_add_columns(&round, batch->mem, &kit_sql_timer_set, timer_cols, N(timer_cols), &set);
	commands_of(batch, &commands);
	round_add_columns(&round, batch->mem, &kit_sql_command_keep, command_cols, N(command_cols),
		&commands);
	add_parked(batch, &round, kit);
	if (!kit_planted("answer_in_doubt"))
		round_add(&round, batch->mem, &kit_sql_confirm);
	round_add(&round, batch->mem, &db_commit);
	if (arena_failed(batch->mem))
		return err_set(err, RES_INVALID, "the batch needs more than BATCH_MEMORY");
	if (kit_planted("ack_before_commit"))
		plant_early_answers(kit, batch);
	TRY(db_round(kit->db, round.calls, round.n, err));
	finished_forget(kit);
	return RES_OK;
}

enum res kit_settle(struct kit *kit, struct err *err)
{
	struct round round = { .n = 0 };
	if (!relay_has_finished(kit))
		return RES_OK;
	arena_reset(kit->relay_mem);
	round_add(&round, kit->relay_mem, &db_begin);
	add_finished(kit, kit->relay_mem, &round);
	round_add(&round, kit->relay_mem, &db_commit);
	enum res res = db_round(kit->db, round.calls, round.n, err);
	if (res == RES_OK)
		finished_forget(kit);
	db_release(kit->db);
	return res;
}

/* What the statements of kit.sql do, and those of every service for its cases and child tables:
 * each is the sentence in the .sql file, over the tables of sim_store.h. Time is the world's. */
#include <stdlib.h>
#include <string.h>

#include "sim_store.h"

#define P(at, i) ((at)->params[i])
#define ROWS(at) (P(at, 0)->rows)

int64_t call_number(const struct call_at *at, int param, size_t row)
{
	return grid_at(P(at, param), row, 0)->n;
}

struct str call_text(const struct call_at *at, int param, size_t row)
{
	return grid_at(P(at, param), row, 0)->s;
}

struct cell *call_out(const struct call_at *at, size_t cols)
{
	struct grid *out = at->out;
	struct cell *cells = realloc(out->cells, (out->rows + 1) * cols * sizeof *cells);
	CHECK(cells != NULL);
	out->cells = cells;
	out->cols = cols;
	cells += out->rows++ * cols;
	memset(cells, 0, cols * sizeof *cells);
	return cells;
}

static void one_row(const struct call_at *at, size_t n, const int64_t *numbers)
{
	struct cell *cells = call_out(at, n);
	for (size_t i = 0; i < n; i++)
		cells[i] = cell_int(numbers[i]);
}

static void clock_look(const struct call_at *at)
{
	one_row(at, 3, (int64_t[]){ sim.now_us + sim.shift_us, 1, sim.now_us });
}

static void schema_number_look(const struct call_at *at)
{
	one_row(at, 4, (int64_t[]){ INT32_MAX, 0, INT32_MAX, 0 });
}

static void partitions_look(const struct call_at *at)
{
	one_row(at, 2, (int64_t[]){ 0, INT32_MAX });
}

static void nothing_look(const struct call_at *at)
{
	one_row(at, 1, (int64_t[]){ 0 });
}

/* --- cases --- */

static void case_load_look(const struct call_at *at)
{
	size_t n_cols = at->schema->spec->cases->n_cols;
	for (size_t i = 0; i < ROWS(at); i++) {
		const struct stored_case *stored = case_of(at->schema, call_number(at, 0, i));
		if (stored->row != NULL)
			memcpy(call_out(at, n_cols), stored->row, n_cols * sizeof(struct cell));
	}
}

/* Column 1 is the version (KIT_CASE_COLS). */
static bool may_insert(const struct call_at *at, size_t row)
{
	return case_of(at->schema, grid_at(P(at, 0), row, 0)->n)->row == NULL;
}

static bool may_update(const struct call_at *at, size_t row)
{
	const struct stored_case *stored = case_of(at->schema, grid_at(P(at, 0), row, 0)->n);
	return stored->row != NULL && stored->row[1].n == grid_at(P(at, 0), row, 1)->n;
}

static void case_put(const struct call_at *at, size_t row, int64_t version)
{
	size_t n = P(at, 0)->cols;
	struct stored_case *stored = case_of(at->schema, grid_at(P(at, 0), row, 0)->n);
	struct cell *cells = store_alloc(n * sizeof *cells);
	for (size_t c = 0; c < n; c++) {
		cells[c] = *grid_at(P(at, 0), row, c);
		cells[c].s = store_keep(cells[c].s);
	}
	cells[1].n = version;
	stored->row = cells;
}

static void case_insert_look(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++)
		if (may_insert(at, i))
			*call_out(at, 1) = *grid_at(P(at, 0), i, 0);
}

static void case_insert_change(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++)
		if (may_insert(at, i))
			case_put(at, i, grid_at(P(at, 0), i, 1)->n);
}

static void case_update_look(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++)
		if (may_update(at, i))
			*call_out(at, 1) = *grid_at(P(at, 0), i, 0);
}

static void case_update_change(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++)
		if (may_update(at, i))
			case_put(at, i, grid_at(P(at, 0), i, 1)->n + 1);
}

/* --- child tables --- */

static void child_change(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++) {
		CHECK(at->schema->n_children < TABLE_MOST);
		struct child *child = &at->schema->children[at->schema->n_children++];
		size_t n = P(at, 0)->cols;
		*child = (struct child){ at->sql, store_alloc(n * sizeof(struct cell)), n };
		for (size_t c = 0; c < n; c++) {
			child->cells[c] = *grid_at(P(at, 0), i, c);
			child->cells[c].s = store_keep(child->cells[c].s);
		}
	}
}

/* Each event of a case takes effect once, in its order. */
static void effect_change(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++) {
		const struct cell *cells = grid_at(P(at, 0), i, 0);
		int32_t *last = &case_of(at->schema, cells[0].n)->effects[cells[1].n];
		if (cells[2].n != *last + 1)
			sim_break("%s, case %lld: event %lld of %s took effect after %d",
				at->schema->spec->name, (long long)cells[0].n,
				(long long)cells[2].n,
				kit_producer_name((enum kit_producer)cells[1].n), *last);
		*last = (int32_t)cells[2].n;
		sim_count(COUNT_effects);
	}
}

/* --- the journal --- */

static void append_one(const struct call_at *at, size_t row)
{
	const struct cell *cells = grid_at(P(at, 0), row, 0);
	struct stored_case *stored = case_of(at->schema, cells[0].n);
	struct journal_row entry = { .case_id = cells[0].n,
		.seq = (int32_t)cells[1].n,
		.at = { cells[2].n },
		.type = cells[3].s,
		.actor = cells[4].s,
		.body = cells[5].s };
	uint8_t head[32] = { 0 };
	if (cells[1].n != stored->n_entries + 1) {
		sim_break("%s, case %lld: entry %lld was written after entry %d",
			at->schema->spec->name, (long long)cells[0].n, (long long)cells[1].n,
			stored->n_entries);
		return;
	}
	if (stored->n_entries > 0)
		memcpy(head, stored->entries[stored->n_entries - 1].hash, 32);
	kit_journal_seal(&entry, head);
	if (memcmp(head, cells[7].s.p, 32) != 0)
		sim_break("%s, case %lld: the chain breaks at entry %lld", at->schema->spec->name,
			(long long)cells[0].n, (long long)cells[1].n);
	if (stored->n_entries % 32 == 0) {
		struct entry *more =
			store_alloc((size_t)(stored->n_entries + 32) * sizeof(struct entry));
		if (stored->n_entries > 0)
			memcpy(more, stored->entries, (size_t)stored->n_entries * sizeof *more);
		stored->entries = more;
	}
	struct entry *made = &stored->entries[stored->n_entries++];
	*made = (struct entry){ cells[2].n, store_keep(cells[3].s), store_keep(cells[4].s),
		store_keep(cells[5].s), store_keep(cells[8].s), { 0 } };
	memcpy(made->hash, head, 32);
	sim_count(COUNT_entries);
}

static void journal_append_change(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++)
		append_one(at, i);
}

static void journal_range_look(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++) {
		const struct stored_case *stored = case_of(at->schema, call_number(at, 0, i));
		for (int64_t seq = call_number(at, 1, i);
			seq <= call_number(at, 2, i) && seq <= stored->n_entries; seq++) {
			const struct entry *entry = &stored->entries[seq - 1];
			struct cell *cells = call_out(at, 7);
			cells[0] = cell_int(stored->case_id);
			cells[1] = cell_int(seq);
			cells[2] = cell_int(entry->at_us);
			cells[3] = cell_text(entry->type);
			cells[4] = cell_text(entry->actor);
			cells[5] = cell_text(entry->body);
			cells[6] = cell_int((int64_t)i + 1);
		}
	}
}

/* --- timers --- */

static struct timer_at *timer_find(struct schema *schema, int64_t case_id, struct str name)
{
	for (size_t i = 0; i < schema->n_timers; i++)
		if (schema->timers[i].is_there && schema->timers[i].case_id == case_id &&
			str_eq_c(name, schema->timers[i].name))
			return &schema->timers[i];
	return NULL;
}

static struct timer_at *timer_place(struct schema *schema)
{
	for (size_t i = 0; i < schema->n_timers; i++)
		if (!schema->timers[i].is_there)
			return &schema->timers[i];
	CHECK(schema->n_timers < TABLE_MOST);
	return &schema->timers[schema->n_timers++];
}

static void timer_set_change(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++) {
		struct timer_at *timer =
			timer_find(at->schema, call_number(at, 0, i), call_text(at, 1, i));
		if (timer == NULL)
			timer = timer_place(at->schema);
		*timer = (struct timer_at){ .is_there = true,
			.case_id = call_number(at, 0, i),
			.due_us = call_number(at, 2, i),
			.claimed_us = INT64_MIN };
		memcpy(timer->name, call_text(at, 1, i).p, call_text(at, 1, i).n);
	}
}

static void timer_clear_change(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++) {
		struct timer_at *timer =
			timer_find(at->schema, call_number(at, 0, i), call_text(at, 1, i));
		if (timer != NULL)
			timer->is_there = false;
	}
}

static void timer_out(const struct call_at *at, const struct timer_at *timer)
{
	struct cell *cells = call_out(at, 3);
	cells[0] = cell_int(timer->case_id);
	cells[1] = cell_text(str_from_c(timer->name));
	cells[2] = cell_int(timer->due_us);
}

static void timer_claim_look(const struct call_at *at)
{
	for (size_t i = 0; i < at->schema->n_timers; i++) {
		struct timer_at *timer = &at->schema->timers[i];
		if (!timer->is_there || timer->due_us > sim.now_us + sim.shift_us ||
			timer->claimed_us >= sim.now_us ||
			(int64_t)at->out->rows >= call_number(at, 1, 0))
			continue;
		timer->claimed_us = sim.now_us + call_number(at, 0, 0);
		sim_count(COUNT_timers);
		timer_out(at, timer);
	}
}

static void timer_load_look(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++) {
		const struct timer_at *timer =
			timer_find(at->schema, call_number(at, 0, i), call_text(at, 1, i));
		if (timer != NULL)
			timer_out(at, timer);
	}
}

/* --- results of commands --- */

static void command_out(const struct call_at *at, const struct command_kept *kept)
{
	struct cell *cells = call_out(at, 6);
	cells[0] = cell_int(kept->case_id);
	cells[1] = cell_text(kept->id);
	cells[2] = cell_int(kept->code);
	cells[3] = cell_text(kept->text);
	cells[4] = cell_text(kept->body);
	cells[5] = cell_int(kept->seq);
}

static void command_load_one(const struct call_at *at, size_t row)
{
	int64_t case_id = call_number(at, 0, row);
	struct str id = call_text(at, 1, row);
	const struct stored_case *stored = case_of(at->schema, case_id);
	for (size_t i = 0; i < at->schema->n_commands; i++) {
		const struct command_kept *kept = &at->schema->commands[i];
		if (kept->case_id == case_id && str_eq(kept->id, id))
			command_out(at, kept);
	}
	for (int32_t i = 0; i < stored->n_entries; i++)
		if (stored->entries[i].command_id.p != NULL &&
			str_eq(stored->entries[i].command_id, id))
			command_out(at, &(struct command_kept){ case_id, id, STR(""), STR(""),
						call_number(at, 2, 0), i + 1 });
}

static void command_load_look(const struct call_at *at)
{
	for (size_t i = 0; i < ROWS(at); i++)
		command_load_one(at, i);
}

static void command_keep_change(const struct call_at *at)
{
	struct schema *schema = at->schema;
	for (size_t i = 0; i < ROWS(at); i++) {
		bool is_there = false;
		for (size_t k = 0; k < schema->n_commands && !is_there; k++)
			is_there = schema->commands[k].case_id == call_number(at, 0, i) &&
				   str_eq(schema->commands[k].id, call_text(at, 1, i));
		if (is_there)
			continue;
		CHECK(schema->n_commands < TABLE_MOST);
		schema->commands[schema->n_commands++] =
			(struct command_kept){ call_number(at, 0, i),
				store_keep(call_text(at, 1, i)), store_keep(call_text(at, 6, i)),
				store_keep(call_text(at, 7, i)), call_number(at, 5, i),
				call_number(at, 8, i) };
	}
}

/* --- finding the sentence for a statement --- */

static const struct statement shared[] = {
	{ "sim.effect_insert", NULL, effect_change },
	{ "kit.clock", clock_look, NULL },
	{ "kit.schema_number", schema_number_look, NULL },
	{ "kit.partitions_ahead", partitions_look, NULL },
	{ "kit.age_out", nothing_look, NULL },
	{ "kit.confirm", NULL, NULL },
	{ "kit.journal_append", NULL, journal_append_change },
	{ "kit.journal_range", journal_range_look, NULL },
	{ "kit.timer_set", NULL, timer_set_change },
	{ "kit.timer_clear", NULL, timer_clear_change },
	{ "kit.timer_claim", timer_claim_look, NULL },
	{ "kit.timer_load", timer_load_look, NULL },
	{ "kit.command_load", command_load_look, NULL },
	{ "kit.command_keep", NULL, command_keep_change },
	{ 0 },
};
/* Sums are added up where nobody here looks. */
static const struct statement sums = { "analytics", NULL, NULL };
static const struct statement child = { "child", NULL, child_change };
static const struct statement load = { "case_load", case_load_look, NULL };
static const struct statement insert = { "case_insert", case_insert_look, case_insert_change };
static const struct statement update = { "case_update", case_update_look, case_update_change };

static const struct statement *named(const struct statement *list, const char *name)
{
	for (; list->name != NULL; list++)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

const struct statement *statement_find(const struct schema *schema, const struct db_sql *sql)
{
	const struct service_spec *spec = schema->spec;
	if (sql == spec->cases->load)
		return &load;
	if (sql == spec->cases->insert)
		return &insert;
	if (sql == spec->cases->update)
		return &update;
	const struct statement *const lists[] = { shared, marker_statements, parked_statements,
		reference_statements };
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const struct statement *found = named(lists[i], sql->name);
		if (found != NULL)
			return found;
	}
	for (const struct kit_table *const *t = spec->tables; *t != NULL; t++)
		if ((*t)->insert == sql)
			return (*t)->merge != NULL ? &sums : &child;
	return NULL;
}

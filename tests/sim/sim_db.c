/* db.h as kit and stores call it: sessions, rounds, transactions, and where they can break. What a
 * transaction changes waits in its session for the commit. Between a transaction's reads and its
 * first write others may run; before and after its commit the process may die, and the answer may
 * be lost with the database. */
#include <stdlib.h>
#include <string.h>

#include "kit_sql.h"
#include "sim_store.h"

#define RESULTS_MAX  64
#define DEFERRED_MAX 32

const struct db_sql db_begin = { .name = "begin" };
const struct db_sql db_begin_snapshot = { .name = "begin snapshot" };
const struct db_sql db_commit = { .name = "commit" };
const struct db_sql db_rollback = { .name = "rollback" };

struct db_result {
	struct grid grid;
};
struct deferred {
	const struct db_sql *sql;
	const struct statement *statement;
	struct db_params params;
};
struct db {
	struct process *process;
	struct schema *schema;
	bool is_up;
	bool is_open; /* a transaction */
	struct deferred deferred[DEFERRED_MAX];
	size_t n_deferred;
	struct db_result *results[RESULTS_MAX];
	size_t n_results;
};

/* --- sessions --- */

static bool db_is_away(void)
{
	return sim.db_back_us > sim.now_us;
}

enum res db_open(struct db **out, const struct db_options *options, struct err *err)
{
	(void)options;
	if (db_is_away())
		return err_set(err, RES_RETRY, "the database is away");
	struct db *db = calloc(1, sizeof *db);
	CHECK(db != NULL);
	db->process = process_running();
	db->schema = schema_of(db->process->spec);
	db->is_up = true;
	db->process->db = db;
	*out = db;
	return RES_OK;
}

void db_release(struct db *db)
{
	while (db->n_results > 0) {
		struct db_result *result = db->results[--db->n_results];
		free(result->grid.cells);
		free(result);
	}
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_release(db);
	free(db);
}

bool db_is_up(const struct db *db)
{
	return db->is_up && !db->process->is_dead;
}

bool db_reconnect_turn(struct db *db, enum res *out, struct err *err)
{
	db_release(db);
	db->is_up = !db_is_away();
	*out = db->is_up ? RES_OK : err_set(err, RES_RETRY, "the database is away");
	return true;
}

static enum res session_lost(struct db *db, struct err *err)
{
	db->is_up = false;
	db->is_open = false;
	db->n_deferred = 0;
	return err_set(err, RES_RETRY, "the session is lost");
}

static enum res died(struct db *db, struct err *err, enum sim_count how)
{
	sim_count(how);
	process_die(db->process);
	return session_lost(db, err);
}

/* All sessions go with it; those that are asked next find out. */
static enum res database_stops(struct db *db, struct err *err, enum sim_count how)
{
	sim_count(how);
	sim_note("database stops", 0, 0, 0);
	sim.db_back_us = sim.now_us + (int64_t)sim_roll(3000) * 1000;
	for (int i = 0; i < sim.n_processes; i++)
		if (sim.processes[i].db != NULL)
			sim.processes[i].db->is_up = false;
	return session_lost(db, err);
}

/* --- statements --- */

static struct db_result *result_make(struct db *db)
{
	CHECK(db->n_results < RESULTS_MAX);
	struct db_result *result = calloc(1, sizeof *result);
	CHECK(result != NULL);
	db->results[db->n_results++] = result;
	return result;
}

static struct call_at call_of(
	struct db *db, const struct db_sql *sql, const struct db_params *params, struct grid *out)
{
	return (struct call_at){
		.sql = sql,
		.process = db->process,
		.schema = db->schema,
		.params = params != NULL ? (const struct grid *const *)params->values : NULL,
		.out = out,
	};
}

static enum res run(struct db *db, const struct db_sql *sql, const struct db_params *params,
	struct db_result **out, struct err *err)
{
	const struct statement *statement = statement_find(db->schema, sql);
	if (statement == NULL) {
		sim_break("nobody plays the statement %s", sql->name);
		return err_set(err, RES_BUG, "nobody plays %s", sql->name);
	}
	struct db_result *result = result_make(db);
	struct call_at at = call_of(db, sql, params, &result->grid);
	if (statement->look != NULL)
		statement->look(&at);
	if (statement->change != NULL && db->is_open) {
		CHECK(db->n_deferred < DEFERRED_MAX);
		db->deferred[db->n_deferred++] = (struct deferred){ sql, statement, *params };
	} else if (statement->change != NULL) {
		statement->change(&at);
	}
	if (out != NULL)
		*out = result;
	return RES_OK;
}

static void apply(struct db *db)
{
	for (size_t i = 0; i < db->n_deferred; i++) {
		struct grid none = { 0 };
		struct call_at at =
			call_of(db, db->deferred[i].sql, &db->deferred[i].params, &none);
		db->deferred[i].statement->change(&at);
	}
	db->n_deferred = 0;
	db->is_open = false;
	sim_count(COUNT_commits);
	sim_note("commit", db->process->place, 0, 0);
	for (int64_t id = 1; id <= store_last_case(); id++)
		sim_check_case(id);
}

static enum res commit(struct db *db, struct err *err)
{
	if (sim_fault(sim.rates.crash_inside))
		return died(db, err, COUNT_crash_before_commit);
	bool has_changes = db->n_deferred > 0;
	bool is_in_doubt = has_changes && sim_fault(sim.rates.in_doubt);
	if (!is_in_doubt || sim_chance(500))
		apply(db);
	db->n_deferred = 0;
	db->is_open = false;
	if (is_in_doubt)
		return database_stops(db, err, COUNT_db_in_doubt);
	if (sim_fault(sim.rates.crash_inside))
		return died(db, err, COUNT_crash_after_commit);
	return RES_OK;
}

/* Before a round: what may come between. */
static enum res come_between(struct db *db, struct err *err)
{
	if (!db_is_up(db))
		return err_set(err, RES_RETRY, "no session");
	if (db->n_deferred == 0)
		sim_between_statements(db->process);
	if (!db_is_up(db))
		return session_lost(db, err);
	if (sim_fault(sim.rates.db))
		return database_stops(db, err, COUNT_db_lost);
	if (db->is_open && sim_fault(sim.rates.deadlock)) {
		sim_count(COUNT_deadlock);
		db->n_deferred = 0;
		db->is_open = false;
		return err_set(err, RES_CONFLICT, "deadlock");
	}
	return RES_OK;
}

enum res db_round(struct db *db, struct db_call *calls, size_t n, struct err *err)
{
	TRY(come_between(db, err));
	for (size_t i = 0; i < n; i++) {
		if (calls[i].sql == &db_begin)
			db->is_open = true;
		else if (calls[i].sql == &db_commit)
			TRY(commit(db, err));
		else
			TRY(run(db, calls[i].sql, &calls[i].params, &calls[i].result, err));
	}
	return RES_OK;
}

enum res db_run(struct db *db, const struct db_sql *sql, const struct db_params *params,
	struct db_result **out, struct err *err)
{
	if (!db_is_up(db))
		return err_set(err, RES_RETRY, "no session");
	if (sql != &db_rollback)
		return run(db, sql, params, out, err);
	db->n_deferred = 0;
	db->is_open = false;
	return RES_OK;
}

/* --- rows --- */

size_t db_rows(const struct db_result *result)
{
	return result == NULL ? 0 : result->grid.rows;
}

enum res db_read(const struct db_result *result, struct arena *mem, const struct db_col *cols,
	size_t n_cols, size_t stride, void *out_rows, size_t *out_n, struct err *err)
{
	const struct grid *grid = &result->grid;
	char *rows = arena_array(mem, grid->rows + 1, stride);
	if (rows == NULL)
		return err_set(err, RES_TOO_BIG, "no memory for rows");
	CHECK(grid->rows == 0 || grid->cols == n_cols);
	for (size_t r = 0; r < grid->rows; r++)
		for (size_t c = 0; c < n_cols; c++)
			cell_write(cols[c].type, grid_at(grid, r, c),
				rows + r * stride + cols[c].offset, mem);
	memcpy(out_rows, &rows, sizeof rows);
	*out_n = grid->rows;
	return RES_OK;
}

int64_t db_get_int(const struct db_result *result, size_t row, int col)
{
	const struct cell *cell = grid_at(&result->grid, row, (size_t)col);
	return cell->is_null ? 0 : cell->n;
}

struct str db_get_str(const struct db_result *result, size_t row, int col)
{
	const struct cell *cell = grid_at(&result->grid, row, (size_t)col);
	return cell->is_null ? STR_NONE : cell->s;
}

struct instant db_get_instant(const struct db_result *result, size_t row, int col)
{
	const struct cell *cell = grid_at(&result->grid, row, (size_t)col);
	return cell->is_null ? INSTANT_NONE : (struct instant){ cell->n };
}

bool db_is_null(const struct db_result *result, size_t row, int col)
{
	return grid_at(&result->grid, row, (size_t)col)->is_null;
}

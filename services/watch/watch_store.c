/* Short statements, one after the other. What was read last stays when the database is away;
 * database_up says so. */
#include "watch_store.h"

#include "os/os.h"
#include "watch_metrics.h"
#include "watch_sql.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* Columns of `server`, in order. */
enum { SERVER_NOW, SERVER_FIRST };
static const struct {
	enum watch_metric metric;
	double unit;
} server_columns[] = {
	{ WATCH_METRIC_database_size, 1 },
	{ WATCH_METRIC_database_connections_max, 1 },
	{ WATCH_METRIC_database_transaction_oldest, 1e6 },
	{ WATCH_METRIC_database_lock_waits, 1 },
	{ WATCH_METRIC_database_commits, 1 },
	{ WATCH_METRIC_database_rollbacks, 1 },
	{ WATCH_METRIC_database_deadlocks, 1 },
	{ WATCH_METRIC_database_wal, 1 },
	{ WATCH_METRIC_database_archived, 1 },
	{ WATCH_METRIC_database_archive_failures, 1 },
	{ WATCH_METRIC_database_archive_failing, 1 },
	{ WATCH_METRIC_database_sync_wanted, 1 },
};
/* Columns of `cases`, in order; the two behind them are times to assignment. */
static const struct {
	enum watch_metric metric;
	double unit;
} case_columns[] = {
	{ WATCH_METRIC_cases_open, 1 },
	{ WATCH_METRIC_cases_overdue, 1 },
	{ WATCH_METRIC_cases_due_soon, 1 },
	{ WATCH_METRIC_cases_unassigned, 1 },
	{ WATCH_METRIC_cases_unanswered, 1 },
	{ WATCH_METRIC_cases_unanswered_oldest, 1e6 },
};
static const char *const assignment_quantiles[] = { "0.5", "0.99" };

static enum res ask(struct watch_state *state, const struct db_sql *sql, struct db_result **out,
	struct err *err)
{
	struct db_params params;

	db_params_init(&params, state->mem);
	return db_run(state->db, sql, &params, out, err);
}

static enum res server_read(struct watch_state *state, struct err *err)
{
	struct instant before = os_real_now();
	struct db_result *result = NULL;
	struct span took;

	TRY(ask(state, &watch_sql_server, &result, err));
	took = instant_since(os_real_now(), before);
	metrics_set(state->metrics, WATCH_METRIC_database_skew,
		((double)instant_since(db_get_instant(result, 0, SERVER_NOW), before).us -
			(double)took.us / 2) /
			1e6);
	for (size_t i = 0; i < N(server_columns); i++)
		metrics_set(state->metrics, (int)server_columns[i].metric,
			(double)db_get_int(result, 0, (int)i + SERVER_FIRST) /
				server_columns[i].unit);
	return RES_OK;
}

/* A name and a number a row. */
static enum res named_read(struct watch_state *state, const struct db_sql *sql,
	enum watch_metric metric, struct err *err)
{
	struct db_result *result = NULL;

	TRY(ask(state, sql, &result, err));
	metrics_forget(state->metrics, (int)metric);
	for (size_t i = 0; i < db_rows(result); i++)
		metrics_set_named(state->metrics, (int)metric, db_get_str(result, i, 0),
			(double)db_get_int(result, i, 1));
	return RES_OK;
}

/* How many rows have the sync state of this one. */
static double alike(const struct db_result *result, size_t row)
{
	double n = 0;

	for (size_t i = 0; i < db_rows(result); i++)
		n += str_eq(db_get_str(result, i, 1), db_get_str(result, row, 1));
	return n;
}

static enum res standbys_read(struct watch_state *state, struct err *err)
{
	struct db_result *result = NULL;

	TRY(ask(state, &watch_sql_standbys, &result, err));
	metrics_forget(state->metrics, WATCH_METRIC_database_standbys);
	metrics_forget(state->metrics, WATCH_METRIC_database_replication_lag);
	metrics_forget(state->metrics, WATCH_METRIC_database_replication_delay);
	for (size_t i = 0; i < db_rows(result); i++) {
		struct str name = db_get_str(result, i, 0);

		metrics_set_named(state->metrics, WATCH_METRIC_database_standbys,
			db_get_str(result, i, 1), alike(result, i));
		metrics_set_named(state->metrics, WATCH_METRIC_database_replication_lag, name,
			(double)db_get_int(result, i, 2));
		metrics_set_named(state->metrics, WATCH_METRIC_database_replication_delay, name,
			(double)db_get_int(result, i, 3) / 1e6);
	}
	return RES_OK;
}

static enum res cases_read(struct watch_state *state, struct err *err)
{
	struct db_result *result = NULL;

	TRY(ask(state, &watch_sql_cases, &result, err));
	for (size_t i = 0; i < N(case_columns); i++)
		metrics_set(state->metrics, (int)case_columns[i].metric,
			(double)db_get_int(result, 0, (int)i) / case_columns[i].unit);
	metrics_forget(state->metrics, WATCH_METRIC_cases_assignment);
	for (size_t i = 0; i < N(assignment_quantiles); i++)
		if (!db_is_null(result, 0, (int)(N(case_columns) + i)))
			metrics_set_named(state->metrics, WATCH_METRIC_cases_assignment,
				str_from_c(assignment_quantiles[i]),
				(double)db_get_int(result, 0, (int)(N(case_columns) + i)) / 1e6);
	TRY(ask(state, &watch_sql_in_doubt, &result, err));
	metrics_set(
		state->metrics, WATCH_METRIC_deliveries_in_doubt, (double)db_get_int(result, 0, 0));
	state->cases_at = loop_now(state->loop);
	return RES_OK;
}

static bool cases_are_old(const struct watch_state *state)
{
	return instant_is_none(state->cases_at) ||
	       instant_since(loop_now(state->loop), state->cases_at).us >=
		       state->config.cases_every * 1000;
}

static enum res session_have(struct watch_state *state, struct err *err)
{
	const struct db_options options = { .conninfo = state->config.pg_conninfo,
		.application = "watch",
		.statements = watch_sql_all,
		.statement_timeout = SPAN_MS(state->config.statement_timeout),
		.allow_unsafe = true };

	if (state->db == NULL)
		return db_open(&state->db, &options, err);
	return db_is_up(state->db) ? RES_OK : db_reconnect(state->db, err);
}

static enum res all_read(struct watch_state *state, struct err *err)
{
	TRY(session_have(state, err));
	TRY(server_read(state, err));
	TRY(named_read(state, &watch_sql_connections, WATCH_METRIC_database_connections, err));
	TRY(named_read(state, &watch_sql_slots, WATCH_METRIC_database_slot_retained, err));
	TRY(named_read(state, &watch_sql_dead_rows, WATCH_METRIC_database_dead_rows, err));
	TRY(standbys_read(state, err));
	return cases_are_old(state) ? cases_read(state, err) : RES_OK;
}

void watch_store_turn(struct watch_state *state)
{
	struct instant begin = os_monotonic_now();
	struct err err = { "" };
	enum res res;

	state->read_at = begin;
	arena_reset(state->mem);
	res = all_read(state, &err);
	if (state->db != NULL)
		db_release(state->db);
	metrics_set(state->metrics, WATCH_METRIC_database_ask,
		(double)instant_since(os_monotonic_now(), begin).us / 1e6);
	if (res != RES_OK)
		metrics_add(state->metrics, WATCH_METRIC_database_failures, 1);
	if (res == RES_OK && !state->is_database_up)
		log_event(state->log, db_connected, LOG_TEXT("application", "watch"));
	else if (res == RES_DENIED || res == RES_BUG)
		log_event(state->log, db_refused, LOG_TEXT("why", err.text));
	else if (res != RES_OK && state->is_database_up)
		log_event(state->log, db_lost, LOG_TEXT("why", err.text));
	state->is_database_up = res == RES_OK;
}

void watch_store_close(struct watch_state *state)
{
	db_close(state->db);
}

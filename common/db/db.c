/* The session's life and its rounds. A round sends all its calls before it reads the first answer;
 * whatever fails, it reads on to the end of the pipeline and leaves no transaction open. */
#include "db/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "db/db_internal.h"

const struct db_sql db_begin = { "db.begin", "begin isolation level read committed" };
const struct db_sql db_begin_snapshot = { "db.begin_snapshot",
	"begin isolation level repeatable read read only" };
const struct db_sql db_commit = { "db.commit", "commit" };
const struct db_sql db_rollback = { "db.rollback", "rollback" };

static const struct db_sql *const own_statements[] = { &db_begin, &db_begin_snapshot, &db_commit,
	&db_rollback, NULL };

/* A parameter's type of ours that fits another one of the server byte by byte. */
static const struct {
	Oid ours;
	Oid server;
} same_bytes[] = {
	{ OID_TEXT, OID_VARCHAR },
	{ OID_TEXT, OID_BPCHAR },
	{ OID_TEXT, OID_NAME },
	{ OID_TEXT, OID_JSON },
};

static int compare_sql(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)((const struct db_prepared *)a)->sql;
	uintptr_t right = (uintptr_t)((const struct db_prepared *)b)->sql;
	return (left > right) - (left < right);
}

static const struct db_prepared *prepared_find(const struct db *db, const struct db_sql *sql)
{
	struct db_prepared key = { .sql = sql };
	return bsearch(&key, db->prepared, db->n_prepared, sizeof(key), compare_sql);
}

static size_t list_length(const struct db_sql *const *list)
{
	size_t n = 0;
	while (list && list[n])
		n++;
	return n;
}

static void list_add(struct db *db, const struct db_sql *const *list)
{
	for (size_t i = 0; i < list_length(list); i++)
		db->prepared[db->n_prepared++].sql = list[i];
}

static void statements_collect(struct db *db, const struct db_options *options)
{
	size_t n = list_length(own_statements) + list_length(options->statements) +
		   list_length(options->more_statements);
	CHECK(n > 0); /* our own are always there */
	db->prepared = calloc(n, sizeof(*db->prepared));
	CHECK(db->prepared != NULL);
	list_add(db, own_statements);
	list_add(db, options->statements);
	list_add(db, options->more_statements);
	qsort(db->prepared, db->n_prepared, sizeof(*db->prepared), compare_sql);
}

static enum res conninfo_check(const char *conninfo, struct err *err)
{
	char *text = NULL;
	PQconninfoOption *parsed = PQconninfoParse(conninfo, &text);
	enum res res = RES_OK;
	if (parsed == NULL)
		res = err_set(err, RES_INVALID, "connection string of the database: %.*s",
			text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	PQconninfoFree(parsed);
	PQfreemem(text);
	return res;
}

enum res db_open(struct db **out, const struct db_options *options, struct err *err)
{
	TRY(conninfo_check(options->conninfo, err));
	SCOPED(db)
	struct db *db = calloc(1, sizeof(*db));
	CHECK(db != NULL);
	db->conninfo = strdup(options->conninfo);
	db->application = strdup(options->application ? options->application : "wangli");
	CHECK(db->conninfo && db->application);
	db->statement_timeout = options->statement_timeout;
	db->allow_unsafe = options->allow_unsafe;
	statements_collect(db, options);
	TRY(db_connect(db, err));
	*out = db;
	db = NULL;
	return RES_OK;
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_attempt_end(db);
	db_release(db);
	PQfinish(db->conn);
	free(db->prepared);
	free(db->conninfo);
	free(db->application);
	free(db);
}

enum res db_reconnect(struct db *db, struct err *err)
{
	db_attempt_end(db);
	return db_connect(db, err);
}

bool db_is_up(const struct db *db)
{
	return db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK;
}

static bool is_same_type(Oid ours, Oid server)
{
	if (ours == server)
		return true;
	for (size_t i = 0; i < sizeof(same_bytes) / sizeof(same_bytes[0]); i++)
		if (same_bytes[i].ours == ours && same_bytes[i].server == server)
			return true;
	return false;
}

/* Binary values of another type would be read as something else, not refused: so types are compared
 * before sending. */
static enum res param_fits(
	const struct db_call *call, const struct db_prepared *statement, int i, struct err *err)
{
	unsigned ours = call->params.types[i];
	unsigned server = statement->types[i];
	bool takes_rows = statement->row_types[i] != 0;
	if (ours == OID_RECORD_ARRAY && !takes_rows)
		return err_set(err, RES_BUG,
			"statement %s: $%d is an array of rows, it takes type %u, which is none",
			call->sql->name, i + 1, server);
	if (ours != OID_RECORD_ARRAY && takes_rows)
		return err_set(err, RES_BUG,
			"statement %s: $%d has type %u, it takes an array of rows (type %u)",
			call->sql->name, i + 1, ours, server);
	if (!takes_rows && !is_same_type(ours, server))
		return err_set(err, RES_BUG, "statement %s: $%d has type %u, it takes type %u",
			call->sql->name, i + 1, ours, server);
	return RES_OK;
}

static enum res params_fit(const struct db *db, const struct db_call *call, struct err *err)
{
	const struct db_params *params = &call->params;
	const struct db_prepared *statement = prepared_find(db, call->sql);
	if (statement == NULL)
		return err_set(err, RES_BUG, "statement %s: it was not prepared", call->sql->name);
	if (params->n != statement->n_params)
		return err_set(err, RES_BUG, "statement %s: %d parameters given, it takes %d",
			call->sql->name, params->n, statement->n_params);
	for (int i = 0; i < params->n; i++)
		TRY(param_fits(call, statement, i, err));
	if (params->n > 0 && arena_failed(params->mem))
		return err_set(err, RES_TOO_BIG, "statement %s: no memory left for its parameters",
			call->sql->name);
	return RES_OK;
}

/* A begin within a transaction and a commit without one are only warnings to PostgreSQL; here they
 * are bugs. */
static enum res transactions_fit(
	const struct db *db, const struct db_call *calls, size_t n, struct err *err)
{
	bool is_open = PQtransactionStatus(db->conn) != PQTRANS_IDLE;
	for (size_t i = 0; i < n; i++) {
		const struct db_sql *sql = calls[i].sql;
		bool is_begin = sql == &db_begin || sql == &db_begin_snapshot;
		if (is_begin && is_open)
			return err_set(err, RES_BUG, "statement %s: a transaction is open already",
				sql->name);
		if (sql == &db_commit && !is_open)
			return err_set(
				err, RES_BUG, "statement %s: no transaction is open", sql->name);
		if (is_begin)
			is_open = true;
		else if (sql == &db_commit || sql == &db_rollback)
			is_open = false;
	}
	return RES_OK;
}

/* The values of rows learn which type they are here. */
static void rows_address(const struct db *db, const struct db_call *call)
{
	const struct db_prepared *statement = prepared_find(db, call->sql);
	for (int i = 0; i < call->params.n; i++)
		if (statement->row_types[i] != 0)
			db_param_rows_address(call->params.values[i], statement->row_types[i]);
}

static bool round_send(struct db *db, const struct db_call *calls, size_t n)
{
	int all_binary[DB_PARAMS_MAX];
	for (size_t i = 0; i < DB_PARAMS_MAX; i++)
		all_binary[i] = 1;
	for (size_t i = 0; i < n; i++) {
		const struct db_params *params = &calls[i].params;
		rows_address(db, &calls[i]);
		if (PQsendQueryPrepared(db->conn, calls[i].sql->name, params->n,
			    (const char *const *)params->values, params->lengths, all_binary,
			    1) == 0)
			return false;
	}
	return PQpipelineSync(db->conn) == 1;
}

/* Takes pg over. A commit in a failed transaction succeeds as ROLLBACK, which is no success here.
 */
static enum res call_finish(struct db *db, struct db_call *call, PGresult *pg, struct err *err)
{
	ExecStatusType status = PQresultStatus(pg);
	enum res res = RES_OK;
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		res = db_result_failure(pg, call->sql->name, err);
		db->is_write_refused = db_is_write_refused(pg);
	}
	if (res == RES_OK && call->sql == &db_commit && strcmp(PQcmdStatus(pg), "COMMIT") != 0)
		res = err_set(err, RES_BUG, "statement %s: the transaction was rolled back",
			call->sql->name);
	if (res == RES_OK)
		call->result = db_result_keep(db, pg, call->sql);
	else
		PQclear(pg);
	return res;
}

/* The server became one that takes no writes: fenced, or never a primary. In a snapshot of our own
 * a write is our bug instead. What changed is reported before the end of the round. */
static bool is_demoted(const struct db *db)
{
	static const char *const reports[] = { "in_hot_standby", "default_transaction_read_only" };
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]) && db->is_write_refused; i++) {
		const char *value = PQparameterStatus(db->conn, reports[i]);
		if (value && strcmp(value, "on") == 0)
			return true;
	}
	return false;
}

/* Reads to the end of the pipeline; the first failure is the round's. */
static enum res round_receive(struct db *db, struct db_call *calls, size_t n, struct err *err)
{
	int64_t limit_ms = db_limit(db, n);
	enum res res = RES_OK;
	db->is_write_refused = false;
	for (size_t i = 0; i < n; i++) {
		PGresult *pg = NULL;
		PGresult *end = NULL;
		if (db_next(db, limit_ms, &pg) != RES_OK || pg == NULL)
			return db_lost(db, res != RES_OK, err);
		if (res == RES_OK)
			res = call_finish(db, &calls[i], pg, err);
		else
			PQclear(pg);
		if (db_next(db, limit_ms, &end) != RES_OK || end != NULL) {
			PQclear(end);
			return db_lost(db, res != RES_OK, err);
		}
	}
	if (db_take_sync(db, limit_ms, &res, err) != RES_OK)
		return db_lost(db, res != RES_OK, err);
	if (db->is_replica_unsure) {
		err_set(err, RES_RETRY, "a commit was not confirmed by the standby");
		return db_lost(db, true, err);
	}
	if (is_demoted(db))
		return db_lost(db, true, err);
	return res;
}

/* After a failure no transaction stays open; a session that cannot even roll back is dropped. */
static void transaction_abandon(struct db *db)
{
	struct db_call rollback = { .sql = &db_rollback };
	if (!db_is_up(db) || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
		return;
	if (!round_send(db, &rollback, 1))
		(void)db_lost(db, false, NULL);
	else if (round_receive(db, &rollback, 1, NULL) != RES_OK && db_is_up(db))
		(void)db_lost(db, false, NULL);
}

enum res db_round(struct db *db, struct db_call *calls, size_t n, struct err *err)
{
	enum res res = RES_OK;
	if (!db_is_up(db))
		return err_set(err, RES_RETRY, "no connection to the database");
	for (size_t i = 0; i < n && res == RES_OK; i++)
		res = params_fit(db, &calls[i], err);
	if (res == RES_OK)
		res = transactions_fit(db, calls, n, err);
	if (res == RES_OK && !round_send(db, calls, n))
		res = db_lost(db, false, err);
	else if (res == RES_OK)
		res = round_receive(db, calls, n, err);
	if (res == RES_OK)
		return RES_OK;
	for (size_t i = 0; i < n; i++)
		calls[i].result = NULL;
	transaction_abandon(db);
	return res;
}

enum res db_run(struct db *db, const struct db_sql *sql, const struct db_params *params,
	struct db_result **out, struct err *err)
{
	struct db_call call = { .sql = sql };
	if (params)
		call.params = *params;
	TRY(db_round(db, &call, 1, err));
	if (out)
		*out = call.result;
	return RES_OK;
}

enum res db_script(struct db *db, const char *text, struct err *err)
{
	if (!db_is_up(db))
		return err_set(err, RES_RETRY, "no connection to the database");
	if (PQexitPipelineMode(db->conn) == 0)
		return db_lost(db, false, err);
	enum res res = db_simple(db, text, DB_NO_LIMIT, NULL, err);
	if (db->conn == NULL)
		return res;
	if (PQenterPipelineMode(db->conn) == 0)
		return db_lost(db, res != RES_OK, err);
	if (res != RES_OK)
		transaction_abandon(db);
	return res;
}

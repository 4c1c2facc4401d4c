/* A session: connect, set its limits, refuse a server that may forget what it acknowledged, prepare
 * every statement in one round trip and keep the parameter types that the server understood; in a
 * second one, only where they are not all PostgreSQL's own, which of them are arrays of rows. */
#include "db/db_internal.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

#define CONNECT_SECONDS	 "3" /* for each address */
#define SECOND_TRY_S	 2   /* a refusal that came sooner than this is asked for its reason */
#define SESSION_TEXT_MAX 1024
#define FIRST_OWN_OID	 16384 /* FirstNormalObjectId: what is below is PostgreSQL's own */

/* Values that break the promise "nothing acknowledged is ever lost", by column of session_text. */
static const struct {
	const char *setting;
	const char *bad[2];
	const char *advice;
} unsafe_table[] = {
	{ "fsync", { "off" },
		"a crash could lose acknowledged data; set fsync = on and restart it" },
	{ "full_page_writes", { "off" },
		"a crash could tear pages; set full_page_writes = on and reload it" },
	{ "synchronous_commit", { "off", "local" },
		"a commit would not be certain; set it to on for the server, database and role" },
	{ "standard_conforming_strings", { "off" },
		"backslashes in text would change its meaning; set it to on" },
};

/* A stopped holder of a lock is freed after idle_in_transaction_session_timeout, so waiting a
 * little longer is worth it. */
static const char session_text[] =
	"set client_encoding = 'UTF8'; set timezone = 'UTC'; set client_min_messages = 'warning';"
	"set default_transaction_isolation = 'read committed';"
	"set idle_in_transaction_session_timeout = '10s'; set lock_timeout = '12s';"
	"set statement_timeout = %" PRId64 ";"
	"select current_setting('fsync'), current_setting('full_page_writes'),"
	" current_setting('synchronous_commit'), current_setting('standard_conforming_strings')";

static const char row_types_text[] =
	"select a.oid, a.typelem from pg_catalog.pg_type a"
	" join pg_catalog.pg_type r on r.oid = a.typelem and r.typtype = 'c'"
	" where a.typlen = -1 and a.oid = any ($1::oid[])";

/* The commit stands here, but its standby did not confirm: found by place, because the text may be
 * translated. */
static void notice_received(void *context, const PGresult *pg)
{
	struct db *db = context;
	const char *function = PQresultErrorField(pg, PG_DIAG_SOURCE_FUNCTION);
	if (function && strcmp(function, "SyncRepWaitForLSN") == 0)
		db->is_replica_unsure = true;
}

/* What stands before dbname may be overridden by the connection string, what stands behind it may
 * not. A standby takes no commits, so it counts as a server that is away, and so does a fenced one.
 * A host that vanished is noticed within 6 s: what it was sent is not acknowledged for 5 s, or
 * nothing was sent for 3 s and three probes stay without an answer. */
static PGconn *connect_blocking(const struct db *db)
{
	const char *const names[] = { "connect_timeout", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "target_session_attrs", "dbname",
		"application_name", "client_encoding", NULL };
	const char *const values[] = { CONNECT_SECONDS, "3", "1", "3", "5000", "read-write",
		db->conninfo, db->application, "UTF8", NULL };
	return PQconnectdbParams(names, values, 1);
}

/* libpq tells the SQLSTATE of a refused connection only in verbose text: "FATAL:  28P01: pass…". */
static bool is_denied_text(const char *text)
{
	for (const char *at = strstr(text, ":  "); at; at = strstr(at + 1, ":  ")) {
		const char *state = at + strlen(":  ");
		if (strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && state[5] == ':' &&
			db_state_res(state) == RES_DENIED)
			return true;
	}
	return false;
}

static enum res connect_failed(struct db *db, time_t took_s, struct err *err)
{
	const char *text = PQerrorMessage(db->conn);
	enum res res = RES_RETRY;
	err_set(err, res, "cannot connect to the database: %.*s", (int)strcspn(text, "\n"), text);
	if (took_s < SECOND_TRY_S) {
		PQsetErrorVerbosity(db->conn, PQERRORS_VERBOSE);
		PQreset(db->conn);
		if (is_denied_text(PQerrorMessage(db->conn)))
			res = RES_DENIED;
	}
	PQfinish(db->conn);
	db->conn = NULL;
	return res;
}

static enum res connect_server(struct db *db, struct err *err)
{
	struct timespec start;
	struct timespec end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	db->conn = connect_blocking(db);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (PQstatus(db->conn) != CONNECTION_OK)
		return connect_failed(db, end.tv_sec - start.tv_sec, err);
	PQsetNoticeReceiver(db->conn, notice_received, db);
	db->is_replica_unsure = false;
	if (PQsetnonblocking(db->conn, 1) != 0)
		return db_lost(db, false, err);
	return RES_OK;
}

static enum res refuse_unsafe(const PGresult *pg, struct err *err)
{
	for (size_t i = 0; i < sizeof(unsafe_table) / sizeof(unsafe_table[0]); i++) {
		const char *value = PQgetvalue(pg, 0, (int)i);
		for (size_t bad = 0; bad < 2 && unsafe_table[i].bad[bad]; bad++)
			if (strcmp(value, unsafe_table[i].bad[bad]) == 0)
				return err_set(err, RES_INVALID, "PostgreSQL runs with %s = %s: %s",
					unsafe_table[i].setting, value, unsafe_table[i].advice);
	}
	return RES_OK;
}

static enum res set_session(struct db *db, int64_t limit_ms, struct err *err)
{
	char text[SESSION_TEXT_MAX];
	PGresult *settings = NULL;
	int64_t timeout_ms = db->statement_timeout.us / 1000;
	snprintf(text, sizeof(text), session_text, timeout_ms > 0 ? timeout_ms : 0);
	TRY(db_simple(db, text, limit_ms, &settings, err));
	/* libpq that has no memory for an answer gives none, as at the end of all answers. */
	if (PQntuples(settings) != 1) {
		PQclear(settings);
		return db_lost(db, false, err);
	}
	enum res res = db->allow_unsafe ? RES_OK : refuse_unsafe(settings, err);
	PQclear(settings);
	return res;
}

static bool send_statements(struct db *db)
{
	if (PQenterPipelineMode(db->conn) == 0)
		return false;
	for (size_t i = 0; i < db->n_prepared; i++) {
		const struct db_sql *sql = db->prepared[i].sql;
		if (PQsendPrepare(db->conn, sql->name, sql->text, 0, NULL) == 0 ||
			PQsendDescribePrepared(db->conn, sql->name) == 0)
			return false;
	}
	return PQpipelineSync(db->conn) == 1;
}

static enum res keep_types(struct db_prepared *statement, const PGresult *pg, struct err *err)
{
	statement->n_params = PQnparams(pg);
	if (statement->n_params > DB_PARAMS_MAX)
		return err_set(err, RES_BUG, "statement %s: %d parameters, %d are possible",
			statement->sql->name, statement->n_params, DB_PARAMS_MAX);
	for (int i = 0; i < statement->n_params; i++)
		statement->types[i] = PQparamtype(pg, i);
	memset(statement->row_types, 0, sizeof(statement->row_types));
	return RES_OK;
}

/* One answer and the NULL behind it; the caller clears the answer. RES_RETRY also for answers out
 * of step: libpq that has no memory for one leaves it out, and types would be kept of another
 * statement. */
static enum res take_answer(struct db *db, int64_t limit_ms, PGresult **out)
{
	PGresult *end = NULL;
	TRY(db_next(db, limit_ms, out));
	enum res res = db_next(db, limit_ms, &end);
	if (*out == NULL || end != NULL)
		res = RES_RETRY;
	PQclear(end);
	return res;
}

/* The answers to PREPARE and DESCRIBE of one statement. Only the first failure of all counts: the
 * rest was aborted by it. */
static enum res take_statement(struct db *db, struct db_prepared *statement, int64_t limit_ms,
	enum res *failure, struct err *err)
{
	PGresult *prepared = NULL;
	PGresult *described = NULL;
	enum res res = take_answer(db, limit_ms, &prepared);
	if (res == RES_OK)
		res = take_answer(db, limit_ms, &described);
	if (*failure == RES_OK && prepared && PQresultStatus(prepared) != PGRES_COMMAND_OK)
		*failure = db_result_failure(prepared, statement->sql->name, err);
	else if (*failure == RES_OK && described && PQresultStatus(described) != PGRES_COMMAND_OK)
		*failure = db_result_failure(described, statement->sql->name, err);
	else if (*failure == RES_OK && described)
		*failure = keep_types(statement, described, err);
	PQclear(prepared);
	PQclear(described);
	return res;
}

static enum res prepare_statements(struct db *db, int64_t limit_ms, struct err *err)
{
	enum res failure = RES_OK;
	if (!send_statements(db))
		return db_lost(db, false, err);
	for (size_t i = 0; i < db->n_prepared; i++)
		if (take_statement(db, &db->prepared[i], limit_ms, &failure, err) != RES_OK)
			return db_lost(db, failure != RES_OK, err);
	if (db_take_sync(db, limit_ms, &failure, err) != RES_OK)
		return db_lost(db, failure != RES_OK, err);
	return failure;
}

/* The parameters' types that somebody made, as an array's text: "{16403,16411". */
static void made_types(const struct db *db, struct buf *out)
{
	for (size_t s = 0; s < db->n_prepared; s++)
		for (int i = 0; i < db->prepared[s].n_params; i++)
			if (db->prepared[s].types[i] >= FIRST_OWN_OID)
				buf_printf(out, "%s%u", out->n == 0 ? "{" : ",",
					(unsigned)db->prepared[s].types[i]);
}

static Oid answer_oid(const PGresult *pg, int row, int col)
{
	uint32_t big;
	memcpy(&big, PQgetvalue(pg, row, col), sizeof(big));
	return be32toh(big);
}

static void keep_row_types(struct db *db, const PGresult *pg)
{
	for (int row = 0; row < PQntuples(pg); row++)
		for (size_t s = 0; s < db->n_prepared; s++)
			for (int i = 0; i < db->prepared[s].n_params; i++)
				if (db->prepared[s].types[i] == answer_oid(pg, row, 0))
					db->prepared[s].row_types[i] = answer_oid(pg, row, 1);
}

static enum res ask_row_types(struct db *db, const char *types, int64_t limit_ms, struct err *err)
{
	enum res failure = RES_OK;
	PGresult *pg = NULL;
	if (PQsendQueryParams(db->conn, row_types_text, 1, NULL, &types, NULL, NULL, 1) == 0 ||
		PQpipelineSync(db->conn) == 0)
		return db_lost(db, false, err);
	enum res res = take_answer(db, limit_ms, &pg);
	if (res == RES_OK && PQresultStatus(pg) == PGRES_TUPLES_OK)
		keep_row_types(db, pg);
	else if (res == RES_OK)
		failure = db_result_failure(pg, "(types of rows)", err);
	PQclear(pg);
	if (res != RES_OK || db_take_sync(db, limit_ms, &failure, err) != RES_OK)
		return db_lost(db, failure != RES_OK, err);
	return failure;
}

static enum res learn_row_types(struct db *db, int64_t limit_ms, struct err *err)
{
	enum res res = RES_OK;
	struct buf types = { 0 };
	made_types(db, &types);
	if (types.n > 0) {
		buf_printf(&types, "}");
		res = ask_row_types(db, types.p, limit_ms, err);
	}
	buf_fini(&types);
	return res;
}

void db_adopt(struct db *db, struct db *from)
{
	PQfinish(db->conn);
	free(db->prepared);
	db->conn = from->conn;
	db->prepared = from->prepared;
	from->conn = NULL;
	from->prepared = NULL;
	db->is_replica_unsure = false;
	PQsetNoticeReceiver(db->conn, notice_received, db);
}

enum res db_connect(struct db *db, struct err *err)
{
	db_release(db);
	PQfinish(db->conn);
	db->conn = NULL;
	TRY(connect_server(db, err));
	int64_t limit_ms = db_limit(db, 1);
	enum res res = set_session(db, limit_ms, err);
	if (res == RES_OK)
		res = prepare_statements(db, limit_ms, err);
	if (res == RES_OK)
		res = learn_row_types(db, limit_ms, err);
	if (res != RES_OK) {
		PQfinish(db->conn);
		db->conn = NULL;
	}
	return res;
}

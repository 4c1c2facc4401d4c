/* What the files of this folder share; nobody else includes it. A session is always in libpq's
 * non-blocking pipeline mode, except inside db_simple. A connection that failed is dropped at once:
 * db->conn == NULL says "reconnect first". */
#ifndef WL_DB_DB_INTERNAL_H
#define WL_DB_DB_INTERNAL_H

#include <libpq-fe.h>

#include "db/db.h"

/* Types of PostgreSQL that cross this border; the numbers are fixed in its catalogue (pg_type.dat).
 */
enum db_oid {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_NAME = 19,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_JSON = 114,
	OID_BPCHAR = 1042,
	OID_VARCHAR = 1043,
	OID_DATE = 1082,
	OID_TIMESTAMPTZ = 1184,
	OID_INTERVAL = 1186,
	OID_RECORD_ARRAY = 2287, /* ours for rows of whatever type; no statement takes it */
};

#define DB_EPOCH_US   INT64_C(946684800000000) /* 2000-01-01 UTC, PostgreSQL's zero, since 1970 */
#define DB_EPOCH_DAYS 10957

struct db_result {
	struct db_result *next;
	PGresult *pg;
	const struct db_sql *sql;
};

/* A statement as the server understood it. */
struct db_prepared {
	const struct db_sql *sql;
	int n_params;
	Oid types[DB_PARAMS_MAX];
	Oid row_types[DB_PARAMS_MAX]; /* of an array of rows: the type of one; else 0 */
};

struct db {
	PGconn *conn;
	char *conninfo;
	char *application;
	struct span statement_timeout;
	bool allow_unsafe;
	bool is_replica_unsure;	      /* a commit came back without its standby's word */
	bool is_write_refused;	      /* 25006 in the round under way */
	struct db_prepared *prepared; /* sorted by address of sql, for bsearch */
	size_t n_prepared;
	struct db_result *results;
	struct db_attempt *attempt; /* to connect, in a thread of its own; or NULL */
};

/* db_connect.c: a new session in db->conn, checked and prepared; whatever was there is dropped. */
enum res db_connect(struct db *db, struct err *err) must_check;
/* The session of another struct with the same statements moves to db. */
void db_adopt(struct db *db, struct db *from);

/* db_attempt.c: waits for the attempt under way, if any, and forgets it. */
void db_attempt_end(struct db *db);

/* db_error.c */
/* What the SQLSTATE of a failed result means to the caller. */
enum res db_state_res(const char *sqlstate);
/* Says what failed: statement <name>: <message> (<detail>) [sqlstate]. Details that quote a row's
 * data are left out. */
enum res db_result_failure(const PGresult *pg, const char *statement, struct err *err);
/* Whether it failed because this transaction may not write (25006). */
bool db_is_write_refused(const PGresult *pg);
/* Drops the connection; the text is libpq's unless err holds an earlier cause already (has_cause).
 */
enum res db_lost(struct db *db, bool has_cause, struct err *err);

/* db_pipe.c: every wait goes through here, so that nothing blocks without a limit. */
#define DB_NO_LIMIT INT64_MAX
int64_t db_limit(
	const struct db *db, size_t n_statements); /* the moment (monotonic ms) of giving up */
/* The next result, NULL at the end of one statement. RES_RETRY: connection lost or silent until the
 * limit. */
enum res db_next(struct db *db, int64_t limit_ms, PGresult **out) must_check;
/* Text that may hold several statements, outside pipeline mode. out_last: the last rows, or NULL;
 * the caller clears them. */
enum res db_simple(struct db *db, const char *text, int64_t limit_ms, PGresult **out_last,
	struct err *err) must_check;
/* The answer to PQpipelineSync. Calls without a begin commit here, and that may fail (deferred
 * constraints): *failure is set unless it says something already. RES_RETRY as in db_next. */
enum res db_take_sync(
	struct db *db, int64_t limit_ms, enum res *failure, struct err *err) must_check;

/* db_params.c: writes into the value of an array of rows of which type they are. Each database has
 * its own number for it, so it is known only when the value is sent. */
void db_param_rows_address(char *value, uint32_t row_type);

/* db_result.c: keeps pg until db_release. */
struct db_result *db_result_keep(struct db *db, PGresult *pg, const struct db_sql *sql);

#endif

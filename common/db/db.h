/* PostgreSQL through libpq: all statements prepared at the start, binary parameters and rows,
 * arrays of rows for batches, several statements a round trip (pipeline mode), reconnect in place.
 * A round fails as a whole and says what to do:
 *   RES_CONFLICT  deadlock, serialization failure, lock held for 12 s (40001, 40P01, 55P03):
 *                 run the same batch again
 *   RES_RETRY     the database is away, short of something or too slow (08, 53, 57, 58), takes no
 *                 writes any more (a standby, or fenced), or a commit is in doubt: db_reconnect,
 *                 then run the batch again (it is idempotent)
 *   RES_INVALID   data of this batch were refused (classes 22, 23, 54 and P0001): bisect
 *   RES_DENIED    a right is missing (42501): a person must act
 *   RES_TOO_BIG   the arena of parameters or rows is full: bisect; nothing was sent, nothing read
 *   RES_BUG       anything else of class 42 and the rest: bisect, and log
 * Texts of failures never quote a row's data. */
#ifndef WL_DB_DB_H
#define WL_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/scoped.h"
#include "base/str.h"

/* A named statement; generated at build from `-- name: case_load` in a .sql file
 * (tools/embed_sql.py). */
struct db_sql {
	const char *name; /* unique in the process: "<file>.<name>" */
	const char *text;
};

enum db_type {
	DB_INT2,    /* int16_t */
	DB_INT4,    /* int32_t */
	DB_INT8,    /* int64_t */
	DB_BOOL,    /* bool */
	DB_TEXT,    /* struct str; p == NULL is null */
	DB_BYTES,   /* struct str as bytea; p == NULL is null */
	DB_HASH,    /* uint8_t[32] as bytea, never null */
	DB_INSTANT, /* struct instant as timestamptz; INSTANT_NONE is null */
	DB_DAY,	    /* int32_t days since 1970 as date; INT32_MIN is null */
};

/* Where a column lives in a struct: one table serves writing and reading. */
struct db_col {
	const char *name;
	enum db_type type;
	size_t offset;
};
#define DB_COL(struct_type, member, type_, name_)                                                  \
	{                                                                                          \
		.name = (name_), .type = (type_), .offset = offsetof(struct_type, member)          \
	}

/* Parameters of one call, in order $1, $2, …; memory is the arena's. Null integers do not exist
 * here: use a value. */
#define DB_PARAMS_MAX 64
struct db_params {
	struct arena *mem;
	int n;
	uint32_t types[DB_PARAMS_MAX]; /* oids; compared with the statement's before sending */
	char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX];
};
void db_params_init(struct db_params *params, struct arena *mem);
void db_param_int2(struct db_params *params, int16_t value);
void db_param_int4(struct db_params *params, int32_t value);
void db_param_int8(struct db_params *params, int64_t value);
void db_param_bool(struct db_params *params, bool value);
void db_param_text(struct db_params *params, struct str value);
void db_param_bytes(struct db_params *params, struct str value);
void db_param_instant(struct db_params *params, struct instant value);
void db_param_span(struct db_params *params, struct span value); /* as interval */
void db_param_int8_array(struct db_params *params, const int64_t *values, size_t n);
void db_param_int4_array(struct db_params *params, const int32_t *values, size_t n);
void db_param_text_array(struct db_params *params, const struct str *values, size_t n);
/* One parameter over n structs (rows[i] points at struct i): an array of the composite type that
 * the statement names, `from unnest($1::letter_row[]) as t`. Its columns are cols, in their order;
 * the server refuses another number or type (RES_BUG), names it does not see. */
void db_param_rows(struct db_params *params, const struct db_col *cols, size_t n_cols,
	const void *const *rows, size_t n);
/* The same structs as one array parameter a column, for statements that have no type for their
 * rows: PostgreSQL takes 0.12 us a column and row for it. */
void db_param_columns(struct db_params *params, const struct db_col *cols, size_t n_cols,
	const void *const *rows, size_t n);

struct db_result; /* the rows of one call; owned by the db until db_release */
size_t db_rows(const struct db_result *result);
/* Reads all rows into an array of structs of `stride` bytes in mem, column i of the result into
 * cols[i]; texts are copied. RES_BUG: the statement's columns are not these (number or type), or a
 * number, bool or hash is null. */
enum res db_read(const struct db_result *result, struct arena *mem, const struct db_col *cols,
	size_t n_cols, size_t stride, void *out_rows, size_t *out_n,
	struct err *err) must_check; /* out_rows: address of a `struct row *` */
/* Single values, for small answers. Null reads as 0 / STR_NONE / INSTANT_NONE. Texts borrow until
 * db_release. */
int64_t db_get_int(
	const struct db_result *result, size_t row, int col); /* int2, int4, int8, bool */
struct str db_get_str(const struct db_result *result, size_t row, int col); /* text, bytea */
struct instant db_get_instant(const struct db_result *result, size_t row, int col);
bool db_is_null(const struct db_result *result, size_t row, int col);

struct db;
struct db_options {
	const char *conninfo;	 /* libpq's; several hosts: the one that takes writes is chosen */
	const char *application; /* application_name */
	const struct db_sql *const *statements; /* NULL-terminated; prepared at every connect */
	const struct db_sql *const *more_statements; /* a second list (the kit's), or NULL */
	struct span statement_timeout;
	bool allow_unsafe; /* only for tools that read: fsync=off and the like are let pass */
};
/* Connects and prepares. RES_RETRY: not reachable now. RES_INVALID: fsync=off,
 * full_page_writes=off, synchronous_commit off or local, or standard_conforming_strings off: one
 * sentence that says which and what to do. RES_DENIED: no right to log in. */
enum res db_open(struct db **out, const struct db_options *options, struct err *err) must_check;
void db_close(struct db *db);
SCOPED_DEFINE(db, struct db *, db_close)
/* Drops the session and opens a new one with the same options. Results are gone. Blocks for as long
 * as names and hosts take to answer. */
enum res db_reconnect(struct db *db, struct err *err) must_check;
/* The same beside a loop that must go on: the attempt has a thread of its own. False: it is under
 * way (the first call begins it), look again in a moment. True: it is over, *out says how, and the
 * next call begins another one. db_close waits for it. */
bool db_reconnect_turn(struct db *db, enum res *out, struct err *err) must_check;
bool db_is_up(const struct db *db);

struct db_call {
	const struct db_sql *sql;
	struct db_params params;
	struct db_result *result; /* out */
};
extern const struct db_sql db_begin;	      /* read committed */
extern const struct db_sql db_begin_snapshot; /* repeatable read, read only */
extern const struct db_sql db_commit;
extern const struct db_sql db_rollback;
/* Sends all calls in one pipeline and waits for all answers. The first failure fails the round; an
 * open transaction is then rolled back by the adapter. A round that holds db_commit and loses its
 * connection is in doubt: RES_RETRY. */
enum res db_round(struct db *db, struct db_call *calls, size_t n, struct err *err) must_check;
/* One statement outside a pipeline. */
enum res db_run(struct db *db, const struct db_sql *sql, const struct db_params *params,
	struct db_result **out, struct err *err) must_check;
/* Text that is not prepared (tools and tests only; several statements allowed). */
enum res db_script(struct db *db, const char *text, struct err *err) must_check;
void db_release(struct db *db); /* frees the results of all rounds so far */

#endif

/* The adapter with each of its calls of libpq failing once: a session is opened, a row goes in with
 * its commit, a row is read. Whatever fails, the caller is told to try again, and may: the row is
 * there once, and never missing after it was reported as committed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "db/db.h"
#include "pq_faults.h"

#define CALLS_MOST    1000
#define TRIES_MOST    3
#define CONNINFO_MAX  512
#define MEM_BYTES     (16 * 1024 * 1024)
#define STATEMENT_MAX SPAN_S(30)

static const struct db_sql row_add = { "faults.row_add",
	"insert into faults.row (id) values ($1::int8) on conflict do nothing" };
static const struct db_sql row_count = { "faults.row_count",
	"select count(*) from faults.row where id = $1::int8" };
/* So that the types of rows are asked for as well. */
static const struct db_sql rows_take = { "faults.rows_take",
	"insert into faults.row (id) select id from unnest($1::faults.row[]) as t" };
static const struct db_sql *const statements[] = { &row_add, &row_count, &rows_take, NULL };

static struct arena *mem;
static char conninfo[CONNINFO_MAX];

/* Every failure here has an outer cause, and the caller is told so. */
static bool is_done(enum res res, const struct err *err)
{
	if (res != RES_OK && res != RES_RETRY)
		fail_msg("%s: %s", res_name(res), err->text);
	return res == RES_OK;
}

static bool opened(struct db **db)
{
	struct err err = { .text = "" };
	const struct db_options options = { .conninfo = conninfo,
		.application = "libpq_faults",
		.statements = statements,
		.statement_timeout = STATEMENT_MAX };

	if (*db == NULL)
		return is_done(db_open(db, &options, &err), &err);
	return db_is_up(*db) || is_done(db_reconnect(*db, &err), &err);
}

static struct db_call call_of(const struct db_sql *sql, int64_t id)
{
	struct db_call call = { .sql = sql };

	db_params_init(&call.params, mem);
	if (id != 0)
		db_param_int8(&call.params, id);
	return call;
}

static bool added(struct db *db, int64_t id)
{
	struct err err = { .text = "" };
	struct db_call calls[] = { call_of(&db_begin, 0), call_of(&row_add, id),
		call_of(&db_commit, 0) };

	bool is_added = is_done(db_round(db, calls, 3, &err), &err);
	db_release(db);
	return is_added;
}

/* false: try again. */
static bool counted(struct db *db, int64_t id, int64_t *out_n)
{
	struct err err = { .text = "" };
	struct db_result *result = NULL;
	struct db_call call = call_of(&row_count, id);
	bool is_counted = is_done(db_run(db, &row_count, &call.params, &result, &err), &err);

	if (is_counted)
		*out_n = db_get_int(result, 0, 0);
	db_release(db);
	return is_counted;
}

/* A little run to its right end, with one call failing on the way. */
static void run(int64_t id)
{
	struct db *db = NULL;
	int64_t n = -1;
	bool is_added = false;
	bool is_counted = false;

	for (int try = 0; try < TRIES_MOST && !is_counted; try++) {
		is_added = opened(&db) && (is_added || added(db, id));
		is_counted = is_added && counted(db, id, &n);
	}
	assert_true(is_counted);
	assert_int_equal(n, 1);
	db_close(db);
}

/* One row more each time; the first number of calls that a whole run does not reach ends it. */
static void every_call_may_fail(void **state)
{
	const enum pq_fault fault = *(const enum pq_fault *)*state;
	struct pq_faults *faults = pq_faults_here();
	long n = 0;
	bool has_failed = true;

	while (has_failed && n < CALLS_MOST) {
		long failed = atomic_load(&faults->failed);

		pq_faults_ask(faults, fault, ++n);
		run(n + (int64_t)fault * CALLS_MOST);
		has_failed = atomic_load(&faults->failed) > failed;
		arena_reset(mem);
	}
	pq_faults_ask_none(faults);
	print_message("%ld calls of libpq, each failed once\n", n - 1);
	assert_in_range(n, 30, CALLS_MOST - 1);
}

static int schema_make(void **state)
{
	struct db *db = NULL;
	struct err err = { .text = "" };
	const struct db_options options = { .conninfo = conninfo };

	(void)state;
	snprintf(conninfo, sizeof(conninfo), "%s user=postgres", getenv("WANGLI_TEST_PG"));
	mem = arena_create(MEM_BYTES);
	assert_int_equal(db_open(&db, &options, &err), RES_OK);
	assert_int_equal(
		db_script(db, "create schema faults; create table faults.row (id int8)", &err),
		RES_OK);
	assert_int_equal(db_script(db, "create unique index on faults.row (id)", &err), RES_OK);
	db_close(db);
	return 0;
}

static int memory_drop(void **state)
{
	(void)state;
	arena_destroy(mem);
	return 0;
}

int main(void)
{
	static enum pq_fault cut = PQ_FAULT_CUT;
	static enum pq_fault fail = PQ_FAULT_FAIL;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_call_may_fail, &cut),
		cmocka_unit_test_prestate(every_call_may_fail, &fail),
	};
	return cmocka_run_group_tests(tests, schema_make, memory_drop);
}

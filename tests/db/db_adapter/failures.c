/* What PostgreSQL refuses, and what the caller is told to do about it. */
#include "fixture.h"

#include <libpq-fe.h>
#include <pthread.h>

#include "db/db_internal.h"

static const struct db_sql divide = { "failures.divide", "select 1 / $1::int8" };
static const struct db_sql raise_p0001 = { "failures.raise", "select db_test.refuse()" };
static const struct db_sql overflow = { "failures.overflow", "select repeat('x', 2000000000)" };
static const struct db_sql orphan_add = { "failures.orphan_add",
	"insert into db_test.child (item_id) values (404)" };
static const struct db_sql label_null = { "failures.label_null",
	"insert into db_test.item (id) values (5)" };
static const struct db_sql label_long = { "failures.label_long",
	"insert into db_test.item (id, label) values (5, repeat('secret', 9))" };
static const struct db_sql item_twice = { "failures.item_twice",
	"insert into db_test.item (id, label) values (1, 'secret')" };
static const struct db_sql sleep_long = { "failures.sleep_long", "select pg_sleep(600)::text" };
static const struct db_sql system_error = { "failures.system_error",
	"select pg_read_file('/nowhere/at/all')" };

static const struct db_sql *const failing_statements[] = { &item_add, &item_bump, &item_count,
	&divide, &raise_p0001, &overflow, &orphan_add, &label_null, &label_long, &item_twice,
	&sleep_long, &system_error, NULL };

static int failures_up(void **state)
{
	struct err err = { 0 };
	fixture_up(state);
	struct fixture *fixture = *state;
	assert_res(RES_OK,
		db_script(fixture->db,
			"create function db_test.refuse() returns void language plpgsql as "
			"$$ begin raise exception 'no such step'; end $$",
			&err),
		&err);
	db_close(fixture->db);
	fixture->db = fixture_session("postgres", failing_statements);
	return 0;
}

static struct db_call call_add(struct arena *mem, int64_t id, const char *label)
{
	struct db_call call = { .sql = &item_add };
	db_params_init(&call.params, mem);
	db_param_int8(&call.params, id);
	db_param_text(&call.params, str_from_c(label));
	return call;
}

static struct db_call call_int8(struct arena *mem, const struct db_sql *sql, int64_t value)
{
	struct db_call call = { .sql = sql };
	db_params_init(&call.params, mem);
	db_param_int8(&call.params, value);
	return call;
}

static enum res bump(struct db *db, struct arena *mem, int64_t id, struct err *err)
{
	struct db_call call = call_int8(mem, &item_bump, id);
	return db_round(db, &call, 1, err);
}

static void failure_of_a_statement_says_what_to_do(void **state)
{
	static const struct {
		const struct db_sql *sql;
		enum res want;
		const char *text;
	} cases[] = {
		{ &item_twice, RES_INVALID,
			"statement failures.item_twice: duplicate key value violates unique "
			"constraint \"item_pkey\" (item_pkey) [23505]" },
		{ &label_null, RES_INVALID, "[23502]" },
		{ &label_long, RES_INVALID, "(label_is_short) [23514]" },
		{ &orphan_add, RES_INVALID, "statement (end of round): insert or update on table" },
		{ &raise_p0001, RES_INVALID, "failures.raise: no such step [P0001]" },
		{ &overflow, RES_INVALID, "[54000]" },
		{ &system_error, RES_RETRY, "[58P01]" },
	};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		enum res res = db_run(fixture->db, cases[i].sql, NULL, NULL, &err);
		assert_res(cases[i].want, res, &err);
		assert_contains(err.text, cases[i].text);
		assert_null(strstr(err.text, "secret")); /* rows stay out of the log */
		assert_true(db_is_up(fixture->db));
	}
	assert_int_equal(fixture_number("select count(*) from db_test.item"), 2);
}

static void failure_within_a_round_undoes_all_of_it(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call calls[] = {
		{ .sql = &db_begin },
		call_add(fixture->mem, 10, "ten"),
		call_int8(fixture->mem, &divide, 0),
		call_add(fixture->mem, 11, "eleven"),
		{ .sql = &db_commit },
	};
	assert_res(RES_INVALID, db_round(fixture->db, calls, 5, &err), &err);
	assert_contains(err.text, "failures.divide: division by zero [22012]");
	for (size_t i = 0; i < 5; i++)
		assert_null(calls[i].result);
	assert_int_equal(PQtransactionStatus(fixture->db->conn), PQTRANS_IDLE);

	struct db_call retry[] = {
		{ .sql = &db_begin },
		call_add(fixture->mem, 11, "eleven"),
		{ .sql = &db_commit },
	};
	assert_res(RES_OK, db_round(fixture->db, retry, 3, &err), &err);
	assert_int_equal(fixture_number("select sum(id)::int8 from db_test.item"), 1 + 2 + 11);
}

static void failure_in_a_later_round_undoes_the_earlier_ones(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call first[] = { { .sql = &db_begin }, call_add(fixture->mem, 10, "ten") };
	assert_res(RES_OK, db_round(fixture->db, first, 2, &err), &err);
	struct db_call second = call_int8(fixture->mem, &divide, 0);
	assert_res(RES_INVALID, db_round(fixture->db, &second, 1, &err), &err);
	assert_int_equal(PQtransactionStatus(fixture->db->conn), PQTRANS_IDLE);
	assert_int_equal(fixture_number("select count(*) from db_test.item"), 2);
}

static void failure_before_sending_undoes_the_open_transaction(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call first[] = { { .sql = &db_begin }, call_add(fixture->mem, 10, "ten") };
	assert_res(RES_OK, db_round(fixture->db, first, 2, &err), &err);
	assert_res(RES_BUG, db_run(fixture->db, &item_add, NULL, NULL, &err), &err);
	assert_int_equal(PQtransactionStatus(fixture->db->conn), PQTRANS_IDLE);
	assert_int_equal(fixture_number("select count(*) from db_test.item"), 2);
}

static void round_without_begin_is_one_transaction_too(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call calls[] = { call_add(fixture->mem, 10, "ten"),
		call_int8(fixture->mem, &divide, 0) };
	assert_res(RES_INVALID, db_round(fixture->db, calls, 2, &err), &err);
	assert_int_equal(fixture_number("select count(*) from db_test.item"), 2);
}

static void round_without_calls_succeeds(void **state)
{
	struct fixture *fixture = *state;
	assert_res(RES_OK, db_round(fixture->db, NULL, 0, NULL), NULL);
}

static void commit_of_a_deferred_violation_is_invalid(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call calls[] = { { .sql = &db_begin }, { .sql = &orphan_add },
		{ .sql = &db_commit } };
	assert_res(RES_INVALID, db_round(fixture->db, calls, 3, &err), &err);
	assert_contains(err.text, "statement db.commit: ");
	assert_contains(err.text, "[23503]");
}

/* The adapter never leaves a failed transaction open, so the test fails one behind its back. */
static void commit_in_a_failed_transaction_is_a_failure(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	PGconn *conn = fixture->db->conn;
	assert_int_equal(PQexitPipelineMode(conn), 1);
	PQclear(PQexec(conn, "begin"));
	PQclear(PQexec(conn, "select 1 / 0"));
	assert_int_equal(PQtransactionStatus(conn), PQTRANS_INERROR);
	assert_int_equal(PQenterPipelineMode(conn), 1);
	assert_res(RES_BUG, db_run(fixture->db, &db_commit, NULL, NULL, &err), &err);
	assert_contains(err.text, "db.commit: the transaction was rolled back");
	assert_res(RES_OK, db_run(fixture->db, &item_count, NULL, NULL, &err), &err);
}

static void transaction_words_out_of_place_are_a_bug(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call twice[] = { { .sql = &db_begin }, { .sql = &db_begin_snapshot } };
	assert_res(RES_BUG, db_run(fixture->db, &db_commit, NULL, NULL, &err), &err);
	assert_contains(err.text, "db.commit: no transaction is open");
	assert_res(RES_BUG, db_round(fixture->db, twice, 2, &err), &err);
	assert_contains(err.text, "db.begin_snapshot: a transaction is open already");
	assert_res(RES_OK, db_run(fixture->db, &db_rollback, NULL, NULL, &err), &err);
}

struct bumper {
	struct db *db;
	struct arena *mem;
	int64_t id;
	enum res res;
	struct err err;
};

static void *bump_in_thread(void *context)
{
	struct bumper *bumper = context;
	bumper->res = bump(bumper->db, bumper->mem, bumper->id, &bumper->err);
	return NULL;
}

static void deadlock_costs_one_of_two_a_conflict(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	SCOPED(arena)
	struct arena *mem = arena_create(1 << 20);
	SCOPED(db)
	struct db *other = fixture_session("postgres", failing_statements);
	struct bumper bumper = { .db = other, .mem = mem, .id = 1 };
	pthread_t thread;
	struct db_call mine[] = { { .sql = &db_begin }, call_int8(fixture->mem, &item_bump, 1) };
	struct db_call theirs[] = { { .sql = &db_begin }, call_int8(mem, &item_bump, 2) };
	assert_res(RES_OK, db_round(fixture->db, mine, 2, &err), &err);
	assert_res(RES_OK, db_round(other, theirs, 2, &err), &err);
	assert_int_equal(pthread_create(&thread, NULL, bump_in_thread, &bumper), 0);
	fixture_await("select count(*) from pg_locks where not granted", 1);
	enum res res = bump(fixture->db, fixture->mem, 2, &err);
	/* The winner's row is free once the loser has rolled back. */
	pthread_join(thread, NULL);
	assert_true((res == RES_OK) != (bumper.res == RES_OK));
	assert_res(RES_CONFLICT, res == RES_OK ? bumper.res : res, NULL);
	assert_contains(res == RES_OK ? bumper.err.text : err.text, "[40P01]");
	assert_res(RES_OK,
		db_run(res == RES_OK ? fixture->db : other, &db_commit, NULL, NULL, &err), &err);
	assert_int_equal(fixture_number("select sum(n)::int8 from db_test.item"), 2);
}

static void serialization_failure_is_a_conflict(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	SCOPED(db)
	struct db *other = fixture_session("postgres", failing_statements);
	assert_res(RES_OK,
		db_script(fixture->db,
			"begin isolation level repeatable read; select count(*) from db_test.item",
			&err),
		&err);
	assert_res(RES_OK, bump(other, fixture->mem, 1, &err), &err);
	assert_res(RES_CONFLICT, bump(fixture->db, fixture->mem, 1, &err), &err);
	assert_contains(err.text, "[40001]");
	assert_res(RES_OK, bump(fixture->db, fixture->mem, 1, &err), &err);
}

static void lock_held_too_long_is_a_conflict(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	SCOPED(db)
	struct db *holder = fixture_session("postgres", failing_statements);
	struct db_call hold[] = { { .sql = &db_begin }, call_int8(fixture->mem, &item_bump, 1) };
	assert_res(RES_OK, db_round(holder, hold, 2, &err), &err);
	assert_res(RES_OK, db_script(fixture->db, "set lock_timeout = '20ms'", &err), &err);
	assert_res(RES_CONFLICT, bump(fixture->db, fixture->mem, 1, &err), &err);
	assert_contains(err.text, "[55P03]");
}

static void statement_timeout_is_a_retry(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db *db = NULL;
	struct db_options options = {
		.conninfo = fixture_conninfo("postgres"),
		.statements = failing_statements,
		.statement_timeout = SPAN_MS(50),
	};
	(void)fixture;
	assert_res(RES_OK, db_open(&db, &options, &err), &err);
	enum res res = db_run(db, &sleep_long, NULL, NULL, &err);
	bool is_up = db_is_up(db);
	db_close(db);
	assert_res(RES_RETRY, res, &err);
	assert_contains(err.text, "[57014]");
	assert_true(is_up);
}

static void missing_right_is_denied(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	assert_res(RES_OK,
		db_script(fixture->db,
			"drop role if exists db_test_reader; create role db_test_reader login;"
			"grant connect on database wangli to db_test_reader;"
			"grant usage on schema db_test to db_test_reader",
			&err),
		&err);
	struct db *reader = fixture_session("db_test_reader", fixture_statements);
	enum res res = db_run(reader, &item_count, NULL, NULL, &err);
	db_close(reader);
	struct err ignored;
	assert_res(RES_OK,
		db_script(fixture->db, "drop owned by db_test_reader; drop role db_test_reader",
			&ignored),
		&ignored);
	assert_res(RES_DENIED, res, &err);
	assert_contains(err.text, "permission denied for table item [42501]");
}

static void plan_outdated_by_a_migration_is_a_retry(void **state)
{
	static const struct db_sql whole_row = { "failures.whole_row",
		"select i.id from (table db_test.item) i" };
	static const struct db_sql *const statements[] = { &whole_row, NULL };
	struct fixture *fixture = *state;
	struct err err = { 0 };
	SCOPED(db)
	struct db *db = fixture_session("postgres", statements);
	struct db_result *result = NULL;
	assert_res(RES_OK, db_run(db, &whole_row, NULL, NULL, &err), &err);
	assert_res(RES_OK,
		db_script(fixture->db,
			"alter table db_test.child drop constraint child_has_item;"
			"alter table db_test.item alter column id type int4",
			&err),
		&err);
	assert_res(RES_RETRY, db_run(db, &whole_row, NULL, NULL, &err), &err);
	assert_contains(err.text, "[0A000]");
	assert_res(RES_OK, db_reconnect(db, &err), &err);
	assert_res(RES_OK, db_run(db, &whole_row, NULL, &result, &err), &err);
	assert_int_equal(db_rows(result), 2);
}

static void script_failure_names_the_reason_and_closes_the_transaction(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	assert_res(
		RES_INVALID, db_script(fixture->db, "begin; select 1 / 0; select 2", &err), &err);
	assert_contains(err.text, "statement (script): division by zero [22012]");
	assert_int_equal(PQtransactionStatus(fixture->db->conn), PQTRANS_IDLE);
	assert_res(RES_BUG, db_script(fixture->db, "selekt", &err), &err);
	assert_contains(err.text, "[42601]");
	assert_res(RES_OK, db_run(fixture->db, &item_count, NULL, NULL, &err), &err);
}

static void script_that_copies_drops_the_session(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	assert_res(RES_RETRY, db_script(fixture->db, "copy db_test.item from stdin", &err), &err);
	assert_false(db_is_up(fixture->db));
	assert_res(RES_OK, db_reconnect(fixture->db, &err), &err);
}

#define FAILURE_TEST(name) cmocka_unit_test_setup_teardown(name, failures_up, fixture_down)

int run_failures(void)
{
	const struct CMUnitTest tests[] = {
		FAILURE_TEST(failure_of_a_statement_says_what_to_do),
		FAILURE_TEST(failure_within_a_round_undoes_all_of_it),
		FAILURE_TEST(failure_in_a_later_round_undoes_the_earlier_ones),
		FAILURE_TEST(failure_before_sending_undoes_the_open_transaction),
		FAILURE_TEST(round_without_begin_is_one_transaction_too),
		FAILURE_TEST(round_without_calls_succeeds),
		FAILURE_TEST(commit_of_a_deferred_violation_is_invalid),
		FAILURE_TEST(commit_in_a_failed_transaction_is_a_failure),
		FAILURE_TEST(transaction_words_out_of_place_are_a_bug),
		FAILURE_TEST(deadlock_costs_one_of_two_a_conflict),
		FAILURE_TEST(serialization_failure_is_a_conflict),
		FAILURE_TEST(lock_held_too_long_is_a_conflict),
		FAILURE_TEST(statement_timeout_is_a_retry),
		FAILURE_TEST(missing_right_is_denied),
		FAILURE_TEST(plan_outdated_by_a_migration_is_a_retry),
		FAILURE_TEST(script_failure_names_the_reason_and_closes_the_transaction),
		FAILURE_TEST(script_that_copies_drops_the_session),
	};
	return cmocka_run_group_tests_name("db failures", tests, NULL, NULL);
}

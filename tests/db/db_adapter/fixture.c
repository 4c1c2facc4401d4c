/* The shared part of the adapter's tests. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEM_BYTES     (256 * 1024 * 1024)
#define AWAIT_SECONDS 60
#define CONNINFO_MAX  512

const struct db_sql item_add = { "test.item_add",
	"insert into db_test.item (id, label) values ($1::int8, $2::text)" };
const struct db_sql item_bump = { "test.item_bump",
	"update db_test.item set n = n + 1 where id = $1::int8 returning n" };
const struct db_sql item_count = { "test.item_count", "select count(*) from db_test.item" };
const struct db_sql own_pid = { "test.own_pid", "select pg_backend_pid()" };
const struct db_sql *const fixture_statements[] = { &item_add, &item_bump, &item_count, &own_pid,
	NULL };

static const char schema_text[] =
	"drop schema if exists db_test cascade;"
	"create schema db_test;"
	"create table db_test.item (id int8 primary key, label text not null, n int4 not null "
	"default 0,"
	" constraint label_is_short check (char_length(label) < 40));"
	"create table db_test.child (item_id int8 constraint child_has_item references db_test.item"
	" deferrable initially deferred);"
	"insert into db_test.item (id, label) values (1, 'one'), (2, 'two')";

const char *fixture_conninfo(const char *role)
{
	static char text[CONNINFO_MAX];
	const char *head = getenv("WANGLI_TEST_PG");
	assert_non_null(head); /* run by tests/with_postgres.sh */
	snprintf(text, sizeof(text), "%s user=%s", head, role);
	return text;
}

struct db *fixture_session(const char *role, const struct db_sql *const *statements)
{
	struct err err = { 0 };
	struct db *db = NULL;
	struct db_options options = {
		.conninfo = fixture_conninfo(role),
		.application = "test_db_adapter",
		.statements = statements,
		.statement_timeout = TEST_TIMEOUT,
	};
	assert_res(RES_OK, db_open(&db, &options, &err), &err);
	return db;
}

int fixture_up(void **state)
{
	struct err err = { 0 };
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	assert_non_null(fixture);
	fixture->mem = arena_create(MEM_BYTES);
	assert_non_null(fixture->mem);
	struct db *setup = fixture_session("postgres", NULL);
	assert_res(RES_OK, db_script(setup, schema_text, &err), &err);
	db_close(setup);
	fixture->db = fixture_session("postgres", fixture_statements);
	*state = fixture;
	return 0;
}

int fixture_down(void **state)
{
	struct fixture *fixture = *state;
	db_close(fixture->db);
	arena_destroy(fixture->mem);
	free(fixture);
	return 0;
}

int64_t fixture_number(const char *text)
{
	struct err err = { 0 };
	struct db_sql sql = { "test.number", text };
	const struct db_sql *const statements[] = { &sql, NULL };
	SCOPED(db)
	struct db *db = fixture_session("postgres", statements);
	struct db_result *result = NULL;
	assert_res(RES_OK, db_run(db, &sql, NULL, &result, &err), &err);
	assert_int_equal(db_rows(result), 1);
	return db_get_int(result, 0, 0);
}

void fixture_await(const char *text, int64_t want)
{
	struct err err = { 0 };
	struct db_sql sql = { "test.number", text };
	const struct db_sql *const statements[] = { &sql, NULL };
	SCOPED(db)
	struct db *db = fixture_session("postgres", statements);
	time_t give_up = time(NULL) + AWAIT_SECONDS;
	for (int64_t got = want + 1; got != want;) {
		struct db_result *result = NULL;
		assert_res(RES_OK, db_run(db, &sql, NULL, &result, &err), &err);
		got = db_get_int(result, 0, 0);
		db_release(db);
		assert_true(time(NULL) < give_up);
	}
}

void fixture_assert_res(
	enum res want, enum res got, const struct err *err, const char *file, int line)
{
	if (want == got)
		return;
	print_error("%s:%d: want %s, got %s: %s\n", file, line, res_name(want), res_name(got),
		err ? err->text : "");
	_fail(file, line);
}

void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' does not contain '%s'", text, part);
}

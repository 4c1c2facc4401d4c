/* Sessions that come and go: connecting, what is refused, losing the server at every moment,
 * snapshots, standbys. */
#include "fixture.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "db/db_internal.h"

#define GIVE_UP_SECONDS 60

static const struct db_sql end_self = { "sessions.end_self",
	"select pg_terminate_backend(pg_backend_pid())" };
static const struct db_sql settings = { "sessions.settings",
	"select current_setting(s.name) from unnest($1::text[]) with ordinality s(name, place) "
	"order by s.place" };
static const struct db_sql *const session_statements[] = { &item_add, &item_bump, &item_count,
	&own_pid, &end_self, &settings, NULL };

static int sessions_up(void **state)
{
	fixture_up(state);
	struct fixture *fixture = *state;
	db_close(fixture->db);
	fixture->db = fixture_session("postgres", session_statements);
	return 0;
}

static struct db_call call_add(struct arena *mem, int64_t id)
{
	struct db_call call = { .sql = &item_add };
	db_params_init(&call.params, mem);
	db_param_int8(&call.params, id);
	db_param_text(&call.params, STR("label"));
	return call;
}

static int64_t number(struct db *db, const struct db_sql *sql)
{
	struct err err = { 0 };
	struct db_result *result = NULL;
	assert_res(RES_OK, db_run(db, sql, NULL, &result, &err), &err);
	return db_get_int(result, 0, 0);
}

static void script(struct db *db, const char *text)
{
	struct err err = { 0 };
	assert_res(RES_OK, db_script(db, text, &err), &err);
}

static void session_has_its_limits_and_settings(void **state)
{
	static const struct {
		struct str name;
		const char *want;
	} wanted[] = {
		{ STR_INIT("client_encoding"), "UTF8" },
		{ STR_INIT("TimeZone"), "UTC" },
		{ STR_INIT("default_transaction_isolation"), "read committed" },
		{ STR_INIT("statement_timeout"), "30s" },
		{ STR_INIT("idle_in_transaction_session_timeout"), "10s" },
		{ STR_INIT("lock_timeout"), "12s" },
		{ STR_INIT("application_name"), "test_db_adapter" },
	};
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_result *result = NULL;
	struct db_params params;
	struct str names[sizeof(wanted) / sizeof(wanted[0])];
	size_t n = sizeof(wanted) / sizeof(wanted[0]);
	for (size_t i = 0; i < n; i++)
		names[i] = wanted[i].name;
	db_params_init(&params, fixture->mem);
	db_param_text_array(&params, names, n);
	assert_res(RES_OK, db_run(fixture->db, &settings, &params, &result, &err), &err);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq_c(db_get_str(result, i, 0), wanted[i].want));
}

static void open_says_why_it_cannot(void **state)
{
	static const struct db_sql no_table = { "sessions.no_table",
		"select n from db_test.nowhere" };
	static const struct db_sql no_syntax = { "sessions.no_syntax", "selekt 1" };
	static const struct db_sql no_type = { "sessions.no_type", "select $1::nothing" };
	static const struct {
		const char *conninfo; /* or NULL: that of role */
		const char *role;
		const struct db_sql *sql;
		enum res want;
		const char *text;
	} cases[] = {
		{ "host=/nowhere dbname=x user=y", NULL, NULL, RES_RETRY, "cannot connect" },
		{ "hots=/nowhere", NULL, NULL, RES_INVALID, "\"hots\"" },
		{ NULL, "db_test_nobody", NULL, RES_DENIED, "db_test_nobody" },
		{ NULL, "db_test_nologin", NULL, RES_DENIED, "db_test_nologin" },
		{ NULL, "db_test_stranger", NULL, RES_DENIED, "permission denied for database" },
		{ NULL, "postgres", &no_table, RES_BUG, "statement sessions.no_table: relation" },
		{ NULL, "postgres", &no_syntax, RES_BUG, "statement sessions.no_syntax: syntax" },
		{ NULL, "postgres", &no_type, RES_BUG, "[42704]" },
	};
	struct fixture *fixture = *state;
	script(fixture->db,
		"drop role if exists db_test_nologin; create role db_test_nologin nologin;"
		"drop role if exists db_test_stranger; create role db_test_stranger login");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		struct db *db = NULL;
		const struct db_sql *const statements[] = { cases[i].sql, NULL };
		struct db_options options = { .conninfo = cases[i].conninfo,
			.statements = statements };
		if (options.conninfo == NULL)
			options.conninfo = fixture_conninfo(cases[i].role);
		assert_res(cases[i].want, db_open(&db, &options, &err), &err);
		assert_contains(err.text, cases[i].text);
		assert_null(db);
	}
	script(fixture->db, "drop role db_test_nologin; drop role db_test_stranger");
}

static enum res open_as(const char *role, bool allow_unsafe, struct err *err)
{
	SCOPED(db)
	struct db *db = NULL;
	struct db_options options = { .conninfo = fixture_conninfo(role),
		.allow_unsafe = allow_unsafe };
	return db_open(&db, &options, err);
}

static void open_refuses_a_server_that_may_forget(void **state)
{
	static const struct {
		const char *setting;
		const char *value;
		enum res want;
	} cases[] = {
		{ "synchronous_commit", "off", RES_INVALID },
		{ "synchronous_commit", "local", RES_INVALID },
		{ "synchronous_commit", "remote_write", RES_OK },
		{ "synchronous_commit", "on", RES_OK },
		{ "standard_conforming_strings", "off", RES_INVALID },
	};
	struct fixture *fixture = *state;
	script(fixture->db,
		"drop role if exists db_test_forgetful; create role db_test_forgetful login;"
		"grant connect on database wangli to db_test_forgetful");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		char text[128];
		char want[128];
		snprintf(text, sizeof(text),
			"alter role db_test_forgetful reset all;"
			"alter role db_test_forgetful set %s = %s",
			cases[i].setting, cases[i].value);
		script(fixture->db, text);
		assert_res(cases[i].want, open_as("db_test_forgetful", false, &err), &err);
		assert_res(RES_OK, open_as("db_test_forgetful", true, NULL), NULL);
		if (cases[i].want == RES_OK)
			continue;
		snprintf(want, sizeof(want), "PostgreSQL runs with %s = %s: ", cases[i].setting,
			cases[i].value);
		assert_contains(err.text, want);
		assert_contains(err.text, "set it to on");
	}
	script(fixture->db, "drop owned by db_test_forgetful; drop role db_test_forgetful");
}

static void end_session(struct db *victim)
{
	char text[96];
	snprintf(text, sizeof(text), "select pg_terminate_backend(%d, 30000)::int4",
		PQbackendPID(victim->conn));
	assert_int_equal(fixture_number(text), 1);
}

static void session_ended_between_rounds_is_retried_after_reconnect(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call add = call_add(fixture->mem, 10);
	end_session(fixture->db);
	assert_res(RES_RETRY, db_round(fixture->db, &add, 1, &err), &err);
	assert_contains(err.text, "lost");
	assert_false(db_is_up(fixture->db));
	assert_res(RES_RETRY, db_round(fixture->db, &add, 1, &err), &err);
	assert_contains(err.text, "no connection");
	assert_res(RES_RETRY, db_script(fixture->db, "select 1", &err), &err);

	assert_res(RES_OK, db_reconnect(fixture->db, &err), &err);
	assert_true(db_is_up(fixture->db));
	assert_res(RES_OK, db_round(fixture->db, &add, 1, &err), &err);
	assert_int_equal(number(fixture->db, &item_count), 3);
}

static void session_ended_within_a_transaction_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call calls[] = { { .sql = &db_begin }, call_add(fixture->mem, 10),
		{ .sql = &end_self }, { .sql = &db_commit } };
	assert_res(RES_RETRY, db_round(fixture->db, calls, 4, &err), &err);
	assert_contains(err.text, "[57P01]");
	assert_false(db_is_up(fixture->db));
	assert_null(calls[0].result);
	assert_res(RES_OK, db_reconnect(fixture->db, &err), &err);
	assert_int_equal(number(fixture->db, &item_count), 2);
}

static void session_ended_within_a_script_is_a_retry(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	assert_res(RES_RETRY,
		db_script(fixture->db, "select pg_terminate_backend(pg_backend_pid())", &err),
		&err);
	assert_false(db_is_up(fixture->db));
}

static void reconnect_opens_another_session_and_drops_results(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	int64_t first = number(fixture->db, &own_pid);
	assert_res(RES_OK, db_reconnect(fixture->db, &err), &err);
	assert_null(fixture->db->results);
	assert_true(number(fixture->db, &own_pid) != first);
	char text[96];
	snprintf(text, sizeof(text), "select count(*) from pg_stat_activity where pid = %d",
		(int)first);
	fixture_await(text, 0);
}

/* A port whose owner never says a word. */
static int silent_host_open(int *out_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*out_port = ntohs(at.sin_port);
	return fd;
}

/* The session is gone, and the server that comes first in the list swallows what it is sent. */
static void session_move_behind_a_silent_host(struct db *db, int port)
{
	char text[512];
	const char *folder = strchr(getenv("WANGLI_TEST_PG"), '=') + 1;
	int n = (int)strcspn(folder, " ");
	snprintf(text, sizeof(text), "host=127.0.0.1,%.*s port=%d,5432 dbname=wangli user=postgres",
		n, folder, port);
	free(db->conninfo);
	db->conninfo = strdup(text);
	end_session(db);
	struct err err = { 0 };
	struct db_call none = { .sql = &item_count };
	assert_res(RES_RETRY, db_round(db, &none, 1, &err), &err);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void reconnect_past_a_silent_host_leaves_the_loop_alone(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	enum res res = RES_BUG;
	int port;
	int silent = silent_host_open(&port);
	session_move_behind_a_silent_host(fixture->db, port);
	int64_t begun = now_ms(), longest = 0, turns = 0;
	for (bool is_over = false; !is_over; turns++) {
		int64_t before = now_ms();
		is_over = db_reconnect_turn(fixture->db, &res, &err);
		if (now_ms() - before > longest)
			longest = now_ms() - before;
		assert_true(now_ms() - begun < GIVE_UP_SECONDS * 1000);
		sched_yield();
	}
	int64_t took = now_ms() - begun;
	printf("past a silent host in %lld ms, the loop stood still for at most %lld ms\n",
		(long long)took, (long long)longest);
	close(silent);
	assert_res(RES_OK, res, &err);
	assert_true(turns > 1);
	assert_true(took > 1000);   /* it was asked */
	assert_true(longest < 500); /* nobody waited for it */
	assert_int_equal(number(fixture->db, &item_count), 2);
}

/* Closing waits for the attempt and leaves nothing behind (the leak checker looks). */
static void close_ends_an_attempt_that_is_under_way(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	enum res res = RES_BUG;
	int port;
	int silent = silent_host_open(&port);
	session_move_behind_a_silent_host(fixture->db, port);
	assert_false(db_reconnect_turn(fixture->db, &res, &err));
	db_close(fixture->db);
	fixture->db = NULL;
	close(silent);
}

/* What an operator or a manager does to the old primary; a standby answers with the same. */
static void server_that_takes_no_writes_any_more_is_a_lost_session(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call round[] = { { .sql = &db_begin }, call_add(fixture->mem, 10),
		{ .sql = &db_commit } };
	SCOPED(db)
	struct db *other = fixture_session("postgres", session_statements);
	script(other, "alter system set default_transaction_read_only = on");
	script(other, "select pg_reload_conf()");
	for (time_t give_up = time(NULL) + GIVE_UP_SECONDS; db_is_up(fixture->db);) {
		enum res res = db_round(fixture->db, round, 3, &err);
		assert_true(res == RES_OK || res == RES_RETRY);
		round[1] = call_add(fixture->mem, time(NULL) * 1000 + rand() % 1000);
		assert_true(time(NULL) < give_up);
	}
	assert_contains(err.text, "[25006]");
	assert_res(RES_RETRY, db_reconnect(fixture->db, &err), &err);
	assert_contains(err.text, "session is read-only");
	script(other, "set default_transaction_read_only = off");
	script(other, "alter system reset default_transaction_read_only");
	script(other, "select pg_reload_conf()");
	time_t give_up = time(NULL) + GIVE_UP_SECONDS;
	while (db_reconnect(fixture->db, &err) != RES_OK)
		assert_true(time(NULL) < give_up);
	round[1] = call_add(fixture->mem, 12);
	assert_res(RES_OK, db_round(fixture->db, round, 3, &err), &err);
}

static void snapshot_does_not_see_later_commits_and_cannot_write(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call begin[] = { { .sql = &db_begin_snapshot }, { .sql = &item_count } };
	struct db_call add = call_add(fixture->mem, 10);
	SCOPED(db)
	struct db *other = fixture_session("postgres", session_statements);
	assert_res(RES_OK, db_round(fixture->db, begin, 2, &err), &err);
	assert_int_equal(db_get_int(begin[1].result, 0, 0), 2);
	assert_res(RES_OK, db_round(other, &add, 1, &err), &err);
	assert_int_equal(number(fixture->db, &item_count), 2);
	add = call_add(fixture->mem, 11);
	assert_res(RES_BUG, db_round(fixture->db, &add, 1, &err), &err);
	assert_contains(err.text, "[25006]");
	assert_int_equal(number(fixture->db, &item_count), 3);
}

static void release_frees_results_of_all_rounds(void **state)
{
	struct fixture *fixture = *state;
	for (int i = 0; i < 3; i++)
		number(fixture->db, &item_count);
	assert_non_null(fixture->db->results);
	db_release(fixture->db);
	assert_null(fixture->db->results);
}

struct committer {
	struct db *db;
	struct arena *mem;
	time_t give_up;
	int64_t tries; /* commits that succeeded before the server knew of its standby */
	enum res res;
	struct err err;
};

static void *commit_until_refused(void *context)
{
	struct committer *committer = context;
	for (int64_t id = 100; committer->res == RES_OK && time(NULL) < committer->give_up; id++) {
		struct db_call calls[] = { { .sql = &db_begin }, call_add(committer->mem, id),
			{ .sql = &db_commit } };
		committer->res = db_round(committer->db, calls, 3, &committer->err);
		committer->tries++;
		db_release(committer->db);
		arena_reset(committer->mem);
	}
	return NULL;
}

static const char waits_for_standby[] =
	"select count(*) from pg_stat_activity where wait_event = 'SyncRep'";

/* A standby is named that does not exist: the commit waits for it until somebody cancels the wait,
 * and then stands on this server alone. PostgreSQL says so in a warning and calls it committed; the
 * adapter does not. */
static void commit_without_its_standby_is_in_doubt(void **state)
{
	struct fixture *fixture = *state;
	SCOPED(arena)
	struct arena *mem = arena_create(1 << 20);
	SCOPED(db)
	struct db *db = fixture_session("postgres", session_statements);
	struct committer committer = {
		.db = db, .mem = mem, .give_up = time(NULL) + GIVE_UP_SECONDS
	};
	pthread_t thread;
	script(fixture->db, "alter system set synchronous_standby_names = 'db_test_missing'");
	script(fixture->db, "select pg_reload_conf()");
	assert_int_equal(pthread_create(&thread, NULL, commit_until_refused, &committer), 0);
	fixture_await(waits_for_standby, 1);
	assert_int_equal(
		fixture_number("select count(pg_cancel_backend(pid)) from pg_stat_activity "
			       "where wait_event = 'SyncRep'"),
		1);
	pthread_join(thread, NULL);
	script(fixture->db, "alter system reset synchronous_standby_names");
	script(fixture->db, "select pg_reload_conf()");
	assert_res(RES_RETRY, committer.res, &committer.err);
	assert_contains(committer.err.text, "not confirmed by the standby");
	assert_false(db_is_up(db));
	assert_int_equal(number(fixture->db, &item_count), 2 + committer.tries);
}

/* A server that says nothing: the same wait, and nobody cancels it. */
static void commit_without_an_answer_is_given_up(void **state)
{
	struct fixture *fixture = *state;
	SCOPED(arena)
	struct arena *mem = arena_create(1 << 20);
	SCOPED(db)
	struct db *db = fixture_session("postgres", session_statements);
	struct committer committer = {
		.db = db, .mem = mem, .give_up = time(NULL) + GIVE_UP_SECONDS
	};
	db->statement_timeout = SPAN_MS(10); /* the client's own limit follows from it */
	script(fixture->db, "alter system set synchronous_standby_names = 'db_test_missing'");
	script(fixture->db, "select pg_reload_conf()");
	commit_until_refused(&committer);
	script(fixture->db, "alter system reset synchronous_standby_names");
	script(fixture->db, "select pg_reload_conf()");
	assert_res(RES_RETRY, committer.res, &committer.err);
	assert_false(db_is_up(db));
	fixture_await(waits_for_standby, 0);
}

#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, sessions_up, fixture_down)

int run_sessions(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(session_has_its_limits_and_settings),
		SESSION_TEST(open_says_why_it_cannot),
		SESSION_TEST(open_refuses_a_server_that_may_forget),
		SESSION_TEST(session_ended_between_rounds_is_retried_after_reconnect),
		SESSION_TEST(session_ended_within_a_transaction_leaves_nothing),
		SESSION_TEST(session_ended_within_a_script_is_a_retry),
		SESSION_TEST(reconnect_opens_another_session_and_drops_results),
		SESSION_TEST(reconnect_past_a_silent_host_leaves_the_loop_alone),
		SESSION_TEST(close_ends_an_attempt_that_is_under_way),
		SESSION_TEST(server_that_takes_no_writes_any_more_is_a_lost_session),
		SESSION_TEST(snapshot_does_not_see_later_commits_and_cannot_write),
		SESSION_TEST(release_frees_results_of_all_rounds),
		SESSION_TEST(commit_without_its_standby_is_in_doubt),
		SESSION_TEST(commit_without_an_answer_is_given_up),
	};
	return cmocka_run_group_tests_name("db sessions", tests, NULL, NULL);
}

/* Allowed for tools that read, refused for all others. */
static void open_refuses_the_servers_setting(void **state)
{
	const char *setting = *state;
	struct err err = { 0 };
	assert_res(RES_INVALID, open_as("postgres", false, &err), &err);
	assert_contains(err.text, "PostgreSQL runs with ");
	assert_contains(err.text, setting);
	assert_contains(err.text, " = off: a crash could ");
	assert_res(RES_OK, open_as("postgres", true, &err), &err);
}

int run_refusal(const char *setting)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(open_refuses_the_servers_setting, (void *)setting),
	};
	return cmocka_run_group_tests_name("db refusal", tests, NULL, NULL);
}

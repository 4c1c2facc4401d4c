/* What the tests of the database adapter share: sessions as any role of the test server, a schema
 * of their own. */
#ifndef WL_TESTS_DB_ADAPTER_FIXTURE_H
#define WL_TESTS_DB_ADAPTER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/db.h"

#define TEST_TIMEOUT SPAN_S(30)

struct fixture {
	struct db *db; /* superuser, all of fixture_statements */
	struct arena *mem;
};

/* The suites; each gives the number of failed tests. */
int run_types(void);
int run_rows(void);
int run_failures(void);
int run_sessions(void);
int run_refusal(const char *setting);

/* cmocka's set-up and tear-down of one test: a fresh schema db_test with the tables item(id, label,
 * n) and child. */
int fixture_up(void **state);
int fixture_down(void **state);

/* The connection string of a role; static memory, overwritten by the next call. */
const char *fixture_conninfo(const char *role);
/* One more session; fails the test when it cannot be had. */
struct db *fixture_session(const char *role, const struct db_sql *const *statements);
/* A number from a session of its own, by text that is not prepared. */
int64_t fixture_number(const char *text);
/* Runs fixture_number until it gives `want`; for states of the server that nobody announces. */
void fixture_await(const char *text, int64_t want);

#define assert_res(want, got, err) fixture_assert_res((want), (got), (err), __FILE__, __LINE__)
void fixture_assert_res(
	enum res want, enum res got, const struct err *err, const char *file, int line);
void assert_contains(const char *text, const char *part);

/* Statements on db_test.item. */
extern const struct db_sql item_add;  /* $1 id, $2 label */
extern const struct db_sql item_bump; /* $1 id: n + 1 */
extern const struct db_sql item_count;
extern const struct db_sql own_pid;
extern const struct db_sql *const fixture_statements[];

#endif

/* What the system under test used and wrote: snapshots of PostgreSQL's counters, of the services'
 * own (GET /health) and of the processor time of each process. The difference of two snapshots is
 * what happened between them. */
#ifndef WL_BENCH_BENCH_LEDGER_H
#define WL_BENCH_BENCH_LEDGER_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/scoped.h"
#include "bench.h"
#include "db/db.h"

enum ledger_schema {
	LEDGER_INTAKE,
	LEDGER_DISPATCH,
	LEDGER_REPLY,
	LEDGER_FOLLOWUP,
	LEDGER_ANALYTICS,
	LEDGER_SCHEMAS
};
extern const char *const ledger_schema_names[LEDGER_SCHEMAS];

enum { /* processor time by process: the five services, then these */
	LEDGER_BUS = LEDGER_SCHEMAS,
	LEDGER_EDGE,
	LEDGER_POSTGRES_INTAKE,
	LEDGER_POSTGRES_DISPATCH,
	LEDGER_POSTGRES_REPLY,
	LEDGER_POSTGRES_FOLLOWUP,
	LEDGER_POSTGRES_ANALYTICS,
	LEDGER_POSTGRES_OTHER, /* checkpointer, writers, vacuum, sessions of nobody above */
	LEDGER_GENERATOR,
	LEDGER_PROCESSES
};
extern const char *const ledger_process_names[LEDGER_PROCESSES];

enum ledger_count { /* what GET /health counts */
	LEDGER_BATCHES,
	LEDGER_MESSAGES,
	LEDGER_DUPLICATES,
	LEDGER_GAPS,
	LEDGER_RESENT,
	LEDGER_REPEATED,
	LEDGER_LOSERS,
	LEDGER_COUNTS
};
extern const char *const ledger_count_names[LEDGER_COUNTS];

struct ledger_side { /* of one schema and its service */
	int64_t inserted;
	int64_t updated;
	int64_t deleted;
	int64_t hot;
	int64_t bytes;
	int64_t counts[LEDGER_COUNTS]; /* the service's own */
};

struct ledger_page {
	struct ledger_side sides[LEDGER_SCHEMAS];
	int64_t cpu_us[LEDGER_PROCESSES];
	int64_t wal_bytes;
};

struct ledger;
/* Sessions as superuser on the system's database. */
enum res ledger_open(
	struct ledger **out, const struct bench_options *options, struct err *err) must_check;
void ledger_close(struct ledger *ledger);
SCOPED_DEFINE(ledger, struct ledger *, ledger_close)

/* Reads all of it. Counters of PostgreSQL come late: waits until they stand still. */
enum res ledger_read(struct ledger *ledger, struct ledger_page *out, struct err *err) must_check;
/* into += to - from */
void ledger_add(
	struct ledger_page *into, const struct ledger_page *from, const struct ledger_page *to);

/* One of bench.sql's statements with at most one text; rows until ledger_release. */
enum res ledger_ask(struct ledger *ledger, const struct db_sql *sql, const char *text,
	struct db_result **out, struct err *err) must_check;
enum res ledger_count(struct ledger *ledger, const struct db_sql *sql, const char *text,
	int64_t *out, struct err *err) must_check;
void ledger_release(struct ledger *ledger);
/* The process of a service, as its supervisor knows it; 0: none. */
pid_t ledger_pid(const struct ledger *ledger, const char *service);
/* Services read their reference data again. */
enum res ledger_reload(struct ledger *ledger, struct err *err) must_check;
/* Statistics for the planner, as a system that has run for a while has them. */
enum res ledger_analyse(struct ledger *ledger, struct err *err) must_check;

#endif

/* The limit programs: what bare libpq does on the same server with the same rows, and nothing else.
 * Fixed by docs/performance.md; what we measure is told as a share of these.
 *   intake     a case row with three secondary indexes and 120 Chinese characters, and an outbox
 *              row; unnest, 500 a transaction, 2 connections
 *   lifecycle  16 row writes and 4 deletes of a whole life in 9 commits, 500 lives a batch,
 *              2 connections, analysed tables */
#ifndef WL_BENCH_BENCH_LIMIT_H
#define WL_BENCH_BENCH_LIMIT_H

#include "base/err.h"
#include "base/instant.h"
#include "base/scoped.h"

enum limit_kind { LIMIT_INTAKE, LIMIT_LIFECYCLE };

struct limit;
/* conninfo: of a role that may create databases; makes a database of its own there, fills its
 * tables a little and analyses them. */
enum res limit_open(
	struct limit **out, const char *conninfo, enum limit_kind kind, struct err *err) must_check;
/* Runs for that long. *out_a_second: cases that were committed. */
enum res limit_run(
	struct limit *limit, struct span length, double *out_a_second, struct err *err) must_check;
/* Drops the database. */
void limit_close(struct limit *limit);
SCOPED_DEFINE(limit, struct limit *, limit_close)

#endif

/* Whole lives of cases, made by one event-driven process that is everybody outside the system: the
 * citizens with their channel's SDK client at the door, and the staff on the bus, as sender cli.
 * It keeps a number of cases under way; each person acts as soon as the step before is done, and
 * asks again when told BUSY. */
#ifndef WL_BENCH_BENCH_LIVES_H
#define WL_BENCH_BENCH_LIVES_H

#include "base/err.h"
#include "bench.h"
#include "bench_core.h"
#include "bench_ledger.h"

struct lives_plan {
	const char *prefix; /* of the letters' names; new for each run */
	int64_t in_flight;
	int64_t most;	    /* cases; 0: as many as the time allows */
	struct span length; /* no new letters after it */
};

struct lives_seen {
	struct bench_slots closed;
	struct bench_hist whole; /* from the letter's submission to its end */
	int64_t submitted;
	int64_t ended;
	int64_t commands; /* sent, with those sent again */
	int64_t busy;	  /* told to ask again */
	int64_t silent;	  /* asked again after silence */
};

struct lives;
void lives_open(struct lives **out, const struct bench_options *options, struct ledger *ledger);
/* One run; returns when every case that was begun has ended and no marker stands. The first run
 * also learns which unit gets which letters. */
enum res lives_run(struct lives *lives, const struct lives_plan *plan, struct lives_seen *out,
	struct err *err) must_check;
void lives_close(struct lives *lives);
SCOPED_DEFINE(lives, struct lives *, lives_close)

#endif

/* Load on the door: processes with an SDK client each, as integrators are. They write what they
 * see into memory that is shared with us; a letter counts when its receipt is there. */
#ifndef WL_BENCH_BENCH_LOAD_H
#define WL_BENCH_BENCH_LOAD_H

#include "base/err.h"
#include "bench.h"
#include "bench_core.h"

#define LOAD_CLIENTS_MAX 8
#define LOAD_OFFERED_MAX 200000 /* letters whose time of submission is kept */

struct load_plan {
	const char *prefix; /* of the letters' names; new for each run */
	int64_t clients;
	int64_t window; /* letters under way a client */
	int64_t rate;	/* letters a second in all; 0: as many as the window allows */
	int64_t most;	/* letters a client; 0: no limit */
	struct span length;
	/* of each client, with its key in the data folder; NULL: all are BENCH_CHANNEL */
	const char *const *channels;
};

struct load_seen {
	struct bench_slots receipts;
	struct bench_hist waits; /* from when a letter was due to its receipt */
	int64_t submitted;
	int64_t received;
	int64_t refused;
	int64_t repeats; /* receipts of letters that the platform says it had before */
	/* real time at which letter n was due, [n - 1]; of a load with a rate and one client */
	int64_t due_us[LOAD_OFFERED_MAX];
};

struct load;
/* Starts the processes and waits until all are known at the door. */
enum res load_open(struct load **out, const struct bench_options *options,
	const struct load_plan *plan, struct err *err) must_check;
/* Lets them go; returns when each has its answers. *out: all of them together; lives until
 * load_close. */
enum res load_run(struct load *load, const struct load_seen **out, struct err *err) must_check;
/* Client i alone (from 0), after load_run; lives until load_close. */
const struct load_seen *load_seen_of(const struct load *load, int64_t i);
void load_close(struct load *load); /* ends what still runs */
SCOPED_DEFINE(load, struct load *, load_close)

#endif

/* The arithmetic of measuring, and the rule that says which run counts. Pure: of its arguments. */
#ifndef WL_BENCH_BENCH_CORE_H
#define WL_BENCH_BENCH_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- times: a histogram of microseconds, exact to 1.6 % --- */

#define HIST_SUB_BITS 6
#define HIST_BUCKETS  ((64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct bench_hist { /* zeroed memory is an empty one; may lie in shared memory */
	uint64_t n;
	uint32_t counts[HIST_BUCKETS];
};
void bench_hist_add(struct bench_hist *hist, int64_t us); /* negative counts as 0 */
void bench_hist_merge(struct bench_hist *into, const struct bench_hist *from);
/* Nearest rank: the least time that at least permille/1000 of all do not exceed; the upper border
 * of its bucket. 0: there is none. */
int64_t bench_hist_at(const struct bench_hist *hist, int permille);

/* --- rates: what ended in each slot of a run --- */

#define SLOT_MS	  100
#define SLOTS_MAX 1200 /* two minutes */

struct bench_slots {
	uint32_t counts[SLOTS_MAX];
};
void bench_slots_add(struct bench_slots *slots, int64_t us_since_start); /* outside: ignored */
void bench_slots_merge(struct bench_slots *into, const struct bench_slots *from);
/* A second, over the slots [from_ms, to_ms). */
double bench_slots_rate(const struct bench_slots *slots, int64_t from_ms, int64_t to_ms);

/* --- rounds --- */

#define ROUNDS_MAX 15

struct bench_rounds {
	double values[ROUNDS_MAX];
	size_t n;
};
void bench_rounds_add(struct bench_rounds *rounds, double value); /* more than fit: ignored */
double bench_median(const struct bench_rounds *rounds);		  /* 0: there is none */
double bench_ratio(double figure, double limit);		  /* 0 when there is no limit */

/* --- the rule (docs/performance.md) --- */

#define PAGE_INTAKE	 55600.0 /* a second: rows with an outbox row, 500 a transaction */
#define PAGE_LIFECYCLE	 10200.0 /* whole lives a second, 500 a batch */
#define PAGE_FLUSHES	 7500.0	 /* a second, of the machine that the page was measured on */
#define PAGE_LEAST_SHARE 0.7

/* The limit that this machine must reach at least for the run to count: 70 % of the page's, scaled
 * by how fast it flushes. A disk that flushes faster does not make a processor faster, so the scale
 * ends at 1. */
double bench_limit_least(double page, double flushes);
bool bench_is_valid(double limit, double page, double flushes);

#endif

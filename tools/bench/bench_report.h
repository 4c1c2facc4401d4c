/* What both benches say in the same way. */
#ifndef WL_BENCH_BENCH_REPORT_H
#define WL_BENCH_BENCH_REPORT_H

#include "bench.h"
#include "bench_core.h"
#include "bench_ledger.h"
#include "json/json.h"

struct report_limit {
	const char *name; /* "intake" */
	struct bench_rounds rounds;
	double page;
	double flushes;	   /* a second, measured in this run */
	double others_pct; /* of the machine, that others were busy with before it */
};

/* One document that begins with what was run; the caller adds and prints it. */
struct json *report_begin(const char *bench, const struct bench_options *options);
/* Looks at the machine while the system rests: flushes_a_second, others_busy_pct. */
enum res report_machine(struct report_limit *limit, const struct bench_options *options,
	struct err *err) must_check;
/* "limit": {…}, "is_valid", and why not; also in words. false: the run does not count. */
bool report_limit(
	struct json *json, const struct bench_options *options, const struct report_limit *limit);
/* {"a_second": …, "ratio": …, "rounds": […]} under that name. */
void report_rate(struct json *json, const struct bench_options *options, const char *name,
	const char *words, const struct bench_rounds *rounds, double limit);
/* Processor, rows, bytes, batches a case. */
void report_ledger(struct json *json, const struct bench_options *options,
	const struct ledger_page *page, int64_t cases);
void report_end(struct arena *mem, struct json *json, const struct bench_options *options);

#endif

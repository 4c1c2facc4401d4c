/* wangli-bench: what the system does a second, told as a share of what bare libpq does on the same
 * server in the same run. docs/performance.md says what is measured and why so. */
#ifndef WL_BENCH_BENCH_H
#define WL_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"

#define BENCH_CHANNEL "bench" /* whose key the clients use */

struct bench_options {
	bool is_json;
	bool is_auto;	     /* lifecycle: the system takes every step */
	bool has_statements; /* lifecycle: where the database's time goes, by statement */
	int64_t rounds;
	int64_t seconds;       /* of one round's steady part */
	int64_t limit_seconds; /* of one round of the limit program */
	int64_t clients;       /* intake: processes that submit */
	int64_t window;	       /* intake: letters under way a client */
	int64_t rate;	       /* intake: letters a second, offered */
	int64_t quota;	       /* flood: letters a second that the flooder may hand in */
	int64_t times;	       /* flood: of its quota, that it sends */
	bool is_strict;	       /* flood: a ratio over its bound is exit code 1 */
	int64_t in_flight;     /* lifecycle: cases under way */
	int64_t cases;	       /* most cases a round; 0: as many as the time allows */
	const char *data;      /* the temporary system's folder */
	const char *run;       /* its sockets */
	const volatile bool *is_interrupted;
};

/* Both print their figures. *out_is_valid: the limit program reached what this machine must reach,
 * and the system's books agree with what was submitted. */
enum res bench_intake(struct arena *mem, const struct bench_options *options, bool *out_is_valid,
	struct err *err) must_check;
enum res bench_lifecycle(struct arena *mem, const struct bench_options *options, bool *out_is_valid,
	struct err *err) must_check;

/* *out_is_valid: every receipt is one case, and, when strict, nobody feels the flood beyond bounds.
 */
enum res bench_flood(struct arena *mem, const struct bench_options *options, bool *out_is_valid,
	struct err *err) must_check;

#endif

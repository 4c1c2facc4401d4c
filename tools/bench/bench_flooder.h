/* The flooder: a process with a raw socket that sends at its rate, whatever it is told. It has the
 * lowest priority, since in life it burns the processors of another machine. */
#ifndef WL_BENCH_BENCH_FLOODER_H
#define WL_BENCH_BENCH_FLOODER_H

#include "base/err.h"
#include "base/scoped.h"
#include "bench.h"

#define FLOOD_CHANNEL "flood"

struct flood_seen {
	int64_t sent;
	int64_t received; /* receipts, not repeats: each letter is sent once */
	int64_t busy;	  /* refusals with BUSY */
	int64_t others;	  /* other answers, which should not be */
	int64_t length_us;
};

struct flooder;
/* Starts it under this prefix of its letters' names; returns when its bucket is empty. */
enum res flooder_open(struct flooder **out, const struct bench_options *options, const char *prefix,
	struct err *err) must_check;
/* Ends the flood; returns when the last receipts are there. */
enum res flooder_end(struct flooder *flooder, struct flood_seen *out, struct err *err) must_check;
void flooder_close(struct flooder *flooder);
SCOPED_DEFINE(flooder, struct flooder *, flooder_close)

#endif

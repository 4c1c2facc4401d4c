/* wangli-history's two halves: a client that loads the system and writes down what it was told, and
 * the proof, afterwards, that the database agrees. */
#ifndef WL_HISTORY_HISTORY_H
#define WL_HISTORY_HISTORY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct history_options {
	const char *folder; /* of the spool and the history */
	const char *channel;
	const char *prefix; /* of the letters' ids */
	uint64_t seed;
	int64_t count;	  /* letters; 0: as many as the time allows */
	int64_t seconds;  /* 0: until count is reached */
	int64_t rate;	  /* letters a second; 0: as fast as answers come */
	int64_t patience; /* seconds that answers are waited for after an interruption */
	bool is_json;
	const volatile bool *is_interrupted;
};

/* Loads until count, seconds or an interruption, then waits for the answers that are missing. Run
 * again with the same options it goes on where it was. */
enum res history_run(
	struct arena *mem, const struct history_options *options, struct err *err) must_check;
/* *out_holds: the database agrees with the history. */
enum res history_verify(struct arena *mem, const struct history_options *options, bool *out_holds,
	struct err *err) must_check;

#endif

/* How many letters a source may hand in: a bucket of tokens, filled at a rate, emptied by letters.
 * Pure: time is given in and is monotonic; should it jump all the same, nothing is given away. */
#ifndef WL_EDGE_QUOTA_CORE_H
#define WL_EDGE_QUOTA_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

#define EDGE_QUOTA_MOST 1000000 /* of both figures: beyond it nothing is limited in earnest */

struct edge_quota {
	int32_t per_s; /* letters a second; 0: what the door gives to all */
	int32_t burst; /* how many at once; 0 with a rate: as many as a second gives */
};

/* What holds for a source: its own figures, or the door's; both at least 1. */
struct edge_quota edge_quota_of(struct edge_quota own, struct edge_quota fallback);

struct edge_bucket {
	struct instant filled_at; /* none: new, and so full */
	struct edge_quota quota;  /* by which it was filled last */
	int64_t micro;		  /* tokens, in millionths */
};

/* Takes a token for one letter. false: there is none; out_retry_ms says when there will be one, at
 * least 1. quota: as edge_quota_of gives it; another one than last time holds from now on, what was
 * earned before was earned by the old rate, and nobody keeps more than the new burst. */
bool edge_bucket_take(struct edge_bucket *bucket, struct edge_quota quota, struct instant now,
	int32_t *out_retry_ms);

#endif

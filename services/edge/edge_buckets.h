/* The bucket of each source: all keys of a source draw from one. Bounded by the sources that the
 * snapshots of this life named; forgotten with it, so a new door begins with full buckets. */
#ifndef WL_EDGE_BUCKETS_H
#define WL_EDGE_BUCKETS_H

#include "base/str.h"
#include "edge_quota_core.h"

struct edge_buckets;
struct edge_buckets *edge_buckets_create(struct edge_quota fallback);
void edge_buckets_destroy(struct edge_buckets *buckets);

/* As edge_bucket_take, and counts what is refused. own: of the source, as the snapshot has it. */
bool edge_buckets_take(struct edge_buckets *buckets, struct str source, struct edge_quota own,
	struct instant now, int32_t *out_retry_ms);
/* Every source that was refused something, with how often. */
void edge_buckets_refused(const struct edge_buckets *buckets,
	void (*each)(void *arg, struct str source, int64_t refused), void *arg);

#endif

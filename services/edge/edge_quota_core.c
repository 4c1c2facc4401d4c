/* The bucket of tokens. A rate of n a second is n millionths of a token a microsecond. */
#include "edge_quota_core.h"

#define TOKEN INT64_C(1000000)

static int32_t within(int32_t figure)
{
	if (figure < 1)
		return 1;
	return figure > EDGE_QUOTA_MOST ? EDGE_QUOTA_MOST : figure;
}

struct edge_quota edge_quota_of(struct edge_quota own, struct edge_quota fallback)
{
	struct edge_quota quota = own.per_s > 0 ? own : fallback;

	quota.per_s = within(quota.per_s);
	quota.burst = quota.burst > 0 ? within(quota.burst) : quota.per_s;
	return quota;
}

static void fill(struct edge_bucket *bucket, struct instant now)
{
	int64_t most = bucket->quota.burst * TOKEN;
	int64_t missing = most - bucket->micro;
	int64_t elapsed = instant_since(now, bucket->filled_at).us;

	bucket->filled_at = now;
	if (elapsed <= 0)
		return;
	/* compared by division: the product of a long time and a high rate has no room */
	if (elapsed > missing / bucket->quota.per_s)
		bucket->micro = most;
	else
		bucket->micro += elapsed * bucket->quota.per_s;
}

bool edge_bucket_take(struct edge_bucket *bucket, struct edge_quota quota, struct instant now,
	int32_t *out_retry_ms)
{
	int64_t most = quota.burst * TOKEN;
	int64_t wait_us;

	if (instant_is_none(bucket->filled_at))
		*bucket = (struct edge_bucket){ now, quota, most };
	else
		fill(bucket, now);
	bucket->quota = quota;
	if (bucket->micro > most)
		bucket->micro = most;
	if (bucket->micro >= TOKEN) {
		bucket->micro -= TOKEN;
		return true;
	}
	wait_us = (TOKEN - bucket->micro + quota.per_s - 1) / quota.per_s;
	*out_retry_ms = (int32_t)((wait_us + 999) / 1000);
	return false;
}

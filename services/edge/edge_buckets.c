/* A map from source to bucket. */
#include "edge_buckets.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/map.h"

struct source {
	struct edge_bucket bucket;
	int64_t refused;
};

struct edge_buckets {
	struct map *by_source;
	struct edge_quota fallback;
};

struct edge_buckets *edge_buckets_create(struct edge_quota fallback)
{
	struct edge_buckets *buckets = calloc(1, sizeof(*buckets));

	CHECK(buckets != NULL);
	buckets->by_source = map_create();
	buckets->fallback = fallback;
	return buckets;
}

static bool source_free(void *arg, struct str name, void *value)
{
	(void)arg;
	(void)name;
	free(value);
	return true;
}

void edge_buckets_destroy(struct edge_buckets *buckets)
{
	if (buckets == NULL)
		return;
	map_walk(buckets->by_source, source_free, NULL);
	map_destroy(buckets->by_source);
	free(buckets);
}

static struct source *source_get(struct edge_buckets *buckets, struct str name)
{
	struct source *source = map_get(buckets->by_source, name);

	if (source != NULL)
		return source;
	source = calloc(1, sizeof(*source));
	CHECK(source != NULL);
	source->bucket.filled_at = INSTANT_NONE;
	map_put(buckets->by_source, name, source);
	return source;
}

bool edge_buckets_take(struct edge_buckets *buckets, struct str name, struct edge_quota own,
	struct instant now, int32_t *out_retry_ms)
{
	struct source *source = source_get(buckets, name);
	struct edge_quota quota = edge_quota_of(own, buckets->fallback);

	if (edge_bucket_take(&source->bucket, quota, now, out_retry_ms))
		return true;
	source->refused++;
	return false;
}

struct walk {
	void (*each)(void *arg, struct str source, int64_t refused);
	void *arg;
};

static bool source_tell(void *arg, struct str name, void *value)
{
	const struct walk *walk = arg;
	const struct source *source = value;

	if (source->refused > 0)
		walk->each(walk->arg, name, source->refused);
	return true;
}

void edge_buckets_refused(const struct edge_buckets *buckets,
	void (*each)(void *arg, struct str source, int64_t refused), void *arg)
{
	struct walk walk = { each, arg };

	map_walk(buckets->by_source, source_tell, &walk);
}

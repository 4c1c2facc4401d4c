/* A map from name to source. */
#include "edge_sources.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/map.h"

struct edge_sources {
	struct map *by_name;
};

struct edge_sources *edge_sources_create(void)
{
	struct edge_sources *sources = calloc(1, sizeof(*sources));

	CHECK(sources != NULL);
	sources->by_name = map_create();
	return sources;
}

static bool source_free(void *arg, struct str name, void *value)
{
	(void)arg;
	(void)name;
	free(value);
	return true;
}

void edge_sources_destroy(struct edge_sources *sources)
{
	if (sources == NULL)
		return;
	map_walk(sources->by_name, source_free, NULL);
	map_destroy(sources->by_name);
	free(sources);
}

struct edge_source *edge_sources_get(struct edge_sources *sources, struct str name)
{
	struct edge_source *source = map_get(sources->by_name, name);

	if (source != NULL)
		return source;
	source = calloc(1, sizeof(*source));
	CHECK(source != NULL);
	snprintf(source->name, sizeof(source->name), "%.*s", STR_ARG(name));
	source->bucket.filled_at = INSTANT_NONE;
	edge_manners_init(&source->manners);
	map_put(sources->by_name, name, source);
	return source;
}

struct walk {
	void (*each)(void *arg, struct str name, const struct edge_source *source);
	void *arg;
};

static bool source_tell(void *arg, struct str name, void *value)
{
	const struct walk *walk = arg;

	walk->each(walk->arg, name, value);
	return true;
}

void edge_sources_each(const struct edge_sources *sources,
	void (*each)(void *arg, struct str name, const struct edge_source *source), void *arg)
{
	struct walk walk = { each, arg };

	map_walk(sources->by_name, source_tell, &walk);
}

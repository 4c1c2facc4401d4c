/* What the door holds of each source, whatever key or connection it comes by: its bucket of tokens,
 * its letters under way, its manners. Bounded by the sources that the snapshots of this life named;
 * forgotten with it, so a new door begins with full buckets. */
#ifndef WL_EDGE_SOURCES_H
#define WL_EDGE_SOURCES_H

#include "base/str.h"
#include "edge_manners_core.h"
#include "edge_quota_core.h"
#include "edge_share_core.h"

#define EDGE_SOURCE_NAME 64

struct edge_source {
	char name[EDGE_SOURCE_NAME + 1];
	struct edge_bucket bucket;
	struct edge_account account;
	struct edge_manners manners;
	int64_t passed;	    /* letters sent to intake */
	int64_t over_quota; /* refused: no token */
	int64_t over_share; /* refused: it has its share under way */
	int64_t early;	    /* refused before the time that it had been told */
	int64_t unanswered; /* of those: without a word */
};

struct edge_sources;
struct edge_sources *edge_sources_create(void);
void edge_sources_destroy(struct edge_sources *sources);

/* Made when it is new; lives as long as the table. */
struct edge_source *edge_sources_get(struct edge_sources *sources, struct str name);
void edge_sources_each(const struct edge_sources *sources,
	void (*each)(void *arg, struct str name, const struct edge_source *source), void *arg);

#endif

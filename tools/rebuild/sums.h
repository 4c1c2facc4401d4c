/* The roll-ups in memory while a projection is made anew: what all cases so far add up to. */
#ifndef WL_TOOLS_REBUILD_SUMS_H
#define WL_TOOLS_REBUILD_SUMS_H

#include "analytics/analytics_store.h"
#include "base/scoped.h"

struct sums;
struct sums *sums_create(void);
void sums_destroy(struct sums *sums);
SCOPED_DEFINE(sums, struct sums *, sums_destroy)

/* A case's row becomes another one; NULL: there is none. */
void sums_move(
	struct sums *sums, const struct analytics_case *before, const struct analytics_case *after);

/* Tells what stands in the live tables (a name, three numbers; cells have one). */
void sums_expect(struct sums *sums, const struct analytics_delta *cell);
void sums_expect_figure(struct sums *sums, const struct analytics_change *figure);
/* Calls `tell` for each sum that is not what was expected; all is unexpected again afterwards.
 * Returns how many. */
size_t sums_compare(
	struct sums *sums, void (*tell)(void *arg, const char *name, const char *what), void *arg);
size_t sums_count(const struct sums *sums);

/* Gives rows by which the stored tables must change since the last call, at most `room` of each
 * kind; false: there were none. */
bool sums_take(struct sums *sums, struct analytics_cell_row *cells, size_t *n_cells,
	struct analytics_figure_row *figures, size_t *n_figures, size_t room);

#endif

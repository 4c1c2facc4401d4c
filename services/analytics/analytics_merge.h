/* The changes of a batch, added up by cell before they travel: a life of two dozen events moves a
 * case through many cells and back, and a thousand cases move through the same ones. */
#ifndef WL_ANALYTICS_MERGE_H
#define WL_ANALYTICS_MERGE_H

#include "base/arena.h"

/* rows: pointers to struct analytics_cell_row (or _figure_row); they stay as they are. What cancels
 * out is left out. Returns how many of rows are left, pointing at new ones. With memory out (the
 * arena is marked) they are as they were. */
size_t analytics_merge_cells(struct arena *mem, void **rows, size_t n);
size_t analytics_merge_figures(struct arena *mem, void **rows, size_t n);

#endif

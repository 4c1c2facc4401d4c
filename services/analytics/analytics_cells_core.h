/* What a case adds to the roll-ups. Pure: base only.
 * A cell is a sum over cases; what one case counts for is a function of its row alone, so what an
 * event changes is the difference of two rows, and the cells can be made again from the rows in any
 * order. cell    how many of the cases received on a day have that key: channel, unit, state, place
 * (category and area) figure  numerator, denominator and exclusions of a figure by day and unit:
 * analytics_figures.def */
#ifndef WL_ANALYTICS_CELLS_CORE_H
#define WL_ANALYTICS_CELLS_CORE_H

#include "analytics_core.h"

enum analytics_figure {
#define FIGURE(code, ...) ANALYTICS_##code,
#define DERIVED(code, ...)
#include "analytics_figures.def"
#undef FIGURE
#undef DERIVED
	ANALYTICS_FIGURES
};
struct str analytics_figure_code(enum analytics_figure figure);

#define ANALYTICS_DIMS 4
#define ANALYTICS_DELTAS_MAX                                                                       \
	(2 * ANALYTICS_DIMS) /* of one event: a cell less and a cell more in each dimension */
#define ANALYTICS_CHANGES_MAX (2 * ANALYTICS_FIGURES)

/* One change of a count. Texts borrow from the rows. */
struct analytics_delta {
	int32_t day;
	struct str dim;
	struct str key; /* "" while the case's is not known yet */
	struct str sub; /* place: the area; "" elsewhere */
	int64_t n;
};

struct analytics_tally {
	int64_t num;
	int64_t den;
	int64_t excl;
};

/* One change of a figure. */
struct analytics_change {
	int32_t day;
	struct str unit; /* "" where units are not told apart */
	struct str code;
	struct analytics_tally by;
};

/* What the counts must change by when a row changes. A case counts once its day of receipt is
 * known: one in each dimension. Returns how many of out are filled. before: NULL for a row that did
 * not count at all; after likewise. */
size_t analytics_deltas(const struct analytics_case *before, const struct analytics_case *after,
	struct analytics_delta out[ANALYTICS_DELTAS_MAX]);

/* The same for the figures. A case counts in a figure once the time that dates it is known. */
size_t analytics_changes(const struct analytics_case *before, const struct analytics_case *after,
	struct analytics_change out[ANALYTICS_CHANGES_MAX]);

#endif

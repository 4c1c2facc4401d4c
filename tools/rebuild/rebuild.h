/* The projection of analytics made anew beside the live one, compared with it, and put in its
 * place, while the system runs. 1  a shadow of the tables in a schema of its own; what an earlier
 * run left goes 2  a pass in one snapshot: every case is folded from the journals as far as its row
 * has heard, compared with the row, written to the shadow; then the cells are compared 3  catching
 * up: the same for the cases that have heard more since, until few are left 4  once more with the
 * tables locked for writing, then the exchange, all in one transaction Killed at any moment:
 * nothing of the live tables has changed, the next run removes the shadow. */
#ifndef WL_TOOLS_REBUILD_REBUILD_H
#define WL_TOOLS_REBUILD_REBUILD_H

#include "base/arena.h"
#include "base/err.h"

#define REBUILD_SHOWN 20

struct rebuild_offence {
	struct str id; /* a case, or the name of a cell */
	struct str what;
};

struct rebuild_report {
	int64_t cases;
	int64_t n_differing; /* rows that were not what the journals say */
	int64_t cells;
	int64_t n_cells_differing;
	int64_t passes;
	int64_t locked_ms; /* how long the service could not write */
	bool is_swapped;
	struct rebuild_offence offences[REBUILD_SHOWN]; /* the first ones */
	size_t n_shown;
};

/* conninfo: as the cluster's superuser. Texts of the report live in mem. */
enum res rebuild_run(struct arena *mem, const char *conninfo, bool is_compare_only,
	struct rebuild_report *out, struct err *err) must_check;

#endif

/* Where the import stands, for people: a bar on a terminal, a plain line every few seconds
 * elsewhere; on standard error. */
#ifndef WL_IMPORT_IMPORT_PROGRESS_H
#define WL_IMPORT_IMPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/instant.h"

struct progress;
struct progress *progress_create(bool is_quiet);
void progress_destroy(struct progress *progress); /* ends the bar's line */

struct progress_state {
	size_t done; /* receipts */
	size_t of;
	size_t replies;
	bool is_up;
	struct instant clock_at; /* none: not a replay */
};
/* Shows it when it is time to; cheap to call often. */
void progress_show(struct progress *progress, const struct progress_state *state);

#endif

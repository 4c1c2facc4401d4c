/* The live overview as one JSON document. */
#ifndef WL_PORTAL_OVERVIEW_H
#define WL_PORTAL_OVERVIEW_H

#include "portal_state.h"

/* One question to the database. *out lives in mem and is the same text while nothing changes;
 * *out_at is the business time that it holds for. */
enum res portal_overview_read(struct portal_state *state, struct arena *mem, struct str *out,
	struct instant *out_at, struct err *err) must_check;

#endif

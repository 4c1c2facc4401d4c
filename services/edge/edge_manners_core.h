/* Whether a source keeps the times that it is told. One that comes again before its time and goes
 * on with it is answered once a second; what is within its quota and share is taken all the same.
 * Pure.
 *
 * A client that behaves has letters on the way when it hears BUSY: EDGE_EARLY_MOST of them are
 * forgiven, and EDGE_EARLY_PER_S a second. */
#ifndef WL_EDGE_MANNERS_CORE_H
#define WL_EDGE_MANNERS_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

#define EDGE_EARLY_MOST	 2000 /* letters before their time */
#define EDGE_EARLY_PER_S 1000
#define EDGE_TOLD_EVERY	 SPAN_S(1) /* to one that does not listen */

struct edge_manners {
	struct instant until;	  /* when it may come again; none: it was not refused */
	struct instant forgot_at; /* of early */
	struct instant told_at;
	int32_t early; /* what is not forgiven yet */
};

void edge_manners_init(struct edge_manners *manners);

struct edge_hearing {
	bool is_early;	/* it was told to wait, and did not */
	bool is_silent; /* it gets no answer this time */
};
/* A letter of this source is refused with this retry time. */
struct edge_hearing edge_manners_refuse(
	struct edge_manners *manners, int32_t retry_ms, struct instant now);

#endif

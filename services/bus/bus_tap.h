/* An operator looks at what passes (./wangli tap). A member of group `tap` gets a copy of each
 * message that its conditions let through, as an EVENT of type tap.v1 whose body is a batch of one
 * record, against its own credit: what it has no credit for is lost, and the number that every copy
 * carries in `seq` says how many were. Nothing else waits for it or is changed by it; while nobody
 * taps it costs one comparison a message.
 *
 * The conditions are groups of the same HELLO, all must hold: tap/kind/EVENT · tap/to/reply ·
 * tap/case/42 · tap/channel/app; tap/by/NAME is for the log alone. Only the key `cli` may
 * (bus_core).
 */
#ifndef WL_BUS_TAP_H
#define WL_BUS_TAP_H

#include "bus_state.h"

#define BUS_TAP_GROUP "tap"

/* true: it is one that taps, now known and logged. */
bool bus_tap_joined(struct bus_state *state, const struct member *member);
void bus_tap_left(struct bus_state *state, const struct member *member);

struct bus_tap_passed {
	const struct wire_record *record;
	const struct wire_head *head;
	struct str header_tail; /* the broker's stamp */
	struct str outcome;	/* "forwarded", "refused", "dropped" */
};
/* Only where state->taps_n > 0. */
void bus_tap_copy(struct bus_state *state, const struct bus_tap_passed *passed);
/* A copy that was staged and not handed over: nobody must be told. */
bool bus_tap_is_copy(const struct wire_head *head);

#endif

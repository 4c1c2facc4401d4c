/* The rules of streams (laws 3 and 4) as pure functions, so that one property test can drive them
 * through every interleaving of deliver, duplicate, drop, reorder, two relays and crash. No clock,
 * socket or database here. */
#ifndef WL_KIT_KIT_STREAM_CORE_H
#define WL_KIT_KIT_STREAM_CORE_H

#include <stdbool.h>
#include <stdint.h>

enum stream_verdict {
	STREAM_APPLY,	  /* it is the next one */
	STREAM_DUPLICATE, /* it took effect before */
	STREAM_GAP,	  /* an earlier one is missing */
};

/* What a subscriber whose cursor stands at `seen` does with event `seq`. out_expected: the first
 * seq that is wanted. */
enum stream_verdict stream_judge(int32_t seen, int32_t seq, int32_t *out_expected);

/* A marker that stands at `upto` after a commit that ends at `raised`: never lower than before. */
int32_t stream_marker_raise(int32_t upto, int32_t raised);
/* Whether an acknowledgement up to `acked` lets the marker go. */
bool stream_marker_is_done(int32_t upto, int32_t acked);

struct stream_range {
	int32_t first;
	int32_t last; /* inclusive; first > last: nothing */
};
/* What a relay sends that holds a marker but does not know what was acknowledged: the last entry.
 */
struct stream_range stream_range_of_marker(int32_t upto);
/* What it sends when that was answered GAP(expected). */
struct stream_range stream_range_after_gap(int32_t expected, int32_t upto);

#endif

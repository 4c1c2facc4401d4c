/* Letters made from a seed: plausible, varied, nobody's real words. The same seed and number give
 * the same letter, so that a client that was killed sends the same again. */
#ifndef WL_HISTORY_HISTORY_LETTER_H
#define WL_HISTORY_HISTORY_LETTER_H

#include "base/arena.h"
#include "sdk/wangli_inside.h"

/* n: from 1. Texts live in mem. The id is "<prefix>-<n>". */
struct wangli_letter history_letter_make(
	struct arena *mem, const char *prefix, uint64_t seed, uint64_t n);

#endif

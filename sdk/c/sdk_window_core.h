/* Private to the SDK: how many letters may be under way at once. Half of what was under way after a
 * BUSY, one more for each receipt, never over what the options say. A burst meets one BUSY, however
 * many of its letters are refused: only a letter that was sent after the last cut cuts again. Pure.
 *
 * The kit's window (kit/kit_window_core.h) is another thing: it finds out how many deliveries a
 * channel can hold, and is not held back by time. This one meets a quota, letters a second, and
 * always waits as long as the platform says; what is left to find is how much to send then. */
#ifndef WL_SDK_SDK_WINDOW_CORE_H
#define WL_SDK_SDK_WINDOW_CORE_H

#include <stddef.h>

#include "base/instant.h"

struct sdk_window {
	size_t most; /* as the options say */
	size_t now;  /* 1 to most */
	struct instant cut_at;
};

void sdk_window_init(struct sdk_window *window, size_t most);
void sdk_window_receipt(struct sdk_window *window);
/* One letter, sent at sent_at, is refused for now; under_way: how many are, with it. */
void sdk_window_busy(
	struct sdk_window *window, size_t under_way, struct instant sent_at, struct instant now);

#endif

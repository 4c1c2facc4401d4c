/* See sdk_window_core.h. */
#include "sdk/sdk_window_core.h"

void sdk_window_init(struct sdk_window *window, size_t most)
{
	*window = (struct sdk_window){ .most = most, .now = most, .cut_at = INSTANT_NONE };
}

void sdk_window_receipt(struct sdk_window *window)
{
	if (window->now < window->most)
		window->now++;
}

void sdk_window_busy(
	struct sdk_window *window, size_t under_way, struct instant sent_at, struct instant now)
{
	if (!instant_is_none(window->cut_at) && !instant_is_before(window->cut_at, sent_at))
		return;
	if (under_way < window->now)
		window->now = under_way;
	window->now /= 2;
	if (window->now == 0)
		window->now = 1;
	window->cut_at = now;
}

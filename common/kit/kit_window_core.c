/* See kit_window_core.h. */
#include "kit/kit_window_core.h"

#define SAYS_NOTHING SPAN_MS(100)

void window_init(struct window *window)
{
	*window = (struct window){ .most = WINDOW_FIRST, .heard_at = INSTANT_NONE };
}

void window_forget(struct window *window)
{
	window->under_way = 0;
}

bool window_has_room(struct window *window, struct instant now, struct span silence)
{
	if (window->under_way < window->most)
		return true;
	if (instant_is_none(window->heard_at))
		window->heard_at = now;
	if (instant_since(now, window->heard_at).us < silence.us)
		return false;
	window_forget(window);
	window->heard_at = now;
	return true;
}

void window_send(struct window *window)
{
	window->under_way++;
}

void window_unsend(struct window *window)
{
	if (window->under_way > 0)
		window->under_way--;
}

void window_answer(struct window *window, struct instant now)
{
	window_unsend(window);
	window->heard_at = now;
	if (++window->answers < WINDOW_GROWS)
		return;
	window->answers = 0;
	if (window->most < WINDOW_MOST)
		window->most++;
}

struct span window_refuse(struct window *window, struct span says)
{
	window_unsend(window);
	if (window->most > window->under_way)
		window->most = window->under_way;
	if (window->most >= WINDOW_LEAST)
		return SPAN_MS(0);
	window->most = WINDOW_LEAST;
	return says.us > 0 ? says : SAYS_NOTHING;
}

/* The choice of lines. */
#include "peer/peer_lines_core.h"

uint64_t lines_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t lines_score(uint64_t of, uint64_t key)
{
	return lines_mix(of ^ key);
}

static bool may_take(const struct line_facts *line, enum lines_use use)
{
	return line->is_up && (!line->is_draining || use != LINES_ASK);
}

/* The lower the better; what weighs more stands in front. */
static unsigned doubt_of(const struct line_facts *line)
{
	return (unsigned)line->is_draining << 3 | (unsigned)line->is_quiet << 2 |
	       (unsigned)line->is_refusing << 1 | (unsigned)line->is_young;
}

size_t lines_pick(const struct line_facts *lines, size_t n, enum lines_use use, uint64_t key)
{
	size_t best = LINES_NONE;

	for (size_t i = 0; i < n; i++) {
		unsigned doubt = doubt_of(&lines[i]);

		if (!may_take(&lines[i], use))
			continue;
		if (best == LINES_NONE || doubt < doubt_of(&lines[best]) ||
			(doubt == doubt_of(&lines[best]) &&
				lines_score(lines[i].id, key) > lines_score(lines[best].id, key)))
			best = i;
	}
	return best;
}

bool lines_have_better(const struct line_facts *lines, size_t n, size_t refused)
{
	for (size_t i = 0; i < n; i++)
		if (i != refused && may_take(&lines[i], LINES_ASK) && !lines[i].is_quiet &&
			!lines[i].is_refusing)
			return true;
	return false;
}

int32_t lines_share(int32_t window, size_t n)
{
	int32_t share = n > 1 ? window / (int32_t)n : window;
	int32_t least = window < LINES_SHARE_LEAST ? window : LINES_SHARE_LEAST;

	return share < least ? least : share;
}

/* Whole steps instead of one by one: the highest are levelled down to the next lower. */
void lines_give(const int32_t *outstanding, size_t n, int32_t credit, int32_t *give)
{
	while (credit > 0) {
		int32_t most = 0, next = 0, equal = 0;

		for (size_t i = 0; i < n; i++) {
			int32_t left = outstanding[i] - give[i];

			if (left > most) {
				next = most;
				most = left;
				equal = 1;
			} else if (left == most) {
				equal++;
			} else if (left > next) {
				next = left;
			}
		}
		if (most <= 0)
			return;
		int32_t step = most - next < credit / equal ? most - next : credit / equal;
		for (size_t i = 0; i < n && credit > 0; i++) {
			int32_t part = step > 0 ? step : 1;

			if (outstanding[i] - give[i] != most)
				continue;
			give[i] += part;
			credit -= part;
		}
	}
}

size_t lines_next(const struct line_place *places, size_t n, uint64_t self)
{
	size_t best = LINES_NONE;

	for (size_t i = 0; i < n; i++) {
		if (places[i].is_taken)
			continue;
		if (best == LINES_NONE || places[i].failed_us < places[best].failed_us ||
			(places[i].failed_us == places[best].failed_us &&
				lines_score(places[i].id, self) >
					lines_score(places[best].id, self)))
			best = i;
	}
	return best;
}

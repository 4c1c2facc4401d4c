/* Who is under suspicion. */
#include "edge_suspect_core.h"

#include <string.h>

static void filter_add(struct edge_suspects *suspects, uint64_t digest)
{
	uint64_t bit = digest % EDGE_SUSPECT_FILTER_BITS;

	suspects->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

static bool filter_has(const struct edge_suspects *suspects, uint64_t digest)
{
	uint64_t bit = digest % EDGE_SUSPECT_FILTER_BITS;

	return (suspects->filter[bit / 64] >> bit % 64 & 1) != 0;
}

static size_t find(const struct edge_suspects *suspects, uint64_t digest)
{
	if (suspects->n == 0 || !filter_has(suspects, digest))
		return suspects->n;
	for (size_t i = 0; i < suspects->n; i++)
		if (suspects->list[i].digest == digest)
			return i;
	return suspects->n;
}

enum edge_leave edge_suspects_ask(const struct edge_suspects *suspects, uint64_t digest)
{
	size_t at = find(suspects, digest);

	if (at == suspects->n || suspects->list[at].silent < EDGE_SILENT_MOST)
		return EDGE_LEAVE;
	if (suspects->list[at].is_quarantined)
		return EDGE_STAY;
	return suspects->is_one_out ? EDGE_WAIT : EDGE_LEAVE_ALONE;
}

void edge_suspects_out(struct edge_suspects *suspects, bool is_out)
{
	suspects->is_one_out = is_out;
}

static bool forget(struct edge_suspects *suspects, size_t at)
{
	bool was_quarantined = suspects->list[at].is_quarantined;

	suspects->quarantined -= was_quarantined;
	suspects->list[at] = suspects->list[--suspects->n];
	memset(suspects->filter, 0, sizeof(suspects->filter));
	for (size_t i = 0; i < suspects->n; i++)
		filter_add(suspects, suspects->list[i].digest);
	return was_quarantined;
}

static bool goes_before(const struct edge_suspect *a, const struct edge_suspect *b)
{
	if (a->silent != b->silent)
		return a->silent < b->silent;
	return instant_is_before(a->at, b->at);
}

static void make_room(struct edge_suspects *suspects)
{
	size_t first = 0;

	if (suspects->n < EDGE_SUSPECTS_MAX)
		return;
	for (size_t i = 1; i < suspects->n; i++)
		if (goes_before(&suspects->list[i], &suspects->list[first]))
			first = i;
	forget(suspects, first);
}

static struct edge_suspect *suspect_get(
	struct edge_suspects *suspects, const struct edge_silence *silence)
{
	size_t at = find(suspects, silence->digest);
	struct edge_suspect *suspect;
	size_t n =
		silence->source.n < EDGE_SUSPECT_SOURCE ? silence->source.n : EDGE_SUSPECT_SOURCE;

	if (at < suspects->n)
		return &suspects->list[at];
	make_room(suspects);
	suspect = &suspects->list[suspects->n++];
	*suspect = (struct edge_suspect){ .digest = silence->digest };
	if (n > 0)
		memcpy(suspect->source, silence->source.p, n);
	filter_add(suspects, silence->digest);
	return suspect;
}

bool edge_suspects_silent(struct edge_suspects *suspects, const struct edge_silence *silence,
	struct instant now, const struct edge_suspect **out)
{
	struct edge_suspect *suspect = suspect_get(suspects, silence);

	suspect->key = silence->key;
	suspect->at = now;
	suspect->silent++;
	suspect->alone += silence->was_alone;
	if (out != NULL)
		*out = suspect;
	if (suspect->is_quarantined || suspect->alone < EDGE_ALONE_MOST)
		return false;
	suspect->is_quarantined = true;
	suspects->quarantined++;
	return true;
}

bool edge_suspects_answered(struct edge_suspects *suspects, uint64_t digest)
{
	size_t at = find(suspects, digest);

	return at < suspects->n && forget(suspects, at);
}

bool edge_suspects_answered_late(struct edge_suspects *suspects, uint64_t key)
{
	for (size_t i = 0; i < suspects->n; i++)
		if (suspects->list[i].key == key)
			return forget(suspects, i);
	return false;
}

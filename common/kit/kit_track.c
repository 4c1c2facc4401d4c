/* Who has answered what this process committed and sent: one small record a case until all
 * subscribers have, then the one marker of the case goes. Nothing here is needed for correctness: a
 * case that is not tracked keeps its marker until the lease runs out, and is then split and swept
 * by group. */
#include "kit/kit_internal.h"

#include <stdlib.h>

#define TRACKS_MOST 65536

struct track {
	int32_t upto;
	int32_t acked[KIT_STREAMS_MAX]; /* in the order of kit_groups_of */
};

static bool track_free(void *arg, struct str key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
	return true;
}

void tracks_clear(struct kit *kit)
{
	map_walk(kit->relay.tracks, track_free, NULL);
	map_clear(kit->relay.tracks);
}

void track_begin(struct kit *kit, int64_t case_id, int32_t upto)
{
	struct track *track = map_get_id(kit->relay.tracks, case_id);
	if (track == NULL) {
		if (map_count(kit->relay.tracks) >= TRACKS_MOST)
			tracks_clear(kit);
		track = calloc(1, sizeof *track);
		CHECK(track != NULL);
		map_put_id(kit->relay.tracks, case_id, track);
	}
	track->upto = upto;
}

bool track_ack(
	struct kit *kit, int64_t case_id, struct str group, int32_t acked, int32_t *out_acked)
{
	struct track *track = map_get_id(kit->relay.tracks, case_id);
	const char *const *groups = NULL;
	size_t n = kit_groups_of(kit->self, &groups);
	int32_t least = INT32_MAX;
	*out_acked = 0;
	if (track == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (str_eq_c(group, groups[i]) && acked > track->acked[i])
			track->acked[i] = acked;
		if (track->acked[i] < least)
			least = track->acked[i];
	}
	if (least < track->upto)
		return true;
	*out_acked = least;
	map_remove_id(kit->relay.tracks, case_id);
	free(track);
	return true;
}

size_t track_missing(struct kit *kit, int64_t case_id, int32_t upto, size_t out[KIT_STREAMS_MAX])
{
	struct track *track = map_remove_id(kit->relay.tracks, case_id);
	const char *const *groups = NULL;
	size_t n = kit_groups_of(kit->self, &groups), n_missing = 0;
	for (size_t i = 0; i < n; i++)
		if (track == NULL || track->acked[i] < upto)
			out[n_missing++] = i;
	free(track);
	return n_missing;
}

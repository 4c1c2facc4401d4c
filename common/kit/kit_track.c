/* Who has answered what this process committed and sent: a record a case and one a transaction,
 * until all subscribers have answered for all cases of it; then its marker goes. Nothing here is
 * needed for correctness: what is not tracked keeps its marker until the lease runs out, and is
 * then split and swept by case and group. */
#include "kit/kit_internal.h"

#include <stdlib.h>

#define TRACKS_MOST 65536

struct sent_batch {
	int64_t case_id; /* of the marker's key */
	int64_t batch;
	size_t n_open; /* cases that not all have answered for */
};

/* A case's part of a transaction. */
struct owed {
	struct owed *next;
	struct sent_batch *batch;
	int32_t upto;
};

struct track {
	int32_t acked[KIT_STREAMS_MAX]; /* in the order of kit_groups_of */
	struct owed *first, *last;	/* upto rises */
};

/* The first one is over; with the last of its batch, that is, too. true: the batch was answered. */
static bool owed_end(struct track *track, struct sent_batch *out)
{
	struct owed *owed = track->first;
	bool is_last = --owed->batch->n_open == 0;
	*out = *owed->batch;
	if (is_last)
		free(owed->batch);
	track->first = owed->next;
	if (track->first == NULL)
		track->last = NULL;
	free(owed);
	return is_last;
}

static bool track_free(void *arg, struct str key, void *value)
{
	struct track *track = value;
	struct sent_batch ended;
	(void)arg;
	(void)key;
	while (track->first != NULL)
		owed_end(track, &ended);
	free(track);
	return true;
}

void tracks_clear(struct kit *kit)
{
	map_walk(kit->relay.tracks, track_free, NULL);
	map_clear(kit->relay.tracks);
}

struct sent_batch *track_begin(struct kit *kit, int64_t case_id, int64_t batch)
{
	struct sent_batch *sent = malloc(sizeof *sent);
	CHECK(sent != NULL);
	if (map_count(kit->relay.tracks) >= TRACKS_MOST)
		tracks_clear(kit);
	*sent = (struct sent_batch){ .case_id = case_id, .batch = batch };
	return sent;
}

void track_case(struct kit *kit, struct sent_batch *sent, int64_t case_id, int32_t upto)
{
	struct track *track = map_get_id(kit->relay.tracks, case_id);
	struct owed *owed = malloc(sizeof *owed);
	CHECK(owed != NULL);
	if (track == NULL) {
		track = calloc(1, sizeof *track);
		CHECK(track != NULL);
		map_put_id(kit->relay.tracks, case_id, track);
	}
	*owed = (struct owed){ .batch = sent, .upto = upto };
	*(track->last != NULL ? &track->last->next : &track->first) = owed;
	track->last = owed;
	sent->n_open++;
}

static int32_t least_acked(struct kit *kit, const struct track *track)
{
	const char *const *groups = NULL;
	size_t n = kit_groups_of(kit->self, &groups);
	int32_t least = INT32_MAX;
	for (size_t i = 0; i < n; i++)
		if (track->acked[i] < least)
			least = track->acked[i];
	return least;
}

bool track_ack(
	struct kit *kit, int64_t case_id, struct str group, int32_t acked, int64_t *out_order)
{
	struct track *track = map_get_id(kit->relay.tracks, case_id);
	const char *const *groups = NULL;
	size_t n = kit_groups_of(kit->self, &groups);
	struct sent_batch ended;
	if (track == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_eq_c(group, groups[i]) && acked > track->acked[i])
			track->acked[i] = acked;
	for (const struct owed *owed = track->first; owed != NULL && owed->upto <= acked;
		owed = owed->next)
		*out_order = owed->batch->batch;
	int32_t least = least_acked(kit, track);
	while (track->first != NULL && track->first->upto <= least)
		if (owed_end(track, &ended))
			relay_batch_done(kit, ended.case_id, ended.batch);
	if (track->first == NULL) {
		map_remove_id(kit->relay.tracks, case_id);
		free(track);
	}
	return true;
}

size_t track_missing(struct kit *kit, int64_t case_id, int32_t upto, size_t out[KIT_STREAMS_MAX])
{
	const struct track *track = map_get_id(kit->relay.tracks, case_id);
	const char *const *groups = NULL;
	size_t n = kit_groups_of(kit->self, &groups), n_missing = 0;
	for (size_t i = 0; i < n; i++)
		if (track == NULL || track->acked[i] < upto)
			out[n_missing++] = i;
	return n_missing;
}

/* A map from public key to rights over one arena; a new snapshot is read into the other of two, so
 * that a bad one changes nothing. */
#include "edge_keys.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/map.h"
#include "bus/bus.h"
#include "proto/operator.pb-c.h"
#include "wire/wire.h"

#define SNAPSHOT_BYTES_MAX (8 * 1024 * 1024)
#define END_MS_MOST	   (SPAN_DAYS(36500).us / 1000)

struct key {
	struct edge_rights rights;
	struct instant ends_at; /* none: without an end */
};

struct edge_keys {
	struct arena *mem[2];
	int at;		    /* the arena in use */
	struct map *by_key; /* Z85 → struct key */
	bool has_ends;	    /* one of them ends by itself */
	struct instant loaded_at;
	struct span stale_after;
};

struct edge_keys *edge_keys_create(struct span stale_after)
{
	struct edge_keys *keys = calloc(1, sizeof(*keys));

	CHECK(keys != NULL);
	for (int i = 0; i < 2; i++)
		keys->mem[i] = arena_create(SNAPSHOT_BYTES_MAX);
	keys->by_key = map_create();
	keys->loaded_at = INSTANT_NONE;
	keys->stale_after = stale_after;
	return keys;
}

void edge_keys_destroy(struct edge_keys *keys)
{
	if (keys == NULL)
		return;
	map_destroy(keys->by_key);
	arena_destroy(keys->mem[0]);
	arena_destroy(keys->mem[1]);
	free(keys);
}

static struct instant end_of(const Wangli__ChannelKey *key, struct instant now)
{
	int64_t left_ms = key->valid_for_ms < END_MS_MOST ? key->valid_for_ms : END_MS_MOST;

	return left_ms > 0 ? instant_add(now, SPAN_MS(left_ms)) : INSTANT_NONE;
}

static struct key *key_make(struct arena *mem, const Wangli__ChannelKey *key, struct instant now)
{
	struct key *made = arena_new(mem, struct key);
	struct str *channels = arena_new_array(mem, struct str, key->n_channels);

	if (made == NULL || channels == NULL)
		return NULL;
	for (size_t i = 0; i < key->n_channels; i++)
		channels[i] = wire_str(key->channels[i]);
	made->ends_at = end_of(key, now);
	made->rights = (struct edge_rights){ .is_known = true,
		.is_revoked = key->is_revoked,
		.source = wire_str(key->source),
		.channels = channels,
		.channels_n = key->n_channels,
		.quota = { key->quota_per_s, key->quota_burst } };
	return made;
}

static struct map *map_make(
	struct arena *mem, const Wangli__KeysSnapshot *snapshot, struct instant now)
{
	struct map *by_key = map_create();

	for (size_t i = 0; i < snapshot->n_keys; i++) {
		struct str z85 = wire_str(snapshot->keys[i]->public_key);

		if (bus_key_is_valid(z85))
			map_put(by_key, z85, key_make(mem, snapshot->keys[i], now));
	}
	return by_key;
}

enum res edge_keys_load(
	struct edge_keys *keys, struct str body, struct instant now, struct err *err)
{
	struct arena *mem = keys->mem[1 - keys->at];
	Wangli__KeysSnapshot *snapshot;
	struct map *by_key;

	arena_reset(mem);
	TRY(wire_unpack(mem, &wangli__keys_snapshot__descriptor, body, &snapshot, err));
	by_key = map_make(mem, snapshot, now);
	if (arena_failed(mem)) {
		map_destroy(by_key);
		return err_set(err, RES_INVALID, "more keys than the door has memory for");
	}
	map_destroy(keys->by_key);
	keys->by_key = by_key;
	keys->at = 1 - keys->at;
	keys->has_ends = false;
	for (size_t i = 0; i < snapshot->n_keys; i++)
		keys->has_ends |= snapshot->keys[i]->valid_for_ms > 0;
	keys->loaded_at = now;
	return RES_OK;
}

bool edge_keys_are_fresh(const struct edge_keys *keys, struct instant now)
{
	return !instant_is_none(keys->loaded_at) &&
	       instant_since(now, keys->loaded_at).us <= keys->stale_after.us;
}

bool edge_keys_have_ends(const struct edge_keys *keys)
{
	return keys->has_ends;
}

struct instant edge_keys_loaded_at(const struct edge_keys *keys)
{
	return keys->loaded_at;
}

size_t edge_keys_count(const struct edge_keys *keys)
{
	return map_count(keys->by_key);
}

struct edge_rights edge_keys_rights(
	const struct edge_keys *keys, struct str z85, struct instant now)
{
	const struct key *found = map_get(keys->by_key, z85);
	struct edge_rights rights = { 0 };

	if (found != NULL) {
		rights = found->rights;
		rights.has_ended =
			!instant_is_none(found->ends_at) && !instant_is_before(now, found->ends_at);
	}
	rights.is_fresh = edge_keys_are_fresh(keys, now);
	return rights;
}

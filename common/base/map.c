/* Hash maps: of texts over uthash, which only this file sees, of ids over ids.h. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/ids.h"

#define uthash_fatal(why) check_failed(__FILE__, __LINE__, why)

/* FNV-1a. Texts that peers choose are bounded in number where they become keys. */
static unsigned key_hash(const char *bytes, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
	hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (unsigned)(hash ^ hash >> 31);
}
#define HASH_FUNCTION(key, n, out) ((out) = key_hash((const char *)(key), (size_t)(n)))
#include <uthash.h>

struct entry {
	UT_hash_handle hh;
	void *value;
	size_t n;
	char key[];
};

struct map {
	struct entry *entries;
	struct ids ids;
};

struct map *map_create(void)
{
	struct map *map = calloc(1, sizeof(*map));

	CHECK(map != NULL);
	return map;
}

void map_clear(struct map *map)
{
	struct entry *entry;
	struct entry *next;

	HASH_ITER (hh, map->entries, entry, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): uthash took `next` before */
		HASH_DEL(map->entries, entry);
		free(entry);
	}
	ids_clear(&map->ids);
}

void map_destroy(struct map *map)
{
	if (map == NULL)
		return;
	map_clear(map);
	ids_fini(&map->ids);
	free(map);
}

size_t map_count(const struct map *map)
{
	return HASH_COUNT(map->entries) + map->ids.n;
}

static struct entry *entry_find(const struct map *map, struct str key)
{
	struct entry *entry;
	const char *bytes = key.n == 0 ? "" : key.p;

	HASH_FIND(hh, map->entries, bytes, key.n, entry);
	return entry;
}

static struct entry *entry_create(struct str key)
{
	CHECK(key.n < SIZE_MAX - sizeof(struct entry));
	struct entry *entry = malloc(sizeof(*entry) + key.n);
	CHECK(entry != NULL);
	entry->n = key.n;
	if (key.n > 0)
		memcpy(entry->key, key.p, key.n);
	return entry;
}

void map_put(struct map *map, struct str key, void *value)
{
	struct entry *entry = entry_find(map, key);

	if (entry == NULL) {
		entry = entry_create(key);
		HASH_ADD_KEYPTR(hh, map->entries, entry->key, entry->n, entry);
	}
	entry->value = value;
}

void *map_get(const struct map *map, struct str key)
{
	const struct entry *entry = entry_find(map, key);

	return entry == NULL ? NULL : entry->value;
}

void *map_remove(struct map *map, struct str key)
{
	struct entry *entry = entry_find(map, key);

	if (entry == NULL)
		return NULL;
	void *value = entry->value;
	HASH_DEL(map->entries, entry);
	free(entry);
	return value;
}

void map_put_id(struct map *map, int64_t key, void *value)
{
	ids_put(&map->ids, key, value);
}

void *map_get_id(const struct map *map, int64_t key)
{
	return ids_get(&map->ids, key);
}

void *map_remove_id(struct map *map, int64_t key)
{
	return ids_remove(&map->ids, key);
}

void map_walk(struct map *map, bool (*each)(void *arg, struct str key, void *value), void *arg)
{
	struct entry *entry;
	struct entry *next;

	HASH_ITER (hh, map->entries, entry, next) {
		if (!each(arg, str_of(entry->key, entry->n), entry->value))
			return;
	}
	for (size_t i = 0; map->ids.n > 0 && i < map->ids.cap; i++) {
		const struct id_slot *slot = &map->ids.slots[i];
		if (slot->key != IDS_NONE &&
			!each(arg, str_of(&slot->key, sizeof slot->key), slot->value))
			return;
	}
}

/* See ids.h. */
#include "base/ids.h"

#include <stdlib.h>

#include "base/check.h"

#define CAP_LEAST 64
#define CAP_KEPT  16384 /* slots that a cleared table keeps at most */

/* splitmix64's finaliser, half of it: ids of cases differ in their low bits. */
static size_t place_of(const struct ids *ids, int64_t key)
{
	uint64_t hash = (uint64_t)key;
	hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (size_t)(hash ^ hash >> 31) & (ids->cap - 1);
}

/* The slot of the key, or the free one where it would stand. */
static struct id_slot *slot_of(const struct ids *ids, int64_t key)
{
	size_t place = place_of(ids, key);
	while (ids->slots[place].key != key && ids->slots[place].key != IDS_NONE)
		place = (place + 1) & (ids->cap - 1);
	return &ids->slots[place];
}

static void slots_make(struct ids *ids, size_t cap)
{
	ids->slots = malloc(cap * sizeof *ids->slots);
	CHECK(ids->slots != NULL);
	ids->cap = cap;
	for (size_t i = 0; i < cap; i++)
		ids->slots[i] = (struct id_slot){ .key = IDS_NONE };
}

static void grow(struct ids *ids)
{
	const struct ids before = *ids;
	slots_make(ids, before.cap == 0 ? CAP_LEAST : before.cap * 2);
	for (size_t i = 0; i < before.cap; i++) {
		if (before.slots[i].key != IDS_NONE)
			*slot_of(ids, before.slots[i].key) = before.slots[i];
	}
	free(before.slots);
}

void ids_fini(struct ids *ids)
{
	free(ids->slots);
	*ids = (struct ids){ 0 };
}

void ids_clear(struct ids *ids)
{
	if (ids->n == 0)
		return;
	if (ids->cap > CAP_KEPT) {
		ids_fini(ids);
		return;
	}
	for (size_t i = 0; i < ids->cap; i++)
		ids->slots[i].key = IDS_NONE;
	ids->n = 0;
}

void ids_put(struct ids *ids, int64_t key, void *value)
{
	CHECK(key != IDS_NONE);
	if (ids->n * 2 >= ids->cap)
		grow(ids);
	struct id_slot *slot = slot_of(ids, key);
	ids->n += slot->key == IDS_NONE;
	*slot = (struct id_slot){ .key = key, .value = value };
}

void *ids_get(const struct ids *ids, int64_t key)
{
	if (ids->n == 0)
		return NULL;
	const struct id_slot *slot = slot_of(ids, key);
	return slot->key == IDS_NONE ? NULL : slot->value;
}

/* Those behind that would not be found across the hole move into it. */
static void hole_fill(struct ids *ids, size_t hole)
{
	size_t mask = ids->cap - 1;
	for (size_t at = (hole + 1) & mask; ids->slots[at].key != IDS_NONE; at = (at + 1) & mask) {
		size_t wanted = place_of(ids, ids->slots[at].key);
		if (((at - wanted) & mask) < ((at - hole) & mask))
			continue;
		ids->slots[hole] = ids->slots[at];
		hole = at;
	}
	ids->slots[hole].key = IDS_NONE;
}

void *ids_remove(struct ids *ids, int64_t key)
{
	if (ids->n == 0)
		return NULL;
	const struct id_slot *slot = slot_of(ids, key);
	if (slot->key == IDS_NONE)
		return NULL;
	void *value = slot->value;
	hole_fill(ids, (size_t)(slot - ids->slots));
	ids->n--;
	return value;
}

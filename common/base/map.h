/* Hash maps in memory from bytes or from 64-bit integers to a pointer. Keys are
 * copied, values are the caller's. Memory running out is a CHECK: maps hold what the process cannot
 * work without. A map may hold texts and ids: they never meet. */
#ifndef WL_BASE_MAP_H
#define WL_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"
#include "base/str.h"

struct map;

struct map *map_create(void);
void map_destroy(struct map *map); /* values are left alone */
SCOPED_DEFINE(map, struct map *, map_destroy)
void map_clear(struct map *map);
size_t map_count(const struct map *map);

void map_put(struct map *map, struct str key, void *value); /* replaces */
void *map_get(const struct map *map, struct str key);	    /* NULL when missing */
void *map_remove(struct map *map, struct str key);	    /* the value that was there, or NULL */

void map_put_id(struct map *map, int64_t key, void *value);
void *map_get_id(const struct map *map, int64_t key);
void *map_remove_id(struct map *map, int64_t key);

/* Walks texts in order of insertion, and `each` may remove the one that it is given, nothing else;
 * then ids (a key of eight bytes) in no order, of which none may be removed. Stops when it returns
 * false. */
void map_walk(struct map *map, bool (*each)(void *arg, struct str key, void *value), void *arg);

#endif

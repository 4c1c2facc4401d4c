/* The id half of base/map.h: an open table with linear probing, at most half full, keys and values
 * in one place, since what costs in a look-up is the memory that it touches. Private to map.c. */
#ifndef WL_BASE_IDS_H
#define WL_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_slot {
	int64_t key; /* IDS_NONE: free */
	void *value;
};
struct ids {
	struct id_slot *slots;
	size_t cap; /* 0, or a power of two */
	size_t n;
};
#define IDS_NONE INT64_MIN /* no id of anybody's */

void ids_fini(struct ids *ids);
void ids_clear(struct ids *ids);
void ids_put(struct ids *ids, int64_t key, void *value);
void *ids_get(const struct ids *ids, int64_t key);
void *ids_remove(struct ids *ids, int64_t key);

#endif

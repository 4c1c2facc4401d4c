/* The snapshot of integrators' keys and rights, as intake gave it. Intake owns it; the door forgets
 * it with its life. */
#ifndef WL_EDGE_KEYS_H
#define WL_EDGE_KEYS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "edge_core.h"

struct edge_keys;
struct edge_keys *edge_keys_create(struct span stale_after);
void edge_keys_destroy(struct edge_keys *keys);

/* A RESULT's body (KeysSnapshot) replaces everything. RES_INVALID: it cannot be read; the old
 * snapshot stays. */
enum res edge_keys_load(
	struct edge_keys *keys, struct str body, struct instant now, struct err *err) must_check;
bool edge_keys_are_fresh(const struct edge_keys *keys, struct instant now);
struct instant edge_keys_loaded_at(const struct edge_keys *keys); /* none: never */
bool edge_keys_have_ends(const struct edge_keys *keys);		  /* some end by themselves */
size_t edge_keys_count(const struct edge_keys *keys);
/* Texts are borrowed until the next load. */
struct edge_rights edge_keys_rights(
	const struct edge_keys *keys, struct str z85, struct instant now);

#endif

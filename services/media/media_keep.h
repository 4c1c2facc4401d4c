/* What is kept, and the tickets for it. */
#ifndef WL_MEDIA_KEEP_H
#define WL_MEDIA_KEEP_H

#include "media_state.h"

/* The ticket for what this source uploaded before, issued now; the file counts as new.
 * RES_NOT_FOUND. */
enum res media_keep_find(struct media_state *state, struct arena *mem, const uint8_t *sha256,
	struct str source, struct str *out_ticket, struct err *err) must_check;
/* Keeps a finished file for a source; durable when it returns. ticket: all but stored_sha256 and
 * issued_at. RES_RETRY: the store is away; RES_TOO_BIG: the arena is. */
enum res media_keep_add(struct media_state *state, struct arena *mem, struct object_ticket *ticket,
	struct scratch *file, struct str *out_ticket, struct err *err) must_check;

#endif

/* Where bytes are kept: a folder, or whatever else fills in this table. A name is <kind>/<64 hex
 * digits>; kinds are `objects` (named by the SHA-256 of what is kept) and `index` (named by a
 * digest of source and upload, holding a ticket). What put has answered for survives a power cut.
 * Calls block. */
#ifndef WL_MEDIA_STORE_H
#define WL_MEDIA_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define STORE_OBJECTS  "objects"
#define STORE_INDEX    "index"
#define STORE_PATH_MAX 512

/* A file being made, in the folder `tmp`; nobody else sees it. */
struct scratch {
	int fd; /* -1: none */
	char path[STORE_PATH_MAX];
};
/* Makes FOLDER/tmp, and empties it of what a killed process left behind. */
enum res scratch_folder_open(const char *folder, struct err *err) must_check;
enum res scratch_make(const char *folder, struct scratch *out, struct err *err) must_check;
void scratch_drop(struct scratch *scratch); /* closes and removes; twice is harmless */

struct store {
	/* Takes the finished file over, whatever comes of it; the same name twice is the same
	 * content. */
	enum res (*put)(struct store *store, const char *kind, struct str hex, struct scratch *from,
		struct err *err);
	/* RES_NOT_FOUND; the descriptor is the caller's. */
	enum res (*open)(struct store *store, const char *kind, struct str hex, int *out_fd,
		uint64_t *out_bytes, struct err *err);
	/* It counts as new from now on. RES_NOT_FOUND. */
	enum res (*touch)(struct store *store, const char *kind, struct str hex, struct err *err);
	/* Names not touched since `before`, `most` at most, in no order. `each` leaves the store
	 * alone. */
	enum res (*list_old)(struct store *store, const char *kind, struct instant before,
		size_t most, void (*each)(void *arg, struct str hex, struct instant touched_at),
		void *arg, struct err *err);
	/* Out of sight of open; put and touch bring it back. RES_NOT_FOUND. RES_CONFLICT: touched
	 * since `before`. */
	enum res (*set_aside)(struct store *store, const char *kind, struct str hex,
		struct instant before, struct err *err);
	/* Deletes what was set aside before `before`. */
	enum res (*purge)(struct store *store, const char *kind, struct instant before,
		size_t *out_n, struct err *err);
	/* Bytes of all objects, those set aside too. */
	enum res (*used)(struct store *store, int64_t *out_bytes, struct err *err);
	void (*close)(struct store *store);
};

enum res store_folder_open(struct store **out, const char *folder, struct err *err) must_check;

#endif

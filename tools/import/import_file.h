/* The import file in memory: every row with its fate, and the file of those that did not go in. */
#ifndef WL_IMPORT_IMPORT_FILE_H
#define WL_IMPORT_IMPORT_FILE_H

#include "base/map.h"
#include "import_core.h"

#define IMPORT_FILE_MAX (1024u << 20)

/* REJECTED and SAME are ends; so is RECEIVED for the letter. */
enum item_state {
	ITEM_READY,	/* not handed to the platform by this run yet */
	ITEM_SUBMITTED, /* in the spool */
	ITEM_RECEIVED,	/* there is a receipt */
	ITEM_SAME,	/* the very same row stands further up */
	ITEM_REJECTED,
};
enum reply_state {
	REPLY_NONE,  /* there is none, or it is not to be played */
	REPLY_WAITS, /* for its time, or for what comes before it */
	REPLY_DONE,
	REPLY_DIRECT,  /* an article of the knowledge base answered, not the file's reply */
	REPLY_REFUSED, /* the row is rejected, though the letter went in */
};

/* What the player of a replay knows of an item (import_player.h). */
struct item_play {
	bool is_taken_up; /* queued or active */
	bool is_reply_due;
	int8_t asked;		/* enum replay_step that waits for its result; -1 none */
	struct instant look_at; /* monotonic: when to look at the case again */
	struct str refusal;	/* of what was asked last; "" none */
};

struct import_item {
	struct csv_record record;
	struct import_row row;
	enum item_state state;
	enum reply_state reply;
	int64_t case_id;   /* 0: no receipt yet */
	struct str reason; /* of the rejection */
	struct item_play play;
};

struct import_file {
	struct arena *mem;
	const char *charset; /* of the file: "UTF-8" or "GB18030"; in memory all is UTF-8 */
	struct import_header header;
	struct import_item *items; /* in the file's order */
	size_t n;
	struct map *by_id; /* external_id → item, for those that are not rejected at once */
	size_t rejected;
	size_t same;
};

struct import_file_options {
	const char *path;
	const struct import_map *maps;
	size_t n_maps;
	bool with_reply;
};

/* RES_NOT_FOUND, RES_TOO_BIG; RES_INVALID: no header that we can use. */
enum res import_file_load(struct import_file *out, const struct import_file_options *options,
	struct err *err) must_check;
void import_file_fini(struct import_file *file);
struct import_item *import_file_find(const struct import_file *file, struct str external_id);
/* For good: the row lands in the reject file. why is copied. */
void import_file_reject(struct import_file *file, struct import_item *item, struct str why);
/* Writes the reject file: the original columns, line and reason, in UTF-8; mended, it can be
 * imported as it is. Without rejected rows it is taken away. */
enum res import_file_write_rejected(
	const struct import_file *file, const char *path, struct err *err) must_check;

#endif

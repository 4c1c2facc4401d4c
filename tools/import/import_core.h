/* What a row of an import file means: which column is which, and whether a row can be submitted.
 * Pure. The platform judges again; what it would refuse for sure is named here, with its line. */
#ifndef WL_IMPORT_IMPORT_CORE_H
#define WL_IMPORT_IMPORT_CORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"
#include "csv/csv_core.h"

#define IMPORT_TITLE_CHARS 200
#define IMPORT_BODY_CHARS  50000
#define IMPORT_ID_BYTES	   200
#define IMPORT_USER_BYTES  1000
#define IMPORT_AREA_BYTES  64
#define IMPORT_LIKES_MOST  1000000000
#define IMPORT_REPLY_BYTES (200 * 1024)
#define IMPORT_MAPS_MAX	   16

/* What a reject file has behind the file's own columns. */
#define IMPORT_REJECT_LINE   "line"
#define IMPORT_REJECT_REASON "reason"

enum import_column {
	COLUMN_EXTERNAL_ID,
	COLUMN_TITLE,
	COLUMN_BODY,
	COLUMN_TIME,
	COLUMN_USER,
	COLUMN_AREA,
	COLUMN_LIKES,
	COLUMN_REPLY,
	COLUMN_REPLY_TIME,
	COLUMN_RATING,
	IMPORT_COLUMNS
};
const char *import_column_name(enum import_column column);

/* --map ours=theirs */
struct import_map {
	struct str ours;
	struct str theirs;
};

struct import_header {
	int32_t at[IMPORT_COLUMNS]; /* place in the row; -1: not there */
	struct str *names;	    /* of the file's own columns, borrowed from the record */
	size_t n;
	size_t n_read;	    /* n, and the two columns that a reject file has behind them */
	struct str ignored; /* "dislikes, split", in mem */
};

/* The first record of the file. A reject file that was mended ends with the columns line and
 * reason: they are passed over. with_reply: reply and reply_time are wanted too. RES_INVALID: a
 * column is missing, there twice, or mapped from a name that the file does not have. */
enum res import_header_read(struct arena *mem, const struct csv_record *record,
	const struct import_map *maps, size_t n_maps, bool with_reply, struct import_header *out,
	struct err *err) must_check;

struct import_row {
	size_t line;
	struct str external_id;
	struct str title;
	struct str body;
	struct str user;
	struct str area;
	int32_t likes;
	struct instant time;	   /* none: unknown */
	struct str reply;	   /* empty: none */
	struct instant reply_time; /* none: with the letter */
	int32_t rating;		   /* 1–5; 0: the citizen says nothing */
};

/* RES_INVALID: the row cannot go in; err says why, for people. Texts borrow from the record. */
enum res import_row_read(const struct import_header *header, const struct csv_record *record,
	struct import_row *out, struct err *err) must_check;
bool import_row_is_same(
	const struct import_row *a, const struct import_row *b); /* but for the line */

#endif

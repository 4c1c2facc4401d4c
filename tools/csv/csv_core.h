/* CSV as RFC 4180 has it, read from memory: fields in quotes may hold commas, quotes and line
 * feeds; lines end with CRLF or LF; a byte order mark at the front is skipped, and so are empty
 * lines. Pure. A record that is broken is given back as broken, and reading goes on at the next
 * line: one bad row never takes good ones with it. */
#ifndef WL_CSV_CSV_CORE_H
#define WL_CSV_CSV_CORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define CSV_FIELDS_MAX 256
#define CSV_RECORD_MAX (4u << 20) /* bytes */

enum csv_fault {
	CSV_FINE,
	CSV_QUOTE_OPEN,	  /* a quote is opened and never closed */
	CSV_QUOTE_AFTER,  /* something stands behind a closing quote */
	CSV_QUOTE_INSIDE, /* a quote inside a field that does not begin with one */
	CSV_TOO_MANY,	  /* more than CSV_FIELDS_MAX fields */
	CSV_TOO_LONG,	  /* more than CSV_RECORD_MAX bytes */
	CSV_NOT_UTF8,
};
const char *csv_fault_text(enum csv_fault fault); /* for people: "broken quoting: …" */

struct csv_reader {
	struct str rest;
	size_t line; /* that `rest` begins with, from 1 */
};

struct csv_record {
	enum csv_fault fault;
	size_t line;	    /* where it begins */
	struct str raw;	    /* its bytes, without the line's end; of a broken one its first line */
	struct str *fields; /* as written, quotes taken off; only when fault is CSV_FINE */
	size_t n;
};

void csv_open(struct csv_reader *reader, struct str bytes);
/* false: nothing is left. Fields borrow from the bytes, or live in mem where quotes were doubled.
 */
bool csv_next(struct csv_reader *reader, struct arena *mem, struct csv_record *out);

/* Appends a field, in quotes where it needs them; `at`: its place in the row, from 0. */
void csv_write_field(struct buf *out, size_t at, struct str field);
void csv_write_end(struct buf *out); /* CRLF */

#endif

/* The delivery log: one line a try in STATE_DIR/delivery.log, append-only, durable after
 * webhook_book_sync, rotated by size (delivery.log.1 is the newest old one). No text of a reply, no
 * address, no URL: the document appears by its digest. */
#ifndef WL_WEBHOOK_BOOK_H
#define WL_WEBHOOK_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define BOOK_KEPT 10

struct book;
enum res webhook_book_open(
	struct book **out, const char *path, int64_t bytes_most, struct err *err) must_check;
void webhook_book_close(struct book *book);
void webhook_book_add(struct book *book, struct str line); /* without its line break */
enum res webhook_book_sync(struct book *book, struct err *err) must_check;

#endif

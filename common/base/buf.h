/* Bytes that grow, outside an arena: queues to the network, files being read. Memory running out is
 * a CHECK. */
#ifndef WL_BASE_BUF_H
#define WL_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n;   /* bytes in use */
	size_t cap; /* bytes there are */
};

void buf_fini(struct buf *buf);			 /* a zeroed buf is a valid empty one */
void buf_clear(struct buf *buf);		 /* keeps the memory */
char *buf_extend(struct buf *buf, size_t bytes); /* n grows by bytes; the new part, not zeroed */
void buf_add(struct buf *buf, const void *bytes, size_t n);
void buf_add_str(struct buf *buf, struct str s);
void buf_printf(struct buf *buf, const char *format, ...) printf_like(2, 3);
void buf_drop(struct buf *buf, size_t n); /* the first n bytes go */
struct str buf_str(const struct buf *buf);

#endif

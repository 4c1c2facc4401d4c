/* Bytes that grow by doubling. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define LEAST_BYTES 64

void buf_fini(struct buf *buf)
{
	free(buf->p);
	*buf = (struct buf){ 0 };
}

void buf_clear(struct buf *buf)
{
	buf->n = 0;
}

static void room_make(struct buf *buf, size_t bytes)
{
	size_t wanted;
	size_t cap = buf->cap < LEAST_BYTES ? LEAST_BYTES : buf->cap;

	CHECK(!__builtin_add_overflow(buf->n, bytes, &wanted) && wanted <= SIZE_MAX / 2);
	if (buf->p != NULL && wanted <= buf->cap)
		return;
	while (cap < wanted)
		cap *= 2;
	buf->p = realloc(buf->p, cap);
	CHECK(buf->p != NULL);
	buf->cap = cap;
}

char *buf_extend(struct buf *buf, size_t bytes)
{
	room_make(buf, bytes);
	char *added = buf->p + buf->n;
	buf->n += bytes;
	return added;
}

void buf_add(struct buf *buf, const void *bytes, size_t n)
{
	char *added = buf_extend(buf, n);

	if (n > 0)
		memcpy(added, bytes, n);
}

void buf_add_str(struct buf *buf, struct str s)
{
	buf_add(buf, s.p, s.n);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	CHECK(n >= 0);
	room_make(buf, (size_t)n + 1); /* vsnprintf wants a place for its NUL */
	va_start(args, format);
	vsnprintf(buf->p + buf->n, (size_t)n + 1, format, args);
	va_end(args);
	buf->n += (size_t)n;
}

void buf_drop(struct buf *buf, size_t n)
{
	CHECK(n <= buf->n);
	buf->n -= n;
	if (n > 0 && buf->n > 0)
		memmove(buf->p, buf->p + n, buf->n);
}

struct str buf_str(const struct buf *buf)
{
	return str_of(buf->p == NULL ? "" : buf->p, buf->n);
}

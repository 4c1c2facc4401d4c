/* Private to the SDK: structures that callers allocate, as programs that were compiled with another
 * wangli.h have them. They begin with their size_t struct_bytes.
 *
 * Who appends a member keeps the end at a multiple of 8 bytes (so that the padding of an older one
 * is never taken for a member) and leaves `first` alone. */
#ifndef WL_SDK_SDK_SHAPE_H
#define WL_SDK_SDK_SHAPE_H

#include <stddef.h>

#include "base/err.h"

struct shape {
	const char *name;
	size_t first; /* bytes that it was born with: no program may be below */
	size_t now;
};

/* last: the last member that the structure was born with. */
#define SHAPE(type, last)                                                                          \
	{                                                                                          \
		.name = #type,                                                                     \
		.first = offsetof(struct type, last) + sizeof(((struct type *)0)->last),           \
		.now = sizeof(struct type)                                                         \
	}

/* *in, with zero for what an older program does not know. RES_INVALID: it was never initialised, or
 * it is of a program that was compiled for a newer library. */
enum res shape_read(
	const struct shape *shape, const void *in, void *out, struct err *err) must_check;

#endif

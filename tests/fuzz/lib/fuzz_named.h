/* Inputs that begin with a name: "intake.accept.v1", a line feed, a body. So a corpus outlives what
 * is added to a table, and mutations stay with the body. */
#ifndef WL_FUZZ_NAMED_H
#define WL_FUZZ_NAMED_H

#include <stdint.h>

#include "base/str.h"

struct fuzz_named {
	struct str name;
	struct str body;
};

static inline struct fuzz_named fuzz_named(const uint8_t *data, size_t size)
{
	struct str rest = str_of(data, size);
	struct fuzz_named input = { .name = STR("") };

	(void)!str_split(&rest, '\n', &input.name);
	input.body = rest.p == NULL ? STR("") : rest;
	return input;
}

#endif

/* The bytes of a file as UTF-8. */
#ifndef WL_IMPORT_IMPORT_CHARSET_H
#define WL_IMPORT_IMPORT_CHARSET_H

#include "base/arena.h"
#include "base/err.h"

/* *out_name: "UTF-8" (the bytes themselves; single rows may still be broken) or "GB18030"
 * (converted into mem, line for line). RES_INVALID: it is neither; err names line and byte. */
enum res import_charset_read(struct arena *mem, struct str bytes, struct str *out,
	const char **out_name, struct err *err) must_check;

#endif

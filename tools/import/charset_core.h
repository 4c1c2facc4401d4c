/* In which characters a file is written: the part that needs no table of characters. Pure. */
#ifndef WL_IMPORT_CHARSET_CORE_H
#define WL_IMPORT_CHARSET_CORE_H

#include "base/str.h"

enum charset_guess {
	CHARSET_UTF8,  /* all of it, or so much that the rest are broken rows */
	CHARSET_UTF16, /* a byte order mark says so */
	CHARSET_OTHER, /* not UTF-8: GB18030, or nothing that we can read */
};

/* A line with characters beyond ASCII is hardly ever UTF-8 by accident, so lines vote: where as
 * many are UTF-8 as are not, the file is, and the others are broken. */
enum charset_guess charset_guess(struct str bytes);

struct charset_place {
	size_t line; /* from 1 */
	size_t byte; /* of the line, from 1 */
};
struct charset_place charset_place_of(struct str bytes, size_t offset);

#endif

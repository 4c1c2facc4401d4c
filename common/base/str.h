/* Borrowed text: pointer and length, passed by value, may hold NULs, never outlives what it points
 * into. */
#ifndef WL_BASE_STR_H
#define WL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/res.h"

struct str {
	const char *p; /* NULL says "no value" (SQL null); "" is an empty one */
	size_t n;
};

#define STR(literal) ((struct str){ .p = (literal), .n = sizeof(literal) - 1 })
#define STR_INIT(literal)                                                                          \
	{                                                                                          \
		.p = (literal), .n = sizeof(literal) - 1                                           \
	}
#define STR_NONE   ((struct str){ .p = NULL, .n = 0 })
#define STR_ARG(s) (int)(s).n, ((s).p ? (s).p : "") /* for "%.*s" */

struct str str_from_c(const char *text); /* NULL gives STR_NONE */
struct str str_of(const void *bytes, size_t n);
bool str_is_empty(struct str s);	 /* no value or no bytes */
bool str_eq(struct str a, struct str b); /* bytes; STR_NONE equals "" */
bool str_eq_c(struct str a, const char *b);
int str_compare(struct str a, struct str b); /* bytes, as memcmp; shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Offset of the first occurrence at or after from, or SIZE_MAX. An empty needle is never found. */
size_t str_find(struct str in, struct str needle, size_t from);
struct str str_slice(struct str s, size_t from, size_t n); /* clamped to s */
struct str str_trim(struct str s); /* ASCII white space and U+3000 at both ends */
/* Takes the part before the first separator off *rest; false when *rest is used up (p == NULL
 * afterwards). */
bool str_split(struct str *rest, char separator, struct str *out_part);

/* Decimal, optional sign, nothing else around it. RES_INVALID otherwise; RES_TOO_BIG on overflow.
 */
enum res str_to_int64(struct str s, int64_t *out) must_check;

/* Shortest form of valid UTF-8 (RFC 3629: no surrogates, no overlong forms, ≤ U+10FFFF). */
bool str_is_utf8(struct str s);
/* Number of bytes of valid UTF-8 at the front of s. */
size_t str_utf8_prefix(struct str s);
/* Characters (code points) of valid UTF-8. */
size_t str_utf8_length(struct str s);
/* The first n_max code points of valid UTF-8. */
struct str str_utf8_cut(struct str s, size_t n_max);
/* The characters of valid UTF-8 that n_max bytes have room for. */
struct str str_utf8_fit(struct str s, size_t n_max);
/* Offset of the first control character (C0 without TAB, LF, CR; DEL; C1), or SIZE_MAX. */
size_t str_find_control(struct str s);

#endif

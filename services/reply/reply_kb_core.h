/* Articles of the knowledge base as reply keeps them in memory, and what one must be. Pure: base
 * only. */
#ifndef WL_REPLY_KB_CORE_H
#define WL_REPLY_KB_CORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define REPLY_KB_TITLE_MAX 100 /* characters */
#define REPLY_KB_WORDS_MAX 200 /* characters */
#define REPLY_KB_BYTES_MAX                                                                         \
	(8 << 20) /* all articles together: every replica keeps them in memory                     \
		   */
#define REPLY_KB_NO_END INT32_MIN

struct reply_kb_article {
	int64_t id; /* 0: a new one */
	struct str category;
	struct str title;
	struct str words; /* "居住证,办理/怎么办": each part must stand in a letter, by one of its
			     alternatives */
	struct str text;
	struct str unit;    /* who vouches for it */
	int32_t valid_from; /* days since 1970, inclusive */
	int32_t valid_to;   /* exclusive; REPLY_KB_NO_END */
};

struct reply_kb {
	const struct reply_kb_article *articles; /* by id */
	size_t n;
};

/* The article that holds on that day, or NULL. */
const struct reply_kb_article *reply_kb_find(const struct reply_kb *kb, int64_t id, int32_t day);

/* A code of the taxonomy or of a unit, with the days on which it holds. */
struct reply_code {
	struct str code;
	int32_t valid_from;
	int32_t valid_to;
};
struct reply_codes {
	const struct reply_code *rows;
	size_t n;
};

/* What an article is measured by. */
struct reply_kb_rules {
	const struct reply_kb *kb;
	const struct reply_codes *categories;
	const struct reply_codes *units;
	int32_t today;
};

/* RES_INVALID: what is wrong with it; no such category, unit or article   RES_TOO_BIG: with it all
 * articles together have too many bytes */
enum res reply_kb_check(const struct reply_kb_article *article, const struct reply_kb_rules *rules,
	struct err *err) must_check;

#endif

/* Decides type, category and area of a letter. Whoever decides stands behind struct classifier, so
 * that a trained one can take over; this file has the first: words of the reference data with
 * weights. Reference data are read by the caller; everything lives in the arena of the making. */
#ifndef WL_INTAKE_CLASSIFY_CORE_H
#define WL_INTAKE_CLASSIFY_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define CLASSIFY_WORDS_MAX 8

struct classify_letter {
	struct str title; /* both valid UTF-8 */
	struct str body;
	struct str area;  /* as the channel knows it: code, name or empty */
	struct str klass; /* "report" or empty, as the channel says */
	int32_t day;	  /* of the decision, days since 1970: rows that hold then count */
};

struct classify_result { /* texts borrow from the classifier */
	struct str type;
	struct str klass; /* "report" or "" */
	struct str category;
	struct str area;	/* code of a county-level unit or "" */
	int32_t confidence_pct; /* of the category; 0 for the general desk */
	bool is_general_desk;
	struct str words[CLASSIFY_WORDS_MAX]; /* that spoke for the category, heaviest first */
	size_t n_words;
	const struct str *named_units; /* every body that the letter names */
	size_t n_named_units;
};

struct classifier {
	const char *name; /* "words-1"; journalled with each decision */
	/* Memory is taken from mem only; when that runs out, the result is the general desk and
	 * the arena is marked. */
	void (*decide)(const struct classifier *self, struct arena *mem,
		const struct classify_letter *letter, struct classify_result *out);
};

struct classify_period {
	int32_t valid_from; /* days since 1970, inclusive */
	int32_t valid_to;   /* exclusive; WORDS_NO_END */
};
struct classify_category {
	struct str code;
	struct str name;
	struct classify_period period;
};
struct classify_word {
	struct str target; /* a category's code, or a type */
	struct str word;
	int32_t weight;
	struct classify_period period;
};
struct classify_org {
	struct str code;
	struct str name;
	int16_t level; /* 1 city, 2 county-level units and bodies, 3 towns and subdistricts */
	struct str parent_code;
	struct str kind;
	struct classify_period period;
};
struct classify_reference {
	const struct classify_category *categories;
	size_t n_categories;
	const struct classify_word *words; /* of categories */
	size_t n_words;
	const struct classify_word *type_words;
	size_t n_type_words;
	const struct classify_org *orgs;
	size_t n_orgs;
	struct str general_category; /* where the unsure go */
	struct str default_type;
	int32_t least_score;	  /* a category below it is unsure */
	int32_t least_margin_pct; /* so is one that leads the second by less */
	int32_t least_type_score;
};

/* RES_INVALID: a row that cannot be used, named; RES_TOO_BIG: the arena is used up. */
enum res classify_words_make(struct arena *mem, const struct classify_reference *reference,
	const struct classifier **out, struct err *err) must_check;

#endif

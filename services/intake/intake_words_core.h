/* Finds many words in a text in one pass: an index by a word's first two characters, longest word
 * first. Words carry targets (a category, a type, an area …) with weights and a period of validity.
 * ASCII letters match in either case. Built once per version of the reference data, in an arena. */
#ifndef WL_INTAKE_WORDS_CORE_H
#define WL_INTAKE_WORDS_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define WORDS_NO_END INT32_MAX /* valid_to of a row that still holds */

struct words_target {
	uint16_t kind;	/* the user's */
	uint16_t index; /* the user's */
	int32_t weight;
	int32_t valid_from; /* days since 1970, inclusive */
	int32_t valid_to;   /* exclusive */
	const struct words_target *next;
};

struct words_entry {
	struct str word; /* as in the reference data, ASCII letters lowered */
	uint32_t number; /* 0 … words_count() - 1, in order of insertion */
	const struct words_target *targets;
	struct words_entry *next; /* same first two characters, not longer */
};

struct words_index;

/* most: how many words will be added at most. NULL: the arena is used up. */
struct words_index *words_index_make(struct arena *mem, size_t most);
/* The word is copied. RES_INVALID: fewer than two characters or not UTF-8. RES_TOO_BIG: more than
 * `most` words, or the arena is used up. */
enum res words_add(struct words_index *index, struct str word, const struct words_target *target,
	struct err *err) must_check;
size_t words_count(const struct words_index *index);
/* The word itself, or NULL. */
const struct words_entry *words_find(const struct words_index *index, struct str word);

/* Calls `each` for the longest word at every place, from left to right, without overlaps. text:
 * valid UTF-8. */
void words_scan(const struct words_index *index, struct str text,
	void (*each)(void *arg, const struct words_entry *entry), void *arg);

/* Is the target in force on that day? */
static inline bool words_target_is_valid(const struct words_target *target, int32_t day)
{
	return target->valid_from <= day && day < target->valid_to;
}

#endif

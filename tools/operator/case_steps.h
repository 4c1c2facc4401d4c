/* Journal entries in words. No I/O. */
#ifndef WL_OPERATOR_CASE_STEPS_H
#define WL_OPERATOR_CASE_STEPS_H

#include "base/arena.h"
#include "base/str.h"

#define STEP_DETAILS_MAX 8

struct step_detail {
	const char *name;
	struct str text;
};

struct step_words {
	struct str what; /* in Chinese; an entry that we do not know (a newer system): its type */
	struct str note; /* for the citizen */
	struct str unit;
	struct step_detail details[STEP_DETAILS_MAX]; /* only what says something */
	size_t n;
};
/* A body that cannot be read (erased by law) has no note and no details. */
struct step_words step_words_read(struct arena *mem, struct str type, struct str body);
/* A time in the body, by its field's name; none: not there. */
struct instant step_time_read(
	struct arena *mem, struct str type, struct str body, const char *field);

#endif

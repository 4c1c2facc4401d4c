/* Names of the city's units in letters: which area a letter speaks of, and which bodies it names.
 */
#ifndef WL_INTAKE_NAMES_CORE_H
#define WL_INTAKE_NAMES_CORE_H

#include "intake_classify_core.h"

struct unit_names;

/* Every unit but the city itself is known by its full name and by what people call it: without a
 * note in brackets, without 市 or the city's name in front, a functional zone without its first two
 * characters. */
enum res names_make(struct arena *mem, const struct classify_org *orgs, size_t n_orgs,
	struct unit_names **out, struct err *err) must_check;

struct names_found {
	struct str area; /* "" when unknown */
	struct str *units;
	size_t n_units;
};

/* The area is the letter's own (a county-level code or name); else that of the first unit named in
 * the title, else in the body; a town or subdistrict stands for its county-level unit, unless two
 * share its name. units: every unit named in title or body, by a name
 * that it has or once had, each once; from mem. */
void names_look(const struct unit_names *names, struct arena *mem,
	const struct classify_letter *letter, struct names_found *out);

#endif

/* Who takes a step of the straight road on a day: the system at once, or people by a command. The
 * rows are dated reference data (ref.road) that each service reads with the rest of its own. */
#ifndef WL_BASE_ROAD_H
#define WL_BASE_ROAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum road_step {
#define STEP(name, word) ROAD_##name,
#include "base/roads.def"
#undef STEP
	ROAD_STEPS
};
const char *road_step_word(enum road_step step); /* "approve_lead" */

/* As ref.road has them. */
struct road_row {
	struct str step;     /* road_step_word */
	struct str type;     /* of the case; "*": all types without a row of their own */
	struct str taken_by; /* "system" or "people" */
	int32_t valid_from;  /* days since 1970, inclusive */
	int32_t valid_to;    /* exclusive; ROAD_NO_END */
};
#define ROAD_NO_END INT32_MIN /* what the database's null is read as */

/* The row with the type itself wins over '*'; where there is neither, people take the step. rows:
 * in any order. day: of the decision, days since 1970. */
bool road_taken_by_system(
	const struct road_row *rows, size_t n, enum road_step step, struct str type, int32_t day);

#endif

/* The people of the demo: who takes which step, under which name, with which words. Pure. */
#ifndef WL_DEMO_DEMO_PEOPLE_H
#define WL_DEMO_DEMO_PEOPLE_H

#include "base/arena.h"
#include "clock/line.h"
#include "demo_core.h"

bool demo_needs_unit(enum demo_deed deed); /* only somebody of the case's unit may */
/* The COMMAND of a step, but for its case. unit: whose the case is. */
enum res demo_command(struct arena *mem, const struct demo_row *row, enum demo_deed deed,
	struct str unit, struct line_command *out, struct err *err) must_check;

#endif

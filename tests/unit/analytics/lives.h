/* Whole lives of cases as the four producers tell them, for tests of the projection. */
#ifndef WL_TESTS_ANALYTICS_LIVES_H
#define WL_TESTS_ANALYTICS_LIVES_H

#include "analytics_cells_core.h"

#define LIFE_STEPS_MAX	32
#define LIVES_PRODUCERS 4

/* One event and the state that people see after it, told in the order of the life. */
struct life_step {
	struct analytics_event event;
	enum analytics_state shown;
};
struct life {
	const char *name;
	struct life_step steps[LIFE_STEPS_MAX];
	size_t n;
};

extern const size_t lives_n;
/* Life i, with a time for each of its events. */
struct life life_make(size_t i);
int life_producer(enum analytics_event_kind kind);

#endif

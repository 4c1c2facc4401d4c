/* What the machine and the status files of other commands say. */
#ifndef WL_WATCH_MACHINE_H
#define WL_WATCH_MACHINE_H

#include "watch_state.h"

/* Sets disk_…, memory_…, backup_… and check_…; mem for the length of the call. */
void watch_machine_measure(struct watch_state *state, struct arena *mem);

#endif

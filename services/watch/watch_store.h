/* Asks the database about itself and about open cases; the only file that names SQL statements. As
 * wl_watch: pg_read_all_stats, the two views v_watch and the clock, nothing else. */
#ifndef WL_WATCH_STORE_H
#define WL_WATCH_STORE_H

#include "watch_state.h"

/* One round of questions, after a new session where the old one broke; what is answered is set in
 * the metrics at once. A failure is logged, once. */
void watch_store_turn(struct watch_state *state);
void watch_store_close(struct watch_state *state);

#endif

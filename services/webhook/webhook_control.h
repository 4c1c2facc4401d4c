/* What an operator asks for, as files in STATE_DIR/control, taken once a second: `ping` (its text
 * is the ping's id) and `replay` (empty: all dead letters; "FROM_US TO_US": all that was taken from
 * the platform in that time). */
#ifndef WL_WEBHOOK_CONTROL_H
#define WL_WEBHOOK_CONTROL_H

#include "webhook_state.h"

void webhook_control_take(struct webhook_state *state);

#endif

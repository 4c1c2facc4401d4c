/* COMMANDs state.get.v1, state.put.v1, state.lease.v1: what integrators keep for themselves. */
#ifndef WL_INTAKE_STATE_H
#define WL_INTAKE_STATE_H

#include "kit/kit.h"

/* As kit_handler.handle, without a case. */
enum res intake_state_command(struct kit_turn *turn, struct err *err) must_check;

#endif

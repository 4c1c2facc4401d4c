/* Integrators' keys: the door's question for them, and the operator's commands. */
#ifndef WL_INTAKE_CHANNEL_H
#define WL_INTAKE_CHANNEL_H

#include "kit/kit.h"

/* As kit_handler.handle, without a case. Each change is hinted to the door. */
enum res intake_keys_get(struct kit_turn *turn, struct err *err) must_check;
enum res intake_channel_add(struct kit_turn *turn, struct err *err) must_check;
enum res intake_channel_rotate(struct kit_turn *turn, struct err *err) must_check;
enum res intake_channel_revoke(struct kit_turn *turn, struct err *err) must_check;
enum res intake_channel_quota(struct kit_turn *turn, struct err *err) must_check;

#endif

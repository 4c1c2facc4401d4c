/* Performs what the core decided: journal entries, rows of child tables, markers. */
#ifndef WL_REPLY_DEEDS_H
#define WL_REPLY_DEEDS_H

#include "kit/kit.h"
#include "reply_core.h"

/* The row becomes decision->after; each step taken leaves its traces, in order.
 * reason: of a channel, fit for events; empty otherwise. */
void reply_perform(struct kit_turn *turn, const struct reply_decision *decision,
	const struct reply_event *event, struct str reason);

/* Somebody has to verify the delivery in doubt by VERIFY_WITHIN: said in the log, a timer set. */
void reply_ask_to_verify(struct kit_turn *turn, const struct reply_case *file);

/* The group of the channel that the case's letter came by. */
struct str reply_group_of(struct kit_turn *turn, const struct reply_case *file);

#endif

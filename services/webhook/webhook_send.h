/* Tries: which posts are due, how one is signed and sent, what its end means. */
#ifndef WL_WEBHOOK_SEND_H
#define WL_WEBHOOK_SEND_H

#include "webhook_state.h"

/* For fetch: asked before each socket. */
bool webhook_may_connect(void *arg, const struct fetch_address *address);
/* For fetch: a try ended. */
void webhook_try_ended(void *arg, void *tag, const struct fetch_result *result);
/* Begins what is due and has room; what is too old becomes a dead letter. */
void webhook_send_due(struct webhook_state *state);

#endif

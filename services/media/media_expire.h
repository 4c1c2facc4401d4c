/* What nobody names after a while is set aside, and deleted later. Intake says what is named; while
 * it does not answer, nothing is removed. */
#ifndef WL_MEDIA_EXPIRE_H
#define WL_MEDIA_EXPIRE_H

#include "media_state.h"

/* Begins anew: a question that nobody answered is forgotten. */
void media_expire_turn(struct media_state *state);
/* A RESULT or NACK from the bus. */
void media_expire_answer(struct media_state *state, const struct wire_msg *msg);

#endif

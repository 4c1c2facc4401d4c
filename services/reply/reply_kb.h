/* The command that puts an article into the knowledge base. */
#ifndef WL_REPLY_KB_H
#define WL_REPLY_KB_H

#include "kit/kit.h"

/* COMMAND kb.put.v1, of no case. Roles: operator, reviewer. */
enum res reply_kb_put(struct kit_turn *turn, struct err *err) must_check;

#endif

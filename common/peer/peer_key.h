/* The number by which a message chooses its way: the same for all that belongs together, wherever
 * it is asked for. Clients choose a broker by it, and brokers a member of a group. */
#ifndef WL_PEER_KEY_H
#define WL_PEER_KEY_H

#include "wire/wire.h"

uint64_t peer_key_of(struct str text);
uint64_t peer_key_of_id(int64_t id);
/* By the case; without one by source_msg_id, else command_id, else id. */
uint64_t peer_key_of_head(const struct wire_head *head);

#endif

/* The body of an ACK of type acks.v1: many acknowledgements in one message, as a batch of events is
 * answered. A record is case_id (8 bytes), seq (4) and code (1), little-endian, one after another.
 */
#ifndef WL_WIRE_WIRE_ACKS_H
#define WL_WIRE_WIRE_ACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "wire/wire.h"

#define WIRE_ACKS_TYPE "acks.v1"
#define WIRE_ACK_BYTES 13
#define WIRE_ACKS_MOST 4000 /* records of one message: 52 KB */

struct wire_ack {
	int64_t case_id;
	int32_t seq; /* answered up to there */
	enum wire_code code;
};

/* out: WIRE_ACK_BYTES. */
void wire_ack_put(char *out, const struct wire_ack *ack);
/* Takes one record off *rest. false: nothing is left, or what is left is no record (no positive
 * case and seq, no code of an ACK). */
bool wire_ack_next(struct str *rest, struct wire_ack *out);

#endif

/* Private to wire: walks protobuf's tags without unpacking anything. One call reads one field
 * whole, so that lengths are tested in one place. Groups (wire types 3 and 4) are refused: nothing
 * of ours has them. */
#ifndef WL_WIRE_WIRE_TAGS_H
#define WL_WIRE_WIRE_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum tag_type { TAG_VARINT = 0, TAG_FIXED64 = 1, TAG_BYTES = 2, TAG_FIXED32 = 5 };

struct tag {
	uint32_t number;
	enum tag_type type;
	uint64_t value;	  /* of a varint; undefined for the others */
	struct str bytes; /* of TAG_BYTES; borrowed */
};

#define TAG_VARINT_MAX 10 /* bytes of the longest varint */

/* Takes a varint off *rest. false: truncated or longer than 64 bits. */
bool tags_varint(struct str *rest, uint64_t *out);
/* Takes one field off *rest. false: not protobuf. */
bool tags_next(struct str *rest, struct tag *out);
/* Writes a varint; returns its bytes. */
size_t tags_put_varint(uint8_t out[TAG_VARINT_MAX], uint64_t value);

#endif

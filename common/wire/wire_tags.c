/* Walks protobuf's tags. Source: protobuf.dev/programming-guides/encoding. */
#include "wire/wire_tags.h"

#define NUMBER_MAX ((1u << 29) - 1)

bool tags_varint(struct str *rest, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < rest->n && i < TAG_VARINT_MAX; i++) {
		uint8_t byte = (uint8_t)rest->p[i];

		if (i == TAG_VARINT_MAX - 1 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*out = value;
			*rest = str_of(rest->p + i + 1, rest->n - i - 1);
			return true;
		}
	}
	return false;
}

static bool take_bytes(struct str *rest, uint64_t n, struct str *out)
{
	if (n > rest->n)
		return false;
	*out = str_of(rest->p, (size_t)n);
	*rest = str_of(rest->p + n, rest->n - (size_t)n);
	return true;
}

bool tags_next(struct str *rest, struct tag *out)
{
	uint64_t key, length;

	if (!tags_varint(rest, &key) || key >> 3 == 0 || key >> 3 > NUMBER_MAX)
		return false;
	out->number = (uint32_t)(key >> 3);
	switch (key & 7) {
	case TAG_VARINT:
		out->type = TAG_VARINT;
		return tags_varint(rest, &out->value);
	case TAG_FIXED64:
		out->type = TAG_FIXED64;
		return take_bytes(rest, 8, &out->bytes);
	case TAG_FIXED32:
		out->type = TAG_FIXED32;
		return take_bytes(rest, 4, &out->bytes);
	case TAG_BYTES:
		out->type = TAG_BYTES;
		return tags_varint(rest, &length) && take_bytes(rest, length, &out->bytes);
	}
	return false;
}

size_t tags_put_varint(uint8_t out[TAG_VARINT_MAX], uint64_t value)
{
	size_t n = 0;

	while (value >= 0x80) {
		out[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[n++] = (uint8_t)value;
	return n;
}

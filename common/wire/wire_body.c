/* Bodies: packed by protobuf-c; unpacked by it only after a walk over the tags by the descriptor,
 * because protobuf-c itself limits neither depth nor count (10,000 nested messages crash it; 1 MB
 * of empty submessages becomes 43 MiB). What the walk lets through costs at most the arena's cap:
 * every allocation of the unpacking is the arena's. */
#include <string.h>

#include "wire/wire.h"
#include "wire/wire_tags.h"

#define DEPTH_MAX   4
#define SINGLE_BITS 64 /* fields of a message that are watched for being given twice */

struct str wire_pack(struct arena *mem, const ProtobufCMessage *message)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = arena_alloc(mem, n);

	if (bytes == NULL)
		return STR_NONE;
	protobuf_c_message_pack(message, bytes);
	return str_of(bytes, n);
}

/* The wire type of one element; TAG_BYTES beside it is a packed list. */
static enum tag_type type_expected(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return TAG_FIXED32;
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return TAG_FIXED64;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return TAG_BYTES;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_ENUM:
		break;
	}
	return TAG_VARINT;
}

/* Elements of a packed list; false: its bytes do not divide. */
static bool packed_count(enum tag_type type, struct str bytes, size_t *elements)
{
	size_t width = type == TAG_FIXED32 ? 4 : 8;
	uint64_t value;

	if (type != TAG_VARINT) {
		*elements += bytes.n / width;
		return bytes.n % width == 0;
	}
	while (bytes.n > 0) {
		if (!tags_varint(&bytes, &value))
			return false;
		++*elements;
	}
	return true;
}

static enum res scan_value(const ProtobufCFieldDescriptor *field, const struct tag *tag,
	size_t *elements, struct err *err)
{
	enum tag_type expected = type_expected(field->type);
	bool may_be_packed = field->label == PROTOBUF_C_LABEL_REPEATED && expected != TAG_BYTES;

	if (tag->type == TAG_BYTES && may_be_packed)
		return packed_count(expected, tag->bytes, elements)
			       ? RES_OK
			       : err_set(err, RES_INVALID, "field %u: bad packed list",
					 tag->number);
	if (tag->type != expected)
		return err_set(err, RES_INVALID, "field %u: wire type %d, want %d", tag->number,
			(int)tag->type, (int)expected);
	if (field->type == PROTOBUF_C_TYPE_STRING && tag->bytes.n > 0 &&
		(!str_is_utf8(tag->bytes) || memchr(tag->bytes.p, 0, tag->bytes.n) != NULL))
		return err_set(err, RES_INVALID, "field %u: not UTF-8 text", tag->number);
	return RES_OK;
}

/* protobuf-c merges a submessage that is given twice, copying its lists each time: nobody of ours
 * writes that. */
static bool is_given_twice(const ProtobufCMessageDescriptor *descriptor,
	const ProtobufCFieldDescriptor *field, uint64_t *seen)
{
	size_t at = (size_t)(field - descriptor->fields);
	uint64_t bit;

	if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
		return false;
	if (at >= SINGLE_BITS)
		return true;
	bit = UINT64_C(1) << at;
	if (*seen & bit)
		return true;
	*seen |= bit;
	return false;
}

static enum res scan_message(const ProtobufCMessageDescriptor *descriptor, struct str bytes,
	int depth, size_t *elements, struct err *err)
{
	uint64_t seen = 0;
	struct tag tag;

	if (depth > DEPTH_MAX)
		return err_set(err, RES_INVALID, "nested deeper than %d", DEPTH_MAX);
	while (bytes.n > 0) {
		const ProtobufCFieldDescriptor *field;

		if (!tags_next(&bytes, &tag))
			return err_set(err, RES_INVALID, "not protobuf");
		++*elements;
		field = protobuf_c_message_descriptor_get_field(descriptor, tag.number);
		if (field != NULL) {
			TRY(scan_value(field, &tag, elements, err));
			if (is_given_twice(descriptor, field, &seen))
				return err_set(err, RES_INVALID, "field %u: twice", tag.number);
		}
		if (*elements > WIRE_ELEMENTS_MAX)
			return err_set(err, RES_TOO_BIG, "field %u: more than %d elements",
				tag.number, WIRE_ELEMENTS_MAX);
		if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE)
			TRY(scan_message(field->descriptor, tag.bytes, depth + 1, elements, err));
	}
	return RES_OK;
}

static void *body_alloc(void *mem, size_t bytes)
{
	return arena_alloc(mem, bytes);
}

static void body_free(void *mem, void *piece)
{
	(void)mem; /* the arena frees everything at once */
	(void)piece;
}

enum res wire_unpack(struct arena *mem, const ProtobufCMessageDescriptor *descriptor,
	struct str body, void *out_message, struct err *err)
{
	ProtobufCAllocator allocator = { body_alloc, body_free, mem };
	ProtobufCMessage *message;
	size_t elements = 0;

	if (body.n > WIRE_BODY_MAX)
		return err_set(
			err, RES_TOO_BIG, "body of %zu bytes: at most %d", body.n, WIRE_BODY_MAX);
	TRY(scan_message(descriptor, body, 1, &elements, err));
	message = protobuf_c_message_unpack(descriptor, &allocator, body.n,
		body.n ? (const uint8_t *)body.p : (const uint8_t *)"");
	if (message == NULL && arena_failed(mem))
		return err_set(err, RES_TOO_BIG, "body needs more memory than a batch has");
	if (message == NULL)
		return err_set(err, RES_INVALID, "body of %s cannot be unpacked", descriptor->name);
	memcpy(out_message, &message, sizeof(message)); /* any message's pointer type */
	return RES_OK;
}

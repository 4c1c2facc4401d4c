/* The header as bytes and back, by one table of its fields: no allocation, texts borrow. The table
 * says envelope.proto in C; a test compares both. Fields that are not in the table come from newer
 * versions and are passed over. */
#include <stddef.h>
#include <string.h>

#include "wire/wire.h"
#include "wire/wire_tags.h"

#define TEXT_MAX 1024 /* bytes of `text`: leaves room for every other field */

enum field_type { FIELD_UNKNOWN, FIELD_TEXT, FIELD_INT64, FIELD_INT32, FIELD_BOOL, FIELD_TIME };

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	size_t most; /* bytes of a text */
};

#define NAME(member)                                                                               \
	{                                                                                          \
#member, FIELD_TEXT, offsetof(struct wire_head, member), WIRE_NAME_MAX             \
	}
#define ID(member)                                                                                 \
	{                                                                                          \
#member, FIELD_TEXT, offsetof(struct wire_head, member), WIRE_TEXT_ID_MAX          \
	}
#define NUMBER(member, type)                                                                       \
	{                                                                                          \
#member, type, offsetof(struct wire_head, member), 0                               \
	}

static const struct field fields[] = {
	[1] = ID(id),
	[2] = NAME(source),
	[3] = NAME(type),
	[4] = ID(subject),
	[5] = { "time_us", FIELD_TIME, offsetof(struct wire_head, time), 0 },
	[6] = NAME(to),
	[7] = NAME(reply_to),
	[8] = NAME(route),
	[9] = NAME(sender),
	[10] = NAME(actor),
	[11] = NUMBER(case_id, FIELD_INT64),
	[12] = NAME(producer),
	[13] = NUMBER(seq, FIELD_INT32),
	[14] = ID(command_id),
	[15] = NAME(channel),
	[16] = ID(source_msg_id),
	[17] = NUMBER(attempt, FIELD_INT32),
	[18] = NUMBER(park, FIELD_BOOL),
	[19] = NAME(traceparent),
	[20] = NUMBER(code, FIELD_INT32),
	[21] = NUMBER(retry_after_ms, FIELD_INT32),
	[22] = NUMBER(expected, FIELD_INT32),
	[23] = NUMBER(credit, FIELD_INT32),
	[24] = { "text", FIELD_TEXT, offsetof(struct wire_head, text), TEXT_MAX },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

_Static_assert(sizeof(enum wire_code) == sizeof(int32_t), "code is read as an int32");

/* What a number field holds; 0 is not written (proto3). */
static int64_t field_number(const struct field *field, const struct wire_head *head)
{
	const char *at = (const char *)head + field->offset;
	int64_t wide;
	int32_t narrow;

	switch (field->type) {
	case FIELD_INT64:
	case FIELD_TIME:
		memcpy(&wide, at, sizeof(wide));
		return field->type == FIELD_TIME && wide == INT64_MIN ? 0 : wide;
	case FIELD_INT32:
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	case FIELD_BOOL:
		return *(const bool *)at;
	case FIELD_TEXT:
	case FIELD_UNKNOWN:
		break;
	}
	return 0;
}

struct packed {
	uint8_t bytes[WIRE_HEADER_MAX];
	size_t n;
};

static bool pack_varint(struct packed *out, uint64_t value)
{
	if (sizeof(out->bytes) - out->n < TAG_VARINT_MAX)
		return false;
	out->n += tags_put_varint(out->bytes + out->n, value);
	return true;
}

static bool pack_field(struct packed *out, uint32_t number, const struct wire_head *head)
{
	const struct field *field = &fields[number];
	struct str text;

	if (field->type != FIELD_TEXT) {
		int64_t value = field_number(field, head);

		return value == 0 || (value > 0 && pack_varint(out, number << 3 | TAG_VARINT) &&
					     pack_varint(out, (uint64_t)value));
	}
	memcpy(&text, (const char *)head + field->offset, sizeof(text));
	if (text.n == 0)
		return true;
	if (text.n > field->most || !pack_varint(out, number << 3 | TAG_BYTES) ||
		!pack_varint(out, text.n) || text.n > sizeof(out->bytes) - out->n)
		return false;
	memcpy(out->bytes + out->n, text.p, text.n);
	out->n += text.n;
	return true;
}

static enum res head_pack(struct packed *out, const struct wire_head *head, struct err *err)
{
	out->n = 0;
	for (uint32_t number = 1; number < FIELDS; number++)
		if (!pack_field(out, number, head))
			return err_set(err, RES_TOO_BIG, "header field %s does not fit",
				fields[number].name);
	return RES_OK;
}

enum res wire_write(struct wire_writer *writer, const struct wire_msg *msg, struct err *err)
{
	struct packed header;

	TRY(head_pack(&header, &msg->head, err));
	return wire_write_raw(
		writer, msg->kind, str_of(header.bytes, header.n), STR(""), msg->body, err);
}

struct str wire_head_pack(struct arena *mem, const struct wire_head *head)
{
	struct packed header;

	if (head_pack(&header, head, NULL) != RES_OK)
		return STR_NONE;
	return arena_str(mem, str_of(header.bytes, header.n));
}

static enum res read_text(
	const struct field *field, struct str text, struct wire_head *out, struct err *err)
{
	if (text.n > field->most)
		return err_set(err, RES_INVALID, "header field %s: %zu bytes, at most %zu",
			field->name, text.n, field->most);
	if (!str_is_utf8(text) || memchr(text.p, 0, text.n) != NULL)
		return err_set(err, RES_INVALID, "header field %s: not UTF-8 text", field->name);
	if (text.n == 0)
		text = STR_NONE;
	memcpy((char *)out + field->offset, &text, sizeof(text));
	return RES_OK;
}

static enum res read_number(
	const struct field *field, uint64_t value, struct wire_head *out, struct err *err)
{
	char *at = (char *)out + field->offset;
	int64_t wide = (int64_t)value;
	int32_t narrow = (int32_t)value;

	if (value > (uint64_t)(field->type == FIELD_INT32 ? INT32_MAX : INT64_MAX))
		return err_set(err, RES_INVALID, "header field %s: out of bounds", field->name);
	if (field->type == FIELD_TIME && value == 0)
		wide = INSTANT_NONE.us;
	if (field->type == FIELD_INT32)
		memcpy(at, &narrow, sizeof(narrow));
	else if (field->type == FIELD_BOOL)
		*(bool *)at = value != 0;
	else
		memcpy(at, &wide, sizeof(wide));
	return RES_OK;
}

enum res wire_head_read(struct str header, struct wire_head *out, struct err *err)
{
	struct wire_head head = { .time = INSTANT_NONE };
	struct str rest = header;
	struct tag tag;

	if (header.n > WIRE_HEADER_MAX)
		return err_set(err, RES_INVALID, "header of %zu bytes", header.n);
	while (rest.n > 0) {
		const struct field *field;

		if (!tags_next(&rest, &tag))
			return err_set(err, RES_INVALID, "header is not protobuf");
		field = tag.number < FIELDS ? &fields[tag.number] : &fields[0];
		if (field->type == FIELD_UNKNOWN)
			continue;
		if (tag.type != (field->type == FIELD_TEXT ? TAG_BYTES : TAG_VARINT))
			return err_set(err, RES_INVALID, "header field %s: wire type %d",
				field->name, (int)tag.type);
		if (field->type == FIELD_TEXT)
			TRY(read_text(field, tag.bytes, &head, err));
		else
			TRY(read_number(field, tag.value, &head, err));
	}
	*out = head;
	return RES_OK;
}

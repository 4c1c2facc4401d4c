/* Names of kinds and codes, and the batch frame: writer and reader. Headers are wire_head.c's,
 * bodies wire_body.c's. Owns no memory but the writer's buffer. Must never trust a length: the
 * reader walks the whole frame before the first record is given out. */
#include "wire/wire.h"

#include <string.h>

static const struct kind_row {
	const char *name;
	bool takes_credit;
} kinds[] = {
#define KIND(name, number, needs_credit, meaning) [number] = { #name, needs_credit },
#include "wire/kinds.def"
#undef KIND
};

static const char *const codes[] = {
#define CODE(name, number, meaning) [number] = #name,
#include "wire/codes.def"
#undef CODE
};

bool wire_kind_is_known(unsigned number)
{
	return number < sizeof(kinds) / sizeof(kinds[0]) && kinds[number].name != NULL;
}

const char *wire_kind_name(enum wire_kind kind)
{
	return wire_kind_is_known((unsigned)kind) ? kinds[kind].name : "?";
}

bool wire_kind_needs_credit(enum wire_kind kind)
{
	return wire_kind_is_known((unsigned)kind) && kinds[kind].takes_credit;
}

const char *wire_code_name(enum wire_code code)
{
	return (unsigned)code < sizeof(codes) / sizeof(codes[0]) && codes[code] ? codes[code] : "?";
}

void wire_writer_fini(struct wire_writer *writer)
{
	buf_fini(&writer->bytes);
	writer->count = 0;
}

void wire_writer_clear(struct wire_writer *writer)
{
	buf_clear(&writer->bytes);
	writer->count = 0;
}

static void put_head(uint8_t *at, enum wire_kind kind, size_t header_bytes, size_t body_bytes)
{
	at[0] = (uint8_t)kind;
	at[1] = 0;
	at[2] = (uint8_t)header_bytes;
	at[3] = (uint8_t)(header_bytes >> 8);
	for (int i = 0; i < 4; i++)
		at[4 + i] = (uint8_t)(body_bytes >> (8 * i));
}

static char *put_text(char *at, struct str text)
{
	if (text.n > 0)
		memcpy(at, text.p, text.n);
	return at + text.n;
}

enum res wire_write_raw(struct wire_writer *writer, enum wire_kind kind, struct str header,
	struct str header_tail, struct str body, struct err *err)
{
	size_t header_bytes = header.n + header_tail.n;
	size_t need = WIRE_RECORD_HEAD + header_bytes + body.n;
	char *at;

	if (header_bytes > WIRE_HEADER_MAX)
		return err_set(err, RES_TOO_BIG, "header of %zu bytes: at most %d", header_bytes,
			WIRE_HEADER_MAX);
	if (body.n > WIRE_BODY_MAX)
		return err_set(
			err, RES_TOO_BIG, "body of %zu bytes: at most %d", body.n, WIRE_BODY_MAX);
	if (writer->count == WIRE_BATCH_MESSAGES || writer->bytes.n + need > WIRE_BATCH_BYTES)
		return RES_RETRY;
	at = buf_extend(&writer->bytes, need);
	put_head((uint8_t *)at, kind, header_bytes, body.n);
	at = put_text(at + WIRE_RECORD_HEAD, header);
	at = put_text(at, header_tail);
	put_text(at, body);
	writer->count++;
	return RES_OK;
}

struct record_size {
	size_t header;
	size_t body;
};

static enum res record_measure(struct str rest, struct record_size *out, struct err *err)
{
	const uint8_t *at = (const uint8_t *)rest.p;

	if (rest.n < WIRE_RECORD_HEAD)
		return err_set(err, RES_INVALID, "truncated record head");
	if (at[0] == 0 || at[1] != 0)
		return err_set(err, RES_INVALID, "record of kind %d, pad %d", at[0], at[1]);
	out->header = (size_t)at[2] | (size_t)at[3] << 8;
	out->body = (size_t)at[4] | (size_t)at[5] << 8 | (size_t)at[6] << 16 | (size_t)at[7] << 24;
	if (out->header > WIRE_HEADER_MAX || out->body > WIRE_BODY_MAX)
		return err_set(
			err, RES_TOO_BIG, "record of %zu and %zu bytes", out->header, out->body);
	if (out->header + out->body > rest.n - WIRE_RECORD_HEAD)
		return err_set(err, RES_INVALID, "truncated record");
	return RES_OK;
}

static struct str record_skip(struct str rest, struct record_size size)
{
	size_t n = WIRE_RECORD_HEAD + size.header + size.body;

	return str_of(rest.p + n, rest.n - n);
}

enum res wire_reader_open(struct wire_reader *reader, struct str frame, struct err *err)
{
	struct str rest = frame;
	uint32_t count = 0;

	if (frame.n > WIRE_BATCH_BYTES)
		return err_set(err, RES_TOO_BIG, "batch of %zu bytes: at most %d", frame.n,
			WIRE_BATCH_BYTES);
	if (frame.n == 0)
		return err_set(err, RES_INVALID, "empty batch");
	while (rest.n > 0) {
		struct record_size size;

		if (count == WIRE_BATCH_MESSAGES)
			return err_set(
				err, RES_TOO_BIG, "more than %d messages", WIRE_BATCH_MESSAGES);
		TRY(record_measure(rest, &size, err));
		rest = record_skip(rest, size);
		count++;
	}
	*reader = (struct wire_reader){ .rest = frame, .count = count };
	return RES_OK;
}

bool wire_reader_next(struct wire_reader *reader, struct wire_record *out)
{
	struct record_size size;
	const char *at = reader->rest.p;

	if (reader->count == 0 || record_measure(reader->rest, &size, NULL) != RES_OK)
		return false;
	out->kind = (enum wire_kind)(uint8_t)at[0];
	out->header = str_of(at + WIRE_RECORD_HEAD, size.header);
	out->body = str_of(at + WIRE_RECORD_HEAD + size.header, size.body);
	reader->rest = record_skip(reader->rest, size);
	reader->count--;
	return true;
}

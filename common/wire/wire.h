/* Messages as bytes. On the wire a multipart of two frames after the routing id: "WL1", and a
 * batch: records of u8 kind · u8 zero · u16 LE header bytes · u32 LE body bytes · header (protobuf
 * Header) · body (protobuf, by type) up to WIRE_BATCH_MESSAGES and WIRE_BATCH_BYTES in all.
 * Anything else is refused whole. Bodies are unpacked only after a tag pre-scan (protobuf-c has
 * neither depth nor count limits) through a capped allocator. */
#ifndef WL_WIRE_WIRE_H
#define WL_WIRE_WIRE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define WIRE_MAGIC	    "WL1"
#define WIRE_RECORD_HEAD    8
#define WIRE_HEADER_MAX	    2048
#define WIRE_BODY_MAX	    (256 * 1024)
#define WIRE_BATCH_MESSAGES 1000
#define WIRE_BATCH_BYTES    (1024 * 1024)
#define WIRE_ELEMENTS_MAX   4096 /* fields and elements a body may hold in all */
#define WIRE_NAME_MAX	    64	 /* bytes of group, instance, sender, channel, type, source */
#define WIRE_TEXT_ID_MAX    250	 /* bytes of id, command_id, source_msg_id */

enum wire_kind {
#define KIND(name, number, needs_credit, meaning) WIRE_##name = number,
#include "wire/kinds.def"
#undef KIND
};
enum wire_code {
#define CODE(name, number, meaning) WIRE_CODE_##name = number,
#include "wire/codes.def"
#undef CODE
};
const char *wire_kind_name(enum wire_kind kind); /* "EVENT"; "?" for an unknown number */
const char *wire_code_name(enum wire_code code);
bool wire_kind_is_known(unsigned number);
bool wire_kind_needs_credit(enum wire_kind kind);

/* The header, decoded. Missing texts are STR_NONE, missing numbers 0. Names follow CloudEvents
 * where it has one. */
struct wire_head {
	struct str id;	   /* of this message, for answers and logs */
	struct str source; /* integrator or service it comes from; for SUBMIT stamped by the door */
	struct str type;   /* "intake.accepted.v1", "reply.submit.v1" */
	struct str subject;
	struct instant time; /* business time of an event; none otherwise */
	struct str to;	     /* group, or instance for answers */
	struct str reply_to; /* instance that waits for the answer */
	struct str route;    /* opaque token of the door */
	struct str
		sender;	  /* stamped by the broker from the CURVE key; never trusted from outside */
	struct str actor; /* who acts; only cli and portal may name one */
	int64_t case_id;
	struct str producer;
	int32_t seq;
	struct str command_id;
	struct str channel; /* stamped by the door */
	struct str source_msg_id;
	int32_t attempt;
	bool park;
	struct str traceparent;
	enum wire_code code;	/* ACK, NACK, RESULT, DONE */
	int32_t retry_after_ms; /* NACK BUSY */
	int32_t expected;	/* NACK GAP: first seq that is wanted */
	int32_t credit;	 /* CREDIT: n more; HELLO: the whole window (its groups are in the body,
			    message Hello) */
	struct str text; /* NACK, RESULT: reason for people */
};

struct wire_msg {
	enum wire_kind kind;
	struct wire_head head;
	struct str body;
};

/* Writing. The writer cuts at the limits: add says RES_TOO_BIG for one message over its own limit
 * (never sendable) and RES_RETRY when this batch is full (send it, begin the next). */
struct wire_writer {
	struct buf bytes;
	uint32_t count;
};
void wire_writer_fini(struct wire_writer *writer);
void wire_writer_clear(struct wire_writer *writer);
enum res wire_write(
	struct wire_writer *writer, const struct wire_msg *msg, struct err *err) must_check;
/* The broker's way: header bytes as they came with fields added behind them (protobuf: the last one
 * wins). */
enum res wire_write_raw(struct wire_writer *writer, enum wire_kind kind, struct str header,
	struct str header_tail, struct str body, struct err *err) must_check;
/* Header fields as bytes for header_tail: only what is set in head. */
struct str wire_head_pack(struct arena *mem, const struct wire_head *head);

/* Reading. wire_reader_open walks the whole frame first, so that a bad batch has no effect at all.
 */
struct wire_reader {
	struct str rest;
	uint32_t count; /* records not read yet */
};
struct wire_record {
	enum wire_kind kind;
	struct str header;
	struct str body;
};
/* RES_INVALID (truncated, non-zero pad, unknown kind 0), RES_TOO_BIG. Unknown kind numbers are
 * passed on: the reader of the record decides. */
enum res wire_reader_open(struct wire_reader *reader, struct str frame, struct err *err) must_check;
bool wire_reader_next(struct wire_reader *reader, struct wire_record *out);
/* Decodes a header. RES_INVALID: not protobuf, text not UTF-8, a name too long, negative numbers.
 * Texts borrow from header. */
enum res wire_head_read(struct str header, struct wire_head *out, struct err *err) must_check;

/* Bodies. message: protobuf-c's. The result lives in mem. */
struct str wire_pack(struct arena *mem, const ProtobufCMessage *message);
/* Pre-scan by the descriptor: wire types fit, lengths fit, nesting ≤ 4, elements ≤
 * WIRE_ELEMENTS_MAX, text is UTF-8 without NUL; then unpack; out_message: address of a pointer to
 * the message. RES_INVALID names the field's number. RES_TOO_BIG: over WIRE_BODY_MAX or elements.
 */
enum res wire_unpack(struct arena *mem, const ProtobufCMessageDescriptor *descriptor,
	struct str body, void *out_message, struct err *err) must_check;

/* protobuf text fields are C strings: these convert without copying where they can. */
static inline struct str wire_str(const char *text)
{
	return text == NULL || text == protobuf_c_empty_string ? STR("") : str_from_c(text);
}

#endif

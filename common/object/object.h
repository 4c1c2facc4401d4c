/* Rights and tickets: who may upload or read which object, and the word for one that is stored.
 * Both are said by whoever holds the objects' key (media; intake reads tickets) and are bearer
 * texts: their authentication is keyed BLAKE2b, compared in constant time. Nothing in them is
 * secret.
 *
 * A right is one word, fit for "Authorization: Bearer":
 *   put~<sha256>~<bytes>~<media type>~<source>~<expires, us>~<authentication>      lower-case hex,
 * decimal numbers get~<stored sha256>~0~~<for whom>~<expires, us>~<authentication> A ticket is
 * ObjectTicket (proto/door.proto) and 32 bytes of authentication behind it. */
#ifndef WL_OBJECT_OBJECT_H
#define WL_OBJECT_OBJECT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define OBJECT_SHA256_BYTES   32
#define OBJECT_KEY_BYTES      32
#define OBJECT_TYPE_BYTES_MAX 100
#define OBJECT_WHO_BYTES_MAX  64
#define OBJECT_RIGHT_MAX      512
#define OBJECT_TICKET_MAX     512

enum object_verb { OBJECT_PUT, OBJECT_GET };

struct object_right {
	enum object_verb verb;
	uint8_t sha256[OBJECT_SHA256_BYTES]; /* PUT: of the upload; GET: of what is stored */
	int64_t size_bytes;		     /* PUT */
	struct str media_type;		     /* PUT; as declared */
	struct str source;		     /* whose; GET: for whom it was made */
	struct instant expires;		     /* real time */
};

struct object_ticket {
	uint8_t sha256[OBJECT_SHA256_BYTES];	    /* of what was uploaded */
	uint8_t stored_sha256[OBJECT_SHA256_BYTES]; /* of what is kept */
	int64_t size_bytes;			    /* of what is kept */
	struct str media_type;
	struct str source;
	struct instant issued_at; /* real time */
};

/* The content of OBJECTS_KEY_FILE: 32 bytes in base64. */
enum res object_key_read(
	struct str base64, uint8_t out[OBJECT_KEY_BYTES], struct err *err) must_check;

/* STR_NONE: a part is too long or holds what no right may hold, or mem is out. */
struct str object_right_make(
	struct arena *mem, const struct object_right *right, const uint8_t key[OBJECT_KEY_BYTES]);
/* RES_DENIED: not of this key, damaged, or its time is over; the sentence says no more. Texts
 * borrow from text. */
enum res object_right_read(struct str text, const uint8_t key[OBJECT_KEY_BYTES], struct instant now,
	struct object_right *out, struct err *err) must_check;

struct str object_ticket_make(
	struct arena *mem, const struct object_ticket *ticket, const uint8_t key[OBJECT_KEY_BYTES]);
/* RES_DENIED: not of this key, or damaged. Its age is the caller's to judge. Texts live in mem. */
enum res object_ticket_read(struct arena *mem, struct str bytes,
	const uint8_t key[OBJECT_KEY_BYTES], struct object_ticket *out, struct err *err) must_check;

#endif

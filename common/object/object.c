/* What is authenticated has a word of its own before it, so that no right can pass for a ticket. */
#include "object/object.h"

#include <inttypes.h>
#include <string.h>

#include "crypto/crypto.h"
#include "proto/door.pb-c.h"
#include "wire/wire.h"

#define SEPARATOR   '~'
#define RIGHT_PARTS 7

_Static_assert(OBJECT_KEY_BYTES == CRYPTO_KEY_BYTES, "keyed BLAKE2b");
_Static_assert(OBJECT_SHA256_BYTES == CRYPTO_SHA256_BYTES, "sums");

static const struct str verbs[] = {
	[OBJECT_PUT] = STR_INIT("put"), [OBJECT_GET] = STR_INIT("get")
};

enum res object_key_read(struct str base64, uint8_t out[OBJECT_KEY_BYTES], struct err *err)
{
	if (crypto_base64_read(base64, out, OBJECT_KEY_BYTES) != RES_OK)
		return err_set(err, RES_INVALID, "OBJECTS_KEY: want 32 bytes in base64");
	return RES_OK;
}

static void authenticate(uint8_t out[CRYPTO_HASH_BYTES], const char *what, struct str bytes,
	const uint8_t key[OBJECT_KEY_BYTES])
{
	const struct str parts[] = { str_from_c(what), bytes };

	crypto_hash(out, key, parts, 2);
}

static bool is_authentic(const char *what, struct str bytes, struct str authentication,
	const uint8_t key[OBJECT_KEY_BYTES])
{
	uint8_t wanted[CRYPTO_HASH_BYTES];

	authenticate(wanted, what, bytes, key);
	return crypto_equal(str_of(wanted, sizeof(wanted)), authentication);
}

/* Letters of media types and of names: none that separates, ends a header or has two forms. */
static bool is_plain(struct str text, size_t most)
{
	if (text.n > most)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool is_fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9') || (c != 0 && strchr("-._/+", c) != NULL);
		if (!is_fit)
			return false;
	}
	return true;
}

struct str object_right_make(
	struct arena *mem, const struct object_right *right, const uint8_t key[OBJECT_KEY_BYTES])
{
	uint8_t authentication[CRYPTO_HASH_BYTES];
	struct str said;

	if (!is_plain(right->media_type, OBJECT_TYPE_BYTES_MAX) ||
		!is_plain(right->source, OBJECT_WHO_BYTES_MAX))
		return STR_NONE;
	said = arena_printf(mem, "%.*s~%.*s~%" PRId64 "~%.*s~%.*s~%" PRId64,
		STR_ARG(verbs[right->verb]),
		STR_ARG(crypto_hex(mem, str_of(right->sha256, sizeof(right->sha256)))),
		right->size_bytes, STR_ARG(right->media_type), STR_ARG(right->source),
		right->expires.us);
	if (said.p == NULL)
		return STR_NONE;
	authenticate(authentication, "object right", said, key);
	return arena_printf(mem, "%.*s~%.*s", STR_ARG(said),
		STR_ARG(crypto_hex(mem, str_of(authentication, sizeof(authentication)))));
}

/* What a right says, without asking whether it is one. */
static bool right_parse(struct str said, struct object_right *out)
{
	struct str part[RIGHT_PARTS - 1];
	struct object_right right = { .verb = OBJECT_PUT };

	for (size_t i = 0; i < RIGHT_PARTS - 1; i++)
		if (!str_split(&said, SEPARATOR, &part[i]))
			return false;
	if (said.p != NULL)
		return false;
	if (str_eq(part[0], verbs[OBJECT_GET]))
		right.verb = OBJECT_GET;
	else if (!str_eq(part[0], verbs[OBJECT_PUT]))
		return false;
	right.media_type = part[3];
	right.source = part[4];
	if (!is_plain(right.media_type, OBJECT_TYPE_BYTES_MAX) ||
		!is_plain(right.source, OBJECT_WHO_BYTES_MAX) ||
		crypto_hex_read(part[1], right.sha256, sizeof(right.sha256)) != RES_OK ||
		str_to_int64(part[2], &right.size_bytes) != RES_OK ||
		str_to_int64(part[5], &right.expires.us) != RES_OK)
		return false;
	*out = right;
	return true;
}

enum res object_right_read(struct str text, const uint8_t key[OBJECT_KEY_BYTES], struct instant now,
	struct object_right *out, struct err *err)
{
	uint8_t authentication[CRYPTO_HASH_BYTES];
	struct object_right right;
	size_t border = text.n - 1 - 2 * CRYPTO_HASH_BYTES;

	if (text.n > OBJECT_RIGHT_MAX || text.n < 2 + 2 * CRYPTO_HASH_BYTES ||
		text.p[border] != SEPARATOR ||
		crypto_hex_read(str_slice(text, border + 1, text.n), authentication,
			sizeof(authentication)) != RES_OK ||
		!is_authentic("object right", str_slice(text, 0, border),
			str_of(authentication, sizeof(authentication)), key) ||
		!right_parse(str_slice(text, 0, border), &right))
		return err_set(err, RES_DENIED, "this right is not ours");
	if (!instant_is_before(now, right.expires))
		return err_set(err, RES_DENIED, "this right has ended: ask for a new one");
	*out = right;
	return RES_OK;
}

static ProtobufCBinaryData bytes_out(const uint8_t *bytes)
{
	return (ProtobufCBinaryData){ .len = OBJECT_SHA256_BYTES,
		.data = (uint8_t *)(uintptr_t)bytes };
}

struct str object_ticket_make(
	struct arena *mem, const struct object_ticket *ticket, const uint8_t key[OBJECT_KEY_BYTES])
{
	Wangli__ObjectTicket out = WANGLI__OBJECT_TICKET__INIT;
	struct str said;

	out.sha256 = bytes_out(ticket->sha256);
	out.stored_sha256 = bytes_out(ticket->stored_sha256);
	out.size_bytes = ticket->size_bytes;
	out.media_type = (char *)(uintptr_t)arena_c(mem, ticket->media_type);
	out.source = (char *)(uintptr_t)arena_c(mem, ticket->source);
	out.issued_at_us = ticket->issued_at.us;
	said = wire_pack(mem, &out.base);
	uint8_t *whole = arena_alloc(mem, said.n + CRYPTO_HASH_BYTES);
	if (said.p == NULL || whole == NULL)
		return STR_NONE;
	memcpy(whole, said.p, said.n);
	authenticate(whole + said.n, "object ticket", said, key);
	return str_of(whole, said.n + CRYPTO_HASH_BYTES);
}

enum res object_ticket_read(struct arena *mem, struct str bytes,
	const uint8_t key[OBJECT_KEY_BYTES], struct object_ticket *out, struct err *err)
{
	Wangli__ObjectTicket *in = NULL;

	if (bytes.n <= CRYPTO_HASH_BYTES || bytes.n > OBJECT_TICKET_MAX)
		return err_set(err, RES_DENIED, "it is no ticket of ours");
	struct str said = str_slice(bytes, 0, bytes.n - CRYPTO_HASH_BYTES);
	if (!is_authentic("object ticket", said, str_slice(bytes, said.n, bytes.n), key) ||
		wire_unpack(mem, &wangli__object_ticket__descriptor, said, &in, NULL) != RES_OK ||
		in->sha256.len != OBJECT_SHA256_BYTES ||
		in->stored_sha256.len != OBJECT_SHA256_BYTES)
		return err_set(err, RES_DENIED, "it is no ticket of ours");
	*out = (struct object_ticket){ .size_bytes = in->size_bytes,
		.media_type = wire_str(in->media_type),
		.source = wire_str(in->source),
		.issued_at = { in->issued_at_us } };
	memcpy(out->sha256, in->sha256.data, sizeof(out->sha256));
	memcpy(out->stored_sha256, in->stored_sha256.data, sizeof(out->stored_sha256));
	return RES_OK;
}

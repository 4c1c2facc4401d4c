/* What reaches media from outside, and comes back from it: rights and tickets, what somebody asks
 * to upload, the head and tail of a file, a plain text, the answer to an upload. The first byte
 * says which. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "media_core.h"
#include "object/object.h"
#include "sdk/sdk_internal.h"

#define MEM_BYTES (4u << 20)
#define BEFORE	  ((struct instant){ INT64_MIN + 1 })

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[OBJECT_KEY_BYTES] = { 3 };

/* Whatever is not signed is refused; what is signed with our key is read as it was written, or
 * refused. */
static void try_right(struct arena *mem, struct str said)
{
	const struct str parts[] = { STR("object right"), said };
	uint8_t authentication[CRYPTO_HASH_BYTES];
	struct object_right right;
	struct str text;

	CHECK(object_right_read(said, key, BEFORE, &right, NULL) == RES_DENIED);
	crypto_hash(authentication, key, parts, 2);
	text = arena_printf(mem, "%.*s~%.*s", STR_ARG(said),
		STR_ARG(crypto_hex(mem, str_of(authentication, sizeof(authentication)))));
	if (object_right_read(text, key, BEFORE, &right, NULL) != RES_OK)
		return;
	CHECK(right.source.n <= OBJECT_WHO_BYTES_MAX);
	CHECK(right.media_type.n <= OBJECT_TYPE_BYTES_MAX);
	CHECK(object_right_make(mem, &right, key).p != NULL);
}

static void try_ticket(struct arena *mem, struct str said)
{
	const struct str parts[] = { STR("object ticket"), said };
	struct object_ticket ticket, again;
	uint8_t *whole = arena_alloc(mem, said.n + CRYPTO_HASH_BYTES);

	CHECK(whole != NULL);
	CHECK(object_ticket_read(mem, said, key, &ticket, NULL) == RES_DENIED);
	memcpy(whole, said.p, said.n);
	crypto_hash(whole + said.n, key, parts, 2);
	if (object_ticket_read(
		    mem, str_of(whole, said.n + CRYPTO_HASH_BYTES), key, &ticket, NULL) != RES_OK)
		return;
	struct str made = object_ticket_make(mem, &ticket, key);
	if (made.n > OBJECT_TICKET_MAX)
		return;
	CHECK(object_ticket_read(mem, made, key, &again, NULL) == RES_OK);
	CHECK(memcmp(ticket.sha256, again.sha256, sizeof(ticket.sha256)) == 0);
	CHECK(str_eq(ticket.source, again.source) && ticket.size_bytes == again.size_bytes);
}

/* A path, a digest, a size in decimals, a media type: one a line. */
static void try_ask(struct arena *mem, struct str text)
{
	const struct media_limits limits = { 20 << 20, 1 << 30, 4 };
	struct media_put put = { .is_right_path = true };
	struct media_ask ask = { .size_bytes = 0 };
	struct str path, size = STR("");
	enum media_kind kind;

	(void)mem;
	(void)!str_split(&text, '\n', &path);
	if (media_path_sha256(path).p != NULL)
		CHECK(media_path_sha256(path).n == MEDIA_SHA256_CHARS);
	(void)!str_split(&text, '\n', &ask.sha256);
	(void)!str_split(&text, '\n', &size);
	ask.media_type = text;
	if (str_to_int64(size, &ask.size_bytes) != RES_OK)
		return;
	put.announced = put.right_bytes = ask.size_bytes;
	if (media_ask_check(&ask, &limits, &kind, NULL) != RES_OK)
		return;
	CHECK(kind < MEDIA_KINDS && media_put_check(&put, &limits, NULL) == 0);
}

/* The file's type as declared (u8), then all of it: at most one type is agreed to. */
static void try_file(struct arena *mem, struct str bytes)
{
	struct str head, tail;
	int agreed = 0;

	(void)mem;
	head = str_slice(bytes, 0, MEDIA_HEAD_BYTES);
	tail = bytes.n > MEDIA_TAIL_BYTES
		       ? str_slice(bytes, bytes.n - MEDIA_TAIL_BYTES, MEDIA_TAIL_BYTES)
		       : bytes;
	for (int kind = 0; kind < MEDIA_KINDS; kind++)
		agreed += kind != MEDIA_M4A &&
			  media_type_agrees((enum media_kind)kind, head, tail, NULL) == RES_OK;
	CHECK(agreed <= 1);
	if (media_text_check(bytes, NULL) == RES_OK)
		CHECK(str_is_utf8(bytes) && bytes.n <= MEDIA_TEXT_BYTES_MAX);
}

static void try_answer(struct arena *mem, struct str json)
{
	uint8_t ticket[WANGLI_TICKET_MAX];
	size_t n = 0;

	(void)mem;
	if (ticket_read(json, ticket, &n, NULL) == RES_OK)
		CHECK(n > 0 && n <= WANGLI_TICKET_MAX);
}

static void try_keys(struct arena *mem, struct str text)
{
	uint8_t bytes[OBJECT_KEY_BYTES];

	if (object_key_read(text, bytes, NULL) == RES_OK)
		CHECK(str_eq(crypto_base64(mem, str_of(bytes, sizeof(bytes))), str_trim(text)));
	if (crypto_hex_read(text, bytes, sizeof(bytes)) == RES_OK)
		CHECK(str_eq(crypto_hex(mem, str_of(bytes, sizeof(bytes))), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct arena * mem, struct str bytes) = { try_right,
		try_ticket, try_ask, try_file, try_answer, try_keys };
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);

	CHECK(mem != NULL && crypto_start(NULL) == RES_OK);
	if (size == 0)
		return 0;
	tries[data[0] % 6](mem, str_of(data + 1, size - 1));
	return 0;
}

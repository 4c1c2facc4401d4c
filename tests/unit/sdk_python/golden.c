/* What the C library makes of given messages, for the Python one to compare with: lines of "name
 *hex". golden                       batch, header, hash, public key of a vault whose secret half is
 *32 times 0x07 golden open SEALED RECORD    opens a contact (both hex) of the letter m-1 with that
 *vault: the plain bytes in hex, or "no" golden seal                  sealed key and record of a
 *contact, as SEALED RECORD */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "proto/door.pb-c.h"
#include "wire/wire.h"

#define MEM_BYTES (4u << 20)
#define ABOUT	  STR("m-1")

static void say(struct arena *mem, const char *name, struct str bytes)
{
	printf("%s %.*s\n", name, STR_ARG(crypto_hex(mem, bytes)));
}

static struct str unhex(struct arena *mem, const char *text)
{
	size_t n = strlen(text) / 2;
	char *out = arena_alloc(mem, n + 1);

	CHECK(out != NULL);
	for (size_t i = 0; i < n; i++) {
		unsigned byte;
		CHECK(sscanf(text + 2 * i, "%2x", &byte) == 1); // NOLINT(cert-err34-c)
		out[i] = (char)byte;
	}
	return str_of(out, n);
}

static struct wire_head full_head(void)
{
	return (struct wire_head){ .id = STR("一件"),
		.source = STR("app"),
		.type = STR("submit.v1"),
		.subject = STR("s"),
		.time = { 1556092800000000 },
		.to = STR("intake"),
		.reply_to = STR("app/0123456789abcdef"),
		.route = STR("7"),
		.sender = STR("edge"),
		.actor = STR("a"),
		.case_id = 4217863,
		.producer = STR("reply"),
		.seq = 12,
		.command_id = STR("c-1"),
		.channel = STR("app"),
		.source_msg_id = STR("m-1"),
		.attempt = 300,
		.park = true,
		.traceparent = STR("00-aa-bb-01"),
		.code = WIRE_CODE_IN_DOUBT,
		.retry_after_ms = 70000,
		.expected = 5,
		.credit = 1000,
		.text = STR("为什么") };
}

static void messages(struct arena *mem)
{
	struct wire_writer writer = { 0 };
	const struct wire_msg ping = { .kind = WIRE_PING };
	const struct wire_msg submit = {
		.kind = WIRE_SUBMIT, .head = full_head(), .body = STR("body\0bytes")
	};
	const struct str parts[] = { STR("ab"), STR(""), STR("c") };
	uint8_t hash[CRYPTO_HASH_BYTES];

	CHECK(wire_write(&writer, &ping, NULL) == RES_OK);
	CHECK(wire_write(&writer, &submit, NULL) == RES_OK);
	say(mem, "batch", buf_str(&writer.bytes));
	say(mem, "header", wire_head_pack(mem, &submit.head));
	crypto_hash(hash, NULL, parts, 3);
	say(mem, "hash", str_of(hash, sizeof(hash)));
	crypto_hash(hash, (const uint8_t *)"0123456789abcdef0123456789abcdef", parts, 3);
	say(mem, "keyed", str_of(hash, sizeof(hash)));
	wire_writer_fini(&writer);
}

static void seal(struct arena *mem, const uint8_t vault[CRYPTO_KEY_BYTES])
{
	uint8_t key[CRYPTO_KEY_BYTES];
	uint8_t sealed[CRYPTO_SEALED_KEY_BYTES];

	crypto_key_make(key);
	crypto_key_seal(key, vault, sealed);
	say(mem, "sealed", str_of(sealed, sizeof(sealed)));
	say(mem, "record", crypto_record_seal(mem, STR("plain 内容"), ABOUT, key));
	say(mem, "key", str_of(key, sizeof(key)));
}

static void open_contact(struct arena *mem, const uint8_t secret[CRYPTO_KEY_BYTES], char **argv)
{
	uint8_t key[CRYPTO_KEY_BYTES];
	struct str plain;

	if (crypto_key_open(unhex(mem, argv[2]), secret, key) == RES_OK &&
		crypto_record_open(mem, unhex(mem, argv[3]), ABOUT, key, &plain) == RES_OK)
		say(mem, "plain", plain);
	else
		printf("no\n");
}

int main(int argc, char **argv)
{
	uint8_t secret[CRYPTO_KEY_BYTES];
	uint8_t vault[CRYPTO_KEY_BYTES];
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);

	CHECK(mem != NULL && crypto_start(NULL) == RES_OK);
	memset(secret, 7, sizeof(secret));
	crypto_pair_public(secret, vault);
	if (argc == 4 && strcmp(argv[1], "open") == 0) {
		open_contact(mem, secret, argv);
	} else if (argc == 2 && strcmp(argv[1], "seal") == 0) {
		seal(mem, vault);
	} else {
		messages(mem);
		say(mem, "vault", str_of(vault, sizeof(vault)));
	}
	return 0;
}

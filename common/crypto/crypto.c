/* libsodium behind the project's own names. Key material that passes through here is wiped.
 * Not <sodium.h>: it declares a crypto_hash of its own. */
#include "crypto/crypto.h"

#include <inttypes.h>
#include <sodium/core.h>
#include <sodium/crypto_aead_xchacha20poly1305.h>
#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_box.h>
#include <sodium/crypto_generichash.h>
#include <sodium/crypto_scalarmult.h>
#include <sodium/crypto_shorthash.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define NONCE_BYTES  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define CODE_MODULUS 1000000

_Static_assert(CRYPTO_HASH_BYTES == crypto_generichash_BYTES, "the default digest");
_Static_assert(CRYPTO_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "record keys");
_Static_assert(CRYPTO_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "public halves");
_Static_assert(CRYPTO_KEY_BYTES == crypto_box_SECRETKEYBYTES, "secret halves");
_Static_assert(CRYPTO_SEALED_KEY_BYTES == CRYPTO_KEY_BYTES + crypto_box_SEALBYTES, "sealed keys");
_Static_assert(CRYPTO_SHORT_KEY_BYTES == crypto_shorthash_KEYBYTES, "short names");
_Static_assert(CRYPTO_RECORD_OVERHEAD == NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
	"records");

enum res crypto_start(struct err *err)
{
	if (sodium_init() < 0)
		return err_set(err, RES_RETRY, "libsodium does not start: no random bytes");
	return RES_OK;
}

static void u64_put(uint8_t out[8], uint64_t number)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(number >> (8 * i));
}

void crypto_hash(
	uint8_t out[CRYPTO_HASH_BYTES], const uint8_t *key, const struct str *parts, size_t n)
{
	crypto_generichash_state state;
	uint8_t length[8];

	crypto_generichash_init(&state, key, key == NULL ? 0 : CRYPTO_KEY_BYTES, CRYPTO_HASH_BYTES);
	for (size_t i = 0; i < n; i++) {
		u64_put(length, parts[i].n);
		crypto_generichash_update(&state, length, sizeof(length));
		crypto_generichash_update(&state, (const uint8_t *)parts[i].p, parts[i].n);
	}
	crypto_generichash_final(&state, out, CRYPTO_HASH_BYTES);
	sodium_memzero(&state, sizeof(state));
}

void crypto_key_make(uint8_t out[CRYPTO_KEY_BYTES])
{
	randombytes_buf(out, CRYPTO_KEY_BYTES);
}

void crypto_pair_make(uint8_t out_public[CRYPTO_KEY_BYTES], uint8_t out_secret[CRYPTO_KEY_BYTES])
{
	CHECK(crypto_box_keypair(out_public, out_secret) == 0);
}

void crypto_pair_public(
	const uint8_t secret[CRYPTO_KEY_BYTES], uint8_t out_public[CRYPTO_KEY_BYTES])
{
	CHECK(crypto_scalarmult_base(out_public, secret) == 0);
}

bool crypto_public_is_valid(const uint8_t public_key[CRYPTO_KEY_BYTES])
{
	uint8_t scalar[CRYPTO_KEY_BYTES];
	uint8_t shared[CRYPTO_KEY_BYTES];

	randombytes_buf(scalar, sizeof(scalar));
	return crypto_scalarmult(shared, scalar, public_key) == 0;
}

void crypto_key_seal(const uint8_t data_key[CRYPTO_KEY_BYTES],
	const uint8_t public_key[CRYPTO_KEY_BYTES], uint8_t out[CRYPTO_SEALED_KEY_BYTES])
{
	/* Fails for a public key of small order only: crypto_public_is_valid() told before. */
	CHECK(crypto_box_seal(out, data_key, CRYPTO_KEY_BYTES, public_key) == 0);
}

enum res crypto_key_open(struct str sealed, const uint8_t secret[CRYPTO_KEY_BYTES],
	uint8_t out_data_key[CRYPTO_KEY_BYTES])
{
	uint8_t public_key[CRYPTO_KEY_BYTES];
	uint8_t data_key[CRYPTO_KEY_BYTES];

	if (sealed.n != CRYPTO_SEALED_KEY_BYTES)
		return RES_INVALID;
	crypto_pair_public(secret, public_key);
	if (crypto_box_seal_open(
		    data_key, (const uint8_t *)sealed.p, sealed.n, public_key, secret) != 0)
		return RES_INVALID;
	memcpy(out_data_key, data_key, sizeof(data_key));
	sodium_memzero(data_key, sizeof(data_key));
	return RES_OK;
}

struct str crypto_record_seal(struct arena *mem, struct str plain, struct str about,
	const uint8_t data_key[CRYPTO_KEY_BYTES])
{
	uint8_t *out = NULL;

	if (plain.n <= SIZE_MAX - CRYPTO_RECORD_OVERHEAD)
		out = arena_alloc(mem, plain.n + CRYPTO_RECORD_OVERHEAD);
	if (out == NULL)
		return STR_NONE;
	randombytes_buf(out, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL,
		(const uint8_t *)plain.p, plain.n, (const uint8_t *)about.p, about.n, NULL, out,
		data_key);
	return str_of(out, plain.n + CRYPTO_RECORD_OVERHEAD);
}

enum res crypto_record_open(struct arena *mem, struct str sealed, struct str about,
	const uint8_t data_key[CRYPTO_KEY_BYTES], struct str *out)
{
	if (sealed.n < CRYPTO_RECORD_OVERHEAD)
		return RES_INVALID;
	size_t plain_bytes = sealed.n - CRYPTO_RECORD_OVERHEAD;
	const uint8_t *nonce = (const uint8_t *)sealed.p;
	uint8_t *plain =
		arena_alloc(mem, plain_bytes + 1); /* a NUL behind it, as arena texts have */
	if (plain == NULL)
		return RES_TOO_BIG;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, nonce + NONCE_BYTES,
		    sealed.n - NONCE_BYTES, (const uint8_t *)about.p, about.n, nonce,
		    data_key) != 0)
		return RES_INVALID;
	*out = str_of(plain, plain_bytes);
	return RES_OK;
}

struct str crypto_hex(struct arena *mem, struct str bytes)
{
	char *text = arena_array(mem, bytes.n + 1, 2);

	if (text == NULL)
		return STR_NONE;
	sodium_bin2hex(text, bytes.n * 2 + 1, (const uint8_t *)bytes.p, bytes.n);
	return str_of(text, bytes.n * 2);
}

enum res crypto_hex_read(struct str text, uint8_t *out, size_t want)
{
	if (text.n != 2 * want)
		return RES_INVALID;
	for (size_t i = 0; i < text.n; i++) {
		bool is_hex = (text.p[i] >= '0' && text.p[i] <= '9') ||
			      (text.p[i] >= 'a' && text.p[i] <= 'f');
		if (!is_hex)
			return RES_INVALID;
	}
	return sodium_hex2bin(out, want, text.p, text.n, NULL, NULL, NULL) == 0 ? RES_OK
										: RES_INVALID;
}

struct str crypto_base64(struct arena *mem, struct str bytes)
{
	size_t room = sodium_base64_ENCODED_LEN(bytes.n, sodium_base64_VARIANT_ORIGINAL);
	char *text = arena_alloc(mem, room);

	if (text == NULL)
		return STR_NONE;
	sodium_bin2base64(
		text, room, (const uint8_t *)bytes.p, bytes.n, sodium_base64_VARIANT_ORIGINAL);
	return str_of(text, room - 1);
}

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 0x80)
			return false;
	return true;
}

enum res crypto_base64_read(struct str text, uint8_t *out, size_t want)
{
	struct str in = str_trim(text); /* key files end with a line end */
	size_t n = 0;

	/* sodium_base642bin takes bytes from 0x80 on for letters of its alphabet */
	if (in.n != sodium_base64_ENCODED_LEN(want, sodium_base64_VARIANT_ORIGINAL) - 1 ||
		!is_ascii(in))
		return RES_INVALID;
	uint8_t *bytes = malloc(want + 1);
	CHECK(bytes != NULL);
	bool is_good = sodium_base642bin(bytes, want, in.p, in.n, NULL, &n, NULL,
			       sodium_base64_VARIANT_ORIGINAL) == 0 &&
		       n == want;
	if (is_good)
		memcpy(out, bytes, want);
	sodium_memzero(bytes, want + 1);
	free(bytes);
	return is_good ? RES_OK : RES_INVALID;
}

void crypto_short_key_make(uint8_t out[CRYPTO_SHORT_KEY_BYTES])
{
	randombytes_buf(out, CRYPTO_SHORT_KEY_BYTES);
}

uint64_t crypto_short_hash(const uint8_t key[CRYPTO_SHORT_KEY_BYTES], struct str bytes)
{
	uint64_t out;

	crypto_shorthash((uint8_t *)&out, (const uint8_t *)bytes.p, bytes.n, key);
	return out;
}

void crypto_query_code(int64_t case_id, const uint8_t key[CRYPTO_KEY_BYTES], char out[7])
{
	uint8_t id[8];
	uint8_t hash[CRYPTO_HASH_BYTES];
	uint64_t number = 0;

	u64_put(id, (uint64_t)case_id);
	/* The word keeps these hashes apart from others under the same key. */
	struct str parts[] = { STR("query code"), str_of(id, sizeof(id)) };
	crypto_hash(hash, key, parts, 2);
	for (int i = 0; i < 8; i++)
		number = number << 8 | hash[i];
	snprintf(out, 7, "%06" PRIu64, number % CODE_MODULUS);
}

void crypto_hmac_sha256(
	uint8_t out[CRYPTO_HASH_BYTES], struct str key, const struct str *parts, size_t n)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const uint8_t *)key.p, key.n);
	for (size_t i = 0; i < n; i++)
		crypto_auth_hmacsha256_update(&state, (const uint8_t *)parts[i].p, parts[i].n);
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof state);
}

bool crypto_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

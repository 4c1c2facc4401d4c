/* Hashing, sealing and keyed digests (libsodium). Keys are CRYPTO_KEY_BYTES long and never logged.
 */
#ifndef WL_CRYPTO_CRYPTO_H
#define WL_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define CRYPTO_HASH_BYTES	32
#define CRYPTO_KEY_BYTES	32
#define CRYPTO_SEALED_KEY_BYTES (32 + 32 + 16) /* a data key in a sealed box */
#define CRYPTO_RECORD_OVERHEAD	(24 + 16)      /* nonce and tag of crypto_record_seal */

enum res crypto_start(struct err *err) must_check; /* once a process */

/* BLAKE2b-256 over length-prefixed parts (u64 LE length, bytes): no two lists of parts collide by
 * moving a border. key: NULL or CRYPTO_KEY_BYTES. The linker's name is another one because
 * libsodium exports a crypto_hash too. */
void crypto_hash(uint8_t out[CRYPTO_HASH_BYTES], const uint8_t *key, const struct str *parts,
	size_t n) __asm__("wangli_crypto_hash");

/* SHA-256 of bytes as they arrive. */
#define CRYPTO_SHA256_BYTES 32
struct crypto_sha256 {
	_Alignas(16) uint8_t state[128];
};
void crypto_sha256_begin(struct crypto_sha256 *sum);
void crypto_sha256_add(struct crypto_sha256 *sum, struct str bytes);
void crypto_sha256_end(struct crypto_sha256 *sum, uint8_t out[CRYPTO_SHA256_BYTES]);

void crypto_key_make(uint8_t out[CRYPTO_KEY_BYTES]);
/* X25519 key pair of the platform's vault: the public half seals, the secret half (intake alone)
 * opens. */
void crypto_pair_make(uint8_t out_public[CRYPTO_KEY_BYTES], uint8_t out_secret[CRYPTO_KEY_BYTES]);
void crypto_pair_public(
	const uint8_t secret[CRYPTO_KEY_BYTES], uint8_t out_public[CRYPTO_KEY_BYTES]);
/* false: a point of small order, to which nothing can be sealed. Ask before a key from outside is
 * used. */
bool crypto_public_is_valid(const uint8_t public_key[CRYPTO_KEY_BYTES]);
void crypto_key_seal(const uint8_t data_key[CRYPTO_KEY_BYTES],
	const uint8_t public_key[CRYPTO_KEY_BYTES], uint8_t out[CRYPTO_SEALED_KEY_BYTES]);
/* RES_INVALID: not sealed to this key, or damaged. */
enum res crypto_key_open(struct str sealed, const uint8_t secret[CRYPTO_KEY_BYTES],
	uint8_t out_data_key[CRYPTO_KEY_BYTES]) must_check;

/* One record under a data key: 24-byte nonce, then XChaCha20-Poly1305. `about` is bound to it (not
 * secret). */
struct str crypto_record_seal(struct arena *mem, struct str plain, struct str about,
	const uint8_t data_key[CRYPTO_KEY_BYTES]);
enum res crypto_record_open(struct arena *mem, struct str sealed, struct str about,
	const uint8_t data_key[CRYPTO_KEY_BYTES], struct str *out) must_check;

struct str crypto_hex(struct arena *mem, struct str bytes); /* lower case */
/* RES_INVALID unless text is exactly want bytes in hex, lower case. */
enum res crypto_hex_read(struct str text, uint8_t *out, size_t want) must_check;
/* Base64 (RFC 4648, padded) for key files. RES_INVALID unless it decodes to exactly want bytes. */
struct str crypto_base64(struct arena *mem, struct str bytes);
enum res crypto_base64_read(struct str text, uint8_t *out, size_t want) must_check;

/* SipHash-2-4: a short name for bytes that nobody without the key can aim at. Not for keeping. */
#define CRYPTO_SHORT_KEY_BYTES 16
void crypto_short_key_make(uint8_t out[CRYPTO_SHORT_KEY_BYTES]);
uint64_t crypto_short_hash(const uint8_t key[CRYPTO_SHORT_KEY_BYTES], struct str bytes);

/* The 6-digit query code of a case: keyed hash of the id, mod 10^6, zero-padded. out: 7 bytes. */
void crypto_query_code(int64_t case_id, const uint8_t key[CRYPTO_KEY_BYTES], char out[7]);

/* HMAC-SHA256 (RFC 2104) over the parts as if they were one text; the key may have any length. */
void crypto_hmac_sha256(
	uint8_t out[CRYPTO_HASH_BYTES], struct str key, const struct str *parts, size_t n);

/* Few bytes under a passphrase of people (Argon2id at fixed costs, then a record). Opening:
 * RES_INVALID says it is no such file, RES_DENIED that the passphrase is wrong or the file damaged,
 * which nobody can tell apart. */
#define CRYPTO_PASSPHRASE_MIN 12
enum res crypto_passphrase_seal(struct arena *mem, struct str plain, struct str passphrase,
	struct str *out, struct err *err) must_check;
enum res crypto_passphrase_open(struct arena *mem, struct str sealed, struct str passphrase,
	struct str *out, struct err *err) must_check;

/* Constant-time comparison. */
bool crypto_equal(struct str a, struct str b);

#endif

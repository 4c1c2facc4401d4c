/* SHA-256 and its HMAC: what files are known by outside, and what S3 signs with. */
#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>
#include <string.h>

#include "crypto/crypto.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct crypto_sha256), "it fits");
_Static_assert(CRYPTO_SHA256_BYTES == crypto_hash_sha256_BYTES, "sums");
_Static_assert(CRYPTO_SHA256_BYTES == crypto_auth_hmacsha256_BYTES, "authentications");

static crypto_hash_sha256_state *state_of(struct crypto_sha256 *sum)
{
	return (crypto_hash_sha256_state *)(void *)sum->state;
}

void crypto_sha256_begin(struct crypto_sha256 *sum)
{
	memset(sum, 0, sizeof(*sum));
	crypto_hash_sha256_init(state_of(sum));
}

void crypto_sha256_add(struct crypto_sha256 *sum, struct str bytes)
{
	crypto_hash_sha256_update(state_of(sum), (const uint8_t *)bytes.p, bytes.n);
}

void crypto_sha256_end(struct crypto_sha256 *sum, uint8_t out[CRYPTO_SHA256_BYTES])
{
	crypto_hash_sha256_final(state_of(sum), out);
}

void crypto_hmac_sha256(uint8_t out[CRYPTO_SHA256_BYTES], struct str key, struct str bytes)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const uint8_t *)key.p, key.n);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)bytes.p, bytes.n);
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof(state));
}

/* SHA-256 as bytes arrive: what files are known by outside. */
#include <sodium/crypto_hash_sha256.h>
#include <string.h>

#include "crypto/crypto.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct crypto_sha256), "it fits");
_Static_assert(CRYPTO_SHA256_BYTES == crypto_hash_sha256_BYTES, "sums");

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

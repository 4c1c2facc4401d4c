/* The signature. */
#include "webhook_sign.h"

#include <inttypes.h>

#include "crypto/crypto.h"

struct str webhook_signature(
	struct arena *mem, const struct str *secrets, size_t n, int64_t unix_s, struct str body)
{
	struct str at = arena_printf(mem, "%" PRId64, unix_s);
	const struct str signed_parts[] = { at, STR("."), body };
	struct str made = arena_printf(mem, "t=%.*s", STR_ARG(at));
	uint8_t mac[CRYPTO_HASH_BYTES];

	for (size_t i = 0; i < n && i < WEBHOOK_SECRETS_MAX; i++) {
		crypto_hmac_sha256(mac, secrets[i], signed_parts, 3);
		made = arena_printf(mem, "%.*s,v1=%.*s", STR_ARG(made),
			STR_ARG(crypto_hex(mem, str_of(mac, sizeof mac))));
	}
	return made;
}

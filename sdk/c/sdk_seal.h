/* Private to the SDK: a letter becomes the bytes that travel. Contact data are encrypted under a
 * data key that lives for an epoch (24 hours, or until the process ends) and is sealed once to the
 * platform's public key (law 13). Sealing draws a nonce: the bytes differ each time, so they are
 * made once and spooled. */
#ifndef WL_SDK_SEAL_H
#define WL_SDK_SEAL_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/crypto.h"
#include "sdk/wangli_inside.h"

#define SEAL_EPOCH	 16
#define SEAL_EPOCH_LASTS SPAN_HOURS(24)

struct seal {
	uint8_t vault_key[CRYPTO_KEY_BYTES];
	uint8_t data_key[CRYPTO_KEY_BYTES];
	uint8_t sealed_key[CRYPTO_SEALED_KEY_BYTES];
	uint8_t epoch[SEAL_EPOCH];
	uint8_t fingerprint_key[CRYPTO_KEY_BYTES];
	struct instant renew_at; /* monotonic */
};

/* secret: the integrator's own; a key for fingerprints is derived from it. */
void seal_init(struct seal *seal, const uint8_t vault_key[CRYPTO_KEY_BYTES], struct str secret);

/* RES_INVALID: a field is too long, not UTF-8, or holds a NUL; the name of the field is said. */
enum res seal_check(const struct wangli_letter *letter, struct err *err) must_check;
/* What travels with a letter and is no part of it. */
struct seal_wish {
	bool wants_status;
};

/* The body of SUBMIT, in mem. letter must have passed seal_check. */
struct str seal_letter(struct seal *seal, struct arena *mem, const struct wangli_letter *letter,
	const struct seal_wish *wish, struct instant now);
/* Tells letters apart without keeping them: keyed, so that it says nothing to others. */
void seal_fingerprint(const struct seal *seal, const struct wangli_letter *letter,
	uint8_t out[CRYPTO_HASH_BYTES]);

#endif

/* Few bytes under a passphrase: MAGIC · salt · record. The key is Argon2id's of passphrase and
 * salt, at costs that belong to the MAGIC and are never read from the file: whoever sends a file
 * cannot choose how long we work on it. */
#include <sodium/crypto_pwhash.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>
#include <string.h>

#include "crypto/crypto.h"

#define SALT_BYTES crypto_pwhash_argon2id_SALTBYTES
#define OPS	   3U
#define MEMORY	   (256U * 1024 * 1024) /* libsodium's "moderate": 0.7 s of a core for each guess */

static const struct str magic = STR_INIT("wangli sealed by passphrase 1\n");

static enum res key_of(
	struct str passphrase, const uint8_t *salt, uint8_t out[CRYPTO_KEY_BYTES], struct err *err)
{
	if (passphrase.n < CRYPTO_PASSPHRASE_MIN)
		return err_set(err, RES_INVALID, "a passphrase of %zu bytes: want at least %d",
			passphrase.n, CRYPTO_PASSPHRASE_MIN);
	if (crypto_pwhash_argon2id(out, CRYPTO_KEY_BYTES, passphrase.p, passphrase.n, salt, OPS,
		    MEMORY, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return err_set(err, RES_RETRY, "no memory for the passphrase: %u MiB are needed",
			MEMORY >> 20);
	return RES_OK;
}

enum res crypto_passphrase_seal(struct arena *mem, struct str plain, struct str passphrase,
	struct str *out, struct err *err)
{
	uint8_t key[CRYPTO_KEY_BYTES];
	uint8_t salt[SALT_BYTES];

	randombytes_buf(salt, sizeof(salt));
	TRY(key_of(passphrase, salt, key, err));
	struct str record = crypto_record_seal(mem, plain, magic, key);
	sodium_memzero(key, sizeof(key));
	uint8_t *text = arena_alloc(mem, magic.n + SALT_BYTES + record.n);
	if (str_is_empty(record) || text == NULL)
		return err_set(err, RES_TOO_BIG, "%zu bytes are too many to seal", plain.n);
	memcpy(text, magic.p, magic.n);
	memcpy(text + magic.n, salt, SALT_BYTES);
	memcpy(text + magic.n + SALT_BYTES, record.p, record.n);
	*out = str_of(text, magic.n + SALT_BYTES + record.n);
	return RES_OK;
}

enum res crypto_passphrase_open(struct arena *mem, struct str sealed, struct str passphrase,
	struct str *out, struct err *err)
{
	uint8_t key[CRYPTO_KEY_BYTES];
	size_t head = magic.n + SALT_BYTES;

	if (sealed.n < head + CRYPTO_RECORD_OVERHEAD || memcmp(sealed.p, magic.p, magic.n) != 0)
		return err_set(err, RES_INVALID,
			"not a file of keys: it does not begin as one, or its end is missing");
	TRY(key_of(passphrase, (const uint8_t *)sealed.p + magic.n, key, err));
	enum res res =
		crypto_record_open(mem, str_of(sealed.p + head, sealed.n - head), magic, key, out);
	sodium_memzero(key, sizeof(key));
	if (res == RES_INVALID)
		return err_set(err, RES_DENIED, "the passphrase is wrong, or the file is damaged");
	return res == RES_OK ? RES_OK : err_set(err, res, "%zu bytes are too many", sealed.n);
}

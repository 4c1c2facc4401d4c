/* Opens contact data, so that a letter can be told from another and found again; what it opens is
 * hashed and forgotten. */
#ifndef WL_INTAKE_VAULT_H
#define WL_INTAKE_VAULT_H

#include "crypto/crypto.h"
#include "intake_codec.h"
#include "object/object.h"

#define VAULT_EPOCHS_CACHED                                                                        \
	256 /* a sealed box costs tens of microseconds: once an epoch is enough */
#define VAULT_EPOCH_BYTES 16
#define VAULT_RECORD_MAX  8192

struct vault_epoch {
	bool is_used;
	uint8_t sealed_key[CRYPTO_SEALED_KEY_BYTES];
	uint8_t data_key[CRYPTO_KEY_BYTES];
};
struct vault {
	uint8_t secret[CRYPTO_KEY_BYTES];
	uint8_t lookup_key[CRYPTO_KEY_BYTES]; /* derived from the secret */
	struct vault_epoch epochs[VAULT_EPOCHS_CACHED];
};

/* secret: base64. RES_INVALID: not 32 bytes. */
enum res vault_init(struct vault *vault, struct str secret, struct err *err) must_check;

/* RES_INVALID: damaged, not sealed to this vault, or not about this letter. */
enum res vault_open(struct vault *vault, struct arena *mem, const struct intake_sealed *sealed,
	struct str source_msg_id, struct intake_contact *out, struct err *err) must_check;

/* The keyed hash by which a citizen is found again: of the phone's digits, else of the account on
 * its channel, since one name on two channels need not be one person; STR_NONE when there is
 * neither. */
struct str vault_lookup(const struct vault *vault, struct arena *mem, struct str channel,
	const struct intake_contact *contact);

/* What came along, as its ticket says. */
struct intake_object {
	struct object_ticket ticket;
	struct str name;
};

/* BLAKE2b-256 over the letter's listed fields, its contact in clear, and of each attachment the
 * uploaded SHA-256 and the name, length-prefixed: what the receipt bears and what tells a repeat
 * from another letter. A new ticket for the same file is the same letter. */
void intake_digest(uint8_t out[CRYPTO_HASH_BYTES], const struct intake_letter *letter,
	const struct intake_contact *contact, const struct intake_object *objects, size_t n);

#endif

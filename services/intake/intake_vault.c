/* Keys stay in this file's struct; nothing here is ever logged. */
#include "intake_vault.h"

#include <string.h>

#include "base/check.h"
#include "intake_core.h"

enum res vault_init(struct vault *vault, struct str secret, struct err *err)
{
	const struct str purpose = STR("contact lookup 1");

	if (crypto_base64_read(str_trim(secret), vault->secret, CRYPTO_KEY_BYTES) != RES_OK)
		return err_set(err, RES_INVALID, "VAULT_KEY: want 32 bytes in base64");
	crypto_hash(vault->lookup_key, vault->secret, &purpose, 1);
	memset(vault->epochs, 0, sizeof vault->epochs);
	return RES_OK;
}

/* The epoch is named by its sealed key, so nobody can put another key under its name. */
static bool epoch_is_named_right(const struct intake_sealed *sealed)
{
	uint8_t hash[CRYPTO_HASH_BYTES];

	crypto_hash(hash, NULL, &sealed->sealed_key, 1);
	return sealed->epoch.n == VAULT_EPOCH_BYTES &&
	       memcmp(hash, sealed->epoch.p, VAULT_EPOCH_BYTES) == 0;
}

static enum res find_key(struct vault *vault, const struct intake_sealed *sealed,
	const uint8_t **out_key, struct err *err)
{
	if (sealed->sealed_key.n != CRYPTO_SEALED_KEY_BYTES || !epoch_is_named_right(sealed))
		return err_set(
			err, RES_INVALID, "contact: epoch and sealed_key do not belong together");
	uint8_t first = (uint8_t)sealed->epoch.p[0];
	struct vault_epoch *slot = &vault->epochs[first % VAULT_EPOCHS_CACHED];
	if (!slot->is_used ||
		memcmp(slot->sealed_key, sealed->sealed_key.p, CRYPTO_SEALED_KEY_BYTES) != 0) {
		uint8_t key[CRYPTO_KEY_BYTES];
		if (crypto_key_open(sealed->sealed_key, vault->secret, key) != RES_OK)
			return err_set(err, RES_INVALID,
				"contact: sealed_key is not sealed to this platform's key");
		memcpy(slot->sealed_key, sealed->sealed_key.p, CRYPTO_SEALED_KEY_BYTES);
		memcpy(slot->data_key, key, sizeof key);
		slot->is_used = true;
	}
	*out_key = slot->data_key;
	return RES_OK;
}

enum res vault_open(struct vault *vault, struct arena *mem, const struct intake_sealed *sealed,
	struct str source_msg_id, struct intake_contact *out, struct err *err)
{
	const uint8_t *key = NULL;
	struct str plain;

	if (sealed->record.n > VAULT_RECORD_MAX)
		return err_set(err, RES_INVALID, "contact: record has %zu bytes: want at most %d",
			sealed->record.n, VAULT_RECORD_MAX);
	TRY(find_key(vault, sealed, &key, err));
	if (crypto_record_open(mem, sealed->record, source_msg_id, key, &plain) != RES_OK)
		return err_set(err, RES_INVALID,
			"contact: record is damaged, or sealed for another letter");
	enum res res = intake_read_contact(mem, plain, out, err);
	return res == RES_OK ? RES_OK : err_prefix(err, res, "contact");
}

struct str vault_lookup(const struct vault *vault, struct arena *mem, struct str channel,
	const struct intake_contact *contact)
{
	struct str parts[3] = { STR("phone") };
	char *digits = arena_alloc(mem, contact->phone.n + 1);
	uint8_t *hash = arena_alloc(mem, CRYPTO_HASH_BYTES);
	size_t n = 2;

	if (digits == NULL || hash == NULL)
		return STR_NONE;
	parts[1] = str_of(digits, intake_phone_plain(contact->phone, digits));
	if (str_is_empty(parts[1])) {
		parts[0] = STR("account");
		parts[1] = channel;
		parts[2] = contact->account;
		n = 3;
	}
	if (str_is_empty(parts[n - 1]))
		return STR_NONE;
	crypto_hash(hash, vault->lookup_key, parts, n);
	return str_of(hash, CRYPTO_HASH_BYTES);
}

static struct str little_endian(int64_t value, uint8_t out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)((uint64_t)value >> (8 * i));
	return str_of(out, 8);
}

#define LETTER_PARTS 11 /* of a letter that nothing came along with */

void intake_digest(uint8_t out[CRYPTO_HASH_BYTES], const struct intake_letter *letter,
	const struct intake_contact *contact, const struct intake_object *objects, size_t n)
{
	uint8_t written_at[8], likes[8];
	int64_t written_us = instant_is_none(letter->written_at) ? 0 : letter->written_at.us;
	struct str parts[LETTER_PARTS + 2 * INTAKE_ATTACHMENTS_MAX] = {
		letter->title,
		letter->body,
		little_endian(written_us, written_at),
		letter->area,
		little_endian(letter->likes, likes),
		letter->klass,
		contact->name,
		contact->phone,
		contact->address,
		contact->account,
		letter->reply_address,
	};

	CHECK(n <= INTAKE_ATTACHMENTS_MAX);
	for (size_t i = 0; i < n; i++) {
		parts[LETTER_PARTS + 2 * i] = str_of(objects[i].ticket.sha256, OBJECT_SHA256_BYTES);
		parts[LETTER_PARTS + 2 * i + 1] = objects[i].name;
	}
	crypto_hash(out, NULL, parts, LETTER_PARTS + 2 * n);
}

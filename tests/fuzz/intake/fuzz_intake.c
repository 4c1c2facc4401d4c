/* Any bytes as what intake is handed: a letter, its contact opened, a person's word about it, keys
 * and state of integrators. What is read is checked and decided as in the service. Input:
 * "submit.v1", a line feed, the body. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "fuzz_named.h"
#include "intake_codec.h"
#include "intake_vault.h"
#include "proto/intake.pb-c.h"
#include "wire/wire.h"

#define MEM_BYTES (8u << 20)
#define NOW	  ((struct instant){ 1556092800000000 })
#define TODAY	  18010

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_submit(struct arena *mem, struct str body)
{
	const struct intake_case file = { .source = STR("source"), .channel = STR("hotline") };
	const struct intake_contact nobody = { .name = STR("") };
	const struct intake_grounds grounds = { .classifier = "words-1" };
	uint8_t digest[CRYPTO_HASH_BYTES], again[CRYPTO_HASH_BYTES];
	struct intake_submit submit;
	Wangli__IntakeReceived *received = NULL;
	struct str packed;

	if (intake_read_submit(mem, body, &submit, NULL) != RES_OK ||
		intake_check_letter(&submit.letter, NULL) != RES_OK)
		return;
	CHECK(str_is_utf8(submit.letter.title) && submit.letter.likes >= 0);
	for (size_t i = 0; i < submit.n_attachments; i++)
		if (intake_check_file_name(submit.attachments[i].name, NULL) == RES_OK)
			CHECK(str_find(submit.attachments[i].name, STR("/"), 0) == SIZE_MAX);
	intake_digest(digest, &submit.letter, &nobody, NULL, 0);
	intake_digest(again, &submit.letter, &nobody, NULL, 0);
	CHECK(memcmp(digest, again, sizeof(digest)) == 0);
	packed = intake_write_received(
		mem, &file, &submit, &grounds, str_of(digest, sizeof(digest)));
	if (arena_failed(mem))
		return;
	CHECK(wire_unpack(mem, &wangli__intake_received__descriptor, packed, &received, NULL) ==
		RES_OK);
	CHECK(received->title_chars > 0 && received->title_chars <= INTAKE_TITLE_CHARS_MAX);
}

static struct vault *vault_of_test(uint8_t public_key[CRYPTO_KEY_BYTES])
{
	static struct vault vault;
	static const char secret[] = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

	CHECK(crypto_start(NULL) == RES_OK);
	CHECK(vault_init(&vault, str_from_c(secret), NULL) == RES_OK);
	crypto_pair_public(vault.secret, public_key);
	return &vault;
}

/* The bytes as what a contact holds, sealed as the SDK does: opened, they are contact data or
 * refused. */
static void try_contact(struct arena *mem, struct str plain)
{
	uint8_t public_key[CRYPTO_KEY_BYTES], data_key[CRYPTO_KEY_BYTES] = { 5 };
	uint8_t sealed_key[CRYPTO_SEALED_KEY_BYTES], hash[CRYPTO_HASH_BYTES];
	struct vault *vault = vault_of_test(public_key);
	const struct str part = str_of(sealed_key, sizeof(sealed_key));
	struct intake_contact contact;
	struct intake_sealed sealed;

	crypto_key_seal(data_key, public_key, sealed_key);
	crypto_hash(hash, NULL, &part, 1);
	sealed = (struct intake_sealed){ .epoch = str_of(hash, VAULT_EPOCH_BYTES),
		.sealed_key = part,
		.record = crypto_record_seal(mem, plain, STR("msg-1"), data_key) };
	CHECK(vault_open(vault, mem, &sealed, STR("msg-2"), &contact, NULL) == RES_INVALID);
	if (vault_open(vault, mem, &sealed, STR("msg-1"), &contact, NULL) != RES_OK)
		return;
	CHECK(str_is_utf8(contact.name) && str_is_utf8(contact.phone));
	struct str lookup = vault_lookup(vault, mem, STR("hotline"), &contact);
	CHECK(lookup.p == NULL || lookup.n == CRYPTO_HASH_BYTES);
}

/* The bytes as what came instead of a sealed contact: nobody's key opens it. */
static void try_sealed(struct arena *mem, struct str body)
{
	uint8_t public_key[CRYPTO_KEY_BYTES];
	struct vault *vault = vault_of_test(public_key);
	struct intake_contact contact;
	struct intake_submit submit;

	if (intake_read_submit(mem, body, &submit, NULL) != RES_OK || !submit.has_contact)
		return;
	CHECK(vault_open(vault, mem, &submit.contact, STR("msg-1"), &contact, NULL) == RES_INVALID);
}

static const struct intake_code code = { STR_INIT("0802"), 0, INT32_MIN };
static const struct intake_code area = { STR_INIT("510104"), 0, INT32_MIN };
static const struct intake_type type = { STR_INIT("help"), { 1, LIMIT_WORKDAYS }, 0, INT32_MIN };

static void try_accept(struct arena *mem, struct str body)
{
	const struct intake_reference reference = { .categories = &code,
		.n_categories = 1,
		.areas = &area,
		.n_areas = 1,
		.types = &type,
		.n_types = 1,
		.general_category = STR("0802"),
		.default_type = STR("help") };
	const struct intake_matter suggested = {
		.type = STR("help"), .category = STR("0802"), .area = STR("")
	};
	const struct intake_acceptance acceptance = { .grounds = { .classifier = "" } };
	struct intake_case file = { .source = STR("source"), .channel = STR("hotline") };
	struct intake_accept asked;

	if (intake_read_accept(mem, body, &asked, NULL) != RES_OK ||
		intake_review_accept(&reference, &suggested, &asked, TODAY, &file.matter, NULL) !=
			RES_OK)
		return;
	CHECK(str_eq_c(file.matter.category, "0802") && str_eq_c(file.matter.type, "help"));
	CHECK(intake_write_accepted(mem, &file, &acceptance).p != NULL || arena_failed(mem));
}

static void try_refuse(struct arena *mem, struct str body)
{
	enum intake_reason reason;
	struct intake_refuse asked;

	if (intake_read_refuse(mem, body, &asked, NULL) == RES_OK &&
		intake_review_refuse(&asked, &reason, NULL) == RES_OK)
		CHECK(reason < INTAKE_REASONS && asked.guidance.n > 0);
}

static void try_open(struct arena *mem, struct str body)
{
	struct intake_open asked;

	if (intake_read_open(mem, body, &asked, NULL) == RES_OK)
		CHECK(str_is_utf8(asked.query_code));
}

/* --- integrators --- */

static const struct intake_key_row keys[] = {
	{ .public_key = STR_INIT("0123456789012345678901234567890123456789"),
		.source = STR_INIT("source"),
		.channels = STR_INIT("hotline,app") },
	{ .public_key = STR_INIT("abcdefghijabcdefghijabcdefghijabcdefghij"),
		.source = STR_INIT("other"),
		.channels = STR_INIT("letters"),
		.is_revoked = true },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static void try_key(struct arena *mem, struct str body)
{
	struct intake_key key;
	bool is_revoked;

	if (intake_read_key(mem, body, &key, &is_revoked, NULL) == RES_OK &&
		intake_check_key(&key, NULL) == RES_OK)
		(void)!intake_channel_may_add(keys, KEYS, key.public_key, NULL);
}

static void try_rotation(struct arena *mem, struct str body)
{
	const struct intake_key_row *row = NULL;
	struct intake_rotation asked;

	if (intake_read_rotation(mem, body, &asked, NULL) == RES_OK &&
		intake_channel_rotated(keys, KEYS, &asked, &row, NULL) == RES_OK)
		CHECK(row == &keys[0] || row == &keys[1]);
}

static void try_revocation(struct arena *mem, struct str body)
{
	struct str name, out[KEYS];
	size_t n = 0;

	if (intake_read_revocation(mem, body, &name, NULL) == RES_OK &&
		intake_channel_revoked(keys, KEYS, name, out, &n, NULL) == RES_OK)
		CHECK(n > 0 && n <= KEYS);
}

static void try_quota(struct arena *mem, struct str body)
{
	struct intake_quota asked;

	if (intake_read_quota(mem, body, &asked, NULL) == RES_OK &&
		intake_channel_limited(keys, KEYS, &asked, NULL) == RES_OK)
		CHECK(asked.per_s >= 0 && asked.per_s <= INTAKE_QUOTA_MOST);
}

static void state_ask(struct arena *mem, const char *name, struct str body)
{
	const struct intake_kept none = { .lease_until = INSTANT_NONE };
	const struct intake_state_use use = { 0 };
	struct intake_state_decision made;
	struct intake_state_ask ask;

	if (intake_read_state_ask(mem, str_from_c(name), body, &ask, NULL) != RES_OK)
		return;
	ask.source = STR("source");
	if (intake_state_check(&ask, NULL) != RES_OK)
		return;
	CHECK(ask.name.n <= INTAKE_STATE_NAME_MAX && ask.value.n <= INTAKE_STATE_VALUE_MAX);
	if (intake_state_decide(&none, &ask, &use, NOW, &made, NULL) == RES_OK)
		CHECK(made.deed != INTAKE_STATE_UPDATE && made.deed != INTAKE_STATE_DELETE);
}

static void try_state_get(struct arena *mem, struct str body)
{
	state_ask(mem, "state.get.v1", body);
}

static void try_state_put(struct arena *mem, struct str body)
{
	state_ask(mem, "state.put.v1", body);
}

static void try_state_lease(struct arena *mem, struct str body)
{
	state_ask(mem, "state.lease.v1", body);
}

static const struct {
	const char *name;
	void (*try)(struct arena *mem, struct str body);
} tries[] = {
	{ "submit.v1", try_submit },
	{ "contact", try_contact },
	{ "sealed", try_sealed },
	{ "intake.accept.v1", try_accept },
	{ "intake.refuse.v1", try_refuse },
	{ "intake.open.v1", try_open },
	{ "channel.add.v1", try_key },
	{ "channel.rotate.v1", try_rotation },
	{ "channel.revoke.v1", try_revocation },
	{ "channel.quota.v1", try_quota },
	{ "state.get.v1", try_state_get },
	{ "state.put.v1", try_state_put },
	{ "state.lease.v1", try_state_lease },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct fuzz_named input = fuzz_named(data, size);

	CHECK(mem != NULL);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		if (str_eq_c(input.name, tries[i].name))
			tries[i].try(mem, input.body);
	return 0;
}

/* Sealing: only the vault opens the contact, bound to its letter; an epoch's key lasts its time;
 * what cannot be sent is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/door.pb-c.h"
#include "sdk/sdk_seal.h"
#include "wire/wire.h"

#define MEM_BYTES (8u << 20)

struct vault {
	uint8_t public_half[CRYPTO_KEY_BYTES];
	uint8_t secret_half[CRYPTO_KEY_BYTES];
	struct seal seal;
};

static const struct wangli_letter plain = {
	WANGLI_SIZED(struct wangli_letter),
	.source_msg_id = STR_INIT("m-1"),
	.title = STR_INIT("路灯不亮"),
	.body = STR_INIT("春熙路的路灯坏了"),
	.written_at_us = 1556092800000000,
	.area = STR_INIT("锦江区"),
	.likes = 3,
	.contact = { .phone = STR_INIT("13800000000"), .account = STR_INIT("made-up") },
};

static int setup(void **state)
{
	struct vault *vault = calloc(1, sizeof *vault);
	assert_non_null(vault);
	assert_int_equal(crypto_start(NULL), RES_OK);
	crypto_pair_make(vault->public_half, vault->secret_half);
	seal_init(&vault->seal, vault->public_half, STR("secret"));
	*state = vault;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static struct instant hours(int64_t n)
{
	return (struct instant){ SPAN_HOURS(n).us };
}

static Wangli__Submit *sealed(struct vault *vault, struct arena *mem, int64_t hour)
{
	Wangli__Submit *submit = NULL;
	struct str body =
		seal_letter(&vault->seal, mem, &plain, &(struct seal_wish){ false }, hours(hour));
	assert_int_equal(
		wire_unpack(mem, &wangli__submit__descriptor, body, &submit, NULL), RES_OK);
	return submit;
}

static struct str bytes(ProtobufCBinaryData data)
{
	return str_of(data.data, data.len);
}

static void seal_contact_opens_with_the_vault_and_its_letter_only(void **state)
{
	struct vault *vault = *state;
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	const Wangli__Submit *submit = sealed(vault, mem, 1);
	uint8_t key[CRYPTO_KEY_BYTES];
	struct str opened;
	Wangli__ContactPlain *contact = NULL;
	assert_string_equal(submit->title, "路灯不亮");
	assert_non_null(submit->contact);
	assert_int_equal(
		crypto_key_open(bytes(submit->contact->sealed_key), vault->secret_half, key),
		RES_OK);
	assert_int_equal(
		crypto_record_open(mem, bytes(submit->contact->record), STR("m-2"), key, &opened),
		RES_INVALID);
	assert_int_equal(
		crypto_record_open(mem, bytes(submit->contact->record), STR("m-1"), key, &opened),
		RES_OK);
	assert_int_equal(
		wire_unpack(mem, &wangli__contact_plain__descriptor, opened, &contact, NULL),
		RES_OK);
	assert_string_equal(contact->phone, "13800000000");
	assert_string_equal(contact->account, "made-up");
}

static void seal_epoch_lasts_a_day(void **state)
{
	static const struct {
		int64_t hour;
		bool is_same;
	} cases[] = { { 1, true }, { 24, true }, { 25, false } };
	struct vault *vault = *state;
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct str first = bytes(sealed(vault, mem, 1)->contact->epoch);
	assert_int_equal(first.n, SEAL_EPOCH);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(
			str_eq(bytes(sealed(vault, mem, cases[i].hour)->contact->epoch), first),
			cases[i].is_same);
}

static void seal_letter_without_contact_has_none(void **state)
{
	struct vault *vault = *state;
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct wangli_letter letter = plain;
	Wangli__Submit *submit = NULL;
	letter.contact = (struct wangli_contact){ .name = STR_INIT("") };
	assert_int_equal(wire_unpack(mem, &wangli__submit__descriptor,
				 seal_letter(&vault->seal, mem, &letter,
					 &(struct seal_wish){ true }, hours(1)),
				 &submit, NULL),
		RES_OK);
	assert_null(submit->contact);
}

static void seal_fingerprint_changes_with_every_field(void **state)
{
	struct vault *vault = *state;
	uint8_t first[CRYPTO_HASH_BYTES], other[CRYPTO_HASH_BYTES];
	struct wangli_letter letters[] = { plain, plain, plain, plain, plain, plain, plain };
	letters[0].source_msg_id = SDK_TEXT("m-2");
	letters[1].title = SDK_TEXT("x");
	letters[2].body = SDK_TEXT("x");
	letters[3].contact.name = SDK_TEXT("x");
	letters[4].likes++;
	letters[5].written_at_us++;
	letters[6].reply_address = SDK_TEXT("x");
	seal_fingerprint(&vault->seal, &plain, first);
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
		seal_fingerprint(&vault->seal, &letters[i], other);
		assert_memory_not_equal(first, other, sizeof first);
	}
	seal_fingerprint(&vault->seal, &plain, other);
	assert_memory_equal(first, other, sizeof first);
}

static void seal_check_names_what_cannot_be_sent(void **state)
{
	static char long_text[WIRE_BODY_MAX + 1];
	struct wangli_letter letters[6] = { plain, plain, plain, plain, plain, plain };
	static const struct {
		enum res res;
		const char *text;
	} wants[] = {
		{ RES_INVALID, "source_msg_id is empty" },
		{ RES_INVALID, "title: not UTF-8" },
		{ RES_INVALID, "body: not UTF-8 text without NUL" },
		{ RES_TOO_BIG, "body has" },
		{ RES_INVALID, "likes" },
		{ RES_INVALID, "source_msg_id has 251" },
	};
	(void)state;
	memset(long_text, 'x', sizeof long_text);
	letters[0].source_msg_id = SDK_TEXT("");
	letters[1].title = SDK_TEXT("\xff");
	letters[2].body = SDK_TEXT("a\0b");
	letters[3].body = wangli_text_of(long_text, sizeof long_text);
	letters[4].likes = -1;
	letters[5].source_msg_id = wangli_text_of(long_text, WANGLI_SOURCE_ID_MAX + 1);
	assert_int_equal(seal_check(&plain, NULL), RES_OK);
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
		struct err err = { .text = "" };
		assert_int_equal(seal_check(&letters[i], &err), wants[i].res);
		assert_non_null(strstr(err.text, wants[i].text));
	}
}

int main(void)
{
#define WITH_VAULT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_VAULT(seal_contact_opens_with_the_vault_and_its_letter_only),
		WITH_VAULT(seal_epoch_lasts_a_day),
		WITH_VAULT(seal_letter_without_contact_has_none),
		WITH_VAULT(seal_fingerprint_changes_with_every_field),
		WITH_VAULT(seal_check_names_what_cannot_be_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Digests, sealing and codes: known values, round trips, and every kind of damage refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/crypto.h"

static struct arena *mem;
static uint8_t counted_key[CRYPTO_KEY_BYTES]; /* 0, 1, 2 … 31 */

static int all_start(void **state)
{
	(void)state;
	mem = arena_create(1024 * 1024);
	for (int i = 0; i < CRYPTO_KEY_BYTES; i++)
		counted_key[i] = (uint8_t)i;
	return crypto_start(NULL) == RES_OK ? 0 : -1;
}

static int all_stop(void **state)
{
	(void)state;
	arena_destroy(mem);
	return 0;
}

static const char *hash_hex(const uint8_t *key, const struct str *parts, size_t n)
{
	uint8_t out[CRYPTO_HASH_BYTES];

	crypto_hash(out, key, parts, n);
	return crypto_hex(mem, str_of(out, sizeof(out))).p;
}

/* The values were made by Python's hashlib.blake2b over struct.pack("<Q", len(part)) + part. */
static void crypto_hash_known_parts_give_known_digest(void **state)
{
	const struct str parts[] = { STR_INIT("ab"), STR_INIT("c") };

	(void)state;
	assert_string_equal(hash_hex(NULL, parts, 2),
		"20263e794775e4edf2b306c0f306af9e50175c831c857604b481e847f790bf95");
	assert_string_equal(hash_hex(counted_key, parts, 2),
		"ee9c1ef8884408a5503c0192f0793a454251090ca52c8718e872dcb1eb473861");
}

/* FIPS 180-4's example "abc", in two pieces; RFC 4231's second case. */
static void crypto_sha256_known_bytes_give_known_sums(void **state)
{
	struct crypto_sha256 sum;
	uint8_t out[CRYPTO_SHA256_BYTES], read[CRYPTO_SHA256_BYTES];
	static const char abc[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

	(void)state;
	crypto_sha256_begin(&sum);
	crypto_sha256_add(&sum, STR("a"));
	crypto_sha256_add(&sum, STR("bc"));
	crypto_sha256_end(&sum, out);
	assert_string_equal(crypto_hex(mem, str_of(out, sizeof(out))).p, abc);
	assert_int_equal(crypto_hex_read(str_from_c(abc), read, sizeof(read)), RES_OK);
	assert_memory_equal(read, out, sizeof(out));
	assert_int_equal(crypto_hex_read(str_slice(str_from_c(abc), 0, 63), read, sizeof(read)),
		RES_INVALID);
	assert_int_equal(crypto_hex_read(STR("AB"), read, 1), RES_INVALID);
	crypto_hmac_sha256(
		out, STR("Jefe"), &(struct str)STR_INIT("what do ya want for nothing?"), 1);
	assert_string_equal(crypto_hex(mem, str_of(out, sizeof(out))).p,
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void crypto_hash_moved_border_differs(void **state)
{
	const struct str one[] = { STR_INIT("ab"), STR_INIT("c") };
	const struct str two[] = { STR_INIT("a"), STR_INIT("bc") };
	const struct str three[] = { STR_INIT("abc"), STR_INIT("") };
	const struct str four[] = { STR_INIT("abc") };

	(void)state;
	assert_string_not_equal(hash_hex(NULL, one, 2), hash_hex(NULL, two, 2));
	assert_string_not_equal(hash_hex(NULL, one, 2), hash_hex(NULL, three, 2));
	assert_string_not_equal(hash_hex(NULL, three, 2), hash_hex(NULL, four, 1));
	assert_int_equal(strlen(hash_hex(NULL, NULL, 0)), 2 * CRYPTO_HASH_BYTES);
}

static void crypto_key_open_only_the_right_secret_opens(void **state)
{
	uint8_t public_key[CRYPTO_KEY_BYTES];
	uint8_t secret[CRYPTO_KEY_BYTES];
	uint8_t other_public[CRYPTO_KEY_BYTES];
	uint8_t other_secret[CRYPTO_KEY_BYTES];
	uint8_t data_key[CRYPTO_KEY_BYTES];
	uint8_t opened[CRYPTO_KEY_BYTES] = { 0 };
	uint8_t sealed[CRYPTO_SEALED_KEY_BYTES];
	const uint8_t untouched[CRYPTO_KEY_BYTES] = { 0 };

	(void)state;
	crypto_pair_make(public_key, secret);
	crypto_pair_make(other_public, other_secret);
	crypto_key_make(data_key);
	crypto_key_seal(data_key, public_key, sealed);
	struct str letter = str_of(sealed, sizeof(sealed));
	assert_int_equal(crypto_key_open(letter, other_secret, opened), RES_INVALID);
	assert_int_equal(crypto_key_open(str_slice(letter, 1, 99), secret, opened), RES_INVALID);
	assert_int_equal(crypto_key_open(STR_NONE, secret, opened), RES_INVALID);
	for (size_t at = 0; at < sizeof(sealed); at++) {
		sealed[at] ^= 1;
		assert_int_equal(crypto_key_open(letter, secret, opened), RES_INVALID);
		sealed[at] ^= 1;
	}
	assert_memory_equal(opened, untouched, sizeof(opened));
	assert_int_equal(crypto_key_open(letter, secret, opened), RES_OK);
	assert_memory_equal(opened, data_key, sizeof(opened));
}

static void crypto_pair_public_is_the_pairs_own(void **state)
{
	uint8_t public_key[CRYPTO_KEY_BYTES];
	uint8_t secret[CRYPTO_KEY_BYTES];
	uint8_t again[CRYPTO_KEY_BYTES];

	(void)state;
	crypto_pair_make(public_key, secret);
	crypto_pair_public(secret, again);
	assert_memory_equal(again, public_key, sizeof(again));
}

static void crypto_public_of_small_order_is_refused(void **state)
{
	uint8_t public_half[CRYPTO_KEY_BYTES] = { 0 };
	uint8_t secret_half[CRYPTO_KEY_BYTES];

	(void)state;
	assert_false(crypto_public_is_valid(public_half));
	public_half[0] = 1;
	assert_false(crypto_public_is_valid(public_half));
	crypto_pair_make(public_half, secret_half);
	assert_true(crypto_public_is_valid(public_half));
}

static void crypto_record_open_what_was_sealed_comes_back(void **state)
{
	static const struct str plains[] = { STR_INIT(""), STR_INIT("a"),
		STR_INIT("13800000000\0bytes") };
	(void)state;
	for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++) {
		struct str out = STR_NONE;
		struct str one = crypto_record_seal(mem, plains[i], STR("about"), counted_key);
		struct str two = crypto_record_seal(mem, plains[i], STR("about"), counted_key);
		assert_int_equal(one.n, plains[i].n + CRYPTO_RECORD_OVERHEAD);
		assert_false(str_eq(one, two));
		assert_int_equal(
			crypto_record_open(mem, one, STR("about"), counted_key, &out), RES_OK);
		assert_true(str_eq(out, plains[i]));
		assert_non_null(out.p);
	}
}

static void crypto_record_open_any_change_is_refused(void **state)
{
	struct str out = STR("untouched");
	uint8_t other_key[CRYPTO_KEY_BYTES] = { 1 };
	struct str sealed = crypto_record_seal(mem, STR("secret"), STR("about"), counted_key);
	char *bytes = (char *)(uintptr_t)sealed.p;

	(void)state;
	for (size_t at = 0; at < sealed.n; at++) {
		bytes[at] ^= 1;
		assert_int_equal(crypto_record_open(mem, sealed, STR("about"), counted_key, &out),
			RES_INVALID);
		bytes[at] ^= 1;
		assert_int_equal(crypto_record_open(mem, str_slice(sealed, 0, at), STR("about"),
					 counted_key, &out),
			RES_INVALID);
	}
	assert_int_equal(
		crypto_record_open(mem, sealed, STR("abouT"), counted_key, &out), RES_INVALID);
	assert_int_equal(
		crypto_record_open(mem, sealed, STR("about"), other_key, &out), RES_INVALID);
	assert_true(str_eq(out, STR("untouched")));
}

static void crypto_record_seal_arena_full_gives_nothing(void **state)
{
	SCOPED(arena)
	struct arena *small = arena_create(16);

	(void)state;
	assert_null(crypto_record_seal(small, STR("x"), STR(""), counted_key).p);
	assert_true(arena_failed(small));
	assert_null(crypto_hex(small, STR("x")).p);
	assert_null(crypto_base64(small, STR("x")).p);
}

static void crypto_base64_read_any_text_is_read_or_refused(void **state)
{
	static const struct {
		struct str text;
		size_t want;
		enum res res;
		const char *bytes;
	} rows[] = {
		{ STR_INIT("Zm9vYmFy"), 6, RES_OK, "foobar" },
		{ STR_INIT("Zm9vYmE="), 5, RES_OK, "fooba" },
		{ STR_INIT("Zm9vYg==\n"), 4, RES_OK, "foob" },
		{ STR_INIT("Zm9vYg"), 4, RES_INVALID, NULL },
		{ STR_INIT("Zm9vYmFy"), 5, RES_INVALID, NULL },
		{ STR_INIT("Zm9vYmFy"), 7, RES_INVALID, NULL },
		{ STR_INIT("Zm9vYm!y"), 6, RES_INVALID, NULL },
		{ STR_INIT("Zm9v YmFy"), 6, RES_INVALID, NULL },
		{ STR_INIT("Zm9vYmF\xd2"), 6, RES_INVALID, NULL },
		{ STR_INIT(""), 6, RES_INVALID, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t out[8] = "unused";
		assert_int_equal(crypto_base64_read(rows[i].text, out, rows[i].want), rows[i].res);
		if (rows[i].res != RES_OK) {
			assert_memory_equal(out, "unused", 7);
			continue;
		}
		assert_memory_equal(out, rows[i].bytes, rows[i].want);
		assert_true(str_eq(
			crypto_base64(mem, str_of(out, rows[i].want)), str_trim(rows[i].text)));
	}
	assert_string_equal(crypto_hex(mem, STR("\x00\xff\x0a")).p, "00ff0a");
}

static void crypto_query_code_six_digits_of_the_case(void **state)
{
	char code[7];
	char other[7];
	int same = 0;

	(void)state;
	crypto_query_code(421786, counted_key, code);
	assert_string_equal(code, "055216");
	for (int64_t id = 1; id <= 500; id++) {
		crypto_query_code(id, counted_key, other);
		assert_int_equal(strspn(other, "0123456789"), 6);
		same += strcmp(code, other) == 0;
	}
	assert_true(same < 3);
}

/* Whatever is altered, cut or guessed gives a refusal and nothing else. */
static void crypto_passphrase_open_only_the_same_passphrase_opens(void **state)
{
	const struct str plain = STR("a tar of keys");
	const struct str words = STR("correct horse battery");
	struct str sealed, opened = STR("untouched");
	struct err err;

	(void)state;
	assert_int_equal(
		crypto_passphrase_seal(mem, plain, STR("too short"), &sealed, &err), RES_INVALID);
	assert_int_equal(crypto_passphrase_seal(mem, plain, words, &sealed, &err), RES_OK);
	assert_int_equal(
		crypto_passphrase_open(mem, sealed, STR("correct horse batterz"), &opened, &err),
		RES_DENIED);
	const struct {
		size_t at;
		enum res res;
	} flips[] = { { 0, RES_INVALID }, { 31, RES_DENIED }, { sealed.n - 1, RES_DENIED } };
	for (size_t i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
		struct str copy = arena_str(mem, sealed);
		((char *)copy.p)[flips[i].at] ^= 1;
		assert_int_equal(
			crypto_passphrase_open(mem, copy, words, &opened, &err), flips[i].res);
	}
	assert_int_equal(crypto_passphrase_open(mem, str_slice(sealed, 0, sealed.n - plain.n - 1),
				 words, &opened, &err),
		RES_INVALID);
	assert_int_equal(crypto_passphrase_open(mem, STR_NONE, words, &opened, &err), RES_INVALID);
	assert_true(str_eq(opened, STR("untouched")));
	assert_int_equal(crypto_passphrase_open(mem, sealed, words, &opened, &err), RES_OK);
	assert_true(str_eq(opened, plain));
}

static void crypto_equal_bytes_and_length_count(void **state)
{
	(void)state;
	assert_true(crypto_equal(STR("abc"), STR("abc")));
	assert_false(crypto_equal(STR("abc"), STR("abd")));
	assert_false(crypto_equal(STR("abc"), STR("ab")));
	assert_true(crypto_equal(STR_NONE, STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crypto_hash_known_parts_give_known_digest),
		cmocka_unit_test(crypto_sha256_known_bytes_give_known_sums),
		cmocka_unit_test(crypto_hash_moved_border_differs),
		cmocka_unit_test(crypto_key_open_only_the_right_secret_opens),
		cmocka_unit_test(crypto_pair_public_is_the_pairs_own),
		cmocka_unit_test(crypto_public_of_small_order_is_refused),
		cmocka_unit_test(crypto_record_open_what_was_sealed_comes_back),
		cmocka_unit_test(crypto_record_open_any_change_is_refused),
		cmocka_unit_test(crypto_record_seal_arena_full_gives_nothing),
		cmocka_unit_test(crypto_base64_read_any_text_is_read_or_refused),
		cmocka_unit_test(crypto_query_code_six_digits_of_the_case),
		cmocka_unit_test(crypto_passphrase_open_only_the_same_passphrase_opens),
		cmocka_unit_test(crypto_equal_bytes_and_length_count),
	};

	return cmocka_run_group_tests(tests, all_start, all_stop);
}

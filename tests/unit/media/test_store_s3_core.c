/* Signature Version 4 against the example of the S3 API Reference, and listings by a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "store_s3_core.h"

#define MEM_BYTES ((size_t)1 << 20)
#define EMPTY	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static int mem_make(void **state)
{
	*state = arena_create(MEM_BYTES);
	return 0;
}

static int mem_drop(void **state)
{
	arena_destroy(*state);
	return 0;
}

static void assert_text(struct str got, const char *want)
{
	if (!str_eq_c(got, want))
		fail_msg("'%.*s', want '%s'", STR_ARG(got), want);
}

static struct str hash(struct arena *mem, struct str text)
{
	uint8_t sum[CRYPTO_SHA256_BYTES];
	struct crypto_sha256 state;

	crypto_sha256_begin(&state);
	crypto_sha256_add(&state, text);
	crypto_sha256_end(&state, sum);
	return crypto_hex(mem, str_of(sum, sizeof sum));
}

/* "Example: GET Object" of the reference: the hash of the canonical request is printed there. */
static void s3_canonical_of_the_reference(void **state)
{
	struct s3_request request = { .method = STR("GET"),
		.path = STR("/test.txt"),
		.query = STR(""),
		.headers = { { STR("host"), STR("examplebucket.s3.amazonaws.com") },
			{ STR("range"), STR("bytes=0-9") },
			{ STR("x-amz-content-sha256"), STR(EMPTY) },
			{ STR("x-amz-date"), STR("20130524T000000Z") } },
		.n_headers = 4,
		.payload = STR(EMPTY) };
	struct str canonical = hash(*state, s3_canonical(*state, &request));

	assert_text(canonical, "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
	assert_text(s3_to_sign(*state, STR("20130524T000000Z"), STR("us-east-1"), canonical),
		"AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
		"7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
	assert_text(
		s3_signed_names(*state, &request), "host;range;x-amz-content-sha256;x-amz-date");
}

static void s3_encode_by_the_byte(void **state)
{
	assert_text(s3_encode(*state, STR("a/b c~._-+="), false), "a%2Fb%20c~._-%2B%3D");
	assert_text(s3_encode(*state, STR("/a/\xe8\xb7\xaf"), true), "/a/%E8%B7%AF");
	assert_text(s3_encode(*state, STR(""), true), "");
}

static void s3_stamp_is_utc(void **state)
{
	struct instant at;

	assert_int_equal(instant_parse(STR("2026-11-26T07:59:59.9+08:00"), &at), RES_OK);
	assert_text(s3_stamp(*state, at), "20261125T235959Z");
	assert_text(s3_day(s3_stamp(*state, at)), "20261125");
}

static void s3_list_gives_each_entry_once(void **state)
{
	struct str listing =
		STR("<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Name>b</Name>"
		    "<IsTruncated>true</IsTruncated><Contents><Key>objects/aa</Key>"
		    "<LastModified>2026-11-25T23:00:00.000Z</LastModified><ETag>&quot;e"
		    "&quot;</ETag><Size>12</Size></Contents><Contents><Size>0</Size>"
		    "<LastModified>2026-11-25T23:00:01Z</LastModified>"
		    "<Key>objects/bb</Key></Contents><NextContinuationToken>a&amp;b/="
		    "</NextContinuationToken></ListBucketResult>");
	struct str rest = listing;
	struct s3_entry entry;
	bool is_whole = false;

	assert_true(s3_list_next(&rest, &entry, &is_whole));
	assert_text(entry.key, "objects/aa");
	assert_int_equal(entry.bytes, 12);
	assert_true(s3_list_next(&rest, &entry, &is_whole));
	assert_text(entry.key, "objects/bb");
	assert_int_equal(entry.bytes, 0);
	assert_false(s3_list_next(&rest, &entry, &is_whole));
	assert_true(is_whole);
	assert_text(s3_list_token(*state, listing), "a&b/=");
	assert_text(s3_element(listing, STR("Name")), "b");
	assert_null(s3_element(listing, STR("Nam")).p);
}

static void s3_list_damaged_counts_for_nothing(void **state)
{
	static const struct str damaged[] = {
		STR_INIT("<Contents><Key>objects/aa</Key>"),
		STR_INIT("<Contents><Key>a</Key><Size>1</Size></Contents>"),
		STR_INIT("<Contents><Key></Key><LastModified>2026-11-25T23:00:00Z</LastModified>"
			 "<Size>1</Size></Contents>"),
		STR_INIT("<Contents><Key>a</Key><LastModified>2026-11-25T23:00:00Z</LastModified>"
			 "<Size>-1</Size></Contents>"),
		STR_INIT("<Contents><Key>a</Key><LastModified>today</LastModified>"
			 "<Size>1</Size></Contents>"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
		struct str rest = damaged[i];
		struct s3_entry entry;
		bool is_whole = true;
		assert_false(s3_list_next(&rest, &entry, &is_whole));
		assert_false(is_whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s3_canonical_of_the_reference),
		cmocka_unit_test(s3_encode_by_the_byte),
		cmocka_unit_test(s3_stamp_is_utc),
		cmocka_unit_test(s3_list_gives_each_entry_once),
		cmocka_unit_test(s3_list_damaged_counts_for_nothing),
	};
	return cmocka_run_group_tests(tests, mem_make, mem_drop);
}

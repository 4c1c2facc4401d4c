/* The signature against values computed by Python's hmac and hashlib, and RFC 4231 for the HMAC
 * itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "webhook_sign.h"

#define SECRET	   "whsec_0123456789abcdefghijklmnop"
#define OLD_SECRET "whsec_old-secret-of-before-0000"
#define BODY	   "{\"specversion\":\"1.0\",\"id\":\"d-1\",\"text\":\"您好\"}"

static const struct {
	size_t secrets;
	int64_t unix_s;
	const char *body;
	const char *want;
} rows[] = {
	{ 1, 1700000000, BODY,
		"t=1700000000,"
		"v1=df751b461f6a527f046cbf90be76c9d728cce33f8a71e5e1b9040f87b3a90255" },
	{ 2, 1700000000, BODY,
		"t=1700000000,"
		"v1=df751b461f6a527f046cbf90be76c9d728cce33f8a71e5e1b9040f87b3a90255,"
		"v1=20cc5fce0f4d042b53c8fab5414bedc17bdb58bdc1d19e81c8d9f0cc05334ac1" },
	{ 1, 0, "", "t=0,v1=f9cdd1dabb8159ea5a93e772b47d89c03dd4ed20d35f4bb6c56711dcd25cb3b8" },
};

static void signature_is_what_python_computes(void **state)
{
	const struct str secrets[] = { STR(SECRET), STR(OLD_SECRET) };
	SCOPED(arena)
	struct arena *mem = arena_create(64 * 1024);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str got = webhook_signature(
			mem, secrets, rows[i].secrets, rows[i].unix_s, str_from_c(rows[i].body));

		assert_string_equal(got.p, rows[i].want);
	}
}

static void hmac_is_that_of_the_rfc(void **state)
{
	const struct str parts[] = { STR("Hi"), STR(" "), STR("There") };
	const struct str long_key[] = { STR(
		"Test Using Larger Than Block-Size Key - Hash Key First") };
	char key[131];
	uint8_t mac[CRYPTO_HASH_BYTES];
	SCOPED(arena)
	struct arena *mem = arena_create(64 * 1024);

	(void)state;
	memset(key, 0x0b, sizeof key);
	crypto_hmac_sha256(mac, str_of(key, 20), parts, 3);
	assert_string_equal(crypto_hex(mem, str_of(mac, sizeof mac)).p,
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	memset(key, 0xaa, sizeof key);
	crypto_hmac_sha256(mac, str_of(key, sizeof key), long_key, 1);
	assert_string_equal(crypto_hex(mem, str_of(mac, sizeof mac)).p,
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signature_is_what_python_computes),
		cmocka_unit_test(hmac_is_that_of_the_rfc),
	};

	return crypto_start(NULL) != RES_OK ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

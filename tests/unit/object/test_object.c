/* Rights and tickets: they read as they were made, and every changed byte, every other key and the
 * end of their time refuses them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/crypto.h"
#include "object/object.h"

static struct arena *mem;
static uint8_t key[OBJECT_KEY_BYTES];
static uint8_t other_key[OBJECT_KEY_BYTES];
static const struct instant now = { 1000000 };

static int all_start(void **state)
{
	(void)state;
	mem = arena_create(16 * 1024 * 1024);
	memset(key, 7, sizeof(key));
	memset(other_key, 8, sizeof(other_key));
	return crypto_start(NULL) == RES_OK ? 0 : -1;
}

static int all_stop(void **state)
{
	(void)state;
	arena_destroy(mem);
	return 0;
}

static struct object_right right_some(void)
{
	struct object_right right = { .verb = OBJECT_PUT,
		.size_bytes = 4711,
		.media_type = STR("image/jpeg"),
		.source = STR("forum-1"),
		.expires = { 1000001 } };

	memset(right.sha256, 0xAB, sizeof(right.sha256));
	return right;
}

static void right_read_made_one_says_the_same(void **state)
{
	struct object_right made = right_some(), out;
	struct str text = object_right_make(mem, &made, key);

	(void)state;
	assert_int_equal(object_right_read(text, key, now, &out, NULL), RES_OK);
	assert_int_equal(out.verb, OBJECT_PUT);
	assert_memory_equal(out.sha256, made.sha256, sizeof(out.sha256));
	assert_int_equal(out.size_bytes, 4711);
	assert_true(str_eq(out.media_type, made.media_type) && str_eq(out.source, made.source));
	assert_int_equal(out.expires.us, 1000001);
}

static void right_read_changed_foreign_or_late_is_refused(void **state)
{
	struct object_right made = right_some(), out;
	struct str text = object_right_make(mem, &made, key);

	(void)state;
	assert_int_equal(object_right_read(text, other_key, now, &out, NULL), RES_DENIED);
	assert_int_equal(
		object_right_read(text, key, (struct instant){ 1000001 }, &out, NULL), RES_DENIED);
	for (size_t n = 0; n < text.n; n++) {
		char *copy = arena_alloc(mem, text.n);
		memcpy(copy, text.p, text.n);
		copy[n] ^= 1;
		assert_int_equal(
			object_right_read(str_of(copy, text.n), key, now, &out, NULL), RES_DENIED);
		assert_int_equal(
			object_right_read(str_slice(text, 0, n), key, now, &out, NULL), RES_DENIED);
	}
}

static void right_make_text_that_separates_is_none(void **state)
{
	static const char *const bad[] = { "image/jpeg~", "image jpeg", "a\r\nb", "\xE7\xBD\x91" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct object_right right = right_some();
		right.media_type = str_from_c(bad[i]);
		assert_null(object_right_make(mem, &right, key).p);
		right = right_some();
		right.source = str_from_c(bad[i]);
		assert_null(object_right_make(mem, &right, key).p);
	}
}

static void ticket_read_made_one_says_the_same_and_changed_is_refused(void **state)
{
	struct object_ticket made = { .size_bytes = 99,
		.media_type = STR("application/pdf"),
		.source = STR("app"),
		.issued_at = { 5 } };
	struct object_ticket out;

	(void)state;
	memset(made.sha256, 1, sizeof(made.sha256));
	memset(made.stored_sha256, 2, sizeof(made.stored_sha256));
	struct str bytes = object_ticket_make(mem, &made, key);
	assert_int_equal(object_ticket_read(mem, bytes, key, &out, NULL), RES_OK);
	assert_memory_equal(out.sha256, made.sha256, sizeof(out.sha256));
	assert_memory_equal(out.stored_sha256, made.stored_sha256, sizeof(out.stored_sha256));
	assert_true(str_eq(out.media_type, made.media_type) && str_eq(out.source, made.source));
	assert_int_equal(out.size_bytes, 99);
	assert_int_equal(out.issued_at.us, 5);
	assert_int_equal(object_ticket_read(mem, bytes, other_key, &out, NULL), RES_DENIED);
	for (size_t n = 0; n < bytes.n; n++) {
		char *copy = arena_alloc(mem, bytes.n);
		memcpy(copy, bytes.p, bytes.n);
		copy[n] ^= 1;
		assert_int_equal(object_ticket_read(mem, str_of(copy, bytes.n), key, &out, NULL),
			RES_DENIED);
	}
}

/* What another version with the same key would make, with names for which we have no room. */
static void right_read_signed_one_with_a_long_name_is_refused(void **state)
{
	char name[OBJECT_WHO_BYTES_MAX + 1];
	uint8_t authentication[CRYPTO_HASH_BYTES];
	struct object_right out;
	struct str parts[2] = { STR("object right") };

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t n = sizeof(name) - 1; n <= sizeof(name); n++) {
		parts[1] = arena_printf(mem, "put~%.*s~5~image/png~%.*s~1000001",
			STR_ARG(crypto_hex(mem, str_of(key, sizeof(key)))), (int)n, name);
		crypto_hash(authentication, key, parts, 2);
		struct str text = arena_printf(mem, "%.*s~%.*s", STR_ARG(parts[1]),
			STR_ARG(crypto_hex(mem, str_of(authentication, sizeof(authentication)))));
		assert_int_equal(object_right_read(text, key, now, &out, NULL),
			n > OBJECT_WHO_BYTES_MAX ? RES_DENIED : RES_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_read_made_one_says_the_same),
		cmocka_unit_test(right_read_changed_foreign_or_late_is_refused),
		cmocka_unit_test(right_read_signed_one_with_a_long_name_is_refused),
		cmocka_unit_test(right_make_text_that_separates_is_none),
		cmocka_unit_test(ticket_read_made_one_says_the_same_and_changed_is_refused),
	};

	return cmocka_run_group_tests(tests, all_start, all_stop);
}

/* The folder store: what is old is listed, what is set aside is out of sight until it is put or
 * touched again, and only what stayed aside is purged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "store.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char folder[] = "/tmp/wangli-store-XXXXXX";
static struct err err;

static struct instant past(void)
{
	return instant_add(os_real_now(), SPAN_HOURS(-1));
}

static struct instant future(void)
{
	return instant_add(os_real_now(), SPAN_HOURS(1));
}

static void put(struct store *store, const char *hex)
{
	struct scratch file = { .fd = -1 };

	assert_int_equal(scratch_make(folder, &file, &err), RES_OK);
	assert_int_equal(write(file.fd, "12345", 5), 5);
	assert_int_equal(store->put(store, STORE_OBJECTS, str_from_c(hex), &file, &err), RES_OK);
}

static enum res look(struct store *store, const char *hex)
{
	uint64_t bytes;
	int fd;
	enum res res = store->open(store, STORE_OBJECTS, str_from_c(hex), &fd, &bytes, &err);

	if (res == RES_OK) {
		assert_int_equal(bytes, 5);
		close(fd);
	}
	return res;
}

static enum res aside(struct store *store, const char *hex, struct instant before)
{
	return store->set_aside(store, STORE_OBJECTS, str_from_c(hex), before, &err);
}

static size_t purged(struct store *store, struct instant before)
{
	size_t n = 99;

	assert_int_equal(store->purge(store, STORE_OBJECTS, before, &n, &err), RES_OK);
	return n;
}

static void count(void *arg, struct str hex, struct instant touched_at)
{
	assert_int_equal(hex.n, 64);
	assert_true(instant_is_before(past(), touched_at));
	++*(size_t *)arg;
}

static size_t listed(struct store *store, struct instant before, size_t most)
{
	size_t n = 0;

	assert_int_equal(
		store->list_old(store, STORE_OBJECTS, before, most, count, &n, &err), RES_OK);
	return n;
}

static void store_folder_lists_what_is_old(void **state)
{
	struct store *store = *state;

	put(store, A);
	put(store, B);
	assert_int_equal(listed(store, past(), 10), 0);
	assert_int_equal(listed(store, future(), 10), 2);
	assert_int_equal(listed(store, future(), 1), 1);
}

static void store_folder_brings_back_what_was_set_aside(void **state)
{
	struct store *store = *state;

	put(store, A);
	put(store, B);
	assert_int_equal(aside(store, A, past()), RES_CONFLICT);
	assert_int_equal(look(store, A), RES_OK);
	assert_int_equal(aside(store, A, future()), RES_OK);
	assert_int_equal(look(store, A), RES_NOT_FOUND);
	assert_int_equal(aside(store, A, future()), RES_NOT_FOUND);
	assert_int_equal(listed(store, future(), 10), 1);
	assert_int_equal(store->touch(store, STORE_OBJECTS, STR(A), &err), RES_OK);
	assert_int_equal(look(store, A), RES_OK);
	assert_int_equal(aside(store, A, future()), RES_OK);
	put(store, A);
	assert_int_equal(look(store, A), RES_OK);
	assert_int_equal(purged(store, future()), 0);
	assert_int_equal(look(store, A), RES_OK);
}

static void store_folder_purges_what_stayed_aside(void **state)
{
	struct store *store = *state;
	int64_t bytes;

	put(store, A);
	put(store, B);
	assert_int_equal(aside(store, A, future()), RES_OK);
	assert_int_equal(purged(store, past()), 0);
	assert_int_equal(store->used(store, &bytes, &err), RES_OK);
	assert_int_equal(bytes, 10);
	assert_int_equal(purged(store, future()), 1);
	assert_int_equal(store->used(store, &bytes, &err), RES_OK);
	assert_int_equal(bytes, 5);
	assert_int_equal(store->touch(store, STORE_OBJECTS, STR(A), &err), RES_NOT_FOUND);
	assert_int_equal(look(store, B), RES_OK);
}

static int open_one(void **state)
{
	struct store *store;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(store_folder_open(&store, folder, &err), RES_OK);
	*state = store;
	return 0;
}

static int close_one(void **state)
{
	char command[sizeof(folder) + 16];
	struct store *store = *state;

	store->close(store);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			store_folder_lists_what_is_old, open_one, close_one),
		cmocka_unit_test_setup_teardown(
			store_folder_brings_back_what_was_set_aside, open_one, close_one),
		cmocka_unit_test_setup_teardown(
			store_folder_purges_what_stayed_aside, open_one, close_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

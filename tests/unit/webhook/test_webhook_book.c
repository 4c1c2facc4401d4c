/* The delivery log over crashes: a line that was synced can be read as a line, whatever the power
 * left behind in front of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "os/os.h"
#include "webhook_book.h"

#define BYTES_MOST 4096

static char folder[] = "/tmp/test-book-XXXXXX";
static char path[64];

static int setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/delivery.log", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void file_put(struct str bytes)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
	assert_int_equal(fclose(file), 0);
}

static void book_line_stands_alone_after_what_a_crash_left(void **state)
{
	static const struct {
		struct str left;
		struct str then;
	} cases[] = {
		{ STR(""), STR("new\nmore\n") },
		{ STR("old\n"), STR("old\nnew\nmore\n") },
		{ STR("old\nto"), STR("old\nto\nnew\nmore\n") },
		{ STR("old\n\0\0\0"), STR("old\n\0\0\0\nnew\nmore\n") },
		{ STR("old\n\0\0rn\n"), STR("old\n\0\0rn\nnew\nmore\n") },
		{ STR("t"), STR("t\nnew\nmore\n") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *mem = arena_create(1 << 20);
		struct book *book = NULL;
		struct str found;
		file_put(cases[i].left);
		assert_int_equal(webhook_book_open(&book, path, BYTES_MOST, NULL), RES_OK);
		webhook_book_add(book, STR("new"));
		assert_int_equal(webhook_book_sync(book, NULL), RES_OK);
		webhook_book_add(book, STR("more"));
		assert_int_equal(webhook_book_sync(book, NULL), RES_OK);
		webhook_book_close(book);
		assert_int_equal(os_file_read(mem, path, 1 << 16, &found, NULL), RES_OK);
		assert_int_equal(found.n, cases[i].then.n);
		assert_memory_equal(found.p, cases[i].then.p, found.n);
		arena_destroy(mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
		book_line_stands_alone_after_what_a_crash_left) };

	return cmocka_run_group_tests(tests, setup, teardown);
}

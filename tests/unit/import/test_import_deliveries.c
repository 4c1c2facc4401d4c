/* The record of deliveries over crashes: whatever a kill leaves of the last row, the rows before it
 * stay, the torn one is gone and may come again; damage before the end is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "import_deliveries.h"
#include "os/os.h"

struct place {
	char folder[64];
	char path[96];
	struct arena *mem;
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	assert_non_null(place);
	snprintf(place->folder, sizeof place->folder, "/tmp/wl-deliveries.XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof place->path, "%s/deliveries.csv", place->folder);
	place->mem = arena_create(1u << 20);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	unlink(place->path);
	assert_int_equal(rmdir(place->folder), 0);
	arena_destroy(place->mem);
	free(place);
	return 0;
}

static struct deliveries *opened(const struct place *place)
{
	struct deliveries *deliveries = NULL;
	struct err err;
	if (deliveries_open(&deliveries, place->path, &err) != RES_OK)
		fail_msg("%s", err.text);
	return deliveries;
}

static void add(struct deliveries *deliveries, const char *id, const char *text)
{
	const struct delivered delivered = {
		.external_id = str_from_c(id),
		.delivery_id = str_from_c(id),
		.case_number = STR("CD0000001-8"),
		.at = { 1 },
		.text = str_from_c(text),
	};
	assert_int_equal(deliveries_add(deliveries, &delivered, NULL), RES_OK);
}

static struct str content(struct place *place)
{
	struct str bytes;
	arena_reset(place->mem);
	assert_int_equal(os_file_read(place->mem, place->path, 1u << 20, &bytes, NULL), RES_OK);
	return bytes;
}

/* The file with rows a and b, where b's text has everything that CSV finds hard. */
static struct str two_rows(struct place *place, size_t *out_first)
{
	struct deliveries *deliveries = opened(place);
	add(deliveries, "a", "one\r\nline \"more\"");
	*out_first = content(place).n;
	add(deliveries, "b", "\"two\"\r\nlines, \"\"\n and a comma\"");
	deliveries_close(deliveries);
	return content(place);
}

static void deliveries_torn_at_any_byte_lose_the_last_row_only(void **state)
{
	struct place *place = *state;
	size_t first;
	struct str whole = two_rows(place, &first);
	for (size_t n = first; n < whole.n; n++) {
		assert_int_equal(
			os_file_replace(place->path, str_slice(whole, 0, n), 0600, NULL), RES_OK);
		struct deliveries *deliveries = opened(place);
		assert_true(deliveries_has(deliveries, STR("a")));
		assert_false(deliveries_has(deliveries, STR("b")));
		add(deliveries, "b", "again");
		deliveries_close(deliveries);
		deliveries = opened(place);
		assert_true(deliveries_has(deliveries, STR("a")));
		assert_true(deliveries_has_letter(deliveries, STR("b")));
		deliveries_close(deliveries);
	}
}

static void deliveries_damaged_before_the_end_are_refused_with_the_line(void **state)
{
	struct place *place = *state;
	struct deliveries *deliveries = NULL;
	struct err err;
	size_t first;
	(void)two_rows(place, &first);
	assert_int_equal(os_file_replace(place->path,
				 STR("external_id,delivery_id,case_number,at,text\r\nx,y\r\n"
				     "a,a,n,t,text\r\n"),
				 0600, NULL),
		RES_OK);
	assert_int_equal(deliveries_open(&deliveries, place->path, &err), RES_INVALID);
	assert_non_null(strstr(err.text, "line 2"));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(deliveries_torn_at_any_byte_lose_the_last_row_only),
		WITH_FOLDER(deliveries_damaged_before_the_end_are_refused_with_the_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

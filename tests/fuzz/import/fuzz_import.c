/* Any bytes as a file of letters, in any characters: it is refused, or each row is taken, the same
 * as another, or rejected; and the file of the rejected ones can be read as such. A first line
 * "ours=theirs,…" with an exclamation mark in front is --map. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "fuzz_disk.h"
#include "import_file.h"

#define IN	 "import/letters.csv"
#define REJECTED "import/rejected.csv"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t maps_take(struct str *rest, struct import_map maps[IMPORT_MAPS_MAX])
{
	struct str line, one;
	size_t n = 0;

	if (!str_starts(*rest, STR("!")))
		return 0;
	(void)!str_split(rest, '\n', &line);
	line = str_slice(line, 1, line.n);
	if (rest->p == NULL)
		*rest = STR("");
	while (n < IMPORT_MAPS_MAX && str_split(&line, ',', &one)) {
		size_t at = str_find(one, STR("="), 0);
		if (at != SIZE_MAX)
			maps[n++] = (struct import_map){ str_slice(one, 0, at),
				str_slice(one, at + 1, one.n) };
	}
	return n;
}

static void items_check(const struct import_file *file)
{
	size_t same = 0, rejected = 0;

	for (size_t i = 0; i < file->n; i++) {
		const struct import_item *item = &file->items[i];

		same += item->state == ITEM_SAME;
		rejected += item->reason.p != NULL;
		if (item->state != ITEM_READY)
			continue;
		CHECK(str_is_utf8(item->row.title) && item->row.external_id.n <= IMPORT_ID_BYTES);
		CHECK(item->row.rating >= 0 && item->row.rating <= 5 && item->row.likes >= 0);
		CHECK(import_file_find(file, item->row.external_id) == item);
	}
	CHECK(same == file->same && rejected == file->rejected);
}

/* Rows that were rejected stand there, none that went in. */
static void rejected_read(const struct import_file *file, const struct import_file_options *options)
{
	struct import_file_options again = *options;
	struct import_file rest;

	CHECK(import_file_write_rejected(file, fuzz_path(REJECTED), NULL) == RES_OK);
	again.path = fuzz_path(REJECTED);
	if (file->rejected == 0 || import_file_load(&rest, &again, NULL) != RES_OK)
		return;
	CHECK(rest.n == file->rejected);
	import_file_fini(&rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_map maps[IMPORT_MAPS_MAX];
	struct str rest = str_of(data, size);
	struct import_file_options options = { .maps = maps, .n_maps = maps_take(&rest, maps) };
	struct import_file file;

	options.with_reply = size % 2 == 0;
	fuzz_folder_make("import");
	fuzz_file_write(IN, rest);
	options.path = fuzz_path(IN);
	if (import_file_load(&file, &options, NULL) != RES_OK)
		return 0;
	items_check(&file);
	rejected_read(&file, &options);
	import_file_fini(&file);
	return 0;
}

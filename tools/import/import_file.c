/* The import file in memory. See import_file.h. */
#include "import_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "import_charset.h"
#include "os/os.h"

#define FILE_MEMORY   (4ull * IMPORT_FILE_MAX) /* a cap: the bytes, their fields, reasons */
#define REJECTED_MODE 0600

void import_file_reject(struct import_file *file, struct import_item *item, struct str why)
{
	if (item->state == ITEM_REJECTED || item->reply == REPLY_REFUSED)
		return;
	item->reason = arena_str(file->mem, why);
	file->rejected++;
	if (item->state == ITEM_RECEIVED)
		item->reply = REPLY_REFUSED;
	else
		item->state = ITEM_REJECTED;
}

struct import_item *import_file_find(const struct import_file *file, struct str external_id)
{
	return map_get(file->by_id, external_id);
}

static void item_add(struct import_file *file, size_t *cap, const struct csv_record *record)
{
	if (file->n == *cap) {
		*cap = *cap == 0 ? 1024 : *cap * 2;
		file->items = realloc(file->items, *cap * sizeof file->items[0]);
		CHECK(file->items != NULL);
	}
	struct import_item *item = &file->items[file->n++];
	struct err err;
	*item = (struct import_item){ .record = *record,
		.play = { .asked = -1, .look_at = INSTANT_NONE } };
	if (import_row_read(&file->header, record, &item->row, &err) != RES_OK)
		import_file_reject(file, item, str_from_c(err.text));
	else if (item->row.reply.n > 0)
		item->reply = REPLY_WAITS;
}

/* The first row of an external_id counts; the same row again is no fault, another one is. */
static void items_index(struct import_file *file)
{
	for (size_t i = 0; i < file->n; i++) {
		struct import_item *item = &file->items[i];
		if (item->state == ITEM_REJECTED)
			continue;
		const struct import_item *first = import_file_find(file, item->row.external_id);
		if (first == NULL) {
			map_put(file->by_id, item->row.external_id, item);
		} else if (import_row_is_same(&first->row, &item->row)) {
			item->state = ITEM_SAME;
			item->reply = REPLY_NONE;
			file->same++;
		} else {
			import_file_reject(file, item,
				arena_printf(file->mem,
					"external_id stands in line %zu with other content",
					first->row.line));
		}
	}
}

enum res import_file_load(
	struct import_file *out, const struct import_file_options *options, struct err *err)
{
	struct import_file file = { .mem = arena_create(FILE_MEMORY), .by_id = map_create() };
	struct csv_reader reader;
	struct csv_record record;
	struct str bytes = STR("");
	size_t cap = 0;
	CHECK(file.mem != NULL);
	enum res res = os_file_read(file.mem, options->path, IMPORT_FILE_MAX, &bytes, err);
	if (res == RES_OK)
		res = import_charset_read(file.mem, bytes, &bytes, &file.charset, err);
	csv_open(&reader, bytes);
	if (res == RES_OK && !csv_next(&reader, file.mem, &record))
		res = err_set(err, RES_INVALID, "the file is empty");
	if (res == RES_OK)
		res = import_header_read(file.mem, &record, options->maps, options->n_maps,
			options->with_reply, &file.header, err);
	if (res != RES_OK) {
		import_file_fini(&file);
		return err_prefix(err, res, "%s", options->path);
	}
	while (csv_next(&reader, file.mem, &record))
		item_add(&file, &cap, &record);
	items_index(&file);
	if (arena_failed(file.mem)) {
		import_file_fini(&file);
		return err_set(err, RES_TOO_BIG, "%s: memory is out", options->path);
	}
	*out = file;
	return RES_OK;
}

void import_file_fini(struct import_file *file)
{
	map_destroy(file->by_id);
	arena_destroy(file->mem);
	free(file->items);
	*file = (struct import_file){ .n = 0 };
}

/* Bytes that are no UTF-8 are shown as U+FFFD: the reject file itself is clean. */
static void write_raw(struct buf *out, struct str raw)
{
	struct buf clean = { 0 };
	while (raw.n > 0) {
		size_t good = str_utf8_prefix(raw);
		buf_add_str(&clean, str_slice(raw, 0, good));
		if (good < raw.n)
			buf_add(&clean, "\xEF\xBF\xBD", 3);
		raw = str_slice(raw, good + 1, raw.n);
	}
	csv_write_field(out, 0, buf_str(&clean));
	buf_fini(&clean);
}

static void write_rejected(
	const struct import_file *file, const struct import_item *item, struct buf *out)
{
	const struct csv_record *record = &item->record;
	bool is_whole = record->fault == CSV_FINE && record->n <= file->header.n_read;
	char line[32];
	/* a row that is broken or has too many columns has none: all of it stands in the first one
	 */
	if (!is_whole)
		write_raw(out, record->raw);
	for (size_t i = is_whole ? 0 : 1; i < file->header.n; i++)
		csv_write_field(out, i, is_whole && i < record->n ? record->fields[i] : STR(""));
	(void)!snprintf(line, sizeof line, "%zu", record->line);
	csv_write_field(out, file->header.n, str_from_c(line));
	csv_write_field(out, file->header.n + 1, item->reason);
	csv_write_end(out);
}

enum res import_file_write_rejected(
	const struct import_file *file, const char *path, struct err *err)
{
	struct buf out = { 0 };
	if (file->rejected == 0) {
		if (unlink(path) != 0 && errno != ENOENT)
			return err_set(err, RES_RETRY, "%s: %s", path, strerror(errno));
		return RES_OK;
	}
	for (size_t i = 0; i < file->header.n; i++)
		csv_write_field(&out, i, file->header.names[i]);
	csv_write_field(&out, file->header.n, STR(IMPORT_REJECT_LINE));
	csv_write_field(&out, file->header.n + 1, STR(IMPORT_REJECT_REASON));
	csv_write_end(&out);
	for (size_t i = 0; i < file->n; i++)
		if (file->items[i].reason.p != NULL)
			write_rejected(file, &file->items[i], &out);
	enum res res = os_file_replace(path, buf_str(&out), REJECTED_MODE, err);
	buf_fini(&out);
	return res;
}

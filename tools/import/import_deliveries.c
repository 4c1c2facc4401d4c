/* The record of deliveries. See import_deliveries.h. */
#include "import_deliveries.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/map.h"
#include "csv/csv_core.h"
#include "os/os.h"

#define DELIVERIES_MAX (2048u << 20)
#define COLUMNS	       5

static const char *const columns[COLUMNS] = { "external_id", "delivery_id", "case_number", "at",
	"text" };

struct deliveries {
	int fd;
	char *path;
	off_t length; /* of whole rows */
	struct map *by_delivery;
	struct map *by_letter;
	struct buf row;
};

static enum res fault(const struct deliveries *deliveries, struct err *err)
{
	return err_set(err, RES_RETRY, "%s: %s", deliveries->path, strerror(errno));
}

static void remember(struct deliveries *deliveries, struct str external_id, struct str delivery_id)
{
	map_put(deliveries->by_delivery, delivery_id, deliveries);
	map_put(deliveries->by_letter, external_id, deliveries);
}

/* One row goes out whole or not at all. */
static enum res row_write(struct deliveries *deliveries, struct err *err)
{
	struct str rest = buf_str(&deliveries->row);
	while (rest.n > 0) {
		ssize_t n = write(deliveries->fd, rest.p, rest.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			enum res res = fault(deliveries, err);
			(void)!ftruncate(deliveries->fd, deliveries->length);
			return res;
		}
		rest = str_slice(rest, (size_t)n, rest.n);
	}
	deliveries->length += (off_t)deliveries->row.n;
	return RES_OK;
}

static enum res header_write(struct deliveries *deliveries, struct err *err)
{
	buf_clear(&deliveries->row);
	for (size_t i = 0; i < COLUMNS; i++)
		csv_write_field(&deliveries->row, i, str_from_c(columns[i]));
	csv_write_end(&deliveries->row);
	TRY(row_write(deliveries, err));
	return deliveries_sync(deliveries, err);
}

/* Cut between CR and LF, a row ends with a quote and a CR that ends nothing. */
static struct str without_cut_end(struct str bytes)
{
	return bytes.n > 0 && bytes.p[bytes.n - 1] == '\r' ? str_slice(bytes, 0, bytes.n - 1)
							   : bytes;
}

/* Walks whole rows; what follows the last one is a torn tail. */
static enum res rows_read(struct deliveries *deliveries, struct str bytes, struct err *err)
{
	SCOPED(arena)
	struct arena *mem = arena_create(bytes.n + (64u << 20));
	struct csv_reader reader;
	struct csv_record record;
	CHECK(mem != NULL);
	bytes = without_cut_end(bytes);
	csv_open(&reader, bytes);
	while (csv_next(&reader, mem, &record)) {
		size_t end = bytes.n - reader.rest.n;
		bool is_last = record.fault == CSV_QUOTE_OPEN || reader.rest.n == 0;
		bool is_whole =
			record.fault == CSV_FINE && record.n == COLUMNS && bytes.p[end - 1] == '\n';
		if (!is_whole && is_last)
			return RES_OK;
		if (!is_whole)
			return err_set(err, RES_INVALID, "%s: line %zu is damaged",
				deliveries->path, record.line);
		if (deliveries->length > 0)
			remember(deliveries, record.fields[0], record.fields[1]);
		deliveries->length = (off_t)end;
	}
	return RES_OK;
}

static enum res file_take_up(struct deliveries *deliveries, struct err *err)
{
	SCOPED(arena)
	struct arena *mem = arena_create(DELIVERIES_MAX + 4096u);
	struct str bytes;
	CHECK(mem != NULL);
	deliveries->fd = open(deliveries->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (deliveries->fd < 0)
		return fault(deliveries, err);
	TRY(os_file_read(mem, deliveries->path, DELIVERIES_MAX, &bytes, err));
	TRY(rows_read(deliveries, bytes, err));
	if (ftruncate(deliveries->fd, deliveries->length) != 0)
		return fault(deliveries, err);
	/* what was written before a kill may not be on disk yet, but will be reported as done; the
	 * name of a new file neither */
	TRY(os_folder_sync(deliveries->path, err));
	TRY(deliveries_sync(deliveries, err));
	return deliveries->length == 0 ? header_write(deliveries, err) : RES_OK;
}

enum res deliveries_open(struct deliveries **out, const char *path, struct err *err)
{
	struct deliveries *deliveries = calloc(1, sizeof *deliveries);
	CHECK(deliveries != NULL);
	deliveries->fd = -1;
	deliveries->path = strdup(path);
	CHECK(deliveries->path != NULL);
	deliveries->by_delivery = map_create();
	deliveries->by_letter = map_create();
	enum res res = file_take_up(deliveries, err);
	if (res != RES_OK) {
		deliveries_close(deliveries);
		return res;
	}
	*out = deliveries;
	return RES_OK;
}

void deliveries_close(struct deliveries *deliveries)
{
	if (deliveries == NULL)
		return;
	if (deliveries->fd >= 0)
		close(deliveries->fd);
	map_destroy(deliveries->by_delivery);
	map_destroy(deliveries->by_letter);
	buf_fini(&deliveries->row);
	free(deliveries->path);
	free(deliveries);
}

bool deliveries_has(const struct deliveries *deliveries, struct str delivery_id)
{
	return map_get(deliveries->by_delivery, delivery_id) != NULL;
}

bool deliveries_has_letter(const struct deliveries *deliveries, struct str external_id)
{
	return map_get(deliveries->by_letter, external_id) != NULL;
}

enum res deliveries_add(
	struct deliveries *deliveries, const struct delivered *delivered, struct err *err)
{
	char at[INSTANT_TEXT_MAX];
	const struct str fields[COLUMNS] = { delivered->external_id, delivered->delivery_id,
		delivered->case_number, str_from_c(instant_format(delivered->at, at)),
		delivered->text };
	buf_clear(&deliveries->row);
	for (size_t i = 0; i < COLUMNS; i++)
		csv_write_field(&deliveries->row, i, fields[i]);
	csv_write_end(&deliveries->row);
	TRY(row_write(deliveries, err));
	remember(deliveries, delivered->external_id, delivered->delivery_id);
	return RES_OK;
}

enum res deliveries_sync(struct deliveries *deliveries, struct err *err)
{
	if (fdatasync(deliveries->fd) != 0)
		return fault(deliveries, err);
	return RES_OK;
}

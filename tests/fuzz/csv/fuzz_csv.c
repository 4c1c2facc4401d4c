/* Any bytes as a CSV file: reading always goes on, stays inside, and what it read without fault
 * reads the same after it was written. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "csv/csv_core.h"

#define MEM_BYTES (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void reads_back(struct arena *mem, const struct csv_record *record)
{
	struct buf out = { 0 };
	struct csv_reader reader;
	struct csv_record again;
	for (size_t i = 0; i < record->n; i++)
		csv_write_field(&out, i, record->fields[i]);
	csv_write_end(&out);
	csv_open(&reader, buf_str(&out));
	CHECK(csv_next(&reader, mem, &again));
	CHECK(again.fault == CSV_FINE && again.n == record->n);
	for (size_t i = 0; i < record->n; i++)
		CHECK(str_eq(again.fields[i], record->fields[i]));
	CHECK(!csv_next(&reader, mem, &again));
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct csv_reader reader;
	struct csv_record record;
	size_t line = 0;
	csv_open(&reader, str_of(data, size));
	while (csv_next(&reader, mem, &record)) {
		CHECK(record.line > line);
		line = record.line;
		if (record.fault == CSV_FINE)
			reads_back(mem, &record);
	}
	CHECK(reader.rest.n == 0);
	return 0;
}

/* Any bytes as a batch: either refused whole, or every record lies inside the frame and the counts
 * agree. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader reader;
	struct wire_record record;
	struct wire_head head;
	size_t bytes = 0;
	uint32_t records = 0;
	uint32_t said;

	if (wire_reader_open(&reader, str_of(data, size), NULL) != RES_OK)
		return 0;
	said = reader.count;
	while (wire_reader_next(&reader, &record)) {
		records++;
		bytes += WIRE_RECORD_HEAD + record.header.n + record.body.n;
		if (wire_head_read(record.header, &head, NULL) == RES_OK)
			CHECK(head.case_id >= 0 && head.seq >= 0);
	}
	CHECK(records == said && bytes == size);
	return 0;
}

/* Any bytes as a header: what is read can be written again, and reads the same. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "wire/wire.h"

#define MEM_BYTES (64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct wire_head first;
	struct wire_head again;
	struct str packed;

	CHECK(mem != NULL);
	if (wire_head_read(str_of(data, size), &first, NULL) != RES_OK)
		return 0;
	packed = wire_head_pack(mem, &first);
	CHECK(packed.p != NULL && wire_head_read(packed, &again, NULL) == RES_OK);
	CHECK(str_eq(first.id, again.id) && str_eq(first.sender, again.sender) &&
		str_eq(first.source_msg_id, again.source_msg_id) && str_eq(first.text, again.text));
	CHECK(first.case_id == again.case_id && first.seq == again.seq &&
		first.time.us == again.time.us && first.park == again.park &&
		first.code == again.code);
	return 0;
}

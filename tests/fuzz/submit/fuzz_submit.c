/* Any bytes as bodies: the walk over the tags stops what protobuf-c must not see; memory stays
 * under the arena's cap. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "proto/door.pb-c.h"
#include "proto/operator.pb-c.h"
#include "wire/wire.h"

#define MEM_BYTES (4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	Wangli__Submit *submit;
	Wangli__KeysSnapshot *snapshot;
	struct str body = str_of(data, size);

	CHECK(mem != NULL);
	if (wire_unpack(mem, &wangli__submit__descriptor, body, &submit, NULL) == RES_OK)
		CHECK(str_is_utf8(wire_str(submit->title)) && str_is_utf8(wire_str(submit->body)));
	if (wire_unpack(mem, &wangli__keys_snapshot__descriptor, body, &snapshot, NULL) == RES_OK)
		CHECK(snapshot->n_keys <= WIRE_ELEMENTS_MAX);
	return 0;
}

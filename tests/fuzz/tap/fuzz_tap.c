/* Any bytes as a message that passes: what is shown is one line of JSON. The first byte is the
 * kind, the second how many bytes are header. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "tap_show.h"
#include "json/json.h"

#define MEM_BYTES (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	static struct tap_view view;
	struct tap_passed passed = { .outcome = STR("forwarded") };
	struct json *json = NULL;
	struct str line;
	size_t head;

	CHECK(mem != NULL && crypto_start(NULL) == RES_OK);
	if (size < 2)
		return 0;
	head = data[1] < size - 2 ? data[1] : size - 2;
	passed.record = (struct wire_record){ .kind = (enum wire_kind)(data[0] % 18),
		.header = str_of(data + 2, head),
		.body = str_of(data + 2 + head, size - 2 - head) };
	if (tap_show(&view, mem, &passed, &line, NULL) != RES_OK)
		return 0;
	CHECK(str_find(line, STR("\n"), 0) == SIZE_MAX);
	CHECK(json_parse(line, line.n, &json, NULL) == RES_OK);
	json_destroy(json);
	return 0;
}

/* Any bytes as a listing of an object store: reading goes on or ends, and what it takes out lies
 * within. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "store_s3_core.h"

#define MEM_BYTES ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct str listing = str_of(data, size), rest = listing;
	struct s3_entry entry;
	bool is_whole = false;
	size_t left = rest.n;

	while (s3_list_next(&rest, &entry, &is_whole)) {
		CHECK(is_whole && rest.n < left && entry.bytes >= 0);
		CHECK(entry.key.p >= listing.p &&
			entry.key.p + entry.key.n <= listing.p + listing.n);
		left = rest.n;
	}
	CHECK(s3_list_token(mem, listing).n <= size);
	s3_element(listing, STR("Code"));
	CHECK(s3_encode(mem, listing, true).n <= 3 * size);
	return 0;
}

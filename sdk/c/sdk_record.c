/* Records of the spool. See sdk_record.h. */
#include "sdk/sdk_record.h"

static void write_u32(struct buf *out, size_t number)
{
	char *at = buf_extend(out, 4);
	for (int i = 0; i < 4; i++)
		at[i] = (char)(number >> (8 * i));
}

void record_write(struct buf *out, const struct record *record)
{
	buf_add(out, &record->tag, 1);
	for (size_t i = 0; i < record->n; i++) {
		write_u32(out, record->parts[i].n);
		buf_add_str(out, record->parts[i]);
	}
}

static bool read_part(struct str *rest, struct str *out)
{
	if (rest->n < 4)
		return false;
	size_t n = 0;
	for (int i = 3; i >= 0; i--)
		n = n << 8 | (uint8_t)rest->p[i];
	if (n > rest->n - 4)
		return false;
	*out = str_of(rest->p + 4, n);
	*rest = str_of(rest->p + 4 + n, rest->n - 4 - n);
	return true;
}

bool record_read(struct str bytes, struct record *out)
{
	if (bytes.n == 0)
		return false;
	struct record record = { .tag = bytes.p[0] };
	struct str rest = str_of(bytes.p + 1, bytes.n - 1);
	while (rest.n > 0) {
		if (record.n == RECORD_PARTS_MAX || !read_part(&rest, &record.parts[record.n]))
			return false;
		record.n++;
	}
	*out = record;
	return true;
}

/* Private to the SDK: records of the spool as bytes: u8 tag, then parts of u32 LE length and bytes.
 */
#ifndef WL_SDK_RECORD_H
#define WL_SDK_RECORD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum record_tag {
	RECORD_LETTER = 'L',
	RECORD_ANSWERED = 'A',
	RECORD_OUTCOME = 'O',
	RECORD_CLAIM = 'C'
};
#define RECORD_PARTS_MAX 4

struct record {
	char tag;
	struct str parts[RECORD_PARTS_MAX]; /* borrowed */
	size_t n;
};

void record_write(struct buf *out, const struct record *record);
/* false: not of this form (cut, too many parts, bytes left over). */
bool record_read(struct str bytes, struct record *out);

#endif

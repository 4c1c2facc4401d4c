/* Which characters. See charset_core.h. */
#include "charset_core.h"

#include <stdbool.h>
#include <string.h>

static bool is_ascii(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] >= 0x80)
			return false;
	return true;
}

enum charset_guess charset_guess(struct str bytes)
{
	struct str rest = bytes;
	struct str line;
	size_t good = 0;
	size_t bad = 0;
	if (str_starts(bytes, STR("\xEF\xBB\xBF")) || str_is_utf8(bytes))
		return CHARSET_UTF8;
	if (str_starts(bytes, STR("\xFF\xFE")) || str_starts(bytes, STR("\xFE\xFF")))
		return CHARSET_UTF16;
	while (str_split(&rest, '\n', &line)) {
		if (is_ascii(line))
			continue;
		if (str_is_utf8(line))
			good++;
		else
			bad++;
	}
	return good >= bad ? CHARSET_UTF8 : CHARSET_OTHER;
}

struct charset_place charset_place_of(struct str bytes, size_t offset)
{
	struct charset_place place = { .line = 1, .byte = 1 };
	for (size_t i = 0; i < offset && i < bytes.n; i++) {
		place.byte++;
		if (bytes.p[i] == '\n')
			place = (struct charset_place){ .line = place.line + 1, .byte = 1 };
	}
	return place;
}

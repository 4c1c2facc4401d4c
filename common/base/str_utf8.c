/* Characters of UTF-8 (RFC 3629). One table says which bytes may follow which. */
#include <string.h>

#include "base/str.h"

/* Well-formed sequences, Unicode standard table 3-7: first byte, bounds of the second, length. */
static const struct {
	uint8_t first_least, first_most;
	uint8_t second_least, second_most;
	uint8_t length;
} forms[] = {
	{ 0x00, 0x7f, 0x00, 0x00, 1 },
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static uint8_t byte_at(struct str s, size_t at)
{
	return (uint8_t)s.p[at];
}

/* Bytes of the character at `at`, or 0 when none is there. */
static size_t character_at(struct str s, size_t at)
{
	uint8_t first = byte_at(s, at);
	size_t form = 0;

	while (form < sizeof(forms) / sizeof(forms[0]) && first > forms[form].first_most)
		form++;
	if (form == sizeof(forms) / sizeof(forms[0]) || first < forms[form].first_least)
		return 0;
	if (forms[form].length == 1)
		return 1;
	if (s.n - at < forms[form].length || byte_at(s, at + 1) < forms[form].second_least ||
		byte_at(s, at + 1) > forms[form].second_most)
		return 0;
	for (size_t i = 2; i < forms[form].length; i++)
		if ((byte_at(s, at + i) & 0xc0) != 0x80)
			return 0;
	return forms[form].length;
}

/* Names, ids and keys are ASCII: eight bytes at a time. */
static size_t ascii_run(struct str s, size_t at)
{
	uint64_t word;

	while (s.n - at >= sizeof(word)) {
		memcpy(&word, s.p + at, sizeof(word));
		if ((word & UINT64_C(0x8080808080808080)) != 0)
			break;
		at += sizeof(word);
	}
	return at;
}

size_t str_utf8_prefix(struct str s)
{
	size_t at = 0;

	while (at < s.n) {
		size_t run = byte_at(s, at) < 0x80 ? ascii_run(s, at) : at;
		if (run > at) {
			at = run;
			continue;
		}
		size_t n = character_at(s, at);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

bool str_is_utf8(struct str s)
{
	return str_utf8_prefix(s) == s.n;
}

static bool is_character_start(uint8_t byte)
{
	return (byte & 0xc0) != 0x80;
}

size_t str_utf8_length(struct str s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.n; i++)
		count += is_character_start(byte_at(s, i));
	return count;
}

struct str str_utf8_cut(struct str s, size_t n_max)
{
	size_t count = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!is_character_start(byte_at(s, i)))
			continue;
		if (count++ == n_max)
			return str_slice(s, 0, i);
	}
	return s;
}

struct str str_utf8_fit(struct str s, size_t n_max)
{
	struct str cut = str_slice(s, 0, n_max);

	return str_slice(cut, 0, str_utf8_prefix(cut));
}

size_t str_find_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t byte = byte_at(s, i);
		bool is_c0 = byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
		/* C1 is U+0080..U+009F, in UTF-8 c2 80..c2 9f. */
		bool is_c1 = byte == 0xc2 && i + 1 < s.n && byte_at(s, i + 1) >= 0x80 &&
			     byte_at(s, i + 1) <= 0x9f;
		if (is_c0 || is_c1 || byte == 0x7f)
			return i;
	}
	return SIZE_MAX;
}

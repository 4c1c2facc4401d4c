/* Borrowed text: comparing, finding, cutting, reading numbers. Characters are in str_utf8.c. */
#include "base/str.h"

#include <string.h>

struct str str_from_c(const char *text)
{
	return (struct str){ .p = text, .n = text == NULL ? 0 : strlen(text) };
}

struct str str_of(const void *bytes, size_t n)
{
	return (struct str){ .p = bytes, .n = n };
}

bool str_is_empty(struct str s)
{
	return s.n == 0;
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
	/* compared with dozens of names a message: most differ in their first bytes, so b is not
	 * measured */
	size_t i = 0;

	if (b == NULL)
		return a.n == 0;
	while (i < a.n && b[i] != '\0' && a.p[i] == b[i])
		i++;
	return i == a.n && b[i] == '\0';
}

int str_compare(struct str a, struct str b)
{
	size_t common = a.n < b.n ? a.n : b.n;
	int order = common == 0 ? 0 : memcmp(a.p, b.p, common);

	if (order != 0)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, suffix.n), suffix);
}

size_t str_find(struct str in, struct str needle, size_t from)
{
	if (needle.n == 0 || from >= in.n)
		return SIZE_MAX;
	const char *at = memmem(in.p + from, in.n - from, needle.p, needle.n);
	return at == NULL ? SIZE_MAX : (size_t)(at - in.p);
}

struct str str_slice(struct str s, size_t from, size_t n)
{
	if (s.p == NULL)
		return s;
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	return (struct str){ .p = s.p + from, .n = n };
}

/* Bytes of the white space that s begins with: 0, 1, or 3 for U+3000, the space of Chinese text. */
static size_t space_at_front(struct str s)
{
	if (s.n == 0)
		return 0;
	if (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r'))
		return 1;
	return str_starts(s, STR("\xe3\x80\x80")) ? 3 : 0;
}

static size_t space_at_back(struct str s)
{
	if (s.n == 0)
		return 0;
	char last = s.p[s.n - 1];
	if (last == ' ' || (last >= '\t' && last <= '\r'))
		return 1;
	return str_ends(s, STR("\xe3\x80\x80")) ? 3 : 0;
}

struct str str_trim(struct str s)
{
	size_t n;

	while ((n = space_at_front(s)) > 0)
		s = str_slice(s, n, s.n);
	while ((n = space_at_back(s)) > 0)
		s.n -= n;
	return s;
}

bool str_split(struct str *rest, char separator, struct str *out_part)
{
	if (rest->p == NULL)
		return false;
	size_t at = str_find(*rest, str_of(&separator, 1), 0);
	if (at == SIZE_MAX) {
		*out_part = *rest;
		*rest = STR_NONE;
		return true;
	}
	*out_part = str_slice(*rest, 0, at);
	*rest = str_slice(*rest, at + 1, rest->n);
	return true;
}

enum res str_to_int64(struct str s, int64_t *out)
{
	bool is_negative = s.n > 0 && s.p[0] == '-';
	bool is_over = false;
	int64_t value = 0;

	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_slice(s, 1, s.n);
	if (s.n == 0)
		return RES_INVALID;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return RES_INVALID;
		int digit = s.p[i] - '0';
		/* Counted below zero, where there is one number more. */
		is_over = is_over || __builtin_mul_overflow(value, 10, &value) ||
			  __builtin_sub_overflow(value, digit, &value);
	}
	if (is_over || (!is_negative && value == INT64_MIN))
		return RES_TOO_BIG;
	*out = is_negative ? value : -value;
	return RES_OK;
}

/* Failure texts. Everything is formatted beside the old text first, so that it may be an argument.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* A cut in the middle of a character would make the log line invalid: step back to its border. */
static void text_store(struct err *err, const char *text, size_t n)
{
	size_t kept = n > ERR_TEXT_MAX ? ERR_TEXT_MAX : n;

	if (kept < n)
		while (kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
			kept--;
	memcpy(err->text, text, kept);
	err->text[kept] = '\0';
}

enum res(err_set)(struct err *err, enum res res, const char *format, ...)
{
	char text[ERR_TEXT_MAX + 2]; /* one byte more, to see what character the cut falls into */
	va_list args;

	if (err == NULL)
		return res;
	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_store(err, text, n < 0 ? 0 : strlen(text));
	return res;
}

enum res(err_prefix)(struct err *err, enum res res, const char *format, ...)
{
	char text[2 * ERR_TEXT_MAX + 4];
	va_list args;

	if (err == NULL)
		return res;
	va_start(args, format);
	int n = vsnprintf(text, ERR_TEXT_MAX + 2, format, args);
	va_end(args);
	size_t at = n < 0 ? 0 : strlen(text);
	snprintf(text + at, sizeof(text) - at, ": %s", err->text);
	text_store(err, text, strlen(text));
	return res;
}

/* GB18030 by the C library's table. See import_charset.h. */
#include "import_charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "charset_core.h"

/* Two bytes become three at most; one stays one, four stay four. */
static size_t room_for(size_t bytes)
{
	return bytes + bytes / 2 + 1;
}

static enum res gb18030_read(struct arena *mem, struct str bytes, struct str *out, struct err *err)
{
	size_t room = room_for(bytes.n);
	size_t left = bytes.n;
	char *from = (char *)(uintptr_t)bytes.p;
	char *to = arena_alloc(mem, room);
	char *at = to;
	if (to == NULL)
		return err_set(err, RES_TOO_BIG, "memory is out");
	iconv_t table = iconv_open("UTF-8", "GB18030");
	if (table == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr): so POSIX has it
		return err_set(err, RES_INVALID,
			"not UTF-8, and this system's C library cannot read GB18030");
	size_t done = iconv(table, &from, &left, &at, &room);
	iconv_close(table);
	if (done == (size_t)-1) {
		struct charset_place place = charset_place_of(bytes, bytes.n - left);
		return err_set(err, RES_INVALID,
			"line %zu, byte %zu: neither UTF-8 nor GB18030 (0x%02x)", place.line,
			place.byte, left == 0 ? 0u : (unsigned)(unsigned char)*from);
	}
	*out = str_of(to, (size_t)(at - to));
	return RES_OK;
}

enum res import_charset_read(struct arena *mem, struct str bytes, struct str *out,
	const char **out_name, struct err *err)
{
	switch (charset_guess(bytes)) {
	case CHARSET_UTF8:
		*out = bytes;
		*out_name = "UTF-8";
		return RES_OK;
	case CHARSET_UTF16:
		return err_set(err, RES_INVALID,
			"line 1, byte 1: neither UTF-8 nor GB18030, but UTF-16: save it as UTF-8");
	case CHARSET_OTHER:
		*out_name = "GB18030";
		return gb18030_read(mem, bytes, out, err);
	}
	return RES_OK;
}

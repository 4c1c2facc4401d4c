/* Magic numbers at byte 0, never a search: what only holds a type somewhere is not of that type. */
#include "media_type_core.h"

#include <string.h>

static const struct {
	const char *name;
	const char *other;
	bool is_photo;
} kinds[] = {
#define TYPE(name, media_type, other, is_photo) [MEDIA_##name] = { media_type, other, is_photo },
#include "media_types.def"
#undef TYPE
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == MEDIA_KINDS, "each kind has its row");

static const struct {
	size_t at;
	struct str bytes;
	enum media_kind kind;
} magics[] = {
	{ 0, STR_INIT("\xFF\xD8\xFF"), MEDIA_JPEG },
	{ 0, STR_INIT("\x89PNG\r\n\x1A\n"), MEDIA_PNG },
	{ 0, STR_INIT("GIF87a"), MEDIA_GIF },
	{ 0, STR_INIT("GIF89a"), MEDIA_GIF },
	{ 0, STR_INIT("%PDF-"), MEDIA_PDF },
	{ 0, STR_INIT("ID3"), MEDIA_MP3 },
	{ 0, STR_INIT("\xFF\xFB"), MEDIA_MP3 },
	{ 0, STR_INIT("\xFF\xFA"), MEDIA_MP3 },
	{ 0, STR_INIT("\xFF\xF3"), MEDIA_MP3 },
	{ 0, STR_INIT("\xFF\xF2"), MEDIA_MP3 },
	{ 0, STR_INIT("#!AMR\n"), MEDIA_AMR },
	{ 0, STR_INIT("#!AMR-WB\n"), MEDIA_AMR },
};

/* Major brands of ISO media files (ftyp). Those of MPEG-4 say nothing of whether pictures are in
 * it. */
static const struct {
	struct str brand;
	enum media_kind kind;
} brands[] = {
	{ STR_INIT("heic"), MEDIA_HEIC },
	{ STR_INIT("heix"), MEDIA_HEIC },
	{ STR_INIT("mif1"), MEDIA_HEIC },
	{ STR_INIT("M4A "), MEDIA_M4A },
	{ STR_INIT("isom"), MEDIA_MP4 },
	{ STR_INIT("iso2"), MEDIA_MP4 },
	{ STR_INIT("iso4"), MEDIA_MP4 },
	{ STR_INIT("iso5"), MEDIA_MP4 },
	{ STR_INIT("iso6"), MEDIA_MP4 },
	{ STR_INIT("mp41"), MEDIA_MP4 },
	{ STR_INIT("mp42"), MEDIA_MP4 },
	{ STR_INIT("avc1"), MEDIA_MP4 },
	{ STR_INIT("3gp4"), MEDIA_MP4 },
	{ STR_INIT("3gp5"), MEDIA_MP4 },
	{ STR_INIT("M4V "), MEDIA_MP4 },
};

const char *media_kind_name(enum media_kind kind)
{
	return kinds[kind].name;
}

bool media_kind_is_photo(enum media_kind kind)
{
	return kinds[kind].is_photo;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_word(struct str a, const char *b)
{
	size_t n = strlen(b);

	if (n == 0 || a.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(a.p[i]) != b[i])
			return false;
	return true;
}

enum res media_type_declared(struct str media_type, enum media_kind *out, struct err *err)
{
	for (int kind = 0; kind < MEDIA_KINDS; kind++) {
		if (!is_same_word(media_type, kinds[kind].name) &&
			!is_same_word(media_type, kinds[kind].other))
			continue;
		*out = (enum media_kind)kind;
		return RES_OK;
	}
	return err_set(err, RES_INVALID,
		"media_type: want a photo (jpeg, png, webp, gif, heic), application/pdf, audio "
		"(mpeg, mp4, amr, wav), "
		"video/mp4, text/plain, docx or xlsx");
}

static bool holds_at(struct str in, size_t at, struct str bytes)
{
	return in.n >= at + bytes.n && memcmp(in.p + at, bytes.p, bytes.n) == 0;
}

static bool sniff_iso(struct str head, enum media_kind *out)
{
	if (!holds_at(head, 4, STR("ftyp")))
		return false;
	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++) {
		if (!holds_at(head, 8, brands[i].brand))
			continue;
		*out = brands[i].kind;
		return true;
	}
	return false;
}

#define ZIP_NAME_AT 30 /* of a local header: the first entry's name */

/* An Office file is a zip that begins with one of the package's own parts; its directory at the end
 * names the main one. Macros run, so a file that has them is none. */
static bool sniff_office(struct str head, struct str tail, enum media_kind *out)
{
	static const struct str firsts[] = { STR_INIT("[Content_Types].xml"),
		STR_INIT("_rels/.rels"), STR_INIT("docProps/"), STR_INIT("word/"),
		STR_INIT("xl/") };
	bool is_package = false;

	if (!holds_at(head, 0, STR("PK\x03\x04")))
		return false;
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		is_package = is_package || holds_at(head, ZIP_NAME_AT, firsts[i]);
	if (!is_package || str_find(tail, STR("PK\x05\x06"), 0) == SIZE_MAX ||
		str_find(tail, STR("vbaProject"), 0) != SIZE_MAX)
		return false;
	bool is_text = str_find(tail, STR("word/document.xml"), 0) != SIZE_MAX;
	bool is_sheet = str_find(tail, STR("xl/workbook.xml"), 0) != SIZE_MAX;
	*out = is_text ? MEDIA_DOCX : MEDIA_XLSX;
	return is_text != is_sheet;
}

/* false: nothing that has a magic number and may be uploaded. */
static bool sniff(struct str head, struct str tail, enum media_kind *out)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (!holds_at(head, magics[i].at, magics[i].bytes))
			continue;
		*out = magics[i].kind;
		return true;
	}
	if (holds_at(head, 0, STR("RIFF")) && holds_at(head, 8, STR("WEBP"))) {
		*out = MEDIA_WEBP;
		return true;
	}
	if (holds_at(head, 0, STR("RIFF")) && holds_at(head, 8, STR("WAVE"))) {
		*out = MEDIA_WAV;
		return true;
	}
	return sniff_iso(head, out) || sniff_office(head, tail, out);
}

enum res media_type_agrees(
	enum media_kind declared, struct str head, struct str tail, struct err *err)
{
	enum media_kind found = MEDIA_TEXT;
	bool is_found = sniff(head, tail, &found);

	/* The container of MPEG-4 is the same for sound alone. */
	bool is_agreed = found == declared || (found == MEDIA_MP4 && declared == MEDIA_M4A);
	if (is_found && is_agreed)
		return RES_OK;
	if (!is_found && declared == MEDIA_TEXT)
		return RES_OK;
	return err_set(err, RES_INVALID, "declared as %s, but the content is %s",
		media_kind_name(declared),
		is_found ? media_kind_name(found) : "of no type that is taken");
}

enum res media_text_check(struct str text, struct err *err)
{
	static const struct str mark = STR_INIT("\xEF\xBB\xBF");
	struct str front = text;

	if (text.n > MEDIA_TEXT_BYTES_MAX)
		return err_set(
			err, RES_INVALID, "a text may have at most %d bytes", MEDIA_TEXT_BYTES_MAX);
	if (!str_is_utf8(text) || str_find_control(text) != SIZE_MAX)
		return err_set(
			err, RES_INVALID, "declared as text/plain, but it is no plain UTF-8 text");
	if (str_starts(front, mark))
		front = str_slice(front, mark.n, front.n);
	front = str_trim(front);
	if (str_starts(front, STR("<")) || str_starts(front, STR("#!")))
		return err_set(
			err, RES_INVALID, "declared as text/plain, but it is markup or a program");
	return RES_OK;
}

/* Signature Version 4 and listings. See store_s3_core.h. Source: "Signature Calculations for the
 * Authorization Header: Transferring Payload in a Single Chunk", Amazon S3 API Reference. */
#include "store_s3_core.h"

#define DAY_SECONDS 86400

static bool is_plain(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

struct str s3_encode(struct arena *mem, struct str text, bool keeps_slash)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = arena_array(mem, text.n + 1, 3);
	size_t n = 0;

	if (out == NULL)
		return STR_NONE;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t byte = (uint8_t)text.p[i];
		if (is_plain(text.p[i]) || (keeps_slash && text.p[i] == '/')) {
			out[n++] = text.p[i];
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[byte >> 4];
		out[n++] = digits[byte & 15];
	}
	return str_of(out, n);
}

struct str s3_stamp(struct arena *mem, struct instant at)
{
	const int64_t seconds = at.us / 1000000;
	const int64_t of_day = seconds % DAY_SECONDS;
	const struct civil_date date = date_from_days((int32_t)(seconds / DAY_SECONDS));

	return arena_printf(mem, "%04d%02d%02dT%02d%02d%02dZ", date.year, date.month, date.day,
		(int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

struct str s3_day(struct str stamp)
{
	return str_slice(stamp, 0, 8);
}

struct str s3_signed_names(struct arena *mem, const struct s3_request *request)
{
	struct str names[S3_HEADERS_MAX];

	for (size_t i = 0; i < request->n_headers; i++)
		names[i] = request->headers[i].name;
	return arena_join(mem, names, request->n_headers, ';');
}

struct str s3_canonical(struct arena *mem, const struct s3_request *request)
{
	struct str lines[S3_HEADERS_MAX];
	struct str headers, names = s3_signed_names(mem, request);

	for (size_t i = 0; i < request->n_headers; i++)
		lines[i] = arena_printf(mem, "%.*s:%.*s", STR_ARG(request->headers[i].name),
			STR_ARG(str_trim(request->headers[i].value)));
	headers = arena_join(mem, lines, request->n_headers, '\n');
	return arena_printf(mem, "%.*s\n%.*s\n%.*s\n%.*s\n\n%.*s\n%.*s", STR_ARG(request->method),
		STR_ARG(request->path), STR_ARG(request->query), STR_ARG(headers), STR_ARG(names),
		STR_ARG(request->payload));
}

struct str s3_scope(struct arena *mem, struct str day, struct str region)
{
	return arena_printf(mem, "%.*s/%.*s/s3/aws4_request", STR_ARG(day), STR_ARG(region));
}

struct str s3_to_sign(struct arena *mem, struct str stamp, struct str region, struct str canonical)
{
	struct str scope = s3_scope(mem, s3_day(stamp), region);

	return arena_printf(mem, "AWS4-HMAC-SHA256\n%.*s\n%.*s\n%.*s", STR_ARG(stamp),
		STR_ARG(scope), STR_ARG(canonical));
}

/* Where "<name>" begins, or "</name>", as `before` says. */
static size_t tag_find(struct str xml, struct str before, struct str name, size_t from)
{
	for (size_t at = from; (at = str_find(xml, name, at)) != SIZE_MAX; at++)
		if (at >= from + before.n &&
			str_eq(str_slice(xml, at - before.n, before.n), before) &&
			str_eq(str_slice(xml, at + name.n, 1), STR(">")))
			return at - before.n;
	return SIZE_MAX;
}

/* The text between <name> and </name>, which hold no further elements of that name. *out_end: where
 * the end tag begins. */
static struct str element(struct str xml, struct str name, size_t *out_end)
{
	size_t from = tag_find(xml, STR("<"), name, 0);
	size_t to;

	if (from == SIZE_MAX)
		return STR_NONE;
	from += name.n + 2;
	to = tag_find(xml, STR("</"), name, from);
	if (to == SIZE_MAX)
		return STR_NONE;
	*out_end = to;
	return str_slice(xml, from, to - from);
}

struct str s3_element(struct str xml, struct str name)
{
	size_t end;

	return element(xml, name, &end);
}

bool s3_list_next(struct str *rest, struct s3_entry *out, bool *out_is_whole)
{
	size_t end = 0;
	struct str contents = element(*rest, STR("Contents"), &end);
	struct s3_entry entry = { 0 };

	*out_is_whole = tag_find(*rest, STR("<"), STR("Contents"), 0) == SIZE_MAX;
	if (contents.p == NULL)
		return false;
	entry.key = s3_element(contents, STR("Key"));
	*out_is_whole =
		!str_is_empty(entry.key) &&
		instant_parse(s3_element(contents, STR("LastModified")), &entry.at) == RES_OK &&
		str_to_int64(s3_element(contents, STR("Size")), &entry.bytes) == RES_OK &&
		entry.bytes >= 0;
	if (!*out_is_whole)
		return false;
	*rest = str_slice(*rest, end, rest->n);
	*out = entry;
	return true;
}

static const struct entity {
	struct str text;
	char c;
} entities[] = {
	{ STR_INIT("&amp;"), '&' },
	{ STR_INIT("&lt;"), '<' },
	{ STR_INIT("&gt;"), '>' },
	{ STR_INIT("&quot;"), '"' },
	{ STR_INIT("&apos;"), '\'' },
	{ STR_INIT("&#43;"), '+' },
	{ STR_INIT("&#x2B;"), '+' },
};

static struct str unescape(struct arena *mem, struct str text)
{
	char *out = arena_alloc(mem, text.n + 1);
	size_t n = 0;

	if (out == NULL)
		return STR_NONE;
	while (text.n > 0) {
		char c = text.p[0];
		size_t taken = 1;
		for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
			if (str_starts(text, entities[i].text)) {
				c = entities[i].c;
				taken = entities[i].text.n;
			}
		out[n++] = c;
		text = str_slice(text, taken, text.n);
	}
	return str_of(out, n);
}

struct str s3_list_token(struct arena *mem, struct str listing)
{
	if (!str_eq(s3_element(listing, STR("IsTruncated")), STR("true")))
		return STR_NONE;
	return unescape(mem, s3_element(listing, STR("NextContinuationToken")));
}

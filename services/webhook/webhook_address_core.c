/* Tables of the registries, and what is written in a URL. */
#include "webhook_address_core.h"

#include <string.h>

struct range {
	uint8_t bytes[16];
	uint8_t bits;
};

/* IANA IPv4 special-purpose registry, multicast, and the reserved top. */
static const struct range closed_v4[] = {
	{ { 0 }, 8 },		  /* "this network" */
	{ { 10 }, 8 },		  /* private, RFC 1918 */
	{ { 100, 64 }, 10 },	  /* carrier NAT, RFC 6598 */
	{ { 127 }, 8 },		  /* loopback */
	{ { 169, 254 }, 16 },	  /* link-local, clouds' metadata */
	{ { 172, 16 }, 12 },	  /* private */
	{ { 192, 0, 0 }, 24 },	  /* IETF protocol assignments */
	{ { 192, 0, 2 }, 24 },	  /* documentation */
	{ { 192, 31, 196 }, 24 }, /* AS112 */
	{ { 192, 52, 193 }, 24 }, /* AMT */
	{ { 192, 88, 99 }, 24 },  /* 6to4 relays */
	{ { 192, 168 }, 16 },	  /* private */
	{ { 192, 175, 48 }, 24 }, /* AS112 */
	{ { 198, 18 }, 15 },	  /* benchmarking */
	{ { 198, 51, 100 }, 24 }, /* documentation */
	{ { 203, 0, 113 }, 24 },  /* documentation */
	{ { 224 }, 4 },		  /* multicast */
	{ { 240 }, 4 },		  /* reserved, broadcast */
};

/* Inside 2000::/3, which alone is public: the rest of the space needs no rows. */
static const struct range closed_v6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },	    /* IETF assignments: Teredo, ORCHID, benchmarking */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x20, 0x02 }, 16 },		    /* 6to4 */
	{ { 0x26, 0x20, 0x00, 0x4f, 0x80 }, 48 }, /* AS112 */
	{ { 0x3f, 0xff }, 20 },			  /* documentation, RFC 9637 */
};

static bool has_prefix(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(bytes, prefix, whole) != 0)
		return false;
	return rest == 0 || (bytes[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

/* An interface id ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d (ISATAP, RFC 5214). */
static bool is_isatap(const uint8_t *bytes)
{
	return (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

bool webhook_address_is_public(bool is_v6, const uint8_t *bytes)
{
	const struct range *closed = is_v6 ? closed_v6 : closed_v4;
	size_t n = is_v6 ? sizeof closed_v6 / sizeof closed_v6[0]
			 : sizeof closed_v4 / sizeof closed_v4[0];

	if (is_v6 && ((bytes[0] & 0xe0) != 0x20 || is_isatap(bytes)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (has_prefix(bytes, closed[i].bytes, closed[i].bits))
			return false;
	return true;
}

bool webhook_address_is_allowed(const struct webhook_nets *nets, bool is_v6, const uint8_t *bytes)
{
	for (size_t i = 0; i < nets->n; i++)
		if (nets->nets[i].is_v6 == is_v6 &&
			has_prefix(bytes, nets->nets[i].bytes, nets->nets[i].bits))
			return true;
	return webhook_address_is_public(is_v6, bytes);
}

/* --- settings --- */

enum res webhook_ports_read(struct str text, struct webhook_ports *out, struct err *err)
{
	struct webhook_ports made = { .n = 0 };
	struct str rest = text, one;
	int64_t port;

	while (!str_is_empty(text) && str_split(&rest, ',', &one)) {
		if (made.n == WEBHOOK_PORTS_MAX)
			return err_set(err, RES_INVALID, "more than %d ports", WEBHOOK_PORTS_MAX);
		if (str_to_int64(str_trim(one), &port) != RES_OK || port < 1 || port > 65535)
			return err_set(
				err, RES_INVALID, "port '%.*s': want 1 to 65535", STR_ARG(one));
		made.ports[made.n++] = (uint16_t)port;
	}
	*out = made;
	return RES_OK;
}

bool webhook_port_is_allowed(const struct webhook_ports *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->ports[i] == port)
			return true;
	return false;
}

/* --- the URL --- */

static size_t first_of(struct str s, const char *any)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr(any, s.p[i]) != NULL)
			return i;
	return s.n;
}

static bool has_bad_character(struct str url)
{
	for (size_t i = 0; i < url.n; i++)
		if ((uint8_t)url.p[i] <= ' ' || (uint8_t)url.p[i] >= 0x7f || url.p[i] == '\\')
			return true;
	return false;
}

/* Behind the host: nothing, or a port that is allowed. */
static enum res port_check(
	struct str after, int64_t usual, const struct webhook_ports *ports, struct err *err)
{
	int64_t port = usual;

	if (after.n > 0 &&
		(after.p[0] != ':' || str_to_int64(str_slice(after, 1, after.n), &port) != RES_OK ||
			after.p[1] < '0' || after.p[1] > '9'))
		return err_set(err, RES_INVALID, "the URL's port is none");
	if (port < 1 || port > 65535 || !webhook_port_is_allowed(ports, (uint16_t)port))
		return err_set(err, RES_INVALID, "port %lld is not allowed", (long long)port);
	return RES_OK;
}

enum res webhook_url_check(
	struct str url, bool allows_http, const struct webhook_ports *ports, struct err *err)
{
	bool is_https = str_starts(url, STR("https://"));
	struct str rest, authority, after;
	size_t end;

	if (url.n > WEBHOOK_URL_MAX || has_bad_character(url))
		return err_set(
			err, RES_INVALID, "the URL is too long, or has characters that no URL has");
	if (!is_https && !(allows_http && str_starts(url, STR("http://"))))
		return err_set(err, RES_INVALID, "the URL must begin with https://");
	rest = str_slice(url, is_https ? 8 : 7, url.n);
	authority = str_slice(rest, 0, first_of(rest, "/?#"));
	if (first_of(authority, "@") < authority.n)
		return err_set(err, RES_INVALID, "the URL holds credentials: use the signature");
	if (first_of(url, "#") < url.n)
		return err_set(err, RES_INVALID, "the URL has a fragment");
	end = authority.n > 0 && authority.p[0] == '[' ? first_of(authority, "]") + 1
						       : first_of(authority, ":");
	if (end == 0 || end > authority.n)
		return err_set(err, RES_INVALID, "the URL has no host");
	after = str_slice(authority, end, authority.n);
	return port_check(after, is_https ? 443 : 80, ports, err);
}

/* Routes, cookies, tries. */
#include "portal_core.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CODE_DIGITS 6

/* Paths as they are; what has a number in the middle is below. */
static const struct {
	const char *path;
	enum portal_route route;
} routes[] = {
	{ "/health", ROUTE_HEALTH },
	{ "/", ROUTE_PAGE_HOME },
	{ "/overview", ROUTE_PAGE_OVERVIEW },
	{ "/q", ROUTE_PAGE_QUERY },
	{ "/cases", ROUTE_PAGE_CASES },
	{ "/api/overview", ROUTE_OVERVIEW },
	{ "/api/overview/events", ROUTE_OVERVIEW_EVENTS },
	{ "/api/cases", ROUTE_CASES },
	{ "/api/q", ROUTE_OPEN },
};

static const struct {
	const char *before;
	const char *after;
	enum portal_route route;
} numbered[] = {
	{ "/q/", "", ROUTE_PAGE_QUERY },
	{ "/api/q/", "", ROUTE_LETTER },
	{ "/api/q/", "/events", ROUTE_LETTER_EVENTS },
	{ "/api/q/", "/rate", ROUTE_RATE },
};

enum portal_route portal_route(struct str path, struct str *out_number)
{
	*out_number = STR("");
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (str_eq_c(path, routes[i].path))
			return routes[i].route;
	for (size_t i = 0; i < sizeof(numbered) / sizeof(numbered[0]); i++) {
		struct str before = str_from_c(numbered[i].before);
		struct str after = str_from_c(numbered[i].after);
		if (path.n <= before.n + after.n || !str_starts(path, before) ||
			!str_ends(path, after))
			continue;
		struct str number = str_slice(path, before.n, path.n - before.n - after.n);
		if (str_find(number, STR("/"), 0) != SIZE_MAX)
			continue;
		*out_number = number;
		return numbered[i].route;
	}
	if (str_starts(path, STR("/assets/")) || str_eq_c(path, "/favicon.svg") ||
		str_eq_c(path, "/first-paint.js"))
		return ROUTE_FILE;
	return ROUTE_NONE;
}

bool portal_route_is_page(enum portal_route route)
{
	return route == ROUTE_PAGE_OVERVIEW || route == ROUTE_PAGE_QUERY ||
	       route == ROUTE_PAGE_CASES;
}

struct str portal_cookie(struct str header, struct str name)
{
	struct str part;

	while (header.p != NULL && str_split(&header, ';', &part)) {
		part = str_trim(part);
		if (part.n > name.n && str_starts(part, name) && part.p[name.n] == '=')
			return str_slice(part, name.n + 1, part.n);
	}
	return STR_NONE;
}

void portal_grant_text(const struct portal_grant *grant, char *out)
{
	snprintf(out, PORTAL_TOKEN_MAX, "%" PRId64 ".%" PRId64, grant->case_id, grant->ends_s);
}

enum res portal_grant_read(
	struct str token, struct portal_grant *out, struct str *out_signed, struct str *out_mac)
{
	struct portal_grant grant;
	struct str rest = token;
	struct str case_text;
	struct str ends_text;
	struct str mac;

	if (token.p == NULL || token.n >= PORTAL_TOKEN_MAX || !str_split(&rest, '.', &case_text) ||
		!str_split(&rest, '.', &ends_text) || !str_split(&rest, '.', &mac) ||
		rest.p != NULL || mac.n != PORTAL_MAC_CHARS)
		return RES_INVALID;
	if (str_to_int64(case_text, &grant.case_id) != RES_OK ||
		str_to_int64(ends_text, &grant.ends_s) != RES_OK || grant.case_id <= 0 ||
		grant.ends_s <= 0)
		return RES_INVALID;
	*out = grant;
	*out_signed = str_slice(token, 0, case_text.n + 1 + ends_text.n);
	*out_mac = mac;
	return RES_OK;
}

bool portal_origin_is_ours(struct str origin, struct str host)
{
	size_t at;

	if (origin.p == NULL)
		return true;
	at = str_find(origin, STR("://"), 0);
	return at != SIZE_MAX && !str_is_empty(host) &&
	       str_eq(str_slice(origin, at + 3, origin.n), host);
}

bool portal_tries_are_over(const struct portal_tries *tries, const struct portal_limits *limits)
{
	return tries->number > limits->number || tries->address > limits->address;
}

enum res portal_code_read(struct str text, char out[7], struct err *err)
{
	char code[CODE_DIGITS + 1] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == ' ' || c == '-')
			continue;
		if (c < '0' || c > '9' || n == CODE_DIGITS)
			return err_set(err, RES_INVALID, "a query code has six digits");
		code[n++] = c;
	}
	if (n != CODE_DIGITS)
		return err_set(err, RES_INVALID, "a query code has six digits");
	memcpy(out, code, sizeof(code));
	return RES_OK;
}

void portal_incident(uint64_t random, char out[7])
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

	for (int i = 0; i < 6; i++) {
		out[i] = letters[random % 32];
		random /= 32;
	}
	out[6] = '\0';
}

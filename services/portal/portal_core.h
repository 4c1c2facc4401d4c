/* What the portal decides about a request before anybody is asked: where it goes, whose letter a
 * cookie opens, how often a code may be tried. Pure: no clock, no socket, no key. */
#ifndef WL_PORTAL_CORE_H
#define WL_PORTAL_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

/* --- where a request goes --- */

enum portal_route {
	ROUTE_NONE,
	ROUTE_HEALTH,
	ROUTE_FILE, /* a built file of web/, or a page by its name */
	ROUTE_PAGE_HOME,
	ROUTE_PAGE_OVERVIEW,
	ROUTE_PAGE_QUERY,
	ROUTE_PAGE_CASES,
	ROUTE_OVERVIEW,
	ROUTE_OVERVIEW_EVENTS,
	ROUTE_CASES,
	ROUTE_OPEN,   /* POST number and code */
	ROUTE_LETTER, /* GET what happened to the letter */
	ROUTE_LETTER_EVENTS,
	ROUTE_RATE,
};
/* out_number: the part of the path that names a case, "" where there is none; borrowed. */
enum portal_route portal_route(struct str path, struct str *out_number);
/* Whether the route is one of the pages that M26 counts. */
bool portal_route_is_page(enum portal_route route);

/* --- cookies --- */

/* The value of a cookie by its name in a Cookie header; STR_NONE. Borrowed. */
struct str portal_cookie(struct str header, struct str name);

#define PORTAL_MAC_CHARS 32 /* hex: 128 bits of a keyed hash */
#define PORTAL_TOKEN_MAX 96

/* What a grant says: this browser may see that case until then. The keyed hash over its text is
 * the caller's to make and to compare. */
struct portal_grant {
	int64_t case_id;
	int64_t ends_s; /* seconds since 1970, real time */
};
/* "<case>.<ends>": what the hash covers. out: PORTAL_TOKEN_MAX bytes. */
void portal_grant_text(const struct portal_grant *grant, char *out);
/* Splits "<case>.<ends>.<mac>"; RES_INVALID when it is not of that form. Borrowed. */
enum res portal_grant_read(struct str token, struct portal_grant *out, struct str *out_signed,
	struct str *out_mac) must_check;

/* --- cross-site requests --- */

/* Whether an Origin header names the host that the request was sent to ("http://a:1" and "a:1").
 * No Origin: only browsers that cannot be led across sites send none with a POST, and programs. */
bool portal_origin_is_ours(struct str origin, struct str host);

/* --- tries --- */

struct portal_tries {
	int64_t number; /* counted for this number in the window that is open, this one included */
	int64_t address;
};
struct portal_limits {
	int64_t number;
	int64_t address;
};
/* A try counts before it is judged, so that a hundred at once are a hundred. */
bool portal_tries_are_over(const struct portal_tries *tries, const struct portal_limits *limits);

/* "480216", also "480 216" and full-width digits' worth of spaces around; out: 7 bytes. */
enum res portal_code_read(struct str text, char out[7], struct err *err) must_check;

/* Six characters that are hard to mistake for each other, for people to read out. out: 7 bytes. */
void portal_incident(uint64_t random, char out[7]);

#endif

/* HTTP as a client (libcurl's multi interface), for calls to addresses that somebody else chose.
 * Each call has its own connection; before a socket is made, its owner is asked about the very
 * address that it will be connected to. No redirects, no proxies, no cookies, no .netrc, TLS
 * verified, answer and time limited. Names are resolved by libcurl's own thread, so nothing here
 * blocks. */
#ifndef WL_FETCH_FETCH_H
#define WL_FETCH_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define FETCH_HEADERS_MAX 12
#define FETCH_WHY_MAX	  120

struct fetch_address {
	bool is_v6;
	uint8_t bytes[16]; /* the first 4 of an IPv4 address */
	uint16_t port;
};

struct fetch_result {
	int status;		 /* 0: no answer */
	struct span retry_after; /* 0: not said */
	struct span took;
	size_t bytes;		 /* of the answer's body, as far as it was read */
	bool is_refused_address; /* may_connect said no */
	char why[FETCH_WHY_MAX]; /* status 0: what went wrong; never the URL */
};

struct fetch_options {
	/* Asked before each socket; false: this address is not connected to. */
	bool (*may_connect)(void *arg, const struct fetch_address *address);
	/* A call ended; tag as in its request. */
	void (*ended)(void *arg, void *tag, const struct fetch_result *result);
	void *arg;
	struct span timeout; /* of a whole call */
	struct span connect; /* of connecting, TLS included */
	size_t answer_max;   /* bytes of an answer's body; more are not read, the status counts */
	bool allows_http;    /* else https only */
	const char *ca_file; /* "": the system's */
};

struct fetch_request {
	const char *url;
	const char *headers[FETCH_HEADERS_MAX]; /* "Name: value" */
	size_t n_headers;
	struct str body; /* POSTed; copied */
	void *tag;
};

struct fetch;
enum res fetch_open(
	struct fetch **out, const struct fetch_options *options, struct err *err) must_check;
void fetch_close(struct fetch *fetch); /* calls under way end without `ended` */
enum res fetch_start(
	struct fetch *fetch, const struct fetch_request *request, struct err *err) must_check;
/* Moves what can be moved, waits up to `wait` for sockets, calls `ended`. */
void fetch_turn(struct fetch *fetch, struct span wait);
size_t fetch_under_way(const struct fetch *fetch);

#endif

/* One HTTP request at a time, waited for (libcurl): for a service that the operator chose, such as
 * an object store. No redirects, no proxies, no cookies, no .netrc; TLS verified; time and answer
 * limited. Bodies come from and go to descriptors, so that nobody holds a file in memory. */
#ifndef WL_FETCH_REQUEST_H
#define WL_FETCH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define REQUEST_HEADERS_MAX 12

struct requester_options {
	struct span connect; /* of connecting, TLS included */
	bool allows_http;    /* else https only */
	const char *ca_file; /* "": the system's */
};

struct request {
	const char *method; /* GET, PUT or DELETE */
	const char *url;
	const char *headers[REQUEST_HEADERS_MAX]; /* "Name: value" */
	size_t n_headers;
	struct span timeout; /* of the whole request */
	struct str body;     /* of PUT, when file is -1 */
	int file;	     /* -1, or the body of PUT, read from its beginning */
	int64_t file_bytes;
	int into; /* -1, or what takes the body of an answer 200, at its beginning */
	int64_t into_max;
	size_t text_max; /* of every other answer's body; longer: RES_TOO_BIG */
};

struct request_answer {
	int status;
	int64_t into_bytes;
	struct str text;
};

struct requester;
enum res requester_open(struct requester **out, const struct requester_options *options,
	struct err *err) must_check;
void requester_close(struct requester *requester);
/* RES_OK: there was an answer, whatever it says. RES_RETRY: none, or it broke off; the request may
 * have been heard. err never holds the URL. */
enum res request_make(struct requester *requester, struct arena *mem, const struct request *request,
	struct request_answer *out, struct err *err) must_check;

#endif

/* Private to this folder: what holds for every request that leaves this process. No redirects, no
 * proxies, no names in the URL, TLS 1.2 at least and verified, time limited. */
#ifndef WL_FETCH_FETCH_GUARD_H
#define WL_FETCH_FETCH_GUARD_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/instant.h"

struct fetch_guard {
	struct span timeout; /* of the whole request */
	struct span connect; /* of connecting, TLS included */
	bool allows_http;    /* else https only */
	const char *ca_file; /* "": the system's */
};

/* false: a limit cannot be set, and the request must not be made. */
bool fetch_guard_set(CURL *easy, const struct fetch_guard *guard);

#endif

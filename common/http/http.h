/* HTTP serving (libmicrohttpd, epoll, its descriptor sits in the caller's loop). For now: small GET
 * answers such as /health. */
#ifndef WL_HTTP_HTTP_H
#define WL_HTTP_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct http_request {
	struct str method;
	struct str path;
	struct arena *mem; /* lives as long as the request */
};

struct http_answer {
	int status;
	const char *content_type;
	struct str body; /* in request->mem */
};

struct http;

/* listen: "127.0.0.1:8311", "[::1]:8311", "0.0.0.0:80" or "unix:/run/x.sock" (an old socket file is
 * replaced). RES_CONFLICT: the port is taken. RES_INVALID: listen is not of one of these forms. */
enum res http_open(struct http **out, const char *listen,
	void (*serve)(void *arg, const struct http_request *request, struct http_answer *answer),
	void *arg, struct err *err) must_check;
void http_close(struct http *http);
int http_fd(const struct http *http); /* readable when http_turn has work */
void http_turn(struct http *http);    /* never blocks */

#endif

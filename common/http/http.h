/* HTTP serving (libmicrohttpd, epoll, its descriptor sits in the caller's loop): small answers at
 * once, answers that come later, and streams that stay open. Everything happens inside http_turn,
 * in the caller's thread. */
#ifndef WL_HTTP_HTTP_H
#define WL_HTTP_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define HTTP_FIELDS_MAX	 16
#define HTTP_ADDRESS_MAX 64

struct http_exchange; /* one request and its answer */

struct http_request {
	struct str method;
	struct str path;     /* as sent, percent signs resolved, without the query */
	struct str body;     /* up to the body_max of http_open_as; read for POST and PUT alone */
	const char *address; /* of the client: "127.0.0.1"; "" for a unix socket */
	struct arena *mem;   /* lives as long as the request */
	struct http_exchange *exchange;
};
/* STR_NONE where there is none; borrowed for as long as the request. */
struct str http_header(const struct http_request *request, const char *name);
/* The value of ?name=…, percent signs resolved, bytes as they came; the first one when repeated. */
struct str http_query(const struct http_request *request, const char *name);
/* All of the query, in order. */
void http_query_walk(const struct http_request *request,
	void (*each)(void *arg, struct str name, struct str value), void *arg);

struct http_field {
	const char *name;
	const char *value; /* no line breaks */
};

enum http_way {
	HTTP_NOW,    /* the answer is complete */
	HTTP_LATER,  /* nothing yet: http_answer_later gives it, and must */
	HTTP_STREAM, /* status and fields go out; http_stream_send adds to the body */
};

struct http_answer {
	int status;
	enum http_way way;
	const char *content_type;
	struct str body; /* in request->mem, or anywhere when is_lasting */
	bool is_lasting; /* body outlives the connection: it is not copied */
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t n_fields;
	/* HTTP_NOW and later answers: the body is file_bytes of this descriptor instead, which is
	 * taken over and closed. */
	bool is_file;
	int file;
	uint64_t file_bytes;
};
/* Adds a field; more than HTTP_FIELDS_MAX is a CHECK. name and value: in request->mem or static. */
void http_add_field(struct http_answer *answer, const char *name, const char *value);

struct http;
typedef void http_serve(void *arg, const struct http_request *request, struct http_answer *answer);

/* listen: "127.0.0.1:8311", "[::1]:8311", "0.0.0.0:80" or "unix:/run/x.sock" (an old socket file is
 * replaced). RES_CONFLICT: the port is taken. RES_INVALID: listen is not of one of these forms. */
enum res http_open(struct http **out, const char *listen, http_serve *serve, void *arg,
	struct err *err) must_check;

/* What becomes of a request's body. */
enum http_body {
	HTTP_BODY_KEPT,	   /* gathered up to body_max; serve sees it */
	HTTP_BODY_PIECES,  /* handed to `piece` as it arrives and not kept; how long it may be is
			      for `head` to say, by the announced length */
	HTTP_BODY_REFUSED, /* not read: the answer goes out, then the connection is closed */
};

struct http_options {
	const char *listen;
	http_serve *serve;
	/* Asked once a request, when its head is there and nothing of its body. NULL: every body is
	 * kept. answer is for HTTP_BODY_REFUSED. */
	enum http_body (*head)(
		void *arg, const struct http_request *request, struct http_answer *answer);
	/* false: it cannot be taken; the connection is closed without an answer. */
	bool (*piece)(void *arg, struct http_exchange *exchange, struct str bytes);
	/* A later answer or a stream whose client went away, or that http_close ends, or a body in
	 * pieces that broke off: the exchange is gone with this call. May be NULL. */
	void (*gone)(void *arg, struct http_exchange *exchange);
	void *arg;
	size_t body_max; /* a longer one is answered 413 */
	unsigned connections_max;
	unsigned connections_per_address; /* 0: no limit */
	struct span idle; /* a connection that moves nothing for so long is closed */
	/* However busy a connection is, it is closed when the head of its request is not there
	 * after head_within (of a later request: so much after it was idle for long enough to be
	 * closed), the whole body body_within after its head, when the client has not read an
	 * answer after answer_within (streams apart), and when it is older than life. 0: no limit.
	 */
	struct span head_within;
	struct span body_within;
	struct span answer_within;
	struct span life;
};
enum res http_open_as(
	struct http **out, const struct http_options *options, struct err *err) must_check;
void http_close(struct http *http);
int http_fd(const struct http *http); /* readable when http_turn has work */
void http_turn(struct http *http);    /* never blocks */
/* Requests whose answer is not out yet, streams left out: a process that ends waits for them. */
size_t http_answering(const struct http *http);

/* What the caller keeps with an exchange from its head on. NULL until it is set. */
void http_exchange_keep(struct http_exchange *exchange, void *data);
void *http_exchange_kept(const struct http_exchange *exchange);

/* The exchange whose serve said HTTP_LATER gets its answer (body is copied). Once,
 * and not from within serve. */
void http_answer_later(struct http_exchange *exchange, const struct http_answer *answer);

/* For those whose serve said HTTP_STREAM. A client that reads so slowly that HTTP_STREAM_BUFFER
 * bytes wait for it is dropped. */
#define HTTP_STREAM_BUFFER (256 * 1024)
void http_stream_send(struct http_exchange *exchange, struct str bytes);
void http_stream_end(struct http_exchange *exchange);

#endif

/* HTTP: PUT and GET of /objects/<sha256>, and /health on its own address. */
#ifndef WL_MEDIA_HTTP_H
#define WL_MEDIA_HTTP_H

#include "media_state.h"

/* arg of all: struct media_state */
enum http_body media_http_head(
	void *arg, const struct http_request *request, struct http_answer *answer);
bool media_http_piece(void *arg, struct http_exchange *exchange, struct str bytes);
void media_http_serve(void *arg, const struct http_request *request, struct http_answer *answer);
void media_http_gone(void *arg, struct http_exchange *exchange);
void media_health_serve(void *arg, const struct http_request *request, struct http_answer *answer);

#endif

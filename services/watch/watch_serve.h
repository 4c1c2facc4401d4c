/* What watch answers: GET /health, GET /metrics (its own), GET /targets, GET /metrics/NAME. */
#ifndef WL_WATCH_SERVE_H
#define WL_WATCH_SERVE_H

#include "http/http.h"

/* arg: struct watch_state */
void watch_serve(void *arg, const struct http_request *request, struct http_answer *answer);
void watch_serve_gone(void *arg, struct http_exchange *exchange);

#endif

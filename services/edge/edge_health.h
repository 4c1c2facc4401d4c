/* GET /health: connections, groups, keys' age, counts, version. */
#ifndef WL_EDGE_HEALTH_H
#define WL_EDGE_HEALTH_H

#include "http/http.h"

/* arg: struct edge_state */
void edge_health_serve(void *arg, const struct http_request *request, struct http_answer *answer);

#endif

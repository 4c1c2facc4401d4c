/* GET /health: connections, groups, keys' age, counts, version. GET /metrics: edge_metrics.h. */
#ifndef WL_EDGE_HEALTH_H
#define WL_EDGE_HEALTH_H

#include <stdbool.h>

#include "http/http.h"

struct edge_state;

bool edge_is_healthy(const struct edge_state *state); /* it would let a known integrator in */

/* arg: struct edge_state */
void edge_health_serve(void *arg, const struct http_request *request, struct http_answer *answer);

#endif

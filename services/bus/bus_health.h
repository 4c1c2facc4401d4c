/* GET /health: members, groups, queues, counts, version, for people and for `wangli status`. */
#ifndef WL_BUS_HEALTH_H
#define WL_BUS_HEALTH_H

#include "http/http.h"

/* arg: struct bus_state */
void bus_health_serve(void *arg, const struct http_request *request, struct http_answer *answer);

#endif

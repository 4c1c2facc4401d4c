/* GET /health and GET /metrics for operators, on a listener of their own; the public one says only
 * whether the portal is ready. */
#ifndef WL_PORTAL_HEALTH_H
#define WL_PORTAL_HEALTH_H

#include "portal_state.h"

bool portal_is_ready(const struct portal_state *state); /* the database and the bus answer */
/* arg: struct portal_state */
void portal_health_serve(void *arg, const struct http_request *request, struct http_answer *answer);
void portal_health_public(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer);

#endif

#ifndef WL_PORTAL_HEALTH_H
#define WL_PORTAL_HEALTH_H

#include "portal_state.h"

/* GET /health: 200 when it can do all of its work, 503 otherwise. */
void portal_health_answer(
	struct portal_state *state, const struct http_request *request, struct http_answer *answer);

#endif

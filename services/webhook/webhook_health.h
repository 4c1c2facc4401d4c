/* GET /health and GET /metrics of a webhook. */
#ifndef WL_WEBHOOK_HEALTH_H
#define WL_WEBHOOK_HEALTH_H

#include "webhook_state.h"

void webhook_health_open(struct webhook_state *state);
void webhook_health_close(struct webhook_state *state);
void webhook_health_serve(
	void *arg, const struct http_request *request, struct http_answer *answer);

#endif

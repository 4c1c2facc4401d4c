/* Every request comes in here: what it may be, and who answers it. */
#ifndef WL_PORTAL_SERVE_H
#define WL_PORTAL_SERVE_H

#include "portal_state.h"

void portal_serve(
	void *arg, const struct http_request *request, struct http_answer *answer); /* arg: state */
void portal_gone(void *arg, struct http_exchange *exchange);

#endif

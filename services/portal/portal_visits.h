/* How often pages are looked at (M26): views and sessions a day, kept in memory for moments and
 * added to portal.visit_day. A session is a browser that came without the day's cookie; the cookie
 * says nothing but "this day was counted", is the same for everybody and ends with the day. */
#ifndef WL_PORTAL_VISITS_H
#define WL_PORTAL_VISITS_H

#include "portal_state.h"

struct portal_visits *portal_visits_create(struct portal_state *state);
void portal_visits_destroy(struct portal_visits *visits);
/* A page was asked for: counts it and may add the cookie to the answer. */
void portal_visits_count(
	struct portal_state *state, const struct http_request *request, struct http_answer *answer);
/* Writes what was counted; what cannot be written now is kept. */
void portal_visits_write(struct portal_state *state);

#endif

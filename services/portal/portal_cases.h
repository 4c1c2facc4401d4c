/* GET /api/cases: numbers, states and limits of the cases that a figure counts; never a letter's
 * text. */
#ifndef WL_PORTAL_CASES_H
#define WL_PORTAL_CASES_H

#include "portal_state.h"

void portal_cases_read(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer);

#endif

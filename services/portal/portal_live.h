/* Event streams: the overview's and those of single letters. However many look, the database is
 * asked at most once a second for each of the two, and only while somebody looks. */
#ifndef WL_PORTAL_LIVE_H
#define WL_PORTAL_LIVE_H

#include "portal_state.h"

struct portal_live *portal_live_create(struct portal_state *state);
void portal_live_destroy(struct portal_live *live);

/* The overview as it was at most a second ago. *out borrows until the next call. */
enum res portal_live_overview(
	struct portal_state *state, struct str *out, struct err *err) must_check;
/* Both answer with a stream. ?version=N is the letter as the page has it: a later one is told. */
void portal_live_watch_overview(
	struct portal_state *state, const struct http_request *request, struct http_answer *answer);
void portal_live_watch_letter(struct portal_state *state, const struct http_request *request,
	int64_t case_id, struct http_answer *answer);
void portal_live_forget(struct portal_state *state, struct http_exchange *exchange);
size_t portal_live_count(const struct portal_state *state);

#endif

/* A citizen's letter: opened by number and code, read with a cookie that grants it, rated. */
#ifndef WL_PORTAL_LETTER_H
#define WL_PORTAL_LETTER_H

#include "portal_state.h"

/* POST /api/q {"no","code"} */
void portal_letter_open(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer);
/* GET /api/q/:no */
void portal_letter_read(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer);
/* GET /api/q/:no/events */
void portal_letter_watch(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer);
/* POST /api/q/:no/rate {"id","solved","satisfaction","contacted","remark"}, X-Wangli-Token */
void portal_letter_rate(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer);

/* The document of a letter, from what the store gave. */
struct portal_letter;
struct json *portal_letter_json(struct portal_state *state, struct arena *mem, int64_t case_id,
	const struct portal_letter *letter, struct instant now);

#endif

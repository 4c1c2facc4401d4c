/* Grants: the cookie that lets one browser see one letter for a while, and the token that its acts
 * must carry. */
#ifndef WL_PORTAL_GRANTS_H
#define WL_PORTAL_GRANTS_H

#include "portal_state.h"

/* The Set-Cookie field for a case, in mem. number: as it stands in paths. */
const char *portal_grant_cookie(
	struct portal_state *state, struct arena *mem, int64_t case_id, const char *number);
/* The case that the request may see, by its number and cookie. false: none. */
bool portal_grant_find(struct portal_state *state, const struct http_request *request,
	struct str number, int64_t *out_case_id);
/* What a page must send with an act on the case; hex in mem. */
struct str portal_grant_token(struct portal_state *state, struct arena *mem, int64_t case_id);
/* Keys of the tries: keyed hashes, so that the table names nobody. */
struct str portal_try_key(
	struct portal_state *state, struct arena *mem, const char *what, struct str of);

#endif

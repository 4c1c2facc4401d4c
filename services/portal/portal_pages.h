/* The built pages of web/: read once at the start, served from memory, packed where the reader
 * takes gzip. */
#ifndef WL_PORTAL_PAGES_H
#define WL_PORTAL_PAGES_H

#include "portal_core.h"
#include "portal_state.h"

/* RES_NOT_FOUND: the folder or one of its pages is missing: the pages were not built. */
enum res portal_pages_open(
	struct portal_pages **out, const char *folder, struct err *err) must_check;
void portal_pages_close(struct portal_pages *pages);
/* A page or a file; the answer borrows from pages. */
void portal_pages_serve(struct portal_state *state, const struct http_request *request,
	enum portal_route route, struct http_answer *answer);

#endif

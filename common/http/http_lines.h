/* The open connections with their ages, so that none stays for ever by being slow: libmicrohttpd's
 * own time-out counts from the last byte. For the files of this folder only. */
#ifndef WL_HTTP_HTTP_LINES_H
#define WL_HTTP_HTTP_LINES_H

#include <microhttpd.h>
#include <stdint.h>

#include "base/instant.h"

struct http_line;
struct http_lines {
	struct span head_within; /* 0: no limit */
	struct span life;	 /* 0: no limit */
	struct http_line *first;
};

/* As MHD_OPTION_NOTIFY_CONNECTION; arg: struct http_lines */
void http_lines_notify(void *arg, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code);
/* This connection has sent a whole head. */
void http_lines_note_head(struct MHD_Connection *connection);
/* Milliseconds until the next one is too old; -1: none will be. */
int64_t http_lines_due_ms(const struct http_lines *lines);
/* Shuts those that are too old; MHD closes them in its next turn. */
void http_lines_cut(struct http_lines *lines);

#endif

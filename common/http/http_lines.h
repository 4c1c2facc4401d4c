/* The open connections with their ages, so that none stays for ever by being slow: libmicrohttpd's
 * own time-out counts from the last byte, so one byte now and then would keep a connection for
 * good. For the files of this folder only. */
#ifndef WL_HTTP_HTTP_LINES_H
#define WL_HTTP_HTTP_LINES_H

#include <microhttpd.h>
#include <stdint.h>

#include "base/instant.h"

/* What a connection is at. */
enum http_phase {
	HTTP_PHASE_HEAD,   /* its first head is to come */
	HTTP_PHASE_BODY,   /* the head is there, the body is to come */
	HTTP_PHASE_ANSWER, /* an answer is read by the client */
	HTTP_PHASE_FREE,   /* the answer is later, or a stream: ours to end */
	HTTP_PHASE_NEXT,   /* answered; another head may come */
	HTTP_PHASES
};

struct http_line;
struct http_lines {
	struct span within[HTTP_PHASES]; /* most that each may take; 0: no limit */
	struct span life;		 /* 0: no limit */
	struct http_line *first;
	struct instant earliest; /* none of them is too old before; none: never */
};

/* As MHD_OPTION_NOTIFY_CONNECTION; arg: struct http_lines */
void http_lines_notify(void *arg, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code);
void http_lines_note(struct MHD_Connection *connection, enum http_phase phase);
/* Milliseconds until the next one is too old; -1: none will be. */
int64_t http_lines_due_ms(const struct http_lines *lines);
/* Shuts those that are too old; MHD closes them in its next turn. */
void http_lines_cut(struct http_lines *lines);

#endif

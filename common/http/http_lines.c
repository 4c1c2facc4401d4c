/* One small record a connection, in a list; there are no more than connections_max of them. */
#include "http/http_lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct http_line {
	struct http_lines *lines;
	struct http_line *next, *previous;
	struct MHD_Connection *connection;
	struct instant opened_at; /* monotonic */
	enum http_phase phase;
	struct instant since; /* of the phase, monotonic */
	bool is_cut;
};

static struct instant monotonic_now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (struct instant){ (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000 };
}

/* None: it may stay. */
static struct instant due_of(const struct http_line *line)
{
	struct span within = line->lines->within[line->phase];
	struct span life = line->lines->life;
	struct instant due = INSTANT_NONE;

	if (line->is_cut)
		return INSTANT_NONE;
	if (within.us > 0)
		due = instant_add(line->since, within);
	return life.us > 0 ? instant_min(due, instant_add(line->opened_at, life)) : due;
}

static void phase_begin(struct http_line *line, enum http_phase phase, struct instant now)
{
	line->phase = phase;
	line->since = now;
	line->lines->earliest = instant_min(line->lines->earliest, due_of(line));
}

static void line_open(
	struct http_lines *lines, struct MHD_Connection *connection, void **socket_context)
{
	struct http_line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		return; /* this one has no age */
	line->lines = lines;
	line->connection = connection;
	line->opened_at = monotonic_now();
	phase_begin(line, HTTP_PHASE_HEAD, line->opened_at);
	line->next = lines->first;
	if (lines->first != NULL)
		lines->first->previous = line;
	lines->first = line;
	*socket_context = line;
}

static void line_close(struct http_line *line)
{
	if (line == NULL)
		return;
	if (line->previous != NULL)
		line->previous->next = line->next;
	else
		line->lines->first = line->next;
	if (line->next != NULL)
		line->next->previous = line->previous;
	free(line);
}

void http_lines_notify(void *arg, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		line_open(arg, connection, socket_context);
		return;
	}
	line_close(*socket_context);
	*socket_context = NULL;
}

void http_lines_note(struct MHD_Connection *connection, enum http_phase phase)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct http_line *line = info == NULL ? NULL : info->socket_context;

	if (line != NULL)
		phase_begin(line, phase, monotonic_now());
}

int64_t http_lines_due_ms(const struct http_lines *lines)
{
	if (instant_is_none(lines->earliest))
		return -1;
	int64_t left_us = instant_since(lines->earliest, monotonic_now()).us;
	return left_us <= 0 ? 0 : left_us / 1000 + 1;
}

static void line_cut(struct http_line *line)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(line->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
	line->is_cut = true;
}

void http_lines_cut(struct http_lines *lines)
{
	struct instant now = monotonic_now();

	if (instant_is_none(lines->earliest) || instant_is_before(now, lines->earliest))
		return;
	lines->earliest = INSTANT_NONE;
	for (struct http_line *line = lines->first; line != NULL; line = line->next) {
		struct instant due = due_of(line);
		if (!instant_is_none(due) && !instant_is_before(now, due))
			line_cut(line);
		else
			lines->earliest = instant_min(lines->earliest, due);
	}
}

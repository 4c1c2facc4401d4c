/* Log lines: built whole in one buffer of a pipe's atomic size, written by one write(2). What does
 * not fit is cut and the line says so; it stays valid JSON whatever is in the texts. */
#include "log/log.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CUT_TAIL    "\",\"cut\":true}\n" /* the longest end a line may need */
#define PROCESS_MAX 64

struct log {
	char process[PROCESS_MAX + 1];
	int fd;
	enum log_level least;
};

static const struct {
	const char *name;
	enum log_level level;
	const char *meaning;
} events[] = {
#define EVENT(name, level, meaning) { #name, LOG_LEVEL_##level, meaning },
#include "log/events.def"
#undef EVENT
};
_Static_assert(sizeof(events) / sizeof(events[0]) == LOG_EVENTS, "one row an event");

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* A line in the making. Nothing is added once it is cut. */
struct line {
	char text[PIPE_BUF];
	size_t n;
	bool is_cut;
};

static bool line_add(struct line *line, const char *bytes, size_t n)
{
	if (line->is_cut || line->n + n > sizeof(line->text) - sizeof(CUT_TAIL)) {
		line->is_cut = true;
		return false;
	}
	memcpy(line->text + line->n, bytes, n);
	line->n += n;
	return true;
}

static bool line_add_c(struct line *line, const char *text)
{
	return line_add(line, text, strlen(text));
}

/* The escape of one byte that must not stand in JSON text as it is; "" when it may. */
static const char *escape_of(unsigned char byte, char out[8])
{
	out[0] = '\0';
	if (byte == '"' || byte == '\\')
		snprintf(out, 8, "\\%c", byte);
	else if (byte == '\n')
		snprintf(out, 8, "\\n");
	else if (byte < 0x20 || byte == 0x7f)
		snprintf(out, 8, "\\u%04x", byte);
	return out;
}

/* A text keeps its first part when the rest does not fit; false: not even the quote did. */
static bool line_add_quoted(struct line *line, struct str text)
{
	char escape[8];
	size_t at = 0;

	if (!line_add(line, "\"", 1))
		return false;
	while (at < text.n && !line->is_cut) {
		size_t n = str_utf8_prefix(str_slice(text, at, 1));
		for (size_t bytes = 2; n == 0 && bytes <= 4; bytes++)
			n = str_utf8_prefix(str_slice(text, at, bytes));
		if (n == 0)
			line_add_c(line, "\\ufffd");
		else if (escape_of((unsigned char)text.p[at], escape)[0] != '\0')
			line_add_c(line, escape);
		else
			line_add(line, text.p + at, n);
		at += n == 0 ? 1 : n;
	}
	/* CUT_TAIL has room for this quote. */
	line->text[line->n++] = '"';
	return true;
}

static bool line_add_value(struct line *line, const struct log_pair *pair)
{
	char number[48];

	switch (pair->type) {
	case LOG_PAIR_NONE:
		return false;
	case LOG_PAIR_INT:
		snprintf(number, sizeof(number), "%" PRId64, pair->number);
		break;
	case LOG_PAIR_MS:
		snprintf(number, sizeof(number), "%.3f", (double)pair->number / 1000);
		break;
	case LOG_PAIR_TEXT:
		if (pair->text.p != NULL)
			return line_add_quoted(line, pair->text);
		snprintf(number, sizeof(number), "null");
		break;
	}
	return line_add_c(line, number);
}

static void line_add_pair(struct line *line, const struct log_pair *pair)
{
	size_t before = line->n;

	if (pair->type == LOG_PAIR_NONE || line->is_cut)
		return;
	bool is_whole = line_add_c(line, ",\"") && line_add_c(line, pair->key) &&
			line_add_c(line, "\":") && line_add_value(line, pair);
	if (!is_whole)
		line->n = before; /* half a key or a number tells nothing */
}

static void line_begin(struct line *line, const struct log *log, enum log_event event)
{
	char text[160];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	struct civil_date date = date_from_days((int32_t)(now.tv_sec / 86400));
	int second = (int)(now.tv_sec % 86400);
	line_add_c(line, "{\"event\":\"");
	line_add_c(line, events[event].name);
	snprintf(text, sizeof(text),
		"\",\"at\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\",\"level\":\"%s\",\"process\":",
		date.year, date.month, date.day, second / 3600, second / 60 % 60, second % 60,
		now.tv_nsec / 1000, level_names[events[event].level]);
	line_add_c(line, text);
	line_add_quoted(line, str_from_c(log->process));
}

struct log *log_create(const char *process, int fd, enum log_level least)
{
	struct log *log = calloc(1, sizeof(*log));

	if (log == NULL)
		return NULL;
	snprintf(log->process, sizeof(log->process), "%s", process);
	log->fd = fd;
	log->least = least;
	return log;
}

void log_destroy(struct log *log)
{
	free(log);
}

void log_write(struct log *log, enum log_event event, const struct log_pair *pairs, size_t n)
{
	struct line line;

	if (log == NULL || events[event].level > log->least)
		return;
	line.n = 0;
	line.is_cut = false;
	line_begin(&line, log, event);
	for (size_t i = 0; i < n; i++)
		line_add_pair(&line, &pairs[i]);
	const char *tail = line.is_cut ? &CUT_TAIL[1] : "}\n";
	memcpy(line.text + line.n, tail, strlen(tail));
	line.n += strlen(tail);
	/* A line that nobody takes (full disk, closed pipe) is lost: work goes on without it. */
	ssize_t written;
	do {
		written = write(log->fd, line.text, line.n);
	} while (written < 0 && errno == EINTR);
}

const char *log_event_name(enum log_event event)
{
	return events[event].name;
}

const char *log_event_meaning(enum log_event event)
{
	return events[event].meaning;
}

enum res log_level_parse(struct str text, enum log_level *out)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++)
		if (str_eq_c(text, level_names[i])) {
			*out = (enum log_level)i;
			return RES_OK;
		}
	return RES_INVALID;
}

/* One JSON line per event on standard error. The event's name comes first, data follow as pairs,
 * never inside a sentence. events.def is the catalogue: every event with its level and meaning; an
 * event that is not in it does not compile. ERROR: a person must act. WARN: we carried on without
 * something. INFO: a business or life-cycle fact. Never personal data; bodies appear as length and
 * hash. Base and adapters return errors and never log. */
#ifndef WL_LOG_LOG_H
#define WL_LOG_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/str.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_event {
#define EVENT(name, level, meaning) LOG_EVENT_##name,
#include "log/events.def"
#undef EVENT
	LOG_EVENTS
};

enum log_pair_type { LOG_PAIR_NONE, LOG_PAIR_INT, LOG_PAIR_TEXT, LOG_PAIR_MS };

struct log_pair {
	const char *key;
	enum log_pair_type type;
	int64_t number;
	struct str text;
};

#define LOG_ID(key_, id_)                                                                          \
	{                                                                                          \
		.key = (key_), .type = LOG_PAIR_INT, .number = (id_)                               \
	}
#define LOG_INT(key_, n_)                                                                          \
	{                                                                                          \
		.key = (key_), .type = LOG_PAIR_INT, .number = (int64_t)(n_)                       \
	}
#define LOG_MS(key_, span_)                                                                        \
	{                                                                                          \
		.key = (key_), .type = LOG_PAIR_MS, .number = (span_).us                           \
	}
#define LOG_STR(key_, s_)                                                                          \
	{                                                                                          \
		.key = (key_), .type = LOG_PAIR_TEXT, .text = (s_)                                 \
	}
#define LOG_TEXT(key_, c_)                                                                         \
	{                                                                                          \
		.key = (key_), .type = LOG_PAIR_TEXT, .text = str_from_c(c_)                       \
	}

struct log;

/* process: name in every line ("intake"). fd: usually 2; lines longer than a pipe's atomic size are
 * cut. least: what is quieter is dropped. */
struct log *log_create(const char *process, int fd, enum log_level least);
void log_destroy(struct log *log);

/* log_event(log, case_opened, LOG_ID("case", id), LOG_MS("took", span)); log may be NULL: nothing
 * is written. */
#define log_event(log, name, ...)                                                                  \
	log_write((log), LOG_EVENT_##name, (const struct log_pair[]){ __VA_ARGS__ },               \
		sizeof((const struct log_pair[]){ __VA_ARGS__ }) / sizeof(struct log_pair))
void log_write(struct log *log, enum log_event event, const struct log_pair *pairs, size_t n);

const char *log_event_name(enum log_event event);
const char *log_event_meaning(enum log_event event);
enum res log_level_parse(
	struct str text, enum log_level *out) must_check; /* "error", "warn", "info", "debug" */

#endif

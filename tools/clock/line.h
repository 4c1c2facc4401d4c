/* The operator's line to the bus: one session under the operator's key (sender `cli`), COMMANDs
 * out, their RESULTs and NACKs in. Law 14: only such a sender may name the actor. */
#ifndef WL_CLOCK_LINE_H
#define WL_CLOCK_LINE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/scoped.h"
#include "wire/wire.h"

struct line_options {
	const char *address;	/* of the broker */
	const char *server_key; /* the broker's public key, Z85 */
	const char *secret_key; /* the operator's, Z85 */
};

struct line;
enum res line_open(
	struct line **out, const struct line_options *options, struct err *err) must_check;
void line_close(struct line *line);
SCOPED_DEFINE(line, struct line *, line_close)
bool line_is_up(const struct line *line);

/* Reads BUS_ADDRESS, BUS_SERVER_KEY(_FILE), BUS_KEY(_FILE) into mem. RES_INVALID names what is
 * missing. */
enum res line_options_read(struct arena *mem, struct line_options *out, struct err *err) must_check;
/* One setting: variable NAME, or the file that NAME_FILE names, without white space around it. */
enum res line_setting(
	struct arena *mem, const char *name, const char **out, struct err *err) must_check;

struct line_command {
	const char *group; /* the service that is asked */
	const char *type;
	struct str command_id; /* the same each time it is asked */
	struct str actor;
	int64_t case_id; /* 0: belongs to no case */
	struct str body;
};
/* Sends once and does not wait; lost when nobody is connected. Leaves with the next line_take. */
void line_send(struct line *line, const struct line_command *command);
/* Waits up to `wait` for answers (RESULT, NACK) and takes up to `most`; they live in mem. */
enum res line_take(struct line *line, struct arena *mem, struct wire_msg *out, size_t most,
	size_t *out_n, struct span wait, struct err *err) must_check;
/* Asks until there is a RESULT, again after NACK BUSY, NO_CONSUMER and silence. RES_RETRY: none
 * within `patience`. RES_OK: *out is the RESULT, whatever its code says, or a NACK that stays. */
enum res line_ask(struct line *line, struct arena *mem, const struct line_command *command,
	struct span patience, struct wire_msg *out, struct err *err) must_check;

#endif

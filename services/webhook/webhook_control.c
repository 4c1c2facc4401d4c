/* See webhook_control.h. */
#include "webhook_control.h"

#include <unistd.h>

#include "os/os.h"
#include "webhook_event.h"

#define ASKED_MAX 256

/* The file's text; false: nobody asked. */
static bool taken(struct webhook_state *state, const char *name, struct str *out)
{
	struct str path = arena_printf(state->mem, "%s/control/%s", state->config.state_dir, name);

	if (os_file_read(state->mem, path.p, ASKED_MAX, out, NULL) != RES_OK)
		return false;
	*out = str_trim(*out);
	return unlink(path.p) == 0;
}

static bool span_read(struct str text, struct instant *from, struct instant *to)
{
	struct str first;

	return str_split(&text, ' ', &first) && str_to_int64(first, &from->us) == RES_OK &&
	       str_to_int64(text, &to->us) == RES_OK;
}

static void replay(struct webhook_state *state, struct str asked)
{
	struct instant from = INSTANT_NONE, to = INSTANT_NONE;
	struct err err = { .text = "" };
	size_t n = 0;

	if (!str_is_empty(asked) && !span_read(asked, &from, &to))
		return;
	if (webhook_shelf_replay(state->shelf, from, to, os_real_now(), &n, &err) != RES_OK)
		log_event(state->log, webhook_disk_refused, LOG_TEXT("text", err.text));
	webhook_circuit_taken(&state->circuit); /* an operator believes in the subscriber again */
	log_event(state->log, webhook_asked, LOG_TEXT("what", "replay"), LOG_INT("count", n));
}

void webhook_control_take(struct webhook_state *state)
{
	struct str asked;

	arena_reset(state->mem);
	if (taken(state, "ping", &asked) && asked.n > 0 && asked.n <= POST_ID_MAX &&
		webhook_shelf_find(state->shelf, asked) == NULL) {
		struct str body = webhook_event_ping(
			state->mem, asked, str_from_c(state->config.channel), os_real_now());

		webhook_shelf_ping(state->shelf, asked, body, os_real_now());
		webhook_circuit_taken(&state->circuit);
		log_event(state->log, webhook_asked, LOG_TEXT("what", "ping"), LOG_INT("count", 1));
	}
	if (taken(state, "replay", &asked))
		replay(state, asked);
}

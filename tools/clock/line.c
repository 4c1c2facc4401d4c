/* The operator's line to the bus. See line.h. */
#include "clock/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bus/bus.h"
#include "loop/loop.h"
#include "os/os.h"
#include "peer/peer.h"

#define LINE_WINDOW	   1000
#define LINE_ANSWER_WITHIN SPAN_S(3)
#define LINE_AGAIN_LEAST   SPAN_MS(50)
#define SETTING_FILE_MAX   4096

struct line {
	struct bus_context *context;
	struct loop *loop;
	struct loop_timer *timer;
	struct peer *peer;
};

static void stop_waiting(void *arg)
{
	struct line *line = arg;
	loop_stop(line->loop);
}

static enum res connect_to(struct line *line, const struct line_options *options, struct err *err)
{
	char instance[WIRE_NAME_MAX + 1];
	struct peer_options peer = { .context = line->context,
		.address = options->address,
		.instance = instance,
		.window = LINE_WINDOW,
		.most_lines = 1 };
	os_instance_name(instance, sizeof instance, "cli");
	TRY(bus_pair_from_secret(str_from_c(options->secret_key), &peer.self, err));
	if (!bus_key_is_valid(str_from_c(options->server_key)))
		return err_set(err, RES_INVALID, "the broker's key is no Z85 key");
	memcpy(peer.server_key, options->server_key, sizeof peer.server_key);
	TRY(peer_open(&line->peer, &peer, err));
	peer_attach(line->peer, line->loop, stop_waiting, line);
	return RES_OK;
}

enum res line_open(struct line **out, const struct line_options *options, struct err *err)
{
	struct line *line = calloc(1, sizeof *line);
	CHECK(line != NULL);
	line->context = bus_context_create();
	line->loop = loop_create();
	line->timer = loop_timer_create(line->loop, stop_waiting, line);
	enum res res = connect_to(line, options, err);
	if (res != RES_OK) {
		line_close(line);
		return res;
	}
	*out = line;
	return RES_OK;
}

void line_close(struct line *line)
{
	if (line == NULL)
		return;
	peer_close(line->peer);
	bus_context_destroy(line->context);
	loop_timer_destroy(line->timer);
	loop_destroy(line->loop);
	free(line);
}

bool line_is_up(const struct line *line)
{
	return peer_is_up(line->peer);
}

enum res line_setting(struct arena *mem, const char *name, const char **out, struct err *err)
{
	char file_name[128];
	struct str text;
	const char *value = getenv(name);
	snprintf(file_name, sizeof file_name, "%s_FILE", name);
	const char *path = getenv(file_name);
	if (value != NULL && path != NULL)
		return err_set(err, RES_INVALID, "%s and %s are both set", name, file_name);
	if (value != NULL) {
		*out = value;
		return RES_OK;
	}
	if (path == NULL)
		return err_set(err, RES_INVALID, "%s is not set", name);
	TRY(os_file_read(mem, path, SETTING_FILE_MAX, &text, err));
	*out = arena_c(mem, str_trim(text));
	return RES_OK;
}

enum res line_options_read(struct arena *mem, struct line_options *out, struct err *err)
{
	TRY(line_setting(mem, "BUS_ADDRESS", &out->address, err));
	TRY(line_setting(mem, "BUS_SERVER_KEY", &out->server_key, err));
	return line_setting(mem, "BUS_KEY", &out->secret_key, err);
}

void line_send(struct line *line, const struct line_command *command)
{
	const struct wire_msg msg = {
		.kind = WIRE_COMMAND,
		.head = { .id = command->command_id,
			.type = str_from_c(command->type),
			.to = str_from_c(command->group),
			.reply_to = str_from_c(peer_instance(line->peer)),
			.actor = command->actor,
			.case_id = command->case_id,
			.command_id = command->command_id,
			.time = INSTANT_NONE },
		.body = command->body,
	};
	peer_send(line->peer, &msg);
}

enum res line_take(struct line *line, struct arena *mem, struct wire_msg *out, size_t most,
	size_t *out_n, struct span wait, struct err *err)
{
	peer_turn(line->peer, os_monotonic_now());
	peer_flush(line->peer);
	size_t n = peer_receive(line->peer, mem, out, most);
	if (n == 0 && wait.us > 0) {
		loop_timer_set(line->timer, wait);
		TRY(loop_run(line->loop, err));
		loop_timer_stop(line->timer);
		n = peer_receive(line->peer, mem, out, most);
	}
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (wire_kind_needs_credit(out[i].kind))
			peer_credit(line->peer, 1);
		if (out[i].kind == WIRE_RESULT || out[i].kind == WIRE_NACK)
			out[kept++] = out[i];
	}
	*out_n = kept;
	return RES_OK;
}

/* true: nothing better will come for this command. */
static bool is_final(const struct wire_msg *answer)
{
	return answer->kind == WIRE_RESULT ||
	       (answer->head.code != WIRE_CODE_BUSY && answer->head.code != WIRE_CODE_NO_CONSUMER);
}

enum res line_ask(struct line *line, struct arena *mem, const struct line_command *command,
	struct span patience, struct wire_msg *out, struct err *err)
{
	struct instant until = instant_add(os_monotonic_now(), patience);
	struct instant again_at = INSTANT_NONE;
	struct str not_now = STR("");
	for (;;) {
		struct wire_msg answers[16];
		size_t n = 0;
		struct instant now = os_monotonic_now();
		if (!instant_is_before(now, until))
			break;
		if (peer_is_up(line->peer) && !instant_is_before(now, again_at)) {
			line_send(line, command);
			again_at = instant_add(now, LINE_ANSWER_WITHIN);
		}
		TRY(line_take(line, mem, answers, 16, &n, SPAN_MS(50), err));
		for (size_t i = 0; i < n; i++) {
			if (!str_eq(answers[i].head.command_id, command->command_id))
				continue;
			if (is_final(&answers[i])) {
				*out = answers[i];
				return RES_OK;
			}
			struct span after = SPAN_MS(answers[i].head.retry_after_ms);
			not_now = answers[i].head.text;
			if (after.us < LINE_AGAIN_LEAST.us)
				after = LINE_AGAIN_LEAST;
			again_at = instant_add(os_monotonic_now(), after);
		}
	}
	return err_set(err, RES_RETRY, "%s: no answer from %s within %lld s%s%s%.*s", command->type,
		command->group, (long long)(patience.us / 1000000),
		peer_is_up(line->peer) ? "" : " (the bus does not answer)",
		not_now.n > 0 ? "; it says: " : "", STR_ARG(not_now));
}

/* The load generator: one client of the door, letters at a rate. Each invoke is durable before the
 * client may send the letter; each receipt is written down when it comes. Deliveries that come for
 * the channel are taken. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "clock/line.h"
#include "crypto/crypto.h"
#include "history.h"
#include "history_letter.h"
#include "history_log.h"
#include "json/json.h"

#define TURN_WAIT     SPAN_MS(20)
#define BURST_MOST    500  /* letters handed over between two turns */
#define UNSENT_MOST   2000 /* letters without an answer, when no rate is asked for */
#define LETTER_MEMORY (1u << 20)

struct load {
	const struct history_options *options;
	struct wangli *client;
	struct os_log *log;
	struct history before; /* of earlier runs */
	struct arena *mem;     /* of one letter */
	uint64_t next;	       /* number of the next letter */
	int64_t invoked;
	int64_t oks;
	int64_t refused;
	int64_t delivered;
};

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct load *load = arg;
	load->oks++;
	history_ok(load->log, sdk_str(receipt->source_msg_id), sdk_str(receipt->case_number),
		sdk_str(receipt->digest));
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct load *load = arg;
	load->refused++;
	history_refused(load->log, sdk_str(refusal->source_msg_id));
	fprintf(stderr, "wangli-history: %.*s refused: %s %.*s\n", STR_ARG(refusal->source_msg_id),
		wangli_result_name(refusal->why), STR_ARG(refusal->text));
}

static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	struct load *load = arg;
	(void)delivery;
	load->delivered++;
	*out = (struct wangli_outcome){ .is_delivered = true };
	return WANGLI_OK;
}

static enum res client_open(struct arena *mem, struct load *load, struct err *err)
{
	const struct history_options *options = load->options;
	const char *groups[] = { options->channel, NULL };
	const struct wangli_callbacks on = { WANGLI_SIZED(struct wangli_callbacks), .arg = load,
		.on_receipt = on_receipt, .on_refused = on_refused, .on_deliver = on_deliver };
	struct wangli_options client = {
		WANGLI_SIZED(struct wangli_options),
		.spool = arena_printf(mem, "%s/spool", options->folder).p,
		.channel = options->channel,
		.groups = groups,
		.on = &on,
	};
	TRY(line_setting(mem, "DOOR_ADDRESS", &client.address, err));
	TRY(line_setting(mem, "DOOR_SERVER_KEY", &client.server_key, err));
	TRY(line_setting(mem, "CHANNEL_KEY", &client.secret_key, err));
	TRY(line_setting(mem, "VAULT_PUBLIC_KEY", &client.vault_key, err));
	return sdk_open(&load->client, &client, err);
}

/* One letter into the client's spool; its invoke is already on the way to the disk. */
static enum res letter_submit(struct load *load, uint64_t n, struct err *err)
{
	const struct history_options *options = load->options;
	arena_reset(load->mem);
	const struct wangli_letter letter =
		history_letter_make(load->mem, options->prefix, options->seed, n);
	history_invoke(load->log, sdk_str(letter.source_msg_id));
	return sdk_submit(load->client, &letter, err);
}

/* Durable first what we are about to do, then do it; and what we heard as soon as it came. */
static enum res turn(struct load *load, struct err *err)
{
	TRY(os_log_sync(load->log, err));
	TRY(sdk_turn(load->client, TURN_WAIT, err));
	return os_log_sync(load->log, err);
}

/* Letters that an earlier run began and that nobody answered: the spool may have lost the very last
 * ones, between their invoke and its sync. Asking again under the same name is harmless. */
static bool letter_again(void *arg, struct str id, void *value)
{
	struct load *load = arg;
	const struct history_letter *letter = value;
	size_t prefix = str_from_c(load->options->prefix).n + 1;
	int64_t n;
	if (str_to_int64(str_slice(id, prefix, id.n), &n) != RES_OK)
		return true;
	if ((uint64_t)n >= load->next)
		load->next = (uint64_t)n + 1;
	if (letter->end == HISTORY_UNKNOWN)
		(void)!letter_submit(load, (uint64_t)n, NULL);
	return true;
}

static int64_t letters_due(const struct load *load, struct span gone)
{
	const struct history_options *options = load->options;
	int64_t room = UNSENT_MOST - (int64_t)wangli_unanswered(load->client);
	int64_t due = room;
	if (options->rate > 0)
		due = gone.us * options->rate / 1000000 + 1 - load->invoked;
	if (options->count > 0 && due > options->count - (int64_t)load->next + 1)
		due = options->count - (int64_t)load->next + 1;
	return due > BURST_MOST ? BURST_MOST : due;
}

static bool is_over(const struct load *load, struct span gone)
{
	const struct history_options *options = load->options;
	return *options->is_interrupted ||
	       (options->count > 0 && (int64_t)load->next > options->count) ||
	       (options->seconds > 0 && gone.us >= SPAN_S(options->seconds).us);
}

/* No new letters; the answers that are missing. Interrupted, not for ever. */
static enum res answers_wait(struct load *load, struct err *err)
{
	struct instant until = INSTANT_NONE;
	while (wangli_unanswered(load->client) > 0) {
		struct instant now = os_monotonic_now();
		if (*load->options->is_interrupted && instant_is_none(until))
			until = instant_add(now, SPAN_S(load->options->patience));
		if (!instant_is_none(until) && instant_is_before(until, now))
			break;
		TRY(turn(load, err));
	}
	return RES_OK;
}

static enum res load_all(struct load *load, struct err *err)
{
	struct instant begin = os_monotonic_now();
	for (;;) {
		struct span gone = instant_since(os_monotonic_now(), begin);
		if (is_over(load, gone))
			break;
		for (int64_t due = letters_due(load, gone); due > 0; due--) {
			enum res res = letter_submit(load, load->next, err);
			if (res == RES_RETRY)
				break; /* the spool is full: its answers come first */
			TRY(res);
			load->next++;
			load->invoked++;
		}
		TRY(turn(load, err));
	}
	return answers_wait(load, err);
}

static void figures(struct arena *mem, const struct load *load, struct span took)
{
	const struct {
		const char *name;
		int64_t n;
	} numbers[] = {
		{ "invoked", load->invoked },
		{ "ok", load->oks },
		{ "refused", load->refused },
		{ "unanswered", (int64_t)wangli_unanswered(load->client) },
		{ "delivered", load->delivered },
		{ "ms", took.us / 1000 },
		{ "a_second", took.us > 0 ? load->oks * 1000000 / took.us : 0 },
	};
	struct json *json = json_object_create();
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		json_set_int(json, numbers[i].name, numbers[i].n);
		if (!load->options->is_json)
			printf("%s%s %lld", i > 0 ? ", " : "", numbers[i].name,
				(long long)numbers[i].n);
	}
	if (load->options->is_json)
		printf("%.*s", STR_ARG(json_text(mem, json)));
	putchar('\n');
	json_destroy(json);
}

static enum res load_open(struct arena *mem, struct load *load, struct err *err)
{
	const char *path = arena_printf(mem, "%s/history", load->options->folder).p;
	TRY(os_folder_create(load->options->folder, 0700, err));
	TRY(client_open(mem, load, err));
	TRY(os_log_open(&load->log, path, err));
	TRY(history_read(&load->before, path, err));
	map_walk(load->before.by_id, letter_again, load);
	return RES_OK;
}

enum res history_run(struct arena *mem, const struct history_options *options, struct err *err)
{
	struct load load = { .options = options, .next = 1, .mem = arena_create(LETTER_MEMORY) };
	CHECK(load.mem != NULL);
	struct instant begin = os_monotonic_now();
	enum res res = load_open(mem, &load, err);
	if (res == RES_OK)
		res = load_all(&load, err);
	if (res == RES_OK)
		figures(mem, &load, instant_since(os_monotonic_now(), begin));
	wangli_close(load.client);
	os_log_close(load.log);
	history_fini(&load.before);
	arena_destroy(load.mem);
	return res;
}

/* wangli-tap: joins the broker's group `tap` with the operator's key and prints what it is shown.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/id.h"
#include "bus/bus.h"
#include "clock/line.h"
#include "loop/loop.h"
#include "os/os.h"
#include "peer/peer.h"
#include "tap_show.h"

#define WINDOW		10000
#define SETTINGS_MEMORY (64 * 1024)
#define ROUND_MEMORY	(64 * 1024 * 1024)
#define SHOW_MEMORY	(16 * 1024 * 1024)
#define TURN_EVERY	SPAN_MS(500)
#define WELCOMED_WITHIN SPAN_S(10)
#define EXIT_USE	2
#define GROUPS_MAX	8
#define BROKERS_MAX	PEER_LINES_MAX

/* What one broker has sent. */
struct heard {
	char broker[WIRE_NAME_MAX + 1];
	int32_t last; /* number of its last copy */
};

struct tap {
	struct bus_context *context;
	struct loop *loop;
	struct loop_timer *timer;
	struct peer *peer;
	struct arena *mem;	/* of one round */
	struct arena *show_mem; /* of one message */
	struct tap_view view;
	char groups[GROUPS_MAX][WIRE_NAME_MAX + 1];
	size_t groups_n;
	int64_t count; /* 0: until somebody stops it */
	int64_t shown;
	int64_t lost;
	struct heard heard[BROKERS_MAX];
	size_t heard_n; /* ever */
	bool has_been_up;
	struct instant begin;
	struct err err;
	enum res res;
};

static void group_add(struct tap *tap, const char *prefix, const char *value)
{
	CHECK(tap->groups_n < GROUPS_MAX);
	snprintf(tap->groups[tap->groups_n++], sizeof(tap->groups[0]), "%s%.*s", prefix,
		(int)(WIRE_NAME_MAX - strlen(prefix)), value);
}

/* --- arguments --- */

static const struct option {
	const char *name;
	const char *prefix;
} options[] = {
	{ "--group", "tap/to/" },
	{ "--kind", "tap/kind/" },
	{ "--case", "tap/case/" },
	{ "--channel", "tap/channel/" },
};

static bool kind_is_known(const char *name)
{
	for (unsigned i = 1; i < 64; i++)
		if (wire_kind_is_known(i) && strcmp(wire_kind_name((enum wire_kind)i), name) == 0)
			return true;
	return false;
}

static enum res option_take(struct tap *tap, const char *name, const char *value, struct err *err)
{
	char id[CASE_NUMBER_MAX];
	int64_t number = 0;
	bool is_number = str_to_int64(str_from_c(value), &number) == RES_OK && number > 0;

	if (strcmp(name, "--count") == 0) {
		tap->count = number;
		return is_number ? RES_OK
				 : err_set(err, RES_INVALID, "--count wants a number, not '%s'",
					   value);
	}
	if (strcmp(name, "--case") == 0 && !is_number &&
		case_number_parse(str_from_c(value), &number, err) != RES_OK)
		return err_prefix(err, RES_INVALID, "--case");
	if (strcmp(name, "--case") == 0) {
		snprintf(id, sizeof(id), "%" PRId64, number);
		value = id;
	}
	if (strcmp(name, "--kind") == 0 && !kind_is_known(value))
		return err_set(err, RES_INVALID,
			"--kind wants one of the kinds of docs/messages.md (EVENT, SUBMIT …), not "
			"'%s'",
			value);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(options[i].name, name) != 0)
			continue;
		if (strlen(options[i].prefix) + strlen(value) > WIRE_NAME_MAX)
			return err_set(err, RES_INVALID, "%s '%s' is too long", name, value);
		group_add(tap, options[i].prefix, value);
		return RES_OK;
	}
	return err_set(err, RES_INVALID,
		"tap does not know '%s'; usage: tap [--group G] [--kind K] [--case NO] [--channel "
		"C] "
		"[--count N]",
		name);
}

static const char *user_name(void)
{
	const char *name = getenv("SUDO_USER");

	if (name == NULL || name[0] == '\0')
		name = getenv("USER");
	return name != NULL && name[0] != '\0' ? name : "root";
}

static enum res arguments_read(struct tap *tap, int argc, char **argv, struct err *err)
{
	group_add(tap, "tap", "");
	group_add(tap, "tap/by/", user_name());
	if (argc % 2 != 1)
		return err_set(err, RES_INVALID, "'%s' wants a value", argv[argc - 1]);
	for (int i = 1; i < argc; i += 2)
		TRY(option_take(tap, argv[i], argv[i + 1], err));
	return RES_OK;
}

/* --- messages --- */

static void stop(struct tap *tap, enum res res)
{
	tap->res = res;
	loop_stop(tap->loop);
}

/* A broker counts from the beginning of its session, and every life of one has another name. */
static struct heard *heard_of(struct tap *tap, struct str broker)
{
	struct heard *heard;

	for (size_t i = 0; i < BROKERS_MAX; i++)
		if (str_eq_c(broker, tap->heard[i].broker))
			return &tap->heard[i];
	heard = &tap->heard[tap->heard_n++ % BROKERS_MAX]; /* the oldest */
	*heard = (struct heard){ .last = 0 };
	snprintf(heard->broker, sizeof(heard->broker), "%.*s", STR_ARG(broker));
	return heard;
}

static int32_t lost_before(struct heard *heard, int32_t seq)
{
	int32_t lost = seq > heard->last ? seq - heard->last - 1 : 0;

	heard->last = seq;
	return lost;
}

static void on_message(void *arg, const struct wire_msg *msg)
{
	struct tap *tap = arg;
	struct tap_passed passed = { .outcome = msg->head.subject };
	struct wire_reader reader;
	struct str line;

	if (msg->kind == WIRE_NACK && msg->head.code == WIRE_CODE_FORBIDDEN) {
		stop(tap, err_set(&tap->err, RES_DENIED, "the broker: %.*s",
				  STR_ARG(msg->head.text)));
		return;
	}
	if (msg->kind != WIRE_EVENT || (tap->count > 0 && tap->shown == tap->count))
		return;
	peer_credit(tap->peer, 1);
	passed.lost = lost_before(heard_of(tap, msg->head.source), msg->head.seq);
	tap->lost += passed.lost;
	arena_reset(tap->show_mem);
	if (wire_reader_open(&reader, msg->body, NULL) != RES_OK ||
		!wire_reader_next(&reader, &passed.record) ||
		tap_show(&tap->view, tap->show_mem, &passed, &line, NULL) != RES_OK)
		return;
	printf("%.*s\n", STR_ARG(line));
	if (++tap->shown == tap->count)
		stop(tap, RES_OK);
}

static void on_bus(void *arg)
{
	struct tap *tap = arg;

	peer_receive_all(tap->peer, tap->mem, on_message, tap);
	fflush(stdout);
	if (ferror(stdout))
		stop(tap, RES_OK); /* whoever read has gone */
}

static void on_welcome(void *arg)
{
	struct tap *tap = arg;

	if (!tap->has_been_up)
		fputs("wangli-tap: looking; the broker's log says so\n", stderr);
	tap->has_been_up = true;
}

static void on_turn(void *arg)
{
	struct tap *tap = arg;
	struct instant now = loop_now(tap->loop);

	peer_turn(tap->peer, now);
	if (!tap->has_been_up && instant_since(now, tap->begin).us > WELCOMED_WITHIN.us)
		stop(tap, err_set(&tap->err, RES_RETRY, "the broker does not answer"));
	loop_timer_set(tap->timer, TURN_EVERY);
}

static void on_round(void *arg)
{
	peer_flush(((struct tap *)arg)->peer);
}

static void on_signal(void *arg)
{
	stop(arg, RES_OK);
}

/* --- life --- */

static enum res session_open(struct tap *tap, struct arena *mem, struct err *err)
{
	char instance[WIRE_NAME_MAX + 1];
	struct str groups[GROUPS_MAX];
	struct line_options line;
	struct peer_options peer = { .instance = instance, .window = WINDOW };

	TRY(line_options_read(mem, &line, err));
	os_instance_name(instance, sizeof(instance), "cli");
	peer.context = tap->context = bus_context_create();
	peer.address = line.address;
	TRY(peer_keys_set(&peer, str_from_c(line.secret_key), str_from_c(line.server_key), err));
	TRY(peer_open(&tap->peer, &peer, err));
	peer_on_welcome(tap->peer, on_welcome, tap);
	for (size_t i = 0; i < tap->groups_n; i++)
		groups[i] = str_from_c(tap->groups[i]);
	peer_set_groups(tap->peer, groups, tap->groups_n);
	peer_attach(tap->peer, tap->loop, on_bus, tap);
	return RES_OK;
}

static enum res tap_run(struct tap *tap, struct err *err)
{
	SCOPED(arena)
	struct arena *mem = arena_create(SETTINGS_MEMORY);

	TRY(crypto_start(err));
	tap_view_init(&tap->view);
	tap->mem = arena_create(ROUND_MEMORY);
	tap->show_mem = arena_create(SHOW_MEMORY);
	tap->loop = loop_create();
	loop_on_signal(tap->loop, SIGINT, on_signal, tap);
	loop_on_signal(tap->loop, SIGTERM, on_signal, tap);
	TRY(session_open(tap, mem, err));
	loop_after_round(tap->loop, on_round, tap);
	tap->timer = loop_timer_create(tap->loop, on_turn, tap);
	loop_timer_set(tap->timer, TURN_EVERY);
	tap->begin = os_monotonic_now();
	TRY(loop_run(tap->loop, err));
	if (tap->res != RES_OK)
		*err = tap->err;
	return tap->res;
}

static void tap_close(struct tap *tap)
{
	peer_close(tap->peer);
	bus_context_destroy(tap->context);
	loop_timer_destroy(tap->timer);
	loop_destroy(tap->loop);
	arena_destroy(tap->mem);
	arena_destroy(tap->show_mem);
}

int main(int argc, char **argv)
{
	static struct tap tap; /* the list of reports is large */
	struct err err = { "" };
	enum res res = arguments_read(&tap, argc, argv, &err);

	signal(SIGPIPE, SIG_IGN);
	if (res == RES_OK)
		res = tap_run(&tap, &err);
	tap_close(&tap);
	if (res != RES_OK) {
		fprintf(stderr, "wangli-tap: %s\n", err.text);
		return res == RES_INVALID ? EXIT_USE : EXIT_FAILURE;
	}
	fprintf(stderr, "wangli-tap: %" PRId64 " messages shown, %" PRId64 " copies lost\n",
		tap.shown, tap.lost);
	return EXIT_SUCCESS;
}

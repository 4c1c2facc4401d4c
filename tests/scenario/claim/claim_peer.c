/* A channel that does by hand what the SDK does by itself: it serves deliver/<channel> at the door,
 * prints what comes, and says what it is told to on standard input. It keeps nothing and repeats
 * nothing.
 *   claim CASE DELIVERY CLAIM_ID · done CASE DELIVERY CODE FENCE   (CODE: a number of codes.def)
 * prints: UP · DELIVER case delivery what · GO case delivery fence · NACK case code text */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/check.h"
#include "os/os.h"
#include "peer/peer.h"
#include "proto/door.pb-c.h"

#define MEMORY_BYTES (64 * 1024 * 1024)
#define LINE_BYTES   1024
#define ROUND	     100
#define WAIT_MS	     200

struct claim_peer {
	struct peer *peer;
	struct arena *mem;
	struct str channel;
	char line[LINE_BYTES];
	size_t n_line;
	bool is_up_told;
};

static struct str file_of(struct arena *mem, const char *variable)
{
	const char *path = getenv(variable);
	struct str text;
	struct err err = { "" };

	CHECK(path != NULL);
	if (os_file_read(mem, path, 4096, &text, &err) != RES_OK) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		exit(1);
	}
	return str_trim(text);
}

/* --- what is said --- */

static void say(struct claim_peer *at, enum wire_kind kind, const char *type, int64_t case_id,
	enum wire_code code, struct str body)
{
	peer_send(at->peer, &(struct wire_msg){ .kind = kind,
				    .head = { .type = str_from_c(type),
					    .time = INSTANT_NONE,
					    .case_id = case_id,
					    .channel = at->channel,
					    .source_msg_id = STR("by-hand"),
					    .code = code },
				    .body = body });
}

static void say_claim(struct claim_peer *at, int64_t case_id, char *delivery, char *claim_id)
{
	Wangli__Claim body = WANGLI__CLAIM__INIT;

	body.delivery_id = delivery;
	body.claim_id = claim_id;
	say(at, WIRE_CLAIM, "claim.v1", case_id, WIRE_CODE_UNSPECIFIED,
		wire_pack(at->mem, &body.base));
}

static void say_done(
	struct claim_peer *at, int64_t case_id, char *delivery, enum wire_code code, int fence)
{
	Wangli__Done body = WANGLI__DONE__INIT;

	body.delivery_id = delivery;
	body.fence = fence;
	say(at, WIRE_DONE, "done.v1", case_id, code, wire_pack(at->mem, &body.base));
}

static void obey(struct claim_peer *at, char *line)
{
	char word[16], delivery[128], last[128];
	long long case_id;
	int fence = 0;
	int n = sscanf(line, "%15s %lld %127s %127s %d", word, &case_id, delivery, last, &fence);

	CHECK(n >= 4);
	if (strcmp(word, "claim") == 0)
		say_claim(at, case_id, delivery, last);
	else
		say_done(at, case_id, delivery, (enum wire_code)strtol(last, NULL, 10), fence);
	peer_flush(at->peer);
}

/* false: standard input has ended. */
static bool read_lines(struct claim_peer *at)
{
	ssize_t n = read(0, at->line + at->n_line, sizeof(at->line) - at->n_line - 1);
	char *end;

	if (n <= 0)
		return false;
	at->n_line += (size_t)n;
	at->line[at->n_line] = '\0';
	while ((end = strchr(at->line, '\n')) != NULL) {
		*end = '\0';
		obey(at, at->line);
		at->n_line -= (size_t)(end + 1 - at->line);
		memmove(at->line, end + 1, at->n_line + 1);
	}
	return true;
}

/* --- what comes --- */

static void tell(struct claim_peer *at, const struct wire_msg *msg)
{
	long long case_id = msg->head.case_id;
	Wangli__Deliver *deliver = NULL;
	Wangli__Go *go = NULL;

	if (msg->kind == WIRE_DELIVER) {
		CHECK(wire_unpack(at->mem, &wangli__deliver__descriptor, msg->body, &deliver,
			      NULL) == RES_OK);
		printf("DELIVER %lld %s %s\n", case_id, deliver->delivery_id, deliver->what);
		peer_credit(at->peer, 1);
	} else if (msg->kind == WIRE_GO) {
		CHECK(wire_unpack(at->mem, &wangli__go__descriptor, msg->body, &go, NULL) ==
			RES_OK);
		printf("GO %lld %s %d\n", case_id, go->delivery_id, go->fence);
	} else if (msg->kind == WIRE_NACK) {
		printf("NACK %lld %s %.*s\n", case_id, wire_code_name(msg->head.code),
			STR_ARG(msg->head.text));
	}
}

static void take(struct claim_peer *at)
{
	struct wire_msg messages[ROUND];
	size_t n = peer_receive(at->peer, at->mem, messages, ROUND);

	for (size_t i = 0; i < n; i++)
		tell(at, &messages[i]);
	if (peer_is_up(at->peer) && !at->is_up_told)
		printf("UP\n");
	at->is_up_told = peer_is_up(at->peer);
	fflush(stdout);
}

static void serve(struct claim_peer *at)
{
	bool has_input = true;

	while (has_input) {
		arena_reset(at->mem);
		peer_flush(at->peer);
		peer_turn(at->peer, os_monotonic_now());
		void *sockets[PEER_SOCKETS_MAX];
		CHECK(peer_sockets(at->peer, sockets) > 0);
		zmq_pollitem_t items[] = {
			{ .socket = sockets[0], .events = ZMQ_POLLIN },
			{ .fd = 0, .events = ZMQ_POLLIN },
		};
		zmq_poll(items, 2, WAIT_MS);
		take(at);
		if (items[1].revents != 0)
			has_input = read_lines(at);
	}
}

int main(int argc, char **argv)
{
	struct arena *kept = arena_create(MEMORY_BYTES);
	struct bus_context *context = bus_context_create();
	struct claim_peer at = { .mem = arena_create(MEMORY_BYTES) };
	struct peer_options options = { .context = context, .window = ROUND };
	struct str group;

	CHECK(argc == 3); /* channel, name of this instance */
	options.address = getenv("DOOR_ADDRESS");
	options.instance = argv[2];
	snprintf(options.server_key, sizeof(options.server_key), "%.*s",
		STR_ARG(file_of(kept, "DOOR_SERVER_KEY_FILE")));
	CHECK(bus_pair_from_secret(file_of(kept, "CHANNEL_KEY_FILE"), &options.self, NULL) ==
		RES_OK);
	at.channel = str_from_c(argv[1]);
	group = arena_printf(kept, "deliver/%s", argv[1]);
	CHECK(peer_open(&at.peer, &options, NULL) == RES_OK);
	peer_set_groups(at.peer, &group, 1);
	serve(&at);
	peer_close(at.peer);
	bus_context_destroy(context);
	arena_destroy(at.mem);
	arena_destroy(kept);
	return 0;
}

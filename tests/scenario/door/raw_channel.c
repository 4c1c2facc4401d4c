/* A channel without the SDK, for scenarios: a session at the door under an integrator's key, told
 *by lines what to send, and saying in lines what comes. Ends with its standard input.
 *
 *	raw_channel tcp://host:port DOOR.pub KEY group…
 *	get NAME · put NAME HOLDER VERSION VALUE · lease NAME HOLDER MS · submit ID
 *	done CASE_ID ID VERSION
 * says "up", "answer WHY|VERSION|HOLDER|LEFT_MS|VALUE", "receipt ID NUMBER",
 * "status CASE_ID ID VERSION STATE", "nack CODE". */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/check.h"
#include "os/os.h"
#include "peer/peer.h"
#include "proto/door.pb-c.h"

#define LINE_MAX_BYTES 1024
#define WORDS_MAX      6
#define MEMORY_MAX     (64u << 20)
#define GROUPS_MAX     4

static char line_text[LINE_MAX_BYTES];

static const char *key_read(const char *path, char out[BUS_KEY_TEXT])
{
	FILE *file = fopen(path, "re");

	CHECK(file != NULL && fgets(out, BUS_KEY_TEXT, file) != NULL);
	out[strcspn(out, "\r\n")] = '\0';
	fclose(file);
	return out;
}

static struct peer *session_open(struct bus_context *context, char **argv, int argc)
{
	struct str groups[GROUPS_MAX];
	char instance[32];
	struct peer_options options = {
		.context = context, .address = argv[1], .instance = instance, .window = 100
	};
	struct peer *peer = NULL;
	char secret[BUS_KEY_TEXT];
	size_t n = 0;

	snprintf(instance, sizeof(instance), "raw/%016x", (unsigned)getpid());
	key_read(argv[2], options.server_key);
	CHECK(bus_pair_from_secret(str_from_c(key_read(argv[3], secret)), &options.self, NULL) ==
		RES_OK);
	CHECK(peer_open(&peer, &options, NULL) == RES_OK);
	for (int i = 4; i < argc && n < GROUPS_MAX; i++)
		groups[n++] = str_from_c(argv[i]);
	peer_set_groups(peer, groups, n);
	return peer;
}

static void command_send(
	struct peer *peer, struct arena *mem, const char *type, const ProtobufCMessage *body)
{
	static int serial;
	struct str id = arena_printf(mem, "raw-%d-%d", (int)getpid(), ++serial);

	peer_send(peer, &(struct wire_msg){ .kind = WIRE_COMMAND,
				.head = { .type = str_from_c(type),
					.time = INSTANT_NONE,
					.command_id = id },
				.body = wire_pack(mem, body) });
}

static void state_send(struct peer *peer, struct arena *mem, char **word)
{
	Wangli__StateGet get = WANGLI__STATE_GET__INIT;
	Wangli__StatePut put = WANGLI__STATE_PUT__INIT;
	Wangli__StateLease lease = WANGLI__STATE_LEASE__INIT;

	get.name = put.name = lease.name = word[1];
	put.holder = lease.holder = word[2];
	if (strcmp(word[0], "get") == 0)
		command_send(peer, mem, "state.get.v1", &get.base);
	if (strcmp(word[0], "put") == 0) {
		put.if_version = strtoll(word[3], NULL, 10);
		put.value = (ProtobufCBinaryData){ strlen(word[4]), (uint8_t *)word[4] };
		command_send(peer, mem, "state.put.v1", &put.base);
	}
	if (strcmp(word[0], "lease") == 0) {
		lease.lease_ms = (int32_t)strtol(word[3], NULL, 10);
		command_send(peer, mem, "state.lease.v1", &lease.base);
	}
}

static void letter_send(struct peer *peer, struct arena *mem, const char *id)
{
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;

	submit.title = (char[]){ "路灯不亮" };
	submit.body = (char[]){ "春熙路的路灯坏了三天" };
	submit.wants_status = true;
	peer_send(peer, &(struct wire_msg){ .kind = WIRE_SUBMIT,
				.head = { .type = STR("submit.v1"),
					.time = INSTANT_NONE,
					.source_msg_id = str_from_c(id) },
				.body = wire_pack(mem, &submit.base) });
}

static void done_send(struct peer *peer, struct arena *mem, char **word)
{
	Wangli__StatusDone done = WANGLI__STATUS_DONE__INIT;

	done.version = (int32_t)strtol(word[3], NULL, 10);
	peer_send(peer, &(struct wire_msg){ .kind = WIRE_DONE,
				.head = { .type = STR("status.done.v1"),
					.time = INSTANT_NONE,
					.case_id = strtoll(word[1], NULL, 10),
					.source_msg_id = str_from_c(word[2]),
					.code = WIRE_CODE_DELIVERED },
				.body = wire_pack(mem, &done.base) });
}

static void obey(struct peer *peer, struct arena *mem)
{
	static char empty[] = "";
	char *word[WORDS_MAX] = { empty, empty, empty, empty, empty, empty };
	char *rest = line_text, *at;

	for (int i = 0; i < WORDS_MAX && (at = strsep(&rest, " \n")) != NULL; i++)
		word[i] = at;
	if (strcmp(word[0], "submit") == 0)
		letter_send(peer, mem, word[1]);
	else if (strcmp(word[0], "done") == 0)
		done_send(peer, mem, word);
	else
		state_send(peer, mem, word);
}

static void answer_say(struct arena *mem, const struct wire_msg *msg)
{
	Wangli__StateAnswer *said = NULL;

	CHECK(wire_unpack(mem, &wangli__state_answer__descriptor, msg->body, &said, NULL) ==
		RES_OK);
	printf("answer %s|%lld|%s|%d|%.*s\n", said->why_not, (long long)said->version, said->holder,
		said->lease_left_ms, (int)said->value.len, (const char *)said->value.data);
}

static void receipt_say(struct arena *mem, const struct wire_msg *msg)
{
	Wangli__Receipt *said = NULL;

	CHECK(wire_unpack(mem, &wangli__receipt__descriptor, msg->body, &said, NULL) == RES_OK);
	printf("receipt %.*s %s\n", STR_ARG(msg->head.source_msg_id), said->case_number);
}

static void status_say(struct arena *mem, const struct wire_msg *msg)
{
	Wangli__Status *said = NULL;

	CHECK(wire_unpack(mem, &wangli__status__descriptor, msg->body, &said, NULL) == RES_OK);
	printf("status %lld %.*s %d %s\n", (long long)msg->head.case_id,
		STR_ARG(msg->head.source_msg_id), said->version, said->state);
}

static void say(struct peer *peer, struct arena *mem, const struct wire_msg *msg)
{
	if (msg->kind == WIRE_RESULT)
		answer_say(mem, msg);
	if (msg->kind == WIRE_RECEIPT)
		receipt_say(mem, msg);
	if (msg->kind == WIRE_NACK)
		printf("nack %s\n", wire_code_name(msg->head.code));
	if (msg->kind != WIRE_DELIVER)
		return;
	peer_credit(peer, 1);
	if (str_eq_c(msg->head.type, "status.v1"))
		status_say(mem, msg);
}

static void round_trip(struct peer *peer, struct arena *mem, bool *is_up, bool *is_over)
{
	void *sockets[PEER_SOCKETS_MAX];

	CHECK(peer_sockets(peer, sockets) > 0);
	zmq_pollitem_t items[] = { { .socket = sockets[0], .events = ZMQ_POLLIN },
		{ .fd = STDIN_FILENO, .events = ZMQ_POLLIN } };
	struct wire_msg taken[100];

	peer_flush(peer);
	peer_turn(peer, os_monotonic_now());
	zmq_poll(items, *is_up ? 2 : 1, 100);
	size_t n = peer_receive(peer, mem, taken, 100);
	for (size_t i = 0; i < n; i++)
		say(peer, mem, &taken[i]);
	if (!*is_up && peer_is_up(peer)) {
		*is_up = true;
		puts("up");
	}
	if (items[1].revents == 0)
		return;
	*is_over = fgets(line_text, sizeof(line_text), stdin) == NULL;
	if (!*is_over)
		obey(peer, mem);
}

int main(int argc, char **argv)
{
	struct arena *mem = arena_create(MEMORY_MAX);
	struct bus_context *context = bus_context_create();
	bool is_up = false, is_over = false;

	CHECK(argc >= 4 && mem != NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* what is read ahead would not wake the poll */
	struct peer *peer = session_open(context, argv, argc);
	while (!is_over)
		round_trip(peer, mem, &is_up, &is_over);
	peer_close(peer);
	bus_context_destroy(context);
	arena_destroy(mem);
	return 0;
}

/* What attackers do. Raw sockets; nothing here waits for an answer unless its part is to listen. */
#include "attackers.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "bus/bus_frames.h"
#include "os/os.h"

#define MANY_FRAMES 200000
#define CONNECTIONS 10000
#define BOMB_BYTES  (256 * 1024 - 64)
#define MS(n)	    usleep((n)*1000) /* an attacker's own pace */

static void *dealer(struct rig *rig, void *context, const struct bus_pair *self)
{
	void *raw = zmq_socket(context, ZMQ_DEALER);
	int linger = 0;

	zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof(linger));
	zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, self->public_key, BUS_KEY_TEXT);
	zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, self->secret_key, BUS_KEY_TEXT);
	zmq_setsockopt(
		raw, ZMQ_CURVE_SERVERKEY, rig_key(rig, "door", false)->public_key, BUS_KEY_TEXT);
	zmq_connect(raw, rig->door_address);
	return raw;
}

static void send_as(void *raw, const char *magic, const struct wire_msg *msg, int copies)
{
	struct wire_writer writer = { 0 };

	for (int i = 0; i < copies; i++)
		if (wire_write(&writer, msg, NULL) != RES_OK)
			break;
	zmq_send(raw, magic, strlen(magic), ZMQ_SNDMORE);
	zmq_send(raw, writer.bytes.p, writer.bytes.n, 0);
	wire_writer_fini(&writer);
}

static void *member(struct rig *rig)
{
	static const struct wire_msg hello = { .kind = WIRE_HELLO,
		.head = { .id = STR_INIT("flood/raw"), .credit = 9 } };
	void *raw = dealer(rig, zmq_ctx_new(), rig_key(rig, ATTACKER, false));
	char got[4096];

	send_as(raw, WIRE_MAGIC, &hello, 1);
	zmq_recv(raw, got, sizeof(got), 0);
	return raw;
}

static int tcp(struct rig *rig)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	at.sin_port = htons((uint16_t)strtol(strrchr(rig->door_address, ':') + 1, NULL, 10));
	if (fd >= 0)
		connect(fd, (struct sockaddr *)&at, sizeof(at));
	return fd;
}

static void wrong_key(struct rig *rig)
{
	void *context = zmq_ctx_new();
	struct bus_pair self;

	for (;;) {
		void *raw[20];

		for (size_t i = 0; i < 20; i++) {
			if (bus_pair_make(&self, NULL) != RES_OK)
				return;
			raw[i] = dealer(rig, context, &self);
		}
		MS(200);
		for (size_t i = 0; i < 20; i++)
			zmq_close(raw[i]);
	}
}

static void revoked_key(struct rig *rig)
{
	void *context = zmq_ctx_new();

	for (int i = 0; i < 50; i++)
		dealer(rig, context, rig_key(rig, "revoked", false));
	pause();
}

static struct wire_msg letter(const char *channel, const char *id)
{
	return (struct wire_msg){ .kind = WIRE_SUBMIT,
		.head = { .id = str_from_c(id),
			.type = STR("submit.v1"),
			.channel = str_from_c(channel),
			.source_msg_id = str_from_c(id) },
		.body = STR("\x0a\x01t") };
}

static void foreign_channel(struct rig *rig)
{
	void *raw = member(rig);
	struct wire_msg msg = letter("quiet", "mine");

	for (;;) {
		send_as(raw, WIRE_MAGIC, &msg, 10);
		MS(10);
	}
}

/* A letter of somebody else, caught on the way, handed in again under its own and under another
 * name. */
static void replayed(struct rig *rig)
{
	void *raw = member(rig);
	char id[32];

	for (int i = 0;; i++) {
		struct wire_msg msg = letter("", id);

		snprintf(id, sizeof(id), "caught-%d", i % 20);
		msg.head.source = STR("quiet");
		msg.head.sender = STR("intake");
		msg.head.route = STR("1");
		send_as(raw, WIRE_MAGIC, &msg, 2);
		MS(20);
	}
}

static void many_frames(struct rig *rig)
{
	void *raw = member(rig);

	for (;;) {
		for (int i = 0; i < MANY_FRAMES; i++)
			zmq_send(raw, "x", 1, ZMQ_SNDMORE);
		zmq_send(raw, "x", 1, 0);
		MS(1000);
	}
}

/* Empty submessages, in a HELLO, which the door itself unpacks, and in a letter, which it does not.
 */
static void protobuf_bomb(struct rig *rig)
{
	static char bytes[BOMB_BYTES];
	void *raw = member(rig);
	struct wire_msg hello = { .kind = WIRE_HELLO, .head = { .id = STR("flood/bomb") } };
	struct wire_msg msg = letter("", "bomb");

	for (size_t i = 0; i < sizeof(bytes); i += 2)
		bytes[i] = 0x0a;
	hello.body = msg.body = str_of(bytes, sizeof(bytes));
	for (;;) {
		send_as(raw, WIRE_MAGIC, &hello, 3);
		send_as(raw, WIRE_MAGIC, &msg, 1);
		MS(20);
	}
}

static void unknown_version(struct rig *rig)
{
	void *raw = member(rig);
	struct wire_msg msg = letter("", "v2");
	struct wire_msg kind = { .kind = (enum wire_kind)200 };

	for (;;) {
		send_as(raw, "WL2", &msg, 1);
		send_as(raw, WIRE_MAGIC, &kind, 1);
		MS(10);
	}
}

/* Asks for answers and takes none: small buffers, and nobody reads. */
static void deaf(struct rig *rig)
{
	void *context = zmq_ctx_new();
	void *raw = zmq_socket(context, ZMQ_DEALER);
	static const struct wire_msg hello = { .kind = WIRE_HELLO,
		.head = { .id = STR_INIT("flood/deaf"), .credit = 9 } };
	const struct wire_msg ping = { .kind = WIRE_PING };
	int one = 1;
	int small = 4096;

	zmq_setsockopt(raw, ZMQ_RCVHWM, &one, sizeof(one));
	zmq_setsockopt(raw, ZMQ_RCVBUF, &small, sizeof(small));
	zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, rig_key(rig, ATTACKER, false)->public_key, 41);
	zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, rig_key(rig, ATTACKER, false)->secret_key, 41);
	zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, rig_key(rig, "door", false)->public_key, 41);
	zmq_connect(raw, rig->door_address);
	send_as(raw, WIRE_MAGIC, &hello, 1);
	for (;;) {
		send_as(raw, WIRE_MAGIC, &ping, 900);
		MS(2);
	}
}

static void ten_thousand_connections(struct rig *rig)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (tcp(rig) < 0)
			break;
	pause();
}

static void rubbish(struct rig *rig)
{
	char bytes[4096];

	for (;;) {
		int fd = tcp(rig);
		struct pollfd ready = { fd, POLLOUT, 0 };

		os_random(bytes, sizeof(bytes));
		poll(&ready, 1, 100);
		(void)!write(fd, bytes, sizeof(bytes));
		MS(1);
		close(fd);
	}
}

/* A ZMTP greeting, a byte every 100 ms, on 200 connections. */
static void slow_handshake(struct rig *rig)
{
	static const char greeting[64] = "\xff\0\0\0\0\0\0\0\1\x7f\3\0CURVE";
	int fds[200];

	for (;;) {
		for (size_t i = 0; i < 200; i++)
			fds[i] = tcp(rig);
		for (size_t at = 0; at < sizeof(greeting); at++) {
			for (size_t i = 0; i < 200; i++)
				send(fds[i], greeting + at, 1, MSG_NOSIGNAL);
			MS(100);
		}
		for (size_t i = 0; i < 200; i++)
			close(fds[i]);
	}
}

/* Twenty times its quota, and deaf to BUSY. */
static void flood(struct rig *rig)
{
	void *raw = member(rig);
	char id[32];

	for (int i = 0;; i++) {
		struct wire_msg msg = letter("", id);

		snprintf(id, sizeof(id), "flood-%d", i);
		send_as(raw, WIRE_MAGIC, &msg, 1);
		MS(1);
	}
}

const struct attack attacks[] = {
	{ "wrong key", wrong_key, "counts", "unknown_keys", 20, 32 },
	{ "revoked key", revoked_key, "counts", "unknown_keys", 50, 32 },
	{ "foreign channel", foreign_channel, "counts", "refused", 100, 32 },
	{ "replayed letters", replayed, "counts", "submitted", 1, 32 },
	{ "200,000 frames", many_frames, "counts", "bad_batch", 1, 700 },
	{ "protobuf bomb", protobuf_bomb, "counts", "bad_header", 3, 64 },
	{ "unknown version", unknown_version, "counts", "unheard", 10, 32 },
	{ "deaf peer", deaf, "counts", "unsent", 1, 300 },
	{ "10,000 connections", ten_thousand_connections, "counts", "times_full", 1, 400 },
	{ "rubbish bytes", rubbish, NULL, NULL, 0, 64 },
	{ "slow handshake", slow_handshake, NULL, NULL, 0, 64 },
	{ "flood, 20 x quota", flood, "counts", "over_quota", 50, 64 },
};
const size_t attacks_n = sizeof(attacks) / sizeof(attacks[0]);

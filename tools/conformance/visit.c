/* A raw session. See visit.h. */
#include "visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/check.h"
#include "os/os.h"
#include "proto/envelope.pb-c.h"

#define HANDSHAKE_MS 5000
#define FRAMES_MAX   8

struct visit {
	void *socket;
	char instance[WIRE_NAME_MAX + 1];
	struct wire_reader rest; /* of the batch that came last */
	zmq_msg_t batch;
};

static bool option_int(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool socket_connect(void *socket, const struct visit_door *door, const struct bus_pair *self)
{
	return option_int(socket, ZMQ_LINGER, 0) &&
	       option_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
	       zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, self->public_key, BUS_KEY_TEXT) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, self->secret_key, BUS_KEY_TEXT) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, door->server_key, BUS_KEY_TEXT) == 0 &&
	       zmq_connect(socket, door->address) == 0;
}

enum res visit_open(struct visit **out, const struct visit_door *door, const struct bus_pair *self,
	struct err *err)
{
	struct visit *visit = calloc(1, sizeof *visit);

	CHECK(visit != NULL);
	os_instance_name(visit->instance, sizeof visit->instance, "check");
	zmq_msg_init(&visit->batch);
	visit->socket = zmq_socket(door->zmq, ZMQ_DEALER);
	if (visit->socket == NULL || !socket_connect(visit->socket, door, self)) {
		int why = zmq_errno();

		visit_close(visit);
		return err_set(err, RES_INVALID, "cannot connect to %s: %s", door->address,
			zmq_strerror(why));
	}
	*out = visit;
	return RES_OK;
}

void visit_close(struct visit *visit)
{
	if (visit == NULL)
		return;
	zmq_msg_close(&visit->batch);
	if (visit->socket != NULL)
		zmq_close(visit->socket);
	free(visit);
}

/* --- out --- */

void visit_send_frames(struct visit *visit, const struct str *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (zmq_send(visit->socket, frames[i].p, frames[i].n,
			    ZMQ_DONTWAIT | (i + 1 < n ? ZMQ_SNDMORE : 0)) < 0)
			return; /* nobody is there: the missing answer tells */
}

void visit_send_batch(struct visit *visit, struct str batch)
{
	const struct str frames[] = { STR(WIRE_MAGIC), batch };

	visit_send_frames(visit, frames, 2);
}

void visit_send(struct visit *visit, const struct wire_msg *msg)
{
	struct wire_writer writer = { 0 };

	CHECK(wire_write(&writer, msg, NULL) == RES_OK);
	visit_send_batch(visit, buf_str(&writer.bytes));
	wire_writer_fini(&writer);
}

void visit_hello(struct visit *visit, struct str group, int32_t credit)
{
	SCOPED(arena)
	struct arena *mem = arena_create(64 * 1024);
	Wangli__Hello hello = WANGLI__HELLO__INIT;
	char version[] = WANGLI_VERSION;
	char *groups[1];

	CHECK(mem != NULL);
	groups[0] = (char *)(uintptr_t)arena_c(mem, group);
	hello.groups = groups;
	hello.n_groups = str_is_empty(group) ? 0 : 1;
	hello.version = version;
	visit_send(visit, &(struct wire_msg){ .kind = WIRE_HELLO,
				  .head = { .id = str_from_c(visit->instance), .credit = credit },
				  .body = wire_pack(mem, &hello.base) });
}

/* --- in --- */

/* Opens the next batch that is of our form. */
static bool next_batch(struct visit *visit, int wait_ms)
{
	zmq_pollitem_t item = { .socket = visit->socket, .events = ZMQ_POLLIN };
	bool has_more;

	if (zmq_poll(&item, 1, wait_ms) <= 0)
		return false;
	do { /* the last frame is the batch */
		zmq_msg_close(&visit->batch);
		zmq_msg_init(&visit->batch);
		if (zmq_msg_recv(&visit->batch, visit->socket, ZMQ_DONTWAIT) < 0)
			return false;
		has_more = zmq_msg_more(&visit->batch);
	} while (has_more);
	return wire_reader_open(&visit->rest,
		       str_of(zmq_msg_data(&visit->batch), zmq_msg_size(&visit->batch)),
		       NULL) == RES_OK;
}

static bool next_message(struct visit *visit, struct arena *mem, struct wire_msg *out, int wait_ms)
{
	struct instant end = instant_add(os_monotonic_now(), SPAN_MS(wait_ms));
	struct wire_record record;

	for (;;) {
		int64_t left_ms = instant_since(end, os_monotonic_now()).us / 1000;

		if (wire_reader_next(&visit->rest, &record)) {
			*out = (struct wire_msg){ .kind = record.kind,
				.body = arena_str(mem, record.body) };
			if (wire_head_read(arena_str(mem, record.header), &out->head, NULL) ==
				RES_OK)
				return true;
			continue;
		}
		if (!next_batch(visit, left_ms > 0 ? (int)left_ms : 0) && left_ms <= 0)
			return false;
	}
}

bool visit_take(struct visit *visit, struct arena *mem, struct wire_msg *out, int wait_ms)
{
	struct instant end = instant_add(os_monotonic_now(), SPAN_MS(wait_ms));

	for (;;) {
		int64_t left_ms = instant_since(end, os_monotonic_now()).us / 1000;

		if (!next_message(visit, mem, out, left_ms > 0 ? (int)left_ms : 0))
			return false;
		if (out->kind == WIRE_PING)
			visit_send(visit, &(struct wire_msg){ .kind = WIRE_PONG });
		else if (out->kind != WIRE_PONG && out->kind != WIRE_CREDIT)
			return true;
	}
}

bool visit_is_welcomed(struct visit *visit, struct arena *mem, int wait_ms)
{
	struct wire_msg msg;

	while (visit_take(visit, mem, &msg, wait_ms))
		if (msg.kind == WIRE_WELCOME)
			return true;
	return false;
}

enum res visit_fence(struct visit *visit, struct arena *mem, bool *out_has_answer,
	struct wire_msg *out, int wait_ms)
{
	struct wire_msg msg;

	visit_send(visit, &(struct wire_msg){ .kind = WIRE_PING });
	while (next_message(visit, mem, &msg, wait_ms)) {
		if (msg.kind == WIRE_CREDIT || msg.kind == WIRE_PING)
			continue;
		*out_has_answer = msg.kind != WIRE_PONG;
		*out = msg;
		return RES_OK;
	}
	return RES_RETRY;
}

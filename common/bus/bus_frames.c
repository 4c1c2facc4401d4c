/* The multipart of the bus: [routing ·] "WL1" · batch. */
#include "bus/bus_frames.h"

#include <errno.h>
#include <string.h>

#define LINGER_MS	     200 /* what a BYE may take on its way out */
#define HANDSHAKE_MS	     5000
#define RECONNECT_MS	     100
#define RECONNECT_MAX_MS     1000
#define HEARTBEAT_MS	     5000
#define HEARTBEAT_TIMEOUT_MS 15000

static bool set_int(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

bool bus_socket_prepare(void *socket, const struct bus_pair *self, int queue_batches)
{
	int64_t frame_max = BUS_FRAME_MAX;

	return set_int(socket, ZMQ_LINGER, LINGER_MS) &&
	       set_int(socket, ZMQ_SNDHWM, queue_batches) &&
	       set_int(socket, ZMQ_RCVHWM, queue_batches) &&
	       set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
	       set_int(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
	       set_int(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) &&
	       set_int(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS) &&
	       set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS) &&
	       zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof(frame_max)) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, self->public_key, BUS_KEY_TEXT) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, self->secret_key, BUS_KEY_TEXT) == 0;
}

static bool send_frame(void *socket, struct str frame, int flags)
{
	return zmq_send(socket, frame.p, frame.n, ZMQ_DONTWAIT | flags) >= 0;
}

int bus_frames_send(void *socket, struct str routing, struct str batch)
{
	if (routing.n > 0 && !send_frame(socket, routing, ZMQ_SNDMORE))
		return errno;
	if (!send_frame(socket, STR(BUS_MAGIC), ZMQ_SNDMORE) || !send_frame(socket, batch, 0))
		return errno;
	return 0;
}

/* Takes the next frame into *msg; false: nothing there. */
static bool take(void *socket, zmq_msg_t *msg)
{
	zmq_msg_close(msg);
	zmq_msg_init(msg);
	return zmq_msg_recv(msg, socket, ZMQ_DONTWAIT) >= 0;
}

/* Throws the rest of the multipart away, one frame at a time. */
static enum res throw_away(void *socket, zmq_msg_t *msg)
{
	while (zmq_msg_more(msg) && take(socket, msg))
		;
	return RES_INVALID;
}

/* Only a routing id that ROUTER assigned (it begins with 0): one that a peer chose could be that of
 * somebody who has just left, and his messages would go to the heir. */
static bool keep_routing(struct bus_routing *out, zmq_msg_t *msg)
{
	size_t n = zmq_msg_size(msg);

	if (n == 0 || n > sizeof(out->bytes) || *(const uint8_t *)zmq_msg_data(msg) != 0)
		return false;
	memcpy(out->bytes, zmq_msg_data(msg), n);
	out->n = (uint8_t)n;
	return true;
}

enum res bus_frames_receive(void *socket, struct bus_routing *out_from, zmq_msg_t *batch)
{
	if (!take(socket, batch))
		return RES_RETRY;
	if (out_from != NULL) {
		if (!keep_routing(out_from, batch) || !zmq_msg_more(batch) || !take(socket, batch))
			return throw_away(socket, batch);
	}
	if (zmq_msg_size(batch) != strlen(BUS_MAGIC) ||
		memcmp(zmq_msg_data(batch), BUS_MAGIC, strlen(BUS_MAGIC)) != 0 ||
		!zmq_msg_more(batch) || !take(socket, batch))
		return throw_away(socket, batch);
	if (zmq_msg_more(batch))
		return throw_away(socket, batch);
	return RES_OK;
}

/* A client's socket. ZMQ_IMMEDIATE stays 0: a batch queued while the connection is being made again
 * mostly arrives (measured: 6 of 500 lost instead of all); what waits to go out is short, so that
 * little is stale. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/check.h"
#include "bus/bus.h"
#include "bus/bus_frames.h"

#define QUEUE_BATCHES 64

struct bus_dealer {
	void *socket;
	void *cut;	 /* the end of libzmq's monitor: says when a connection has ended */
	zmq_msg_t batch; /* what the last receive lent out */
};

/* Only ends are told: how a connection comes about is HELLO's and WELCOME's. Without a bound on
 * them: at one libzmq would wait in its I/O thread until somebody reads. */
static bool monitor_open(struct bus_dealer *dealer, struct bus_context *context)
{
	char place[64];
	int none = 0;

	snprintf(place, sizeof(place), "inproc://cut-%p", (void *)dealer);
	dealer->cut = zmq_socket(bus_context_raw(context), ZMQ_PAIR);
	return dealer->cut != NULL &&
	       zmq_setsockopt(dealer->cut, ZMQ_LINGER, &none, sizeof(none)) == 0 &&
	       zmq_setsockopt(dealer->cut, ZMQ_RCVHWM, &none, sizeof(none)) == 0 &&
	       zmq_socket_monitor(dealer->socket, place, ZMQ_EVENT_DISCONNECTED) == 0 &&
	       zmq_connect(dealer->cut, place) == 0;
}

static bool ipv6_allow(struct bus_dealer *dealer, const char *address)
{
	int yes = 1;

	return strstr(address, "//[") == NULL ||
	       zmq_setsockopt(dealer->socket, ZMQ_IPV6, &yes, sizeof(yes)) == 0;
}

/* What comes in has no bound here: it is bounded by the credit that we gave and by what we asked.
 * With one, libzmq 4.3.4 stops reading when it is reached, and ends the process (assertions
 * `_input_stopped`, `!_io_error`) when the connection breaks meanwhile: whoever stands in the
 * database longer than the heartbeat allows would die of it. */
static bool dealer_connect(struct bus_dealer *dealer, const char *address,
	const struct bus_pair *self, const char *server_key)
{
	int none = 0;

	return bus_socket_prepare(dealer->socket, self, QUEUE_BATCHES) &&
	       zmq_setsockopt(dealer->socket, ZMQ_RCVHWM, &none, sizeof(none)) == 0 &&
	       zmq_setsockopt(dealer->socket, ZMQ_CURVE_SERVERKEY, server_key, BUS_KEY_TEXT) == 0 &&
	       ipv6_allow(dealer, address) && zmq_connect(dealer->socket, address) == 0;
}

enum res bus_dealer_open(struct bus_dealer **out, struct bus_context *context, const char *address,
	const struct bus_pair *self, const char *server_key, struct err *err)
{
	struct bus_dealer *dealer;

	if (!bus_key_is_valid(str_from_c(server_key)))
		return err_set(err, RES_INVALID, "the server's key is not a Z85 key");
	dealer = calloc(1, sizeof(*dealer));
	CHECK(dealer != NULL);
	zmq_msg_init(&dealer->batch);
	dealer->socket = zmq_socket(bus_context_raw(context), ZMQ_DEALER);
	if (dealer->socket == NULL || !monitor_open(dealer, context) ||
		!dealer_connect(dealer, address, self, server_key)) {
		int why = zmq_errno();

		bus_dealer_close(dealer);
		return err_set(
			err, RES_INVALID, "cannot connect to %s: %s", address, zmq_strerror(why));
	}
	*out = dealer;
	return RES_OK;
}

void bus_dealer_close(struct bus_dealer *dealer)
{
	if (dealer == NULL)
		return;
	zmq_msg_close(&dealer->batch);
	if (dealer->socket != NULL) {
		zmq_socket_monitor(dealer->socket, NULL, 0);
		zmq_close(dealer->socket);
	}
	if (dealer->cut != NULL)
		zmq_close(dealer->cut);
	free(dealer);
}

void *bus_dealer_socket(struct bus_dealer *dealer)
{
	return dealer->socket;
}

void *bus_dealer_cut_socket(struct bus_dealer *dealer)
{
	return dealer->cut;
}

/* An event is two frames: its number and value, and the address. */
bool bus_dealer_was_cut(struct bus_dealer *dealer)
{
	bool was_cut = false;
	zmq_msg_t frame;

	zmq_msg_init(&frame);
	while (zmq_msg_recv(&frame, dealer->cut, ZMQ_DONTWAIT) >= 0) {
		uint16_t event = 0;

		if (zmq_msg_more(&frame) && zmq_msg_size(&frame) >= sizeof(event)) {
			memcpy(&event, zmq_msg_data(&frame), sizeof(event));
			was_cut = was_cut || event == ZMQ_EVENT_DISCONNECTED;
		}
	}
	zmq_msg_close(&frame);
	return was_cut;
}

enum res bus_dealer_send(struct bus_dealer *dealer, struct str batch)
{
	return bus_frames_send(dealer->socket, STR_NONE, batch) == 0 ? RES_OK : RES_RETRY;
}

enum res bus_dealer_receive(struct bus_dealer *dealer, struct str *out_batch)
{
	TRY(bus_frames_receive(dealer->socket, NULL, &dealer->batch));
	*out_batch = str_of(zmq_msg_data(&dealer->batch), zmq_msg_size(&dealer->batch));
	return RES_OK;
}

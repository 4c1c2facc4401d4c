/* The ZAP handler (RFC 27): every connection's key is shown to the caller's decide. A refusal is
 * status 300, "temporary": the peer is cut off without an ERROR, and a libzmq client tries again by
 * itself, so that a key that is added a moment later works without a restart of anybody (after 400
 * libzmq gives up for good). */
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/check.h"
#include "bus/bus.h"
#include "bus/bus_frames.h"

#define ZAP_ADDRESS   "inproc://zeromq.zap.01"
#define ZAP_FRAMES    7
#define ZAP_FRAME_MAX 256
#define KEY_BYTES     32

/* The frames of a request, in the order of RFC 27. */
enum zap_frame {
	ZAP_VERSION,
	ZAP_REQUEST,
	ZAP_DOMAIN,
	ZAP_PEER,
	ZAP_IDENTITY,
	ZAP_MECHANISM,
	ZAP_KEY
};

struct bus_zap {
	void *socket;
	bool (*decide)(
		void *arg, struct str domain, struct str z85_key, char out_user[BUS_USER_MAX]);
	void *arg;
};

struct zap_request {
	char bytes[ZAP_FRAMES][ZAP_FRAME_MAX];
	size_t n[ZAP_FRAMES];
};

enum res bus_zap_open(struct bus_zap **out, struct bus_context *context,
	bool (*decide)(
		void *arg, struct str domain, struct str z85_key, char out_user[BUS_USER_MAX]),
	void *arg, struct err *err)
{
	struct bus_zap *zap = calloc(1, sizeof(*zap));
	int linger = 0;

	CHECK(zap != NULL);
	zap->decide = decide;
	zap->arg = arg;
	zap->socket = zmq_socket(bus_context_raw(context), ZMQ_REP);
	if (zap->socket == NULL ||
		zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger, sizeof(linger)) != 0 ||
		zmq_bind(zap->socket, ZAP_ADDRESS) != 0) {
		int why = zmq_errno();

		bus_zap_close(zap);
		return err_set(err, RES_BUG, "ZAP handler: %s", zmq_strerror(why));
	}
	*out = zap;
	return RES_OK;
}

void bus_zap_close(struct bus_zap *zap)
{
	if (zap == NULL)
		return;
	if (zap->socket != NULL)
		zmq_close(zap->socket);
	free(zap);
}

void *bus_zap_socket(struct bus_zap *zap)
{
	return zap->socket;
}

/* false: nothing there. A request that is not of seven short frames is libzmq's own bug; it is
 * answered all the same. */
static bool request_take(void *socket, struct zap_request *out)
{
	int more = 1;
	size_t size = sizeof(more);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; more; i++) {
		size_t at = i < ZAP_FRAMES ? i : ZAP_FRAMES - 1;
		int n = zmq_recv(socket, out->bytes[at], ZAP_FRAME_MAX, ZMQ_DONTWAIT);

		if (n < 0)
			return false;
		out->n[at] = n <= ZAP_FRAME_MAX ? (size_t)n : 0;
		zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
	}
	return true;
}

static struct str request_frame(const struct zap_request *request, enum zap_frame frame)
{
	return str_of(request->bytes[frame], request->n[frame]);
}

static bool request_decide(
	struct bus_zap *zap, const struct zap_request *request, char user[BUS_USER_MAX])
{
	char key[BUS_KEY_TEXT];

	if (!str_eq_c(request_frame(request, ZAP_MECHANISM), "CURVE") ||
		request->n[ZAP_KEY] != KEY_BYTES)
		return false;
	zmq_z85_encode(key, (const uint8_t *)request->bytes[ZAP_KEY], KEY_BYTES);
	return zap->decide(zap->arg, request_frame(request, ZAP_DOMAIN), str_from_c(key), user);
}

static void reply(void *socket, const struct zap_request *request, bool may, const char *user)
{
	struct str frames[] = { request_frame(request, ZAP_VERSION),
		request_frame(request, ZAP_REQUEST), str_from_c(may ? "200" : "300"),
		str_from_c(may ? "OK" : "unknown key"), str_from_c(may ? user : ""), STR("") };
	size_t n = sizeof(frames) / sizeof(frames[0]);

	for (size_t i = 0; i < n; i++)
		zmq_send(socket, frames[i].p, frames[i].n,
			ZMQ_DONTWAIT | (i + 1 < n ? ZMQ_SNDMORE : 0));
}

void bus_zap_turn(struct bus_zap *zap)
{
	struct zap_request request;

	while (request_take(zap->socket, &request)) {
		char user[BUS_USER_MAX] = "";

		reply(zap->socket, &request, request_decide(zap, &request, user), user);
	}
}

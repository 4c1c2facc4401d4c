/* Keys and the context. */
#include "bus/bus.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/check.h"
#include "bus/bus_frames.h"

#define KEY_BYTES   32
#define MAX_SOCKETS 64

struct bus_context {
	void *raw;
};

enum res bus_pair_make(struct bus_pair *out, struct err *err)
{
	struct bus_pair pair;

	if (zmq_curve_keypair(pair.public_key, pair.secret_key) != 0)
		return err_set(err, RES_BUG, "libzmq has no CURVE: %s", zmq_strerror(zmq_errno()));
	*out = pair;
	return RES_OK;
}

bool bus_key_is_valid(struct str z85)
{
	uint8_t bytes[KEY_BYTES];
	char text[BUS_KEY_TEXT];

	if (z85.n != BUS_KEY_TEXT - 1)
		return false;
	/* zmq_z85_decode reads outside its table on bytes that are not printable */
	for (size_t i = 0; i < z85.n; i++)
		if (z85.p[i] <= ' ' || z85.p[i] > '~')
			return false;
	memcpy(text, z85.p, z85.n);
	text[z85.n] = 0;
	return zmq_z85_decode(bytes, text) != NULL;
}

enum res bus_pair_from_secret(struct str secret, struct bus_pair *out, struct err *err)
{
	struct bus_pair pair;

	if (!bus_key_is_valid(secret))
		return err_set(
			err, RES_INVALID, "not a Z85 key of %d characters", BUS_KEY_TEXT - 1);
	memcpy(pair.secret_key, secret.p, secret.n);
	pair.secret_key[secret.n] = 0;
	if (zmq_curve_public(pair.public_key, pair.secret_key) != 0)
		return err_set(err, RES_INVALID, "not a CURVE secret key");
	*out = pair;
	return RES_OK;
}

struct bus_context *bus_context_create(void)
{
	struct bus_context *context = calloc(1, sizeof(*context));

	CHECK(context != NULL);
	context->raw = zmq_ctx_new();
	CHECK(context->raw != NULL);
	zmq_ctx_set(context->raw, ZMQ_MAX_SOCKETS, MAX_SOCKETS);
	return context;
}

void bus_context_destroy(struct bus_context *context)
{
	if (context == NULL)
		return;
	zmq_ctx_term(context->raw);
	free(context);
}

void *bus_context_raw(struct bus_context *context)
{
	return context->raw;
}

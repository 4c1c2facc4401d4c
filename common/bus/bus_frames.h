/* Private to bus: what dealers and routers share — the context, the options of every socket, and
 * reading one multipart of our form without ever holding more than one frame that is not of it. */
#ifndef WL_BUS_BUS_FRAMES_H
#define WL_BUS_BUS_FRAMES_H

#include <stdbool.h>
#include <zmq.h>

#include "bus/bus.h"

#define BUS_MAGIC "WL1"
/* A frame may be this long before libzmq drops the connection; wire refuses above half of it, with
 * a count. */
#define BUS_FRAME_MAX (2 * 1024 * 1024)

void *bus_context_raw(struct bus_context *context);

/* Options of every socket: no linger beyond a farewell, bounded frames and queues, hasty handshakes
 * only. false: libzmq refused. */
bool bus_socket_prepare(void *socket, const struct bus_pair *self, int queue_batches);

/* Sends magic and batch behind an optional routing frame, never waiting. 0 or errno. */
int bus_frames_send(void *socket, struct str routing, struct str batch);

/* One multipart: an optional routing frame, the magic, the batch. batch must be initialised; it
 * then holds the batch frame. RES_RETRY: nothing there. RES_INVALID: not of our form, thrown away
 * (out_from, if wanted, is filled where it was there). */
enum res bus_frames_receive(
	void *socket, struct bus_routing *out_from, zmq_msg_t *batch) must_check;

#endif

/* One connection to the door as an integrator's program has it, but raw: any bytes may be sent, so
 * that it can make every mistake. Owns a libzmq socket; no spool, no resending. */
#ifndef WL_CONFORMANCE_VISIT_H
#define WL_CONFORMANCE_VISIT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/scoped.h"
#include "bus/bus.h"
#include "wire/wire.h"

struct visit_door {
	void *zmq; /* a context of libzmq */
	const char *address;
	const char *server_key; /* the door's public half, Z85 */
};

struct visit;
/* Connects in the background under self's key. */
enum res visit_open(struct visit **out, const struct visit_door *door, const struct bus_pair *self,
	struct err *err) must_check;
void visit_close(struct visit *visit);
SCOPED_DEFINE(visit, struct visit *, visit_close)

void visit_send_frames(struct visit *visit, const struct str *frames, size_t n);
void visit_send_batch(struct visit *visit, struct str batch); /* behind "WL1" */
void visit_send(struct visit *visit, const struct wire_msg *msg);

/* HELLO with at most one group (empty: none). */
void visit_hello(struct visit *visit, struct str group, int32_t credit);
/* true: WELCOME came within wait_ms. */
bool visit_is_welcomed(struct visit *visit, struct arena *mem, int wait_ms);

/* The next message that is neither PONG nor CREDIT, in mem; PING is answered. false: none within
 * wait_ms. */
bool visit_take(struct visit *visit, struct arena *mem, struct wire_msg *out, int wait_ms);
/* Sends PING: false when its PONG came before anything else (what was sent before it was dropped),
 * true with what came first. RES_RETRY: not even the PONG. */
enum res visit_fence(struct visit *visit, struct arena *mem, bool *out_has_answer,
	struct wire_msg *out, int wait_ms) must_check;

#endif

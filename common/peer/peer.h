/* The client's side of the bus protocol over one dealer: HELLO and WELCOME, credit, batches out,
 * heartbeats from the caller's loop, a new socket after silence. Used by the kit (inside, to the
 * broker), the door and the SDK (outside, to the door): the same session at both doors. Decision
 * 0001 says why this is a floor of its own between adapters and kit.
 *
 * Life: peer_open → (loop: peer_receive …, peer_send …, peer_flush, peer_turn once a second or
 * more) → peer_close (says BYE). */
#ifndef WL_PEER_PEER_H
#define WL_PEER_PEER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "bus/bus.h"
#include "wire/wire.h"

#define PEER_GROUPS_MAX	  64
#define PEER_PING_EVERY	  SPAN_S(1)
#define PEER_SILENT_AFTER SPAN_S(10)

struct peer_options {
	struct bus_context *context;
	const char *address;
	struct bus_pair self;
	char server_key[BUS_KEY_TEXT];
	const char *instance; /* stable for the process's life: "<name>/<16 hex>"; copied */
	int32_t window;	      /* messages that may be under way to us */
};

/* The keys as the settings BUS_KEY (ours, secret) and BUS_SERVER_KEY have them. RES_INVALID: one is
 * none. */
enum res peer_keys_set(struct peer_options *options, struct str own, struct str server,
	struct err *err) must_check;

struct peer;
enum res peer_open(
	struct peer **out, const struct peer_options *options, struct err *err) must_check;
void peer_close(struct peer *peer);
void *peer_socket(
	struct peer *peer); /* may change after peer_turn reports a reconnect: see peer_on_socket */
/* Called before the old socket closes and after the new one stands, so that a loop can follow. */
void peer_on_socket(struct peer *peer,
	void (*changed)(void *arg, void *old_socket, void *new_socket), void *arg);

/* The groups that we serve; sent with HELLO, and again at once when they change. */
void peer_set_groups(struct peer *peer, const struct str *groups, size_t n);

/* Queues a message; peer_flush sends what is queued in as few batches as possible (after each round
 * of the loop). A message that cannot be sent now is dropped: everything that matters is sent again
 * by whoever waits for its answer. */
void peer_send(struct peer *peer, const struct wire_msg *msg);
void peer_flush(struct peer *peer);

/* Takes up to `most` messages that are not the protocol's own; headers and bodies are copied into
 * mem. Returns how many. */
size_t peer_receive(struct peer *peer, struct arena *mem, struct wire_msg *out, size_t most);
/* The same until none is left, each handed to `each`, which may queue messages; mem is reset before
 * every round of PEER_ROUND_MESSAGES. */
#define PEER_ROUND_MESSAGES 256
void peer_receive_all(struct peer *peer, struct arena *mem,
	void (*each)(void *arg, const struct wire_msg *msg), void *arg);
/* n messages that needed credit are dealt with: gives the broker that much again (sent with the
 * next flush). */
void peer_credit(struct peer *peer, int32_t n);

/* Heartbeats and reconnecting. now: monotonic. */
void peer_turn(struct peer *peer, struct instant now);
bool peer_is_up(const struct peer *peer); /* welcomed, and heard of lately */
/* Called at every WELCOME to a new session (the first, and each after a reconnect or a new broker):
 * what was under way may be lost. Not called when only the groups changed. */
void peer_on_welcome(struct peer *peer, void (*welcomed)(void *arg), void *arg);
const char *peer_instance(const struct peer *peer);

struct peer_counts {
	int64_t sent;
	int64_t received;
	int64_t dropped_bad;  /* batches or headers that could not be read */
	int64_t dropped_full; /* could not be sent */
	int64_t reconnects;
};
struct peer_counts peer_counts(const struct peer *peer);

#endif

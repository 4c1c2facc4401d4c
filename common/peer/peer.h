/* The client's side of the bus protocol: HELLO and WELCOME, credit, batches out, heartbeats from
 * the caller's loop, a new socket after silence. Used by the kit (inside, to the brokers), the door
 * and the SDK (outside, to the door): the same session at both doors. Decision 0001 says why this
 * is a floor of its own between adapters and kit.
 *
 * A peer holds one *line* for each address of the far side: several brokers, or one. What is new
 * takes a line by the rendezvous of its key (affinity only, never correctness), an answer the line
 * on which its asker was last heard. Brokers may come and go, and change their addresses: names are
 * looked up again and again in a thread beside us. Decision 0017.
 *
 * Life: peer_open → peer_attach → (loop: peer_receive …, peer_send …, peer_flush, peer_turn once a
 * second or more) → peer_leave and peer_has_left, to end gently → peer_close (says BYE). */
#ifndef WL_PEER_PEER_H
#define WL_PEER_PEER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "bus/bus.h"
#include "loop/loop.h"
#include "os/os_resolve.h"
#include "wire/wire.h"

#define PEER_GROUPS_MAX	  64
#define PEER_LINES_MAX	  16
#define PEER_PING_EVERY	  SPAN_S(1)
#define PEER_SILENT_AFTER SPAN_S(10)
/* retry_after_ms of a broker's BUSY that another line may make good: ask again at once. */
#define PEER_AT_ONCE_MS 1

struct peer_options {
	struct bus_context *context;
	const char *address; /* one or several, comma separated: peer_places.h */
	struct bus_pair self;
	char server_key[BUS_KEY_TEXT];
	const char *instance; /* stable for the process's life: "<name>/<16 hex>"; copied */
	int32_t window;	      /* messages that may be under way to us, over all lines together */
	size_t most_lines;    /* 0: one to every address. 1: to one, another when it falls silent */
	os_look *look;	      /* how names are looked up; NULL: as the system does */
};

/* The keys as the settings BUS_KEY (ours, secret) and BUS_SERVER_KEY have them. RES_INVALID: one is
 * none. */
enum res peer_keys_set(struct peer_options *options, struct str own, struct str server,
	struct err *err) must_check;

struct peer;
/* RES_INVALID: an address is none. A name that nobody knows (yet) is no error: see
 * peer_has_trouble. */
enum res peer_open(
	struct peer **out, const struct peer_options *options, struct err *err) must_check;
void peer_close(struct peer *peer);

/* --- its sockets in a loop --- */
/* They come and go with its lines; `ready` is called whenever one of them can be read. */
void peer_attach(struct peer *peer, struct loop *loop, void (*ready)(void *arg), void *arg);
/* Takes them out of the loop, and in again: a caller without room lets things wait where they are.
 */
void peer_pause(struct peer *peer);
void peer_resume(struct peer *peer);
/* For those who poll by themselves: PEER_SOCKETS_MAX at most. Returns how many. */
#define PEER_SOCKETS_MAX (2 * PEER_LINES_MAX)
size_t peer_sockets(struct peer *peer, void **out);

/* The groups that we serve; sent with HELLO, and again at once when they change. */
void peer_set_groups(struct peer *peer, const struct str *groups, size_t n);
/* Serves no group any more, on no line; answers go on. */
void peer_leave(struct peer *peer);
/* All that are up have heard of our groups as they are: after peer_leave nothing new comes. */
bool peer_has_left(const struct peer *peer);

/* Queues a message; peer_flush sends what is queued in as few batches as possible (after each round
 * of the loop). A message that cannot be sent now is dropped: everything that matters is sent again
 * by whoever waits for its answer. */
void peer_send(struct peer *peer, const struct wire_msg *msg);
void peer_flush(struct peer *peer);

/* Takes up to `most` messages that are not the protocol's own; headers and bodies are copied into
 * mem. Returns how many. A broker's refusal (BUSY, NO_CONSUMER) is told as BUSY with
 * PEER_AT_ONCE_MS where another broker may not refuse: it speaks for its own line only. */
size_t peer_receive(struct peer *peer, struct arena *mem, struct wire_msg *out, size_t most);
/* The same until none is left, each handed to `each`, which may queue messages; mem is reset before
 * every round of PEER_ROUND_MESSAGES. */
#define PEER_ROUND_MESSAGES 256
void peer_receive_all(struct peer *peer, struct arena *mem,
	void (*each)(void *arg, const struct wire_msg *msg), void *arg);
/* n messages that needed credit are dealt with: gives the brokers that much again (sent with the
 * next flush), those with the most outstanding first. What a session took along that ended is void.
 */
void peer_credit(struct peer *peer, int32_t n);

/* Heartbeats, reconnecting, addresses. now: monotonic. */
void peer_turn(struct peer *peer, struct instant now);
bool peer_is_up(const struct peer *peer); /* a line is: welcomed, and not told that it goes */
/* Called when what was under way may be lost: at the first WELCOME, when all lines were away
 * before, and when a line is lost while another is up. Not called when only the groups changed. */
void peer_on_welcome(struct peer *peer, void (*welcomed)(void *arg), void *arg);
/* What people should hear, each once: how many lines are up is another number now (peer_counts); a
 * name is not found. */
bool peer_has_changed(struct peer *peer);
bool peer_has_trouble(struct peer *peer, struct err *out);
const char *peer_instance(const struct peer *peer);

struct peer_counts {
	int64_t sent;
	int64_t received;
	int64_t dropped_bad;  /* batches or headers that could not be read */
	int64_t dropped_full; /* could not be sent */
	int64_t reconnects;
	int64_t lines;	  /* now */
	int64_t lines_up; /* of them */
};
struct peer_counts peer_counts(const struct peer *peer);

#endif

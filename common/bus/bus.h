/* ZeroMQ with CURVE: dealers, routers and the ZAP handler. Frames are bytes here; what they mean is
 * wire's and peer's. Facts behind the options: docs/reliability.md ("a successful zmq_send means
 * nothing"; ROUTER drops silently unless MANDATORY; option 93; MAXMSGSIZE is per frame). All sends
 * are DONTWAIT. */
#ifndef WL_BUS_BUS_H
#define WL_BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define BUS_KEY_TEXT	41 /* a Z85 key with its NUL */
#define BUS_ROUTING_MAX 16 /* bytes of a routing id that ROUTER assigns (5 in libzmq 4.3) */

struct bus_pair {
	char public_key[BUS_KEY_TEXT];
	char secret_key[BUS_KEY_TEXT];
};
enum res bus_pair_make(struct bus_pair *out, struct err *err) must_check;
/* Completes a pair from its secret half. RES_INVALID: not a Z85 key of 40 characters. */
enum res bus_pair_from_secret(struct str secret, struct bus_pair *out, struct err *err) must_check;
bool bus_key_is_valid(struct str z85);

struct bus_context; /* one a process: the I/O thread */
struct bus_context *bus_context_create(void);
void bus_context_destroy(
	struct bus_context *context); /* sockets must be closed before; does not linger */

/* --- a client's socket --- */
struct bus_dealer;
/* address: "tcp://127.0.0.1:8312", "tcp://[::1]:8312", "ipc:///run/…". Connects in the background.
 */
enum res bus_dealer_open(struct bus_dealer **out, struct bus_context *context, const char *address,
	const struct bus_pair *self, const char *server_key, struct err *err) must_check;
void bus_dealer_close(struct bus_dealer *dealer);
void *bus_dealer_socket(struct bus_dealer *dealer); /* for the loop */
/* Readable when the connection may have been cut: ask bus_dealer_was_cut then. */
void *bus_dealer_cut_socket(struct bus_dealer *dealer);
/* true: the connection that stood has ended since this was asked last: the far process is gone, or
 * the way to it. libzmq makes another one by itself. */
bool bus_dealer_was_cut(struct bus_dealer *dealer);
/* Sends "WL1" and the batch. RES_RETRY: the queue is full or nobody is connected; nothing was sent.
 */
enum res bus_dealer_send(struct bus_dealer *dealer, struct str batch) must_check;
/* RES_OK: *out_batch is the batch frame, borrowed until the next call. RES_RETRY: nothing there.
 * RES_INVALID: not of our form (frames, magic); it was thrown away. */
enum res bus_dealer_receive(struct bus_dealer *dealer, struct str *out_batch) must_check;

/* --- a server's socket --- */
struct bus_routing {
	uint8_t bytes[BUS_ROUTING_MAX];
	uint8_t n;
};
struct bus_router;
struct bus_router_options {
	const char
		*address; /* RES_CONFLICT when it is taken; an ipc path is made group-accessible */
	const struct bus_pair *self;
	const char *zap_domain;	   /* "bus", "door" */
	int most_connections_hint; /* backlog */
};
/* Needs an open bus_zap in the same context before it. */
enum res bus_router_open(struct bus_router **out, struct bus_context *context,
	const struct bus_router_options *options, struct err *err) must_check;
void bus_router_close(struct bus_router *router);
void *bus_router_socket(struct bus_router *router);
/* false: the kernel throws away every attempt to connect, unanswered, so that the client's tries
 * again by itself; open connections go on, what waits to be accepted is accepted still. Of a tcp
 * address alone. */
enum res bus_router_accept(struct bus_router *router, bool does_accept) must_check;
/* RES_NOT_FOUND: the peer is gone (EHOSTUNREACH). RES_RETRY: its queue is full. */
enum res bus_router_send(
	struct bus_router *router, const struct bus_routing *to, struct str batch) must_check;
/* user: the name that ZAP gave the connection's key, borrowed like the batch. Otherwise as
 * bus_dealer_receive; on RES_INVALID out_from and out_user are filled too where they could be read.
 */
enum res bus_router_receive(struct bus_router *router, struct bus_routing *out_from,
	struct str *out_user, struct str *out_batch) must_check;

/* --- who may connect (ZAP, RFC 27) --- */
struct bus_zap;
/* decide: called with the client's public key as Z85; gives the user name to stamp (into out_user,
 * BUS_USER_MAX bytes) or false. The handler is polled in the caller's loop: call bus_zap_turn when
 * bus_zap_socket is readable. */
#define BUS_USER_MAX 65
enum res bus_zap_open(struct bus_zap **out, struct bus_context *context,
	bool (*decide)(
		void *arg, struct str domain, struct str z85_key, char out_user[BUS_USER_MAX]),
	void *arg, struct err *err) must_check;
void bus_zap_close(struct bus_zap *zap);
void *bus_zap_socket(struct bus_zap *zap);
void bus_zap_turn(struct bus_zap *zap);

#endif

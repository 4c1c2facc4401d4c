/* The server's side of the bus protocol over one router, the same in the broker and in the door:
 * HELLO and WELCOME, who is known, credit, heartbeats, batches in and out. What a message means is
 * the hooks' business.
 *
 * Life: server_open → (loop: server_receive when the socket is readable, server_flush after each
 * round, server_turn once a second) → server_drain until server_is_drained → server_close (says
 * BYE). Staged messages leave with server_flush, one batch a member where they fit. Members are
 * removed by server_flush and server_turn only, so a pointer taken inside a hook is good until the
 * hook returns. */
#ifndef WL_PEER_SERVER_H
#define WL_PEER_SERVER_H

#include "base/err.h"
#include "base/instant.h"
#include "bus/bus.h"
#include "peer/members.h"
#include "wire/wire.h"

#define SERVER_ROUND_MESSAGES 2000 /* taken in before anything is sent */

struct server_hooks {
	/* HELLO: may this key's owner be this instance; may it serve that group. */
	bool (*may_join)(void *arg, struct str user, struct str instance);
	bool (*may_serve)(void *arg, struct str user, struct str group);
	void (*joined)(void *arg, const struct member *member); /* at every HELLO that was taken */
	void (*left)(void *arg, const struct member *member);	/* member->gone says why */
	/* Every message of a member that is not the protocol's own. */
	void (*message)(void *arg, struct member *from, const struct wire_record *record);
	/* A batch that could not be read, of a key's owner (may be empty) on this connection. May
	 * be NULL.
	 */
	void (*bad)(void *arg, struct str user, const struct bus_routing *from);
	/* false: nothing of this connection is looked at. May be NULL. */
	bool (*is_heard)(void *arg, const struct bus_routing *from);
	/* A staged message that needs credit could not be handed over; its asker must be told. */
	void (*lost)(void *arg, const struct wire_record *record);
};

struct server_options {
	struct bus_context *context; /* with an open bus_zap */
	struct bus_router_options router;
	const char *name; /* said in WELCOME: "bus/<16 hex>", another one in each life */
	struct server_hooks hooks;
	void *arg; /* of the hooks */
};

struct server;
enum res server_open(
	struct server **out, const struct server_options *options, struct err *err) must_check;
void server_close(struct server *server);
void *server_socket(struct server *server);
/* As bus_router_accept. */
enum res server_accept(struct server *server, bool does_accept) must_check;
struct members *server_members(struct server *server);

void server_receive(struct server *server, struct instant now);
/* RES_TOO_BIG: header and tail, or body, are over their limits; nothing was staged. */
enum res server_stage(struct server *server, struct member *to, const struct wire_record *record,
	struct str header_tail) must_check;
void server_stage_msg(struct server *server, struct member *to, const struct wire_msg *msg);
/* It gets nothing more and is asked to say HELLO again when it speaks. why: static text. */
void server_dismiss(struct server *server, struct member *member, const char *why);
void server_flush(struct server *server);
void server_turn(struct server *server, struct instant now); /* now: monotonic */
/* Says BYE to all and lets nobody in any more; what comes is dealt with as before. */
void server_drain(struct server *server);
/* Everybody has heard that, and nothing that was sent to anybody is under way any more. */
bool server_is_drained(const struct server *server);

struct server_counts {
	int64_t received;
	int64_t sent;
	int64_t bad_batch; /* frames, magic, truncated, oversize: thrown away whole */
	int64_t unheard;   /* batches of connections that are not heard */
	int64_t unknown_kind;
	int64_t bad_header; /* counted by server_count_bad_header too */
	int64_t stranger;   /* messages of a connection that did not say HELLO */
	int64_t forbidden;  /* HELLO that was refused, whole or in part */
	int64_t unsent;	    /* staged, and could not be handed over */
};
struct server_counts server_counts(const struct server *server);
void server_count_bad_header(struct server *server);

#endif

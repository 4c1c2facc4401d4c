/* Commands to other services: asked once under one command_id, again while they say BUSY or nobody
 * is there, until an answer or ASK_TIMEOUT. */
#ifndef WL_PORTAL_ASKS_H
#define WL_PORTAL_ASKS_H

#include "portal_state.h"

#define ASKS_MAX 2000

enum ask_end {
	ASK_DONE,
	ASK_REFUSED, /* RESULT or NACK that stays: text says why */
	ASK_AWAY,    /* nobody answered in time */
};

struct ask {
	struct str to; /* the service; static */
	struct str type;
	struct str command_id; /* copied */
	struct str actor;      /* static */
	int64_t case_id;       /* 0: a command without a case */
	struct str body;       /* copied */
	/* Called once, from the loop. text: for people; borrowed for the call. */
	void (*ended)(void *arg, struct http_exchange *exchange, enum ask_end end, struct str text);
	void *arg; /* lives in the request's memory */
	struct http_exchange *exchange;
};

struct portal_asks *portal_asks_create(struct portal_state *state);
void portal_asks_destroy(struct portal_asks *asks); /* without calling anybody */
/* RES_RETRY: too many are open, or the bus is away. RES_CONFLICT: the same command is being asked.
 */
enum res portal_ask(struct portal_state *state, const struct ask *ask, struct err *err) must_check;
void portal_asks_receive(struct portal_state *state); /* messages of the bus */
void portal_asks_turn(struct portal_state *state);    /* time */
/* The exchange is gone; whoever asked is not called any more. */
void portal_asks_forget(struct portal_state *state, struct http_exchange *exchange);

#endif

/* Hands a question for /metrics on to another process of this machine and its answer back, so that
 * Prometheus reaches those that listen on a unix socket. Never waits: a process that hangs costs
 * its own answer alone. */
#ifndef WL_WATCH_RELAY_H
#define WL_WATCH_RELAY_H

#include "watch_state.h"

void watch_relays_open(struct watch_state *state);
void watch_relays_close(struct watch_state *state);
/* Fills answer: HTTP_LATER, or what went wrong at once. listen: "unix:/path" or "1.2.3.4:80". */
void watch_relay_ask(struct watch_state *state, const char *listen,
	const struct http_request *request, struct http_answer *answer);
/* Whoever asked has gone. */
void watch_relay_gone(struct watch_state *state, struct http_exchange *exchange);
/* Gives up what took too long. Once a second. */
void watch_relays_turn(struct watch_state *state);

#endif

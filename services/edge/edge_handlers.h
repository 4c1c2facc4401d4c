/* Integrators' side: the hooks of the server's protocol, and the answers that go back to them. */
#ifndef WL_EDGE_HANDLERS_H
#define WL_EDGE_HANDLERS_H

#include "edge_state.h"

/* arg of every hook: struct edge_state */
extern const struct server_hooks edge_hooks;
/* ZAP: lets known keys in; the user name is the key itself, so that rights are looked up anew for
 * each message. */
bool edge_on_key(void *arg, struct str domain, struct str z85_key, char out_user[BUS_USER_MAX]);
/* Hands an answer of the bus to the connection that head.route names. */
void edge_pass_answer(struct edge_state *state, const struct wire_msg *answer);
/* Hands a reply to one entitled integrator with credit; what it came to. */
struct member_pick edge_pass_delivery(struct edge_state *state, const struct wire_msg *deliver);
/* Cuts off whoever lost a right since he said HELLO; he may say it again. */
void edge_review_members(struct edge_state *state);
/* Logs drops since the last call. */
void edge_tell_drops(struct edge_state *state);

#endif

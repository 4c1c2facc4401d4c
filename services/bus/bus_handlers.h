/* Performs what bus_core decides: the hooks of the server's side of the protocol. */
#ifndef WL_BUS_HANDLERS_H
#define WL_BUS_HANDLERS_H

#include "bus_state.h"

/* arg of every hook: struct bus_state */
extern const struct server_hooks bus_hooks;
/* One message of a member: forwarded, refused or dropped. */
void bus_route(struct bus_state *state, struct member *from, const struct wire_record *record);
/* ZAP: the name of the key's owner. arg: struct bus_state. */
bool bus_on_key(void *arg, struct str domain, struct str z85_key, char out_user[BUS_USER_MAX]);
/* Logs drops since the last call, once a second at most. */
void bus_tell_drops(struct bus_state *state);

#endif

/* The bus's side: keys from intake, answers and deliveries coming in, the groups that the door
 * serves. */
#ifndef WL_EDGE_BUS_H
#define WL_EDGE_BUS_H

#include "edge_state.h"

#define EDGE_GROUP "edge"

void edge_bus_receive(struct edge_state *state);
void edge_bus_on_welcome(void *arg); /* arg: struct edge_state */
/* Asks for the keys when it is time (again). Called once a second, and after rounds in which
 * wants_keys was set. */
void edge_bus_mind_keys(struct edge_state *state);
/* Tells the bus the groups that integrators serve now, if that changed. */
void edge_bus_mind_groups(struct edge_state *state);

#endif

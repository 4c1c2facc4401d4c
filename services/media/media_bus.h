/* The bus's side: COMMAND object.put.v1 of integrators, handed over by the door. */
#ifndef WL_MEDIA_BUS_H
#define WL_MEDIA_BUS_H

#include "media_state.h"

void media_bus_receive(struct media_state *state);

#endif

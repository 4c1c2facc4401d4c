/* What a kind of the wire is to the broker's core and to the credit of members. */
#ifndef WL_BUS_KIND_H
#define WL_BUS_KIND_H

#include "peer/members.h"
#include "wire/wire.h"

/* enum bus_kind; -1: not routed. */
int bus_kind_of(enum wire_kind kind);
enum member_class bus_credit_of(enum wire_kind kind);

#endif

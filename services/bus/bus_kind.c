/* Kinds of the wire as the core numbers them. Apart from the handlers, so that the simulator's
 * broker has the same. */
#include "bus_kind.h"

#include "bus_core.h"

int bus_kind_of(enum wire_kind kind)
{
	switch ((unsigned)kind) {
#define ROUTED(name, class)                                                                        \
	case WIRE_##name:                                                                          \
		return BUS_##name;
#include "bus_kinds.def"
#undef ROUTED
	}
	return -1;
}

enum member_class bus_credit_of(enum wire_kind kind)
{
	return kind == WIRE_SUBMIT ? MEMBER_SUBMIT : MEMBER_WORK;
}

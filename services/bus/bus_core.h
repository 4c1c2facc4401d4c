/* What the broker decides: who may send what, who may serve which group, and what becomes of a
 * message. Pure. */
#ifndef WL_BUS_CORE_H
#define WL_BUS_CORE_H

#include <stdbool.h>

#include "base/str.h"

enum bus_kind {
#define ROUTED(kind, class) BUS_##kind,
#include "bus_kinds.def"
#undef ROUTED
	BUS_KINDS
};

enum bus_class { BUS_ASK, BUS_ANSWER };
enum bus_class bus_class_of(enum bus_kind kind);

struct bus_message {
	enum bus_kind kind;
	struct str sender; /* name of the key */
	struct str type;
	struct str to;
	struct str producer;
};

/* bus_rights.def */
bool bus_may_send(const struct bus_message *message);
/* An instance is named "<name of the key>/…", so that nobody takes another's answers. */
bool bus_may_be(struct str name, struct str instance);
/* A service serves the group of its own name; edge serves edge, deliver/… and status/…; cli taps
 * (bus_tap.h). */
bool bus_may_serve(struct str name, struct str group);
/* Only the command line may say who acts; everybody else acts in the own name. */
bool bus_may_name_actor(struct str sender);

struct bus_facts {
	bool is_allowed;   /* bus_may_send */
	bool is_addressed; /* ANSWER: the instance is a member */
	bool is_served;	   /* ASK: the group has members */
	bool has_credit;   /* ASK: one of them may be sent one more of this class */
};

enum bus_action { BUS_FORWARD, BUS_REFUSE, BUS_DROP };
enum bus_why {
	BUS_WHY_NONE,
	BUS_WHY_FORBIDDEN,
	BUS_WHY_NO_CONSUMER,
	BUS_WHY_BUSY,
	BUS_WHY_NOT_HERE
};

struct bus_decision {
	enum bus_action action;
	enum bus_why why;
};
/* An ASK is forwarded or refused, never dropped: its asker waits. An ANSWER is forwarded or
 * dropped, never refused: who asked asks again. */
struct bus_decision bus_decide(enum bus_kind kind, const struct bus_facts *facts);

#endif

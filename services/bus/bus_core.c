/* The broker's decisions. */
#include "bus_core.h"

#include <stddef.h>

#define EDGE	    "edge"
#define CLI	    "cli"
#define PORTAL	    "portal"
#define ANY_SERVICE "*"
#define TAP	    "tap"
#define TAP_WHAT    "tap/" /* its conditions */

/* What the door serves beside itself, for integrators. */
static const struct str outside_groups[] = { STR_INIT("deliver/"), STR_INIT("status/") };

struct right {
	enum bus_kind kind;
	const char *sender;
	const char *type;
	const char *group;
	bool own_producer;
};

static const struct right rights[] = {
#define RIGHT(kind, sender, type, group, own_producer)                                             \
	{ BUS_##kind, sender, type, group, own_producer },
#include "bus_rights.def"
#undef RIGHT
};

static const enum bus_class classes[BUS_KINDS] = {
#define ROUTED(kind, class) [BUS_##kind] = BUS_##class,
#include "bus_kinds.def"
#undef ROUTED
};

enum bus_class bus_class_of(enum bus_kind kind)
{
	return classes[kind];
}

static bool is_service(struct str name)
{
	return name.n > 0 && !str_eq_c(name, EDGE) && !str_eq_c(name, CLI) &&
	       !str_eq_c(name, PORTAL);
}

static bool right_is_for(const struct right *right, struct str sender)
{
	return str_eq_c(STR(ANY_SERVICE), right->sender) ? is_service(sender)
							 : str_eq_c(sender, right->sender);
}

static bool is_any_or(const char *wanted, struct str is)
{
	return wanted[0] == 0 || str_eq_c(is, wanted);
}

bool bus_may_send(const struct bus_message *message)
{
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		const struct right *right = &rights[i];

		if (right->kind == message->kind && right_is_for(right, message->sender) &&
			is_any_or(right->type, message->type) &&
			is_any_or(right->group, message->to) &&
			(!right->own_producer || str_eq(message->producer, message->sender)))
			return true;
	}
	return false;
}

bool bus_may_be(struct str name, struct str instance)
{
	return name.n > 0 && str_starts(instance, name) && instance.n > name.n + 1 &&
	       instance.p[name.n] == '/';
}

static bool is_outside(struct str group)
{
	for (size_t i = 0; i < sizeof(outside_groups) / sizeof(outside_groups[0]); i++)
		if (str_starts(group, outside_groups[i]) && group.n > outside_groups[i].n)
			return true;
	return false;
}

bool bus_may_serve(struct str name, struct str group)
{
	if (str_eq_c(name, EDGE))
		return str_eq_c(group, EDGE) || is_outside(group);
	if (str_eq_c(name, CLI))
		return str_eq_c(group, TAP) || str_starts(group, STR(TAP_WHAT));
	return is_service(name) && !str_eq_c(name, TAP) && str_eq(name, group);
}

bool bus_may_name_actor(struct str sender)
{
	return str_eq_c(sender, CLI) || str_eq_c(sender, PORTAL);
}

static struct bus_decision decide_answer(const struct bus_facts *facts)
{
	if (!facts->is_allowed)
		return (struct bus_decision){ BUS_DROP, BUS_WHY_FORBIDDEN };
	if (!facts->is_addressed)
		return (struct bus_decision){ BUS_DROP, BUS_WHY_NOT_HERE };
	return (struct bus_decision){ BUS_FORWARD, BUS_WHY_NONE };
}

static struct bus_decision decide_ask(const struct bus_facts *facts)
{
	if (!facts->is_allowed)
		return (struct bus_decision){ BUS_REFUSE, BUS_WHY_FORBIDDEN };
	if (!facts->is_served)
		return (struct bus_decision){ BUS_REFUSE, BUS_WHY_NO_CONSUMER };
	if (!facts->has_credit)
		return (struct bus_decision){ BUS_REFUSE, BUS_WHY_BUSY };
	return (struct bus_decision){ BUS_FORWARD, BUS_WHY_NONE };
}

struct bus_decision bus_decide(enum bus_kind kind, const struct bus_facts *facts)
{
	return bus_class_of(kind) == BUS_ASK ? decide_ask(facts) : decide_answer(facts);
}

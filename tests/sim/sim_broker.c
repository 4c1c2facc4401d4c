/* The brokers. Who may send what and what becomes of it is the product's (bus_core.h), and so are
 * members, credit and rendezvous (common/peer/members.h); what is played is the passing on, as
 * services/bus/bus_handlers.c does it. */
#include <string.h>

#include "bus_core.h"
#include "bus_kind.h"
#include "peer/members.h"
#include "peer/peer_key.h"
#include "sim_net.h"

#define BACK_MOST_MS 5000

struct broker {
	struct members *members;
	uint32_t life;
	bool is_up;
	int64_t back_us;
};
static struct broker brokers[SIM_BROKERS_MAX];

static void broker_start(struct broker *broker)
{
	broker->members = members_create();
	broker->life++;
	broker->is_up = true;
}

void brokers_begin(void)
{
	memset(brokers, 0, sizeof brokers);
	for (int i = 0; i < sim.n_brokers; i++)
		broker_start(&brokers[i]);
}

static void broker_stop(struct broker *broker)
{
	if (broker->is_up)
		members_destroy(broker->members);
	broker->is_up = false;
}

void brokers_end(void)
{
	for (int i = 0; i < sim.n_brokers; i++)
		broker_stop(&brokers[i]);
}

bool broker_is_up(int broker)
{
	return brokers[broker].is_up;
}

uint32_t broker_life(int broker)
{
	return brokers[broker].life;
}

void broker_crash(int broker)
{
	if (!brokers[broker].is_up)
		return;
	sim_count(COUNT_bus_crash);
	sim_note("bus dies", broker, 0, 0);
	broker_stop(&brokers[broker]);
	brokers[broker].back_us = sim.now_us + (int64_t)sim_roll(BACK_MOST_MS) * 1000;
	for (int i = 0; i < sim.n_processes; i++)
		if (sim.processes[i].is_up && sim.processes[i].peer != NULL)
			peer_lose(sim.processes[i].peer, broker);
}

void brokers_mind(void)
{
	for (int i = 0; i < sim.n_brokers; i++)
		if (!brokers[i].is_up && brokers[i].back_us <= sim.now_us)
			broker_start(&brokers[i]);
}

/* --- passing on --- */

static struct bus_routing routing_of(int place, uint32_t life)
{
	struct bus_routing routing = { .n = 8 };
	memcpy(routing.bytes, &place, 4);
	memcpy(routing.bytes + 4, &life, 4);
	return routing;
}

static int place_of(const struct member *member)
{
	int place;
	CHECK(member != NULL);
	memcpy(&place, member->routing.bytes, 4);
	return place;
}

static void say(struct broker *broker, const struct member *to, const struct wire_msg *msg)
{
	net_send(END_BROKER + (int)(broker - brokers), place_of(to), msg);
}

static void nack(struct broker *broker, struct member *asker, const struct wire_head *head,
	enum wire_code code, int32_t retry_after_ms)
{
	say(broker, asker,
		&(struct wire_msg){ .kind = WIRE_NACK,
			.head = { .id = head->id,
				.type = head->type,
				.subject = head->to,
				.to = str_from_c(asker->instance),
				.route = head->route,
				.sender = STR("bus"),
				.case_id = head->case_id,
				.producer = head->producer,
				.seq = head->seq,
				.command_id = head->command_id,
				.channel = head->channel,
				.source_msg_id = head->source_msg_id,
				.code = code,
				.retry_after_ms = retry_after_ms } });
}

static void nack_for_now(
	struct broker *broker, struct member *asker, const struct wire_msg *msg, bool is_served)
{
	enum wire_code code = is_served ? WIRE_CODE_BUSY : WIRE_CODE_NO_CONSUMER;
	int32_t wait_ms = members_refuse(broker->members, msg->head.to, bus_credit_of(msg->kind),
		str_from_c(asker->instance), (struct instant){ sim.now_us });
	sim_count(is_served ? COUNT_nack_busy : COUNT_nack_no_consumer);
	nack(broker, asker, &msg->head, code, wait_ms);
}

static void forward(
	struct broker *broker, struct member *from, struct member *to, const struct wire_msg *msg)
{
	struct wire_msg stamped = *msg;
	struct str user = str_from_c(from->user);
	stamped.head.sender = user;
	if (!bus_may_name_actor(user) &&
		(msg->kind == WIRE_COMMAND || !str_is_empty(msg->head.actor)))
		stamped.head.actor = user;
	if (wire_kind_needs_credit(msg->kind)) {
		stamped.head.reply_to = str_from_c(from->instance);
		members_spend(to);
	}
	say(broker, to, &stamped);
}

static void route(struct broker *broker, struct member *from, const struct wire_msg *msg)
{
	struct bus_message message = { .kind = (enum bus_kind)bus_kind_of(msg->kind),
		.sender = str_from_c(from->user),
		.type = msg->head.type,
		.to = msg->head.to,
		.producer = msg->head.producer };
	struct member_pick pick = { 0 };
	if (bus_class_of(message.kind) == BUS_ASK)
		pick = members_pick(broker->members, msg->head.to, bus_credit_of(msg->kind),
			peer_key_of_head(&msg->head));
	else
		pick.to = members_find_instance(broker->members, msg->head.to);
	const struct bus_facts facts = { .is_allowed = bus_may_send(&message),
		.is_addressed = pick.to != NULL,
		.is_served = pick.is_served,
		.has_credit = pick.to != NULL };
	const struct bus_decision decision = bus_decide(message.kind, &facts);
	if (decision.action == BUS_FORWARD)
		forward(broker, from, pick.to, msg);
	else if (decision.action == BUS_REFUSE && decision.why == BUS_WHY_FORBIDDEN)
		nack(broker, from, &msg->head, WIRE_CODE_FORBIDDEN, 0);
	else if (decision.action == BUS_REFUSE)
		nack_for_now(broker, from, msg, decision.why == BUS_WHY_BUSY);
	if (decision.why == BUS_WHY_FORBIDDEN)
		sim_break("the broker refuses %s of %s", wire_kind_name(msg->kind), from->user);
}

/* --- sessions --- */

static void tell_joined(struct broker *broker, const struct member *newcomer)
{
	size_t n;
	struct member *const *all = members_all(broker->members, &n);
	for (size_t i = 0; i < n; i++)
		for (size_t g = 0; all[i] != newcomer && g < newcomer->groups_n; g++)
			say(broker, all[i],
				&(struct wire_msg){ .kind = WIRE_CREDIT,
					.head.to = members_group_name(newcomer, g) });
}

static void tell_open(void *arg, struct str group, struct str instance)
{
	struct broker *broker = arg;
	struct member *asker = members_find_instance(broker->members, instance);
	if (asker != NULL)
		say(broker, asker, &(struct wire_msg){ .kind = WIRE_CREDIT, .head.to = group });
}

static void take_hello(struct broker *broker, const struct packet *packet)
{
	const struct wire_head *head = &packet->msg.head;
	struct bus_routing routing = routing_of(packet->from, packet->from_life);
	bool is_known = members_find(broker->members, &routing) != NULL;
	struct str groups[8], rest = packet->msg.body, name;
	size_t n = 0;
	while (n < 8 && str_split(&rest, ',', &name))
		if (bus_may_serve(head->sender, name))
			groups[n++] = name;
	struct member_hello hello = { .routing = routing,
		.instance = head->id,
		.user = head->sender,
		.groups = groups,
		.groups_n = n,
		.window = head->credit };
	struct member *member;
	CHECK(bus_may_be(head->sender, head->id));
	CHECK(members_join(broker->members, &hello, &member) == RES_OK);
	say(broker, member, &(struct wire_msg){ .kind = WIRE_WELCOME });
	if (!is_known)
		tell_joined(broker, member);
}

void broker_take(int place, const struct packet *packet)
{
	struct broker *broker = &brokers[place];
	struct bus_routing routing = routing_of(packet->from, packet->from_life);
	struct member *from = members_find(broker->members, &routing);
	if (from == NULL && packet->msg.kind != WIRE_HELLO && packet->msg.kind != WIRE_BYE)
		net_send(END_BROKER + place, packet->from,
			&(struct wire_msg){ .kind = WIRE_HELLO }); /* to a stranger: say so first */
	switch ((unsigned)packet->msg.kind) {
	case WIRE_HELLO:
		take_hello(broker, packet);
		break;
	case WIRE_BYE:
		if (from != NULL)
			members_leave(broker->members, from);
		break;
	case WIRE_CREDIT:
		if (from != NULL)
			members_credit(broker->members, from, packet->msg.head.credit);
		break;
	default:
		if (from != NULL)
			route(broker, from, &packet->msg);
	}
	members_notices(broker->members, tell_open, broker);
}

void broker_lost(int place, const struct packet *packet)
{
	struct broker *broker = &brokers[place];
	struct member *asker = members_find_instance(broker->members, packet->msg.head.reply_to);
	if (wire_kind_needs_credit(packet->msg.kind) && asker != NULL)
		nack_for_now(broker, asker, &packet->msg,
			members_pick(broker->members, packet->msg.head.to, MEMBER_WORK, 0)
				.is_served);
}

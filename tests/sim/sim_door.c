/* The door: whose key, which channel, where to, as edge_core.h decides; what is played is the
 * passing on. It keeps nothing: who waits asks again. */
#include <stdio.h>
#include <stdlib.h>

#include "edge_core.h"
#include "os/os.h"
#include "sim_net.h"

#define WINDOW 200

void door_open(struct process *door)
{
	struct str groups[SIM_CHANNELS];
	char names[SIM_CHANNELS][KIT_NAME_MAX], instance[KIT_NAME_MAX];
	os_instance_name(instance, sizeof instance, "edge");
	peer_make(door, instance, WINDOW);
	for (int i = 0; i < SIM_CHANNELS; i++) {
		snprintf(names[i], sizeof names[i], "deliver/%s", sim_channels[i]);
		groups[i] = str_from_c(names[i]);
	}
	peer_set_groups(door->peer, groups, SIM_CHANNELS);
}

static enum edge_kind kind_of(enum wire_kind kind)
{
	switch ((unsigned)kind) {
	case WIRE_SUBMIT:
		return EDGE_SUBMIT;
	case WIRE_DONE:
		return EDGE_DONE;
	case WIRE_CLAIM:
		return EDGE_CLAIM;
	case WIRE_COMMAND:
		return EDGE_COMMAND;
	}
	return EDGE_OTHER;
}

static void refuse(const struct process *door, int integrator, const struct wire_head *head)
{
	net_send(door->place, END_INTEGRATOR + integrator,
		&(struct wire_msg){ .kind = WIRE_NACK,
			.head = { .source_msg_id = head->source_msg_id,
				.id = head->id,
				.case_id = head->case_id,
				.code = WIRE_CODE_FORBIDDEN } });
}

/* Whoever handed it in says what it likes; what the door knows stands above it. */
static void pass_on(struct process *door, int integrator, const struct wire_msg *msg,
	const struct edge_decision *decision)
{
	char route[16];
	struct wire_msg stamped = *msg;
	snprintf(route, sizeof route, "%d", integrator);
	stamped.head.source = str_from_c(sim_sources[integrator]);
	stamped.head.channel = sim.plant == PLANT_TRUST_CHANNEL && msg->head.channel.n > 0
				       ? msg->head.channel
				       : decision->channel;
	stamped.head.route = str_from_c(route);
	stamped.head.to = decision->to;
	peer_send(door->peer, &stamped);
	peer_flush(door->peer);
}

void door_take(struct process *door, const struct packet *packet)
{
	int integrator = packet->from - END_INTEGRATOR;
	const struct wire_head *head = &packet->msg.head;
	struct str channels[] = { str_from_c(sim_channels[integrator]) };
	const struct edge_rights rights = { .is_fresh = true,
		.is_known = true,
		.source = str_from_c(sim_sources[integrator]),
		.channels = channels,
		.channels_n = 1 };
	const struct edge_ask ask = { .kind = kind_of(packet->msg.kind),
		.type = head->type,
		.channel = sim.plant == PLANT_TRUST_CHANNEL ? STR_NONE : head->channel,
		.source_msg_id = head->source_msg_id,
		.command_id = head->command_id,
		.case_id = head->case_id,
		.is_outcome = true };
	const struct edge_decision decision = edge_decide(&ask, &rights);
	if (decision.verdict == EDGE_FORWARD)
		pass_on(door, integrator, &packet->msg, &decision);
	else
		refuse(door, integrator, head);
}

/* Answers go back to whom the route names, deliveries to whose letter it is. */
static int addressee(const struct wire_msg *msg)
{
	if (msg->kind != WIRE_DELIVER)
		return msg->head.route.n == 1 ? msg->head.route.p[0] - '0' : -1;
	for (int i = 0; i < SIM_CHANNELS; i++)
		if (str_eq_c(msg->head.subject, sim_sources[i]))
			return i;
	return -1;
}

#define ROUND 64

void door_round(struct process *door)
{
	SCOPED(arena)
	struct arena *mem = arena_create(4u << 20);
	struct wire_msg messages[ROUND];
	CHECK(mem != NULL);
	peer_turn(door->peer, (struct instant){ sim.now_us });
	size_t n = peer_receive(door->peer, mem, messages, ROUND);
	for (size_t i = 0; i < n; i++) {
		int integrator = addressee(&messages[i]);
		if (wire_kind_needs_credit(messages[i].kind))
			peer_credit(door->peer, 1);
		if (integrator >= 0 && integrator < SIM_CHANNELS)
			net_send(door->place, END_INTEGRATOR + integrator, &messages[i]);
	}
	peer_flush(door->peer);
}

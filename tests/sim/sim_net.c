/* Messages under way. What was said from one end to another arrives in that order; of the ways, any
 * may be next. Session messages (HELLO, WELCOME, CREDIT, BYE) are lost with a session only. */
#include <stdlib.h>
#include <string.h>

#include "sim_net.h"

#define FLIGHT_MAX 8192

static struct packet *flight[FLIGHT_MAX];
static size_t n_flight;

void net_begin(void)
{
	n_flight = 0;
}

void net_end(void)
{
	while (n_flight > 0)
		free(flight[--n_flight]);
}

bool net_is_empty(void)
{
	return n_flight == 0;
}

bool net_carries(enum wire_kind kind, int64_t case_id)
{
	for (size_t i = 0; i < n_flight; i++)
		if (flight[i]->msg.kind == kind && flight[i]->msg.head.case_id == case_id)
			return true;
	return false;
}

struct packet *packet_make(const struct wire_msg *msg)
{
	struct str *texts[] = KIT_MESSAGE_TEXTS((struct wire_msg *)(uintptr_t)msg);
	size_t n_texts = sizeof texts / sizeof texts[0], bytes = 0;
	for (size_t i = 0; i < n_texts; i++)
		bytes += texts[i]->n;
	struct packet *packet = malloc(sizeof *packet + bytes + 1);
	CHECK(packet != NULL);
	*packet = (struct packet){ .msg = *msg };
	char *at = (char *)(packet + 1);
	struct str *copies[] = KIT_MESSAGE_TEXTS(&packet->msg);
	for (size_t i = 0; i < n_texts; i++) {
		if (copies[i]->p == NULL)
			continue;
		if (copies[i]->n > 0)
			memcpy(at, copies[i]->p, copies[i]->n);
		copies[i]->p = at;
		at += copies[i]->n;
	}
	return packet;
}

uint32_t end_life(int end)
{
	if (end >= END_INTEGRATOR)
		return channel_is_up(end - END_INTEGRATOR);
	if (end >= END_BROKER)
		return broker_is_up(end - END_BROKER) ? broker_life(end - END_BROKER) : 0;
	const struct process *process = &sim.processes[end];
	return process->is_up && !process->is_dead ? process->life : 0;
}

static bool may_be_lost(const struct wire_msg *msg)
{
	switch ((unsigned)msg->kind) {
	case WIRE_HELLO:
	case WIRE_WELCOME:
	case WIRE_CREDIT:
	case WIRE_BYE:
		return false;
	}
	return true;
}

static void net_add(int from, int to, const struct wire_msg *msg)
{
	if (n_flight == FLIGHT_MAX) {
		sim_break("more messages under way than there are places");
		return;
	}
	struct packet *packet = packet_make(msg);
	packet->from = from;
	packet->to = to;
	packet->from_life = from < END_BROKER ? sim.processes[from].life : end_life(from);
	packet->to_life = end_life(to);
	flight[n_flight++] = packet;
}

/* Doubled on the way to a broker or at an answer: what costs credit is counted where it arrives. */
void net_send(int from, int to, const struct wire_msg *msg)
{
	bool may_double = may_be_lost(msg) && (to >= END_BROKER || from >= END_INTEGRATOR ||
						      !wire_kind_needs_credit(msg->kind));
	net_add(from, to, msg);
	if (may_double && sim_fault(sim.rates.twice)) {
		sim_count(COUNT_duplicated);
		net_add(from, to, msg);
	}
}

static bool is_same_way(const struct packet *a, const struct packet *b)
{
	return a->from == b->from && a->to == b->to;
}

/* One way's first, or whatever overtakes it. */
static size_t choose(void)
{
	size_t at = sim_roll((uint32_t)n_flight);
	bool overtakes = may_be_lost(&flight[at]->msg) && sim_fault(sim.rates.overtake);
	for (size_t i = 0; i < at; i++) {
		if (!is_same_way(flight[i], flight[at]))
			continue;
		if (!overtakes)
			return i;
		sim_count(COUNT_reordered);
		break;
	}
	return at;
}

static void arrive_at_process(struct packet *packet)
{
	struct process *process = &sim.processes[packet->to];
	if (packet->from < END_INTEGRATOR) {
		peer_take(process->peer, packet);
		return;
	}
	door_take(process, packet);
	free(packet);
}

/* A session that has ended says nothing more. What a process said before it ended does arrive. */
static bool is_cut(const struct packet *packet)
{
	return packet->from >= END_BROKER && packet->from < END_INTEGRATOR &&
	       packet->from_life != end_life(packet->from);
}

static void arrive(struct packet *packet)
{
	const struct wire_head *head = &packet->msg.head;
	bool is_lost =
		packet->to_life == 0 || packet->to_life != end_life(packet->to) || is_cut(packet);
	sim_note(wire_kind_name(packet->msg.kind), packet->from * 1000 + packet->to, head->case_id,
		head->seq * 100 + (int)head->code);
	if (is_lost) {
		sim_count(COUNT_lost_with_peer);
		if (packet->from >= END_BROKER && packet->from < END_INTEGRATOR &&
			packet->from_life == end_life(packet->from) && sim_chance(500))
			broker_lost(packet->from - END_BROKER, packet);
		free(packet);
	} else if (packet->to >= END_INTEGRATOR) {
		channel_take(packet->to - END_INTEGRATOR, packet);
		free(packet);
	} else if (packet->to >= END_BROKER) {
		broker_take(packet->to - END_BROKER, packet);
		free(packet);
	} else {
		arrive_at_process(packet);
	}
}

/* Lost before it costs credit, or at an answer. */
static bool is_dropped(const struct packet *packet)
{
	bool costs = wire_kind_needs_credit(packet->msg.kind) && packet->to < END_BROKER &&
		     packet->from < END_INTEGRATOR;
	return may_be_lost(&packet->msg) && !costs && sim_fault(sim.rates.drop);
}

void net_step(void)
{
	size_t at = choose();
	struct packet *packet = flight[at];
	memmove(flight + at, flight + at + 1, (--n_flight - at) * sizeof *flight);
	if (is_dropped(packet)) {
		sim_note("dropped", packet->from * 1000 + packet->to, packet->msg.head.case_id,
			packet->msg.head.seq);
		sim_count(COUNT_dropped);
		free(packet);
		return;
	}
	arrive(packet);
}

/* People at work: somebody looks at a case, sees what its services say, and gives a command. It is
 * said again under the same command_id until its result comes. Several may do the same. */
#include <stdio.h>
#include <string.h>

#include "dispatch_core.h"
#include "followup_core.h"
#include "intake_core.h"
#include "os/os.h"
#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/operator.pb-c.h"
#include "proto/reply.pb-c.h"
#include "reply_core.h"
#include "sim_net.h"
#include "sim_store.h"

#define ORDERS_MAX 1024
#define AGAIN_US   2000000
#define WINDOW	   100
#define ROUND	   64

struct order {
	char id[24];
	const char *service;
	const char *type;
	const char *actor;
	int64_t case_id;
	struct str body;
	int64_t again_us;
	bool has_result;
	enum wire_code code;
};
static struct order orders[ORDERS_MAX];
static size_t n_orders;
static struct process *people;

static struct schema *of(enum kit_producer producer)
{
	return &sim_schemas[producer];
}

void people_begin(struct process *process)
{
	char instance[KIT_NAME_MAX];
	os_instance_name(instance, sizeof instance, "cli");
	peer_make(process, instance, WINDOW);
	people = process;
	n_orders = 0;
	peer_set_groups(process->peer, NULL, 0);
}

static void say(struct order *order)
{
	order->again_us = sim.now_us + AGAIN_US;
	peer_send(people->peer, &(struct wire_msg){ .kind = WIRE_COMMAND,
					.head = { .type = str_from_c(order->type),
						.to = str_from_c(order->service),
						.actor = str_from_c(order->actor),
						.case_id = order->case_id,
						.command_id = str_from_c(order->id) },
					.body = order->body });
	peer_flush(people->peer);
}

static bool is_asked(int64_t case_id, const char *service)
{
	for (size_t i = 0; i < n_orders; i++)
		if (!orders[i].has_result && orders[i].case_id == case_id &&
			strcmp(orders[i].service, service) == 0)
			return true;
	return false;
}

/* Two clerks may have the same paper before them. */
bool people_ask(
	int64_t case_id, const char *service, const char *type, const char *actor, struct str body)
{
	if (!people->is_up || n_orders == ORDERS_MAX ||
		(is_asked(case_id, service) && !sim_fault(30)))
		return false;
	struct order *order = &orders[n_orders++];
	*order = (struct order){ .service = service,
		.type = type,
		.actor = actor,
		.case_id = case_id,
		.body = store_keep(body) };
	snprintf(order->id, sizeof order->id, "order-%zu", n_orders);
	say(order);
	return true;
}

static bool give(int64_t case_id, const char *service, const char *type, const char *actor,
	const ProtobufCMessage *body)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	CHECK(mem != NULL);
	return people_ask(case_id, service, type, actor, wire_pack(mem, body));
}

/* --- what there is to do --- */

static bool at_intake(int64_t id)
{
	Wangli__IntakeAccept accept = WANGLI__INTAKE_ACCEPT__INIT;
	Wangli__IntakeRefuse refuse = WANGLI__INTAKE_REFUSE__INIT;
	char type[] = "help", category[] = "2204", area[] = "-";
	char reason[] = "outside_city", guidance[] = "the county's hotline";
	if (case_number_of(of(KIT_INTAKE), id, "state") != INTAKE_RECEIVED)
		return false;
	accept.type = type;
	accept.category = category;
	accept.area = area;
	refuse.reason = reason;
	refuse.guidance = guidance;
	return sim_chance(150)
		       ? give(id, "intake", "intake.refuse.v1", "reviewer/wang", &refuse.base)
		       : give(id, "intake", "intake.accept.v1", "agent/liu", &accept.base);
}

static bool at_dispatch(int64_t id)
{
	Wangli__DispatchDispatch dispatch = WANGLI__DISPATCH_DISPATCH__INIT;
	Wangli__DispatchSign sign = WANGLI__DISPATCH_SIGN__INIT;
	Wangli__DispatchContact contact = WANGLI__DISPATCH_CONTACT__INIT;
	switch (case_number_of(of(KIT_DISPATCH), id, "state")) {
	case DISPATCH_ACCEPTED:
		return give(
			id, "dispatch", "dispatch.dispatch.v1", "dispatcher/sun", &dispatch.base);
	case DISPATCH_DISPATCHED:
		return give(id, "dispatch", "dispatch.sign.v1", "unit_officer/li@D01", &sign.base);
	case DISPATCH_IN_PROGRESS:
		return case_number_of(of(KIT_DISPATCH), id, "contacted_at") == 0 &&
		       sim_chance(100) &&
		       give(id, "dispatch", "dispatch.contact.v1", "unit_officer/li@D01",
			       &contact.base);
	}
	return false;
}

static bool verify(int64_t id)
{
	Wangli__ReplyVerify verify = WANGLI__REPLY_VERIFY__INIT;
	char delivery[64], note[] = "the provider's own list";
	if (channel_may_hear_go(id))
		return false;
	snprintf(delivery, sizeof delivery, "%.*s",
		STR_ARG(case_text_of(of(KIT_REPLY), id, "delivery_id")));
	verify.delivery_id = delivery;
	verify.was_delivered = channel_was_called(delivery);
	verify.note = note;
	return give(id, "reply", "reply.verify.v1", "supervisor/xu", &verify.base);
}

static bool judge(int64_t id, const char *who)
{
	Wangli__ReplyApprove approve = WANGLI__REPLY_APPROVE__INIT;
	Wangli__ReplyReject reject = WANGLI__REPLY_REJECT__INIT;
	char reason[] = "say when";
	reject.reason = reason;
	return sim_fault(100) ? give(id, "reply", "reply.reject.v1", who, &reject.base)
			      : give(id, "reply", "reply.approve.v1", who, &approve.base);
}

static bool at_reply(int64_t id)
{
	Wangli__ReplySubmit submit = WANGLI__REPLY_SUBMIT__INIT;
	char words[] = "the lamp is mended";
	submit.text = words;
	switch (case_number_of(of(KIT_REPLY), id, "state")) {
	case REPLY_OPEN:
		return give(id, "reply", "reply.submit.v1", "unit_officer/li@D01", &submit.base);
	case REPLY_SUBMITTED:
		return judge(id, "unit_lead/zhao@D01");
	case REPLY_LEAD_APPROVED:
		return judge(id, "reviewer/wang");
	case REPLY_IN_DOUBT:
	case REPLY_NOTICE_IN_DOUBT:
		return verify(id);
	}
	return false;
}

static bool at_followup(int64_t id)
{
	Wangli__FollowupRate rate = WANGLI__FOLLOWUP_RATE__INIT;
	char yes[] = "yes", no[] = "no";
	if (case_number_of(of(KIT_FOLLOWUP), id, "state") != FOLLOWUP_FOLLOWING ||
		case_number_of(of(KIT_FOLLOWUP), id, "visits") == 0 || !sim_chance(200))
		return false;
	rate.solved = sim_chance(300) ? no : yes;
	rate.satisfaction = rate.solved == no ? 1 : 5;
	return give(id, "followup", "followup.rate.v1", "visitor/chen", &rate.base);
}

/* What was set aside is tried again once somebody has mended what was wrong. */
static bool at_parked(int64_t id)
{
	Wangli__ParkedAct act = WANGLI__PARKED_ACT__INIT;
	char producer[KIT_NAME_MAX];
	if (id == sim.poison_case)
		return false;
	for (int s = 0; s < SCHEMAS; s++)
		for (size_t i = 0; i < sim_schemas[s].n_parked; i++) {
			const struct parked_at *row = &sim_schemas[s].parked[i];
			if (row->case_id != id || row->state != 1)
				continue;
			snprintf(producer, sizeof producer, "%.*s", STR_ARG(row->producer));
			act.producer = producer;
			return give(id, sim_schemas[s].spec->name, "parked.retry.v1",
				"operator/ops", &act.base);
		}
	return false;
}

static bool look_at(int64_t id)
{
	static bool (*const looks[])(
		int64_t id) = { at_intake, at_dispatch, at_reply, at_followup, at_parked };
	size_t n = sizeof looks / sizeof looks[0], first = sim_roll((uint32_t)n);
	for (size_t i = 0; i < n; i++)
		if (looks[(first + i) % n](id))
			return true;
	return false;
}

static bool say_again(void)
{
	for (size_t i = 0; i < n_orders; i++) {
		if (orders[i].has_result || orders[i].again_us > sim.now_us)
			continue;
		say(&orders[i]);
		return true;
	}
	return false;
}

bool people_step(void)
{
	int64_t last = store_last_case();
	if (!people->is_up || people->peer == NULL)
		return false;
	if (say_again())
		return true;
	int64_t first = last > 0 ? sim_roll((uint32_t)last) : 0;
	for (int64_t i = 0; i < last; i++)
		if (look_at((first + i) % last + 1))
			return true;
	return false;
}

bool people_are_quiet(void)
{
	for (size_t i = 0; i < n_orders; i++)
		if (!orders[i].has_result)
			return false;
	return true;
}

/* --- results --- */

static void take_result(const struct wire_head *head)
{
	for (size_t i = 0; i < n_orders; i++) {
		struct order *order = &orders[i];
		if (!str_eq_c(head->command_id, order->id))
			continue;
		/* the seq may differ: first that of the whole batch, later that of its own entry */
		if (order->has_result && order->code != head->code)
			sim_break("%s (%s) came to %s, and to %s when it was said again", order->id,
				order->type, wire_code_name(order->code),
				wire_code_name(head->code));
		if (!order->has_result)
			sim_count(COUNT_commands);
		order->has_result = true;
		order->code = head->code;
		if (sim_fault(100)) /* as if it had not been heard */
			say(order);
	}
}

void people_round(struct process *process)
{
	SCOPED(arena)
	struct arena *mem = arena_create(4u << 20);
	struct wire_msg messages[ROUND];
	CHECK(mem != NULL);
	peer_turn(process->peer, (struct instant){ sim.now_us });
	size_t n = peer_receive(process->peer, mem, messages, ROUND);
	for (size_t i = 0; i < n; i++)
		if (messages[i].kind == WIRE_RESULT)
			take_result(&messages[i].head);
	peer_flush(process->peer);
}

/* One message at a time: read the header, ask the core, pass the bytes on as they came with the
 * stamp behind them. Bodies are never looked at. */
#include "bus_handlers.h"

#include <string.h>

#include "bus_core.h"
#include "bus_fault.h"
#include "bus_kind.h"
#include "bus_metrics.h"
#include "bus_peers.h"
#include "bus_tap.h"
#include "peer/peer_key.h"

#define NAME STR("bus")

struct refusal {
	enum wire_code code;
	int32_t retry_after_ms;
	struct str text;
};

/* The answer carries back all that the asker may know its question by. */
static void nack(struct bus_state *state, struct member *asker, const struct wire_head *head,
	const struct refusal *refusal)
{
	server_stage_msg(state->server, asker,
		&(struct wire_msg){ .kind = WIRE_NACK,
			.head = { .id = head->id,
				.type = head->type,
				.subject = head->to,
				.to = str_from_c(asker->instance),
				.route = head->route,
				.sender = NAME,
				.case_id = head->case_id,
				.producer = head->producer,
				.seq = head->seq,
				.command_id = head->command_id,
				.channel = head->channel,
				.source_msg_id = head->source_msg_id,
				.code = refusal->code,
				.retry_after_ms = refusal->retry_after_ms,
				.text = refusal->text } });
}

/* Nobody there, or nobody with credit: counted, and remembered so that the asker is told when it
 * changes. */
static void nack_for_now(struct bus_state *state, struct member *asker, enum wire_kind kind,
	const struct wire_head *head, bool is_served)
{
	struct refusal refusal = { .code = is_served ? WIRE_CODE_BUSY : WIRE_CODE_NO_CONSUMER };

	refusal.retry_after_ms = members_refuse(server_members(state->server), head->to,
		bus_credit_of(kind), str_from_c(asker->instance), loop_now(state->loop));
	if (is_served)
		state->tally.busy++;
	else
		state->tally.no_consumer++;
	nack(state, asker, head, &refusal);
}

static struct str stamp(struct bus_state *state, const struct member *from, enum wire_kind kind,
	const struct wire_head *head)
{
	struct str user = str_from_c(from->user);
	struct str instance = str_from_c(from->instance);
	struct wire_head tail = { .sender = user };

	if (!bus_may_name_actor(user) && (kind == WIRE_COMMAND || !str_is_empty(head->actor)))
		tail.actor = user;
	if (wire_kind_needs_credit(kind) && !str_eq(head->reply_to, instance))
		tail.reply_to = instance;
	arena_reset(state->mem);
	return wire_head_pack(state->mem, &tail);
}

static void forward(struct bus_state *state, struct member *from, struct member *to,
	const struct wire_record *record, const struct wire_head *head)
{
	static const struct refusal too_big = { .code = WIRE_CODE_INVALID,
		.text = STR_INIT("no room for the sender in the header") };
	bool is_ask = wire_kind_needs_credit(record->kind);

	if (is_ask)
		members_spend(to);
	if (server_stage(state->server, to, record, stamp(state, from, record->kind, head)) ==
		RES_OK) {
		state->tally.forwarded++;
		bus_metrics_forwarded(state, record->kind);
		return;
	}
	state->tally.too_big++;
	if (!is_ask)
		return;
	members_credit(server_members(state->server), to, 1);
	nack(state, from, head, &too_big);
}

static void refuse(struct bus_state *state, struct member *from, enum wire_kind kind,
	const struct wire_head *head, enum bus_why why)
{
	static const struct refusal forbidden = { .code = WIRE_CODE_FORBIDDEN,
		.text = STR_INIT("this key may not send this") };

	if (why != BUS_WHY_FORBIDDEN) {
		nack_for_now(state, from, kind, head, why == BUS_WHY_BUSY);
		return;
	}
	state->tally.forbidden++;
	nack(state, from, head, &forbidden);
}

static void drop(struct bus_state *state, enum bus_why why)
{
	if (why == BUS_WHY_FORBIDDEN)
		state->tally.forbidden++;
	else
		state->tally.not_here++;
}

static const struct str outcomes[] = {
	[BUS_FORWARD] = STR_INIT("forwarded"),
	[BUS_REFUSE] = STR_INIT("refused"),
	[BUS_DROP] = STR_INIT("dropped"),
};

static void show_to_taps(struct bus_state *state, struct member *from,
	const struct wire_record *record, const struct wire_head *head, enum bus_action action)
{
	bus_tap_copy(state, &(struct bus_tap_passed){ .record = record,
				    .head = head,
				    .header_tail = stamp(state, from, record->kind, head),
				    .outcome = outcomes[action] });
}

void bus_route(struct bus_state *state, struct member *from, const struct wire_record *record)
{
	struct members *members = server_members(state->server);
	struct bus_message message = { .sender = str_from_c(from->user) };
	struct bus_decision decision;
	struct bus_facts facts;
	struct member_pick pick;
	struct member *target;
	struct wire_head head;

	if (bus_kind_of(record->kind) < 0 ||
		wire_head_read(record->header, &head, NULL) != RES_OK) {
		server_count_bad_header(state->server);
		return;
	}
	message.kind = (enum bus_kind)bus_kind_of(record->kind);
	message.type = head.type;
	message.to = head.to;
	message.producer = head.producer;
	if (bus_class_of(message.kind) == BUS_ASK) {
		pick = members_pick(
			members, head.to, bus_credit_of(record->kind), peer_key_of_head(&head));
		target = pick.to;
	} else {
		pick = (struct member_pick){ 0 };
		target = members_find_instance(members, head.to);
	}
	facts = (struct bus_facts){ .is_allowed = bus_may_send(&message),
		.is_addressed = target != NULL,
		.is_served = pick.is_served,
		.has_credit = target != NULL };
	decision = bus_decide(message.kind, &facts);
	if (state->taps_n > 0)
		show_to_taps(state, from, record, &head, decision.action);
	switch (decision.action) {
	case BUS_FORWARD:
		forward(state, from, target, record, &head);
		break;
	case BUS_REFUSE:
		refuse(state, from, record->kind, &head, decision.why);
		break;
	case BUS_DROP:
		drop(state, decision.why);
		break;
	}
}

static void on_message(void *arg, struct member *from, const struct wire_record *record)
{
	bus_faults_pass(arg, from, record);
}

/* A question that its member did not get: back to the asker at once, not left to a time-out. */
static void on_lost(void *arg, const struct wire_record *record)
{
	struct bus_state *state = arg;
	struct members *members = server_members(state->server);
	struct wire_head head;
	struct member *asker;

	if (wire_head_read(record->header, &head, NULL) != RES_OK)
		return;
	if (bus_tap_is_copy(&head)) {
		state->tally.tap_lost++;
		return;
	}
	state->tally.undelivered++;
	asker = members_find_instance(members, head.reply_to);
	if (asker != NULL)
		nack_for_now(state, asker, record->kind, &head,
			members_pick(members, head.to, MEMBER_WORK, 0).is_served);
}

static bool on_may_join(void *arg, struct str user, struct str instance)
{
	(void)arg;
	return bus_may_be(user, instance);
}

static bool on_may_serve(void *arg, struct str user, struct str group)
{
	(void)arg;
	return bus_may_serve(user, group);
}

/* Everybody else hears that these groups have somebody new: what was under way to a predecessor
 * that died may be lost, and producers make those markers due at once instead of after a lease (law
 * 3). */
static void tell_joined(struct bus_state *state, const struct member *newcomer)
{
	size_t n;
	struct member *const *all = members_all(server_members(state->server), &n);

	for (size_t i = 0; i < n; i++) {
		if (all[i] == newcomer || all[i]->gone != NULL)
			continue;
		for (size_t g = 0; g < newcomer->groups_n; g++)
			server_stage_msg(state->server, all[i],
				&(struct wire_msg){ .kind = WIRE_CREDIT,
					.head.to = members_group_name(newcomer, g) });
	}
}

static void on_joined(void *arg, const struct member *member)
{
	struct bus_state *state = arg;

	log_event(state->log, bus_member_joined, LOG_TEXT("instance", member->instance),
		LOG_INT("groups", member->groups_n), LOG_INT("window", member->window));
	if (bus_tap_joined(state, member))
		return; /* nobody's messages are for it */
	tell_joined(state, member);
}

static void on_left(void *arg, const struct member *member)
{
	struct bus_state *state = arg;

	log_event(state->log, bus_member_left, LOG_TEXT("instance", member->instance),
		LOG_TEXT("why", member->gone));
	bus_tap_left(state, member);
}

bool bus_on_key(void *arg, struct str domain, struct str z85_key, char out_user[BUS_USER_MAX])
{
	struct bus_state *state = arg;

	(void)domain;
	if (bus_peers_name(state->peers, z85_key, loop_now(state->loop), out_user))
		return true;
	state->tally.unknown_keys++;
	log_event(state->log, key_unknown, LOG_STR("key", str_slice(z85_key, 0, 8)));
	return false;
}

void bus_tell_drops(struct bus_state *state)
{
	struct server_counts counts = server_counts(state->server);
	int64_t dropped = counts.bad_batch + counts.bad_header + counts.unknown_kind +
			  counts.stranger + counts.unsent + state->tally.not_here +
			  state->tally.forbidden;

	if (dropped == state->dropped_told)
		return;
	log_event(state->log, bus_dropped, LOG_INT("count", dropped - state->dropped_told),
		LOG_INT("bad", counts.bad_batch + counts.bad_header + counts.unknown_kind),
		LOG_INT("stranger", counts.stranger), LOG_INT("unsent", counts.unsent),
		LOG_INT("not_here", state->tally.not_here),
		LOG_INT("forbidden", state->tally.forbidden));
	state->dropped_told = dropped;
}

const struct server_hooks bus_hooks = {
	.may_join = on_may_join,
	.may_serve = on_may_serve,
	.joined = on_joined,
	.left = on_left,
	.message = on_message,
	.lost = on_lost,
};

/* A header that comes in is never passed on: a new one is written with what the door knows (source,
 * channel, route) and the few fields that are the integrator's to say. A header that goes out says
 * nothing of the inside (sender, reply_to, route). */
#include "edge_handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "edge_metrics.h"
#include "peer/peer_key.h"

static struct edge_rights rights_of(struct edge_state *state, const char *user)
{
	return edge_keys_rights(state->keys, str_from_c(user), loop_now(state->loop));
}

#define TOLD_MOST 50 /* lines a second */

/* Anybody outside can come and go as fast as he likes; he must not push the log out of its files.
 */
static bool may_tell(struct edge_state *state)
{
	struct instant now = loop_now(state->loop);

	if (instant_since(now, state->told_at).us >= SPAN_S(1).us) {
		state->told_at = now;
		state->told = 0;
	}
	if (state->told < TOLD_MOST) {
		state->told++;
		return true;
	}
	state->tally.untold++;
	return false;
}

bool edge_on_key(void *arg, struct str domain, struct str z85_key, char out_user[BUS_USER_MAX])
{
	struct edge_state *state = arg;
	struct edge_rights rights = edge_keys_rights(state->keys, z85_key, loop_now(state->loop));

	(void)domain;
	if (!edge_offences_may_enter(&state->offences, z85_key, loop_now(state->loop))) {
		state->tally.kept_out++;
		return false;
	}
	if (edge_may_connect(&rights) && z85_key.n < BUS_USER_MAX) {
		memcpy(out_user, z85_key.p, z85_key.n);
		out_user[z85_key.n] = 0;
		return true;
	}
	if (!rights.is_fresh)
		return false;
	state->wants_keys = true;
	state->tally.unknown_keys++;
	if (may_tell(state))
		log_event(state->log, key_unknown, LOG_STR("key", str_slice(z85_key, 0, 8)));
	return false;
}

static bool on_may_join(void *arg, struct str user, struct str instance)
{
	struct edge_state *state = arg;
	struct edge_rights rights = edge_keys_rights(state->keys, user, loop_now(state->loop));

	(void)instance; /* names are the integrator's own: answers go by connection */
	return edge_may_connect(&rights);
}

static bool on_may_serve(void *arg, struct str user, struct str group)
{
	struct edge_state *state = arg;
	struct edge_rights rights = edge_keys_rights(state->keys, user, loop_now(state->loop));

	return edge_may_serve(&rights, group);
}

static void on_joined(void *arg, const struct member *member)
{
	struct edge_state *state = arg;

	state->groups_changed = true;
	if (!may_tell(state))
		return;
	log_event(state->log, bus_member_joined, LOG_INT("connection", member->serial),
		LOG_STR("source", rights_of(state, member->user).source),
		LOG_INT("groups", member->groups_n));
}

static void on_left(void *arg, const struct member *member)
{
	struct edge_state *state = arg;

	state->groups_changed = true;
	if (!may_tell(state))
		return;
	log_event(state->log, bus_member_left, LOG_INT("connection", member->serial),
		LOG_TEXT("why", member->gone));
}

static void nack(struct edge_state *state, struct member *to, const struct wire_head *head,
	struct edge_refusal refusal)
{
	state->tally.refused++;
	server_stage_msg(state->server, to,
		&(struct wire_msg){ .kind = WIRE_NACK,
			.head = { .id = head->id,
				.type = head->type,
				.subject = head->to,
				.case_id = head->case_id,
				.command_id = head->command_id,
				.channel = head->channel,
				.source_msg_id = head->source_msg_id,
				.code = refusal.code,
				.retry_after_ms = refusal.retry_after_ms,
				.text = refusal.text } });
}

static enum edge_kind kind_of(enum wire_kind kind)
{
	if (kind == WIRE_SUBMIT)
		return EDGE_SUBMIT;
	if (kind == WIRE_DONE)
		return EDGE_DONE;
	if (kind == WIRE_CLAIM)
		return EDGE_CLAIM;
	return kind == WIRE_COMMAND ? EDGE_COMMAND : EDGE_OTHER;
}

#define ROUTE_TEXT 24
#define COMMAND_ID (WIRE_NAME_MAX + 1 + EDGE_COMMAND_ID + 1)
#define DONE_TEXT_MAX                                                                              \
	400 /* bytes: a longer one might not fit into the header beside what is stamped */

static struct wire_msg rewrite(struct edge_state *state, const struct wire_record *record,
	const struct wire_head *head, const struct edge_rights *rights,
	const struct edge_decision *decision)
{
	bool is_done = record->kind == WIRE_DONE;
	bool is_letter = record->kind == WIRE_SUBMIT;

	return (struct wire_msg){ .kind = record->kind,
		.head = { .id = head->id,
			.source = rights->source,
			.type = head->type,
			.subject = head->subject,
			.time = head->time,
			.to = decision->to,
			.reply_to = str_from_c(peer_instance(state->peer)),
			.case_id = is_letter ? 0 : head->case_id,
			.channel = decision->channel,
			.source_msg_id = head->source_msg_id,
			.attempt = head->attempt,
			.traceparent = head->traceparent,
			.code = is_done ? head->code : WIRE_CODE_UNSPECIFIED,
			.text = is_done ? str_utf8_fit(head->text, DONE_TEXT_MAX) : STR_NONE },
		.body = record->body };
}

/* The last thing that is asked: a letter that is refused for another reason costs no token. */
static bool may_depart(struct edge_state *state, struct member *from, const struct wire_head *head,
	const struct edge_rights *rights, const struct wire_msg *msg)
{
	struct instant now = loop_now(state->loop);
	struct edge_letter letter = { .source = rights->source,
		.channel = msg->head.channel,
		.source_msg_id = msg->head.source_msg_id,
		.body = msg->body,
		.connection = from->serial,
		.quota = rights->quota };
	struct edge_refusal refusal;
	bool may = msg->kind == WIRE_SUBMIT
			   ? edge_letters_depart(state->letters, &letter, now, &refusal)
			   : edge_letters_take_token(
				     state->letters, rights->source, rights->quota, now, &refusal);

	if (may)
		return true;
	if (edge_letters_may_tell(state->letters, rights->source, refusal.retry_after_ms, now))
		nack(state, from, head, refusal);
	else
		state->tally.refused++;
	return false;
}

static void pass_on(struct edge_state *state, struct member *from, const struct wire_head *head,
	const struct edge_rights *rights, struct wire_msg *msg, bool costs_token)
{
	char route[ROUTE_TEXT];
	char command_id[COMMAND_ID];

	if (!peer_is_up(state->peer)) {
		nack(state, from, head,
			(struct edge_refusal){
				WIRE_CODE_BUSY, EDGE_STALE_RETRY_MS, STR("the bus is away") });
		return;
	}
	if (costs_token && !may_depart(state, from, head, rights, msg))
		return;
	snprintf(route, sizeof(route), "%" PRId64, from->serial);
	msg->head.route = str_from_c(route);
	if (msg->kind == WIRE_COMMAND) { /* two integrators may choose the same one */
		snprintf(command_id, sizeof(command_id), "%.*s/%.*s", STR_ARG(rights->source),
			STR_ARG(head->command_id));
		msg->head.command_id = str_from_c(command_id);
	}
	peer_send(state->peer, msg);
	if (msg->kind == WIRE_SUBMIT)
		state->tally.submitted++;
	else if (msg->kind == WIRE_COMMAND)
		state->tally.asked++;
	else if (msg->kind == WIRE_CLAIM)
		state->tally.claimed++;
	else
		state->tally.done++;
}

static enum wire_code code_of(enum edge_verdict verdict)
{
	switch (verdict) {
	case EDGE_BUSY:
		return WIRE_CODE_BUSY;
	case EDGE_FORBIDDEN:
		return WIRE_CODE_FORBIDDEN;
	case EDGE_INVALID:
		return WIRE_CODE_INVALID;
	case EDGE_UNKNOWN_TYPE:
		return WIRE_CODE_UNKNOWN_TYPE;
	case EDGE_FORWARD:
	case EDGE_DROP:
		break;
	}
	return WIRE_CODE_UNSPECIFIED;
}

static void on_message(void *arg, struct member *from, const struct wire_record *record)
{
	struct edge_state *state = arg;
	struct edge_rights rights = rights_of(state, from->user);
	struct edge_ask ask = { .kind = kind_of(record->kind) };
	struct edge_decision decision;
	struct wire_head head;
	struct wire_msg msg;

	if (wire_head_read(record->header, &head, NULL) != RES_OK) {
		server_count_bad_header(state->server);
		return;
	}
	ask.type = head.type;
	ask.channel = head.channel;
	ask.source_msg_id = head.source_msg_id;
	ask.command_id = head.command_id;
	ask.case_id = head.case_id;
	ask.is_outcome = head.code == WIRE_CODE_DELIVERED || head.code == WIRE_CODE_UNDELIVERABLE ||
			 head.code == WIRE_CODE_IN_DOUBT;
	decision = edge_decide(&ask, &rights);
	switch (decision.verdict) {
	case EDGE_FORWARD:
		msg = rewrite(state, record, &head, &rights, &decision);
		pass_on(state, from, &head, &rights, &msg, decision.costs_token);
		break;
	case EDGE_DROP:
		server_count_bad_header(state->server);
		break;
	case EDGE_BUSY:
	case EDGE_FORBIDDEN:
	case EDGE_INVALID:
	case EDGE_UNKNOWN_TYPE:
		nack(state, from, &head,
			(struct edge_refusal){ code_of(decision.verdict),
				decision.verdict == EDGE_BUSY ? EDGE_STALE_RETRY_MS : 0,
				decision.text });
		break;
	}
}

/* As the integrator chose it: without its source before it. */
static struct str command_id_outside(struct str inside, struct str source)
{
	if (inside.n > source.n && str_starts(inside, source) && inside.p[source.n] == '/')
		return str_slice(inside, source.n + 1, inside.n);
	return inside;
}

void edge_pass_answer(struct edge_state *state, const struct wire_msg *answer)
{
	struct wire_msg out = *answer;
	struct member *to = NULL;
	struct span took;
	int64_t serial;

	if (str_to_int64(answer->head.route, &serial) == RES_OK) {
		if (edge_letters_arrive(state->letters, serial, &out, loop_now(state->loop), &took))
			edge_metrics_receipt(state, took);
		to = members_find_serial(server_members(state->server), serial);
	}
	if (to == NULL || to->gone != NULL) {
		state->tally.not_here++;
		return;
	}
	out.head.route = STR_NONE;
	out.head.sender = STR_NONE;
	out.head.reply_to = STR_NONE;
	out.head.actor = STR_NONE;
	out.head.command_id =
		command_id_outside(answer->head.command_id, rights_of(state, to->user).source);
	out.head.to = str_from_c(to->instance);
	server_stage_msg(state->server, to, &out);
	state->tally.answered++;
}

struct member_pick edge_pass_delivery(struct edge_state *state, const struct wire_msg *deliver)
{
	struct wire_msg out = *deliver;
	struct member_pick pick = members_pick(server_members(state->server), deliver->head.to,
		MEMBER_WORK, peer_key_of_id(deliver->head.case_id));

	if (pick.to == NULL)
		return pick;
	out.head.route = STR_NONE;
	out.head.sender = STR_NONE;
	out.head.reply_to = STR_NONE;
	out.head.actor = STR_NONE;
	out.head.producer = STR_NONE;
	out.head.seq = 0;
	members_spend(pick.to);
	server_stage_msg(state->server, pick.to, &out);
	state->tally.delivered++;
	return pick;
}

static void on_bad(void *arg, struct str user, const struct bus_routing *from)
{
	struct edge_state *state = arg;

	if (!edge_offences_bad(
		    &state->offences, str_of(from->bytes, from->n), user, loop_now(state->loop)))
		return;
	state->tally.cut_off++;
	if (may_tell(state))
		log_event(state->log, connection_cut_off,
			LOG_STR("source",
				edge_keys_rights(state->keys, user, loop_now(state->loop)).source),
			LOG_STR("key", str_slice(user, 0, 8)));
}

static bool on_is_heard(void *arg, const struct bus_routing *from)
{
	struct edge_state *state = arg;

	return edge_offences_is_heard(&state->offences, str_of(from->bytes, from->n));
}

static void on_lost(void *arg, const struct wire_record *record)
{
	struct edge_state *state = arg;

	(void)record; /* reply sends it again when its lease ends */
	state->tally.lost++;
}

static bool keeps_its_rights(struct edge_state *state, const struct member *member)
{
	struct edge_rights rights = rights_of(state, member->user);

	for (size_t i = 0; i < member->groups_n; i++)
		if (!edge_may_serve(&rights, members_group_name(member, i)))
			return false;
	return edge_may_connect(&rights);
}

void edge_review_members(struct edge_state *state)
{
	struct member *const *all;
	size_t n;

	all = members_all(server_members(state->server), &n);
	for (size_t i = 0; i < n; i++)
		if (!keeps_its_rights(state, all[i]))
			server_dismiss(state->server, all[i], "rights");
}

void edge_tell_drops(struct edge_state *state)
{
	struct server_counts counts = server_counts(state->server);
	int64_t dropped = counts.bad_batch + counts.bad_header + counts.unknown_kind +
			  counts.stranger + counts.unsent + state->tally.not_here +
			  state->tally.untold;

	if (dropped == state->dropped_told)
		return;
	log_event(state->log, bus_dropped, LOG_INT("count", dropped - state->dropped_told),
		LOG_INT("bad", counts.bad_batch + counts.bad_header + counts.unknown_kind),
		LOG_INT("stranger", counts.stranger), LOG_INT("unsent", counts.unsent),
		LOG_INT("not_here", state->tally.not_here), LOG_INT("untold", state->tally.untold));
	state->dropped_told = dropped;
}

const struct server_hooks edge_hooks = {
	.may_join = on_may_join,
	.may_serve = on_may_serve,
	.joined = on_joined,
	.left = on_left,
	.message = on_message,
	.bad = on_bad,
	.is_heard = on_is_heard,
	.lost = on_lost,
};

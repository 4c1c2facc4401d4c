/* The door's decisions. */
#include "edge_core.h"

enum pass_ask { ASK_LETTER, ASK_OUTCOME, ASK_CASE, ASK_COMMAND };

struct pass {
	enum edge_kind kind;
	const char *type;
	const char *to;
	enum pass_ask ask;
};

static const struct pass passes[] = {
#define PASS(kind, type, to, ask) { EDGE_##kind, type, to, ASK_##ask },
#include "edge_passes.def"
#undef PASS
};

static const struct str *channel_find(const struct edge_rights *rights, struct str channel)
{
	for (size_t i = 0; i < rights->channels_n; i++)
		if (str_eq(rights->channels[i], channel))
			return &rights->channels[i];
	return NULL;
}

bool edge_may_connect(const struct edge_rights *rights)
{
	return rights->is_fresh && rights->is_known && !rights->is_revoked && !rights->has_ended;
}

bool edge_may_serve(const struct edge_rights *rights, struct str group)
{
	static const struct str prefixes[] = { STR_INIT(EDGE_DELIVER_PREFIX),
		STR_INIT(EDGE_STATUS_PREFIX) };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_starts(group, prefixes[i]) &&
			channel_find(rights, str_slice(group, prefixes[i].n, group.n)) != NULL)
			return edge_may_connect(rights);
	return false;
}

static struct edge_decision refuse(enum edge_verdict verdict, struct str text)
{
	return (struct edge_decision){ .verdict = verdict, .text = text };
}

static const struct pass *pass_find(const struct edge_ask *ask)
{
	for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++)
		if (passes[i].kind == ask->kind &&
			(passes[i].type[0] == 0 || str_eq_c(ask->type, passes[i].type)))
			return &passes[i];
	return NULL;
}

/* The channel is the door's to stamp: what the integrator names only chooses among its own. */
static struct edge_decision decide_channel(
	const struct edge_ask *ask, const struct edge_rights *rights, const struct pass *pass)
{
	struct edge_decision decision = { .verdict = EDGE_FORWARD,
		.to = str_from_c(pass->to),
		.costs_token = pass->ask == ASK_LETTER || pass->ask == ASK_COMMAND };
	const struct str *found;

	if (str_is_empty(ask->channel) && pass->ask == ASK_COMMAND)
		return decision; /* it is its source's, whatever the channel */
	if (str_is_empty(ask->channel) && rights->channels_n == 1)
		found = &rights->channels[0];
	else if (str_is_empty(ask->channel))
		return refuse(EDGE_INVALID, STR("this key has several channels: name one"));
	else
		found = channel_find(rights, ask->channel);
	if (found == NULL)
		return refuse(EDGE_FORBIDDEN, STR("this key may not speak for this channel"));
	decision.channel = *found;
	return decision;
}

/* What is missing from a message that must have it; empty: nothing. */
static struct str lack_of(const struct edge_ask *ask, enum pass_ask of)
{
	if (of == ASK_COMMAND && (ask->command_id.n == 0 || ask->command_id.n > EDGE_COMMAND_ID))
		return STR("command_id is missing, or longer than 100 bytes");
	if (of == ASK_COMMAND)
		return STR_NONE;
	if (str_is_empty(ask->source_msg_id))
		return STR("source_msg_id is missing");
	if (of != ASK_LETTER && ask->case_id <= 0)
		return STR("case_id is missing");
	if (of == ASK_OUTCOME && !ask->is_outcome)
		return STR("code is none of DELIVERED, UNDELIVERABLE, IN_DOUBT");
	return STR_NONE;
}

struct edge_decision edge_decide(const struct edge_ask *ask, const struct edge_rights *rights)
{
	const struct pass *pass = pass_find(ask);
	struct str lack;

	if (ask->kind == EDGE_OTHER)
		return refuse(EDGE_DROP, STR("no integrator sends this"));
	if (!rights->is_fresh)
		return refuse(EDGE_BUSY, STR("rights are not known now"));
	/* FORBIDDEN is the last word on a letter, and its integrator is still welcome */
	if (rights->is_known && !rights->is_revoked && rights->has_ended)
		return refuse(EDGE_BUSY, STR("this key has ended: come with the new one"));
	if (!edge_may_connect(rights))
		return refuse(EDGE_FORBIDDEN, STR("this key is not (any longer) known"));
	if (pass == NULL)
		return refuse(
			EDGE_UNKNOWN_TYPE, STR("no integrator sends this kind with this type"));
	lack = lack_of(ask, pass->ask);
	if (!str_is_empty(lack))
		return refuse(EDGE_INVALID, lack);
	return decide_channel(ask, rights, pass);
}

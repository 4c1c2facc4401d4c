/* The door's decisions. */
#include "edge_core.h"

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
	struct str prefix = STR(EDGE_DELIVER_PREFIX);

	return edge_may_connect(rights) && str_starts(group, prefix) &&
	       channel_find(rights, str_slice(group, prefix.n, group.n)) != NULL;
}

static struct edge_decision refuse(enum edge_verdict verdict, struct str text)
{
	return (struct edge_decision){ .verdict = verdict, .text = text };
}

/* The channel is the door's to stamp: what the integrator names only chooses among its own. */
static struct edge_decision decide_channel(struct str channel, const struct edge_rights *rights)
{
	const struct str *found;

	if (str_is_empty(channel) && rights->channels_n == 1)
		found = &rights->channels[0];
	else if (str_is_empty(channel))
		return refuse(EDGE_INVALID, STR("this key has several channels: name one"));
	else
		found = channel_find(rights, channel);
	if (found == NULL)
		return refuse(EDGE_FORBIDDEN, STR("this key may not speak for this channel"));
	return (struct edge_decision){ .verdict = EDGE_FORWARD, .channel = *found };
}

struct edge_decision edge_decide(const struct edge_ask *ask, const struct edge_rights *rights)
{
	if (ask->kind == EDGE_OTHER)
		return refuse(EDGE_DROP, STR("no integrator sends this"));
	if (!rights->is_fresh)
		return refuse(EDGE_BUSY, STR("rights are not known now"));
	/* FORBIDDEN is the last word on a letter, and its integrator is still welcome */
	if (rights->is_known && !rights->is_revoked && rights->has_ended)
		return refuse(EDGE_BUSY, STR("this key has ended: come with the new one"));
	if (!edge_may_connect(rights))
		return refuse(EDGE_FORBIDDEN, STR("this key is not (any longer) known"));
	if (ask->kind == EDGE_CLAIM)
		return refuse(EDGE_UNKNOWN_TYPE, STR("CLAIM is not taken yet"));
	if (str_is_empty(ask->source_msg_id))
		return refuse(EDGE_INVALID, STR("source_msg_id is missing"));
	if (ask->kind == EDGE_DONE && ask->case_id <= 0)
		return refuse(EDGE_INVALID, STR("case_id is missing"));
	if (ask->kind == EDGE_DONE && !ask->is_outcome)
		return refuse(EDGE_INVALID, STR("code is neither DELIVERED nor UNDELIVERABLE"));
	return decide_channel(ask->channel, rights);
}

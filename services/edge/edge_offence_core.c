/* Two small tables, walked only while there is something in them. */
#include "edge_offence_core.h"

#include <string.h>

static struct edge_offender *find(const struct edge_offenders *among, struct str name)
{
	for (size_t i = 0; i < among->n; i++)
		if (str_eq(str_of(among->list[i].name, among->list[i].name_n), name))
			return (struct edge_offender *)&among->list[i];
	return NULL;
}

static struct edge_offender *oldest(struct edge_offenders *among)
{
	struct edge_offender *found = &among->list[0];

	for (size_t i = 1; i < among->n; i++)
		if (instant_is_before(among->list[i].at, found->at))
			found = &among->list[i];
	return found;
}

static struct edge_offender *offender_get(
	struct edge_offenders *among, struct str name, struct instant now)
{
	struct edge_offender *offender = find(among, name);

	if (offender == NULL) {
		offender = among->n < EDGE_OFFENDERS_MAX ? &among->list[among->n++] : oldest(among);
		*offender = (struct edge_offender){ .name_n = name.n, .out_until = INSTANT_NONE };
		memcpy(offender->name, name.p, name.n);
	} else if (instant_since(now, offender->at).us > EDGE_OFFENCE_FORGET.us &&
		   !instant_is_before(now, offender->out_until)) {
		offender->count = 0;
		offender->times_out = 0;
	}
	offender->at = now;
	return offender;
}

static struct span out_for(int32_t times)
{
	struct span span = EDGE_OUT_FIRST;

	for (int32_t i = 0; i < times && span.us < EDGE_OUT_MOST.us; i++)
		span.us *= 2;
	return span.us < EDGE_OUT_MOST.us ? span : EDGE_OUT_MOST;
}

static void key_cut(struct edge_offenders *keys, struct str key, struct instant now)
{
	struct edge_offender *offender;

	if (key.n == 0 || key.n > EDGE_OFFENCE_NAME)
		return;
	offender = offender_get(keys, key, now);
	if (++offender->count < EDGE_CUTS_MOST)
		return;
	offender->count = 0;
	offender->out_until = instant_add(now, out_for(offender->times_out++));
}

static bool is_cut(const struct edge_offender *offender)
{
	return offender->count >= EDGE_BAD_MOST;
}

bool edge_offences_bad(
	struct edge_offences *offences, struct str connection, struct str key, struct instant now)
{
	struct edge_offender *offender;
	bool is_now;

	if (connection.n == 0 || connection.n > EDGE_OFFENCE_NAME)
		return false;
	offender = offender_get(&offences->connections, connection, now);
	is_now = ++offender->count == EDGE_BAD_MOST;
	if (is_now)
		key_cut(&offences->keys, key, now);
	offences->cut = 0;
	for (size_t i = 0; i < offences->connections.n; i++)
		offences->cut += is_cut(&offences->connections.list[i]);
	return is_now;
}

bool edge_offences_is_heard(const struct edge_offences *offences, struct str connection)
{
	const struct edge_offender *offender;

	if (offences->cut == 0)
		return true;
	offender = find(&offences->connections, connection);
	return offender == NULL || !is_cut(offender);
}

bool edge_offences_may_enter(
	const struct edge_offences *offences, struct str key, struct instant now)
{
	const struct edge_offender *offender = find(&offences->keys, key);

	return offender == NULL || !instant_is_before(now, offender->out_until);
}

/* Reads the bodies of events; decides nothing. */
#include "analytics_codec.h"

#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "wire/wire.h"

enum res analytics_read_received(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__IntakeReceived *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_received__descriptor, body, &in, err));
	out->channel = wire_str(in->channel);
	out->klass = wire_str(in->klass);
	return RES_OK;
}

enum res analytics_read_accepted(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__IntakeAccepted *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_accepted__descriptor, body, &in, err));
	out->channel = wire_str(in->channel);
	out->klass = wire_str(in->klass);
	out->type = wire_str(in->type);
	out->category = wire_str(in->category);
	out->area = wire_str(in->area);
	return RES_OK;
}

enum res analytics_read_dispatched(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__DispatchDispatched *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_dispatched__descriptor, body, &in, err));
	out->unit = wire_str(in->unit);
	out->resolve_due =
		in->resolve_due_us == 0 ? INSTANT_NONE : (struct instant){ in->resolve_due_us };
	return RES_OK;
}

enum res analytics_read_resolved(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__DispatchResolved *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_resolved__descriptor, body, &in, err));
	out->is_on_time = in->is_on_time;
	return RES_OK;
}

enum res analytics_read_visited(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__FollowupVisited *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_visited__descriptor, body, &in, err));
	if (in->visit < 1 || in->visit > INT16_MAX)
		return err_set(err, RES_INVALID, "visit %d: want 1 to %d", in->visit, INT16_MAX);
	out->visit = (int16_t)in->visit;
	return RES_OK;
}

enum res analytics_read_closed(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__FollowupClosed *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_closed__descriptor, body, &in, err));
	out->reason = wire_str(in->reason);
	return RES_OK;
}

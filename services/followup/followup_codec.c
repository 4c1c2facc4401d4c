/* Reads and writes the bodies of followup's messages; decides nothing. */
#include "followup_codec.h"

#include "proto/followup.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire.h"

/* protobuf-c wants non-const C text. */
static char *text_out(struct arena *mem, struct str text)
{
	return (char *)(uintptr_t)arena_c(mem, text);
}

enum res followup_read_delivered(
	struct arena *mem, struct str body, struct str *out_type, struct err *err)
{
	Wangli__ReplyDelivered *in = NULL;

	TRY(wire_unpack(mem, &wangli__reply_delivered__descriptor, body, &in, err));
	*out_type = wire_str(in->type);
	return RES_OK;
}

struct str followup_write_started(struct arena *mem, const struct followup_case *file)
{
	Wangli__FollowupStarted out = WANGLI__FOLLOWUP_STARTED__INIT;

	out.type = text_out(mem, file->type);
	out.visits_planned = file->planned;
	out.first_at_us = file->next_at.us;
	return wire_pack(mem, &out.base);
}

struct str followup_write_visited(struct arena *mem, int16_t visit, const char *means)
{
	Wangli__FollowupVisited out = WANGLI__FOLLOWUP_VISITED__INIT;

	out.visit = visit;
	out.means = text_out(mem, str_from_c(means));
	return wire_pack(mem, &out.base);
}

struct str followup_write_silent(struct arena *mem, int16_t visit)
{
	Wangli__FollowupSilent out = WANGLI__FOLLOWUP_SILENT__INIT;

	out.visit = visit;
	return wire_pack(mem, &out.base);
}

struct str followup_write_closed(struct arena *mem, const struct followup_case *file)
{
	Wangli__FollowupClosed out = WANGLI__FOLLOWUP_CLOSED__INIT;

	out.reason = text_out(mem, file->reason);
	out.visits = file->visits;
	out.rating = text_out(mem, file->rating);
	return wire_pack(mem, &out.base);
}

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

enum res followup_read_rate(
	struct arena *mem, struct str body, struct followup_rating *out, struct err *err)
{
	Wangli__FollowupRate *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_rate__descriptor, body, &in, err));
	*out = (struct followup_rating){
		.solved = wire_str(in->solved),
		.satisfaction = in->satisfaction,
		.contacted = wire_str(in->contacted),
		.remark = wire_str(in->remark),
	};
	return RES_OK;
}

struct str followup_write_started(
	struct arena *mem, const struct followup_case *file, struct instant first_at)
{
	Wangli__FollowupStarted out = WANGLI__FOLLOWUP_STARTED__INIT;

	out.type = text_out(mem, file->type);
	out.visits_planned = followup_planned_of_round(file);
	out.first_at_us = first_at.us;
	out.round = file->round;
	return wire_pack(mem, &out.base);
}

struct str followup_write_visited(
	struct arena *mem, const struct followup_case *file, int16_t visit, const char *means)
{
	Wangli__FollowupVisited out = WANGLI__FOLLOWUP_VISITED__INIT;

	out.visit = visit;
	out.means = text_out(mem, str_from_c(means));
	out.round = file->round;
	return wire_pack(mem, &out.base);
}

struct str followup_write_silent(struct arena *mem, const struct followup_case *file, int16_t visit)
{
	Wangli__FollowupSilent out = WANGLI__FOLLOWUP_SILENT__INIT;

	out.visit = visit;
	out.round = file->round;
	return wire_pack(mem, &out.base);
}

struct str followup_write_rated(struct arena *mem, const struct followup_case *file,
	const struct followup_rating *rating, int16_t visit, const char *means)
{
	Wangli__FollowupRated out = WANGLI__FOLLOWUP_RATED__INIT;

	out.visit = visit;
	out.solved = text_out(mem, rating->solved);
	out.satisfaction = rating->satisfaction;
	out.contacted = text_out(mem, rating->contacted);
	out.round = file->round;
	out.means = text_out(mem, str_from_c(means));
	return wire_pack(mem, &out.base);
}

struct str followup_write_redo(
	struct arena *mem, const struct followup_case *file, const char *reason)
{
	Wangli__FollowupRedo out = WANGLI__FOLLOWUP_REDO__INIT;

	out.redo = file->redo;
	out.reason = text_out(mem, str_from_c(reason));
	return wire_pack(mem, &out.base);
}

struct str followup_write_closed(struct arena *mem, const struct followup_case *file)
{
	Wangli__FollowupClosed out = WANGLI__FOLLOWUP_CLOSED__INIT;

	out.reason = text_out(mem, file->reason);
	out.visits = file->visits;
	out.rating = text_out(mem, file->rating);
	out.redo = file->redo;
	return wire_pack(mem, &out.base);
}

/* Reads the bodies of events; decides nothing. One small reader a type, the table after them. */
#include "analytics_codec.h"

#include "proto/dispatch.pb-c.h"
#include "proto/door.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire.h"

static struct instant due_of(int64_t us)
{
	return us == 0 ? INSTANT_NONE : (struct instant){ us };
}

/* A number that the row keeps small. */
static enum res small(int32_t number, int32_t first, int32_t last, const char *what, int16_t *out,
	struct err *err)
{
	if (number < first || number > last)
		return err_set(err, RES_INVALID, "%s %d: want %d to %d", what, number, first, last);
	*out = (int16_t)number;
	return RES_OK;
}

static enum res received(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__IntakeReceived *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_received__descriptor, body, &in, err));
	TRY(small(in->confidence_pct, 0, 100, "confidence", &out->confidence, err));
	out->channel = wire_str(in->channel);
	out->klass = wire_str(in->klass);
	out->type = wire_str(in->type);
	out->category = wire_str(in->category);
	out->area = wire_str(in->area);
	out->is_general_desk = in->is_general_desk;
	out->accept_due = due_of(in->accept_due_us);
	out->wants_status = in->wants_status;
	out->source = wire_str(in->source);
	out->source_msg_id = wire_str(in->source_msg_id);
	return RES_OK;
}

static enum res accepted(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__IntakeAccepted *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_accepted__descriptor, body, &in, err));
	TRY(small(in->confidence_pct, 0, 100, "confidence", &out->confidence, err));
	out->channel = wire_str(in->channel);
	out->klass = wire_str(in->klass);
	out->type = wire_str(in->type);
	out->category = wire_str(in->category);
	out->area = wire_str(in->area);
	out->is_general_desk = in->is_general_desk;
	return RES_OK;
}

static enum res refused(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__IntakeRefused *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_refused__descriptor, body, &in, err));
	out->reason = wire_str(in->reason);
	return RES_OK;
}

static enum res dispatched(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__DispatchDispatched *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_dispatched__descriptor, body, &in, err));
	TRY(small(in->redo, 0, INT16_MAX, "redo", &out->redo, err));
	out->unit = wire_str(in->unit);
	out->sign_due = due_of(in->sign_due_us);
	out->contact_due = due_of(in->contact_due_us);
	out->resolve_due = due_of(in->resolve_due_us);
	return RES_OK;
}

static enum res signed_for(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__DispatchSigned *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_signed__descriptor, body, &in, err));
	out->is_on_time = in->is_on_time;
	return RES_OK;
}

static enum res contacted(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__DispatchContacted *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_contacted__descriptor, body, &in, err));
	out->is_on_time = in->is_on_time;
	return RES_OK;
}

static enum res resolved(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__DispatchResolved *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_resolved__descriptor, body, &in, err));
	out->is_on_time = in->is_on_time;
	return RES_OK;
}

static enum res replied(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__ReplyReplied *in = NULL;

	TRY(wire_unpack(mem, &wangli__reply_replied__descriptor, body, &in, err));
	out->is_direct = in->kb_article != 0;
	return RES_OK;
}

static enum res started(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__FollowupStarted *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_started__descriptor, body, &in, err));
	return small(in->round, 0, INT16_MAX, "round", &out->round, err);
}

static enum res visited(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__FollowupVisited *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_visited__descriptor, body, &in, err));
	return small(in->visit, 1, INT16_MAX, "visit", &out->visit, err);
}

static enum res word(struct str said, const struct str *words, int16_t n, const char *what,
	int16_t *out, struct err *err)
{
	for (int16_t i = 0; i < n; i++)
		if (str_eq(said, words[i])) {
			*out = i;
			return RES_OK;
		}
	return err_set(err, RES_INVALID, "%s '%.*s' is none that is known", what, STR_ARG(said));
}

static enum res rated(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	/* by enum analytics_solved and enum analytics_contact */
	static const struct str solved[] = { STR_INIT("-"), STR_INIT("yes"), STR_INIT("partly"),
		STR_INIT("no") };
	static const struct str contact[] = { STR_INIT(""), STR_INIT("yes"), STR_INIT("no") };
	Wangli__FollowupRated *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_rated__descriptor, body, &in, err));
	TRY(word(wire_str(in->solved), solved, 4, "solved", &out->solved, err));
	TRY(word(wire_str(in->contacted), contact, 3, "contacted", &out->contacted, err));
	return small(in->satisfaction, 1, 5, "satisfaction", &out->satisfaction, err);
}

static enum res redo(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__FollowupRedo *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_redo__descriptor, body, &in, err));
	return small(in->redo, 1, INT16_MAX, "redo", &out->redo, err);
}

static enum res closed(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	Wangli__FollowupClosed *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_closed__descriptor, body, &in, err));
	out->reason = wire_str(in->reason);
	return RES_OK;
}

static enum res nothing(
	struct arena *mem, struct str body, struct analytics_event *out, struct err *err)
{
	(void)mem;
	(void)body;
	(void)out;
	(void)err;
	return RES_OK;
}

static const struct {
	struct str type;
	enum analytics_event_kind kind;
	enum res (*read)(
		struct arena *mem, struct str body, struct analytics_event *out, struct err *err);
} readers[] = {
#define EVENT(type_, kind_, reader_) { STR_INIT(type_), ANALYTICS_EV_##kind_, reader_ },
#define PASSED(type_)		     { STR_INIT(type_), ANALYTICS_EVENTS, nothing },
#include "analytics_events.def"
#undef EVENT
#undef PASSED
};

enum res analytics_read(struct arena *mem, struct str type, struct instant at, struct str body,
	struct analytics_event *out, struct err *err)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (str_eq(type, readers[i].type)) {
			struct analytics_event event = { .kind = readers[i].kind, .at = at };
			TRY(readers[i].read(mem, body, &event, err));
			*out = event;
			return RES_OK;
		}
	return err_set(err, RES_NOT_FOUND, "no event '%.*s' is known", STR_ARG(type));
}

static char *text_out(struct arena *mem, struct str text)
{
	return (char *)(uintptr_t)arena_c(mem, text);
}

struct str analytics_write_status(struct arena *mem, const struct analytics_status *status)
{
	Wangli__Status out = WANGLI__STATUS__INIT;

	out.case_number = text_out(mem, status->case_number);
	out.state = text_out(mem, status->state);
	out.at_us = status->at.us;
	out.version = status->version;
	out.unit = text_out(mem, status->unit);
	out.due_us = instant_is_none(status->due) ? 0 : status->due.us;
	return wire_pack(mem, &out.base);
}

enum res analytics_read_status_done(
	struct arena *mem, struct str body, int32_t *out_version, struct err *err)
{
	Wangli__StatusDone *in = NULL;

	TRY(wire_unpack(mem, &wangli__status_done__descriptor, body, &in, err));
	*out_version = in->version;
	return RES_OK;
}

/* One small reader an event type; the table closes their part. */
#include "portal_codec.h"

#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire.h"

static struct instant instant_of(int64_t us)
{
	return us == 0 ? INSTANT_NONE : (struct instant){ us };
}

#define READ(type, in)                                                                             \
	do {                                                                                       \
		TRY(wire_unpack(mem, &wangli__##type##__descriptor, body, &(in), err));            \
	} while (0)

static enum res read_received(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__IntakeReceived *in = NULL;

	READ(intake_received, in);
	out->channel = wire_str(in->channel);
	out->accept_due = instant_of(in->accept_due_us);
	return RES_OK;
}

static enum res read_accepted(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__IntakeAccepted *in = NULL;

	READ(intake_accepted, in);
	out->note = wire_str(in->note);
	out->type = wire_str(in->type);
	out->category = wire_str(in->category);
	out->area = wire_str(in->area);
	out->kb_article = in->kb_article;
	out->is_general_desk = in->is_general_desk;
	return RES_OK;
}

static enum res read_refused(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__IntakeRefused *in = NULL;

	READ(intake_refused, in);
	out->note = wire_str(in->note);
	out->reason = wire_str(in->reason);
	return RES_OK;
}

static enum res read_dispatched(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__DispatchDispatched *in = NULL;

	READ(dispatch_dispatched, in);
	out->note = wire_str(in->note);
	out->type = wire_str(in->type);
	out->unit = wire_str(in->unit);
	for (size_t i = 0; i < in->n_co_units && i < FACT_CO_UNITS_MAX; i++)
		out->co_units[out->n_co_units++] = wire_str(in->co_units[i]);
	out->reason = wire_str(in->reason);
	out->n = in->task;
	out->redo = in->redo;
	out->sign_due = instant_of(in->sign_due_us);
	out->contact_due = instant_of(in->contact_due_us);
	out->resolve_due = instant_of(in->resolve_due_us);
	out->is_provisional = in->is_provisional;
	return RES_OK;
}

static enum res read_signed(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__DispatchSigned *in = NULL;

	READ(dispatch_signed, in);
	out->unit = wire_str(in->unit);
	out->is_on_time = in->is_on_time;
	return RES_OK;
}

static enum res read_contacted(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__DispatchContacted *in = NULL;

	READ(dispatch_contacted, in);
	out->note = wire_str(in->note);
	out->unit = wire_str(in->unit);
	out->means = wire_str(in->means);
	out->is_on_time = in->is_on_time;
	return RES_OK;
}

static enum res read_resolved(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__DispatchResolved *in = NULL;

	READ(dispatch_resolved, in);
	out->unit = wire_str(in->unit);
	out->redo = in->redo;
	out->is_on_time = in->is_on_time;
	return RES_OK;
}

static enum res read_submitted(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__ReplySubmitted *in = NULL;

	READ(reply_submitted, in);
	out->unit = wire_str(in->unit);
	out->n = in->draft;
	return RES_OK;
}

static enum res read_approved(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__ReplyApproved *in = NULL;

	READ(reply_approved, in);
	out->n = in->draft;
	out->stage = in->stage;
	out->role = wire_str(in->role);
	return RES_OK;
}

static enum res read_rejected(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__ReplyRejected *in = NULL;

	READ(reply_rejected, in);
	out->n = in->draft;
	out->stage = in->stage;
	out->role = wire_str(in->role);
	return RES_OK;
}

static enum res read_replied(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__ReplyReplied *in = NULL;

	READ(reply_replied, in);
	out->unit = wire_str(in->unit);
	out->channel = wire_str(in->channel);
	out->n = in->draft;
	out->kb_article = in->kb_article;
	return RES_OK;
}

static enum res read_no_article(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__ReplyNoArticle *in = NULL;

	READ(reply_no_article, in);
	out->kb_article = in->kb_article;
	return RES_OK;
}

static enum res read_delivered(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__ReplyDelivered *in = NULL;

	READ(reply_delivered, in);
	out->channel = wire_str(in->channel);
	return RES_OK;
}

static enum res read_started(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__FollowupStarted *in = NULL;

	READ(followup_started, in);
	out->visits = in->visits_planned;
	out->first_at = instant_of(in->first_at_us);
	out->round = in->round;
	return RES_OK;
}

static enum res read_visited(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__FollowupVisited *in = NULL;

	READ(followup_visited, in);
	out->n = in->visit;
	out->means = wire_str(in->means);
	out->round = in->round;
	return RES_OK;
}

static enum res read_silent(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__FollowupSilent *in = NULL;

	READ(followup_silent, in);
	out->n = in->visit;
	out->round = in->round;
	return RES_OK;
}

static enum res read_rated(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__FollowupRated *in = NULL;

	READ(followup_rated, in);
	out->n = in->visit;
	out->solved = wire_str(in->solved);
	out->satisfaction = in->satisfaction;
	out->round = in->round;
	return RES_OK;
}

static enum res read_redo(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__FollowupRedo *in = NULL;

	READ(followup_redo, in);
	out->redo = in->redo;
	out->reason = wire_str(in->reason);
	return RES_OK;
}

static enum res read_closed(
	struct arena *mem, struct str body, struct portal_fact *out, struct err *err)
{
	Wangli__FollowupClosed *in = NULL;

	READ(followup_closed, in);
	out->reason = wire_str(in->reason);
	out->visits = in->visits;
	out->redo = in->redo;
	return RES_OK;
}

static const struct {
	const char *type;
	enum res (*read)(
		struct arena *mem, struct str body, struct portal_fact *out, struct err *err);
} facts[] = {
	{ "intake.received.v1", read_received },
	{ "intake.accepted.v1", read_accepted },
	{ "intake.refused.v1", read_refused },
	{ "dispatch.dispatched.v1", read_dispatched },
	{ "dispatch.redispatched.v1", read_dispatched },
	{ "dispatch.signed.v1", read_signed },
	{ "dispatch.contacted.v1", read_contacted },
	{ "dispatch.resolved.v1", read_resolved },
	{ "reply.submitted.v1", read_submitted },
	{ "reply.approved.v1", read_approved },
	{ "reply.rejected.v1", read_rejected },
	{ "reply.replied.v1", read_replied },
	{ "reply.no_article.v1", read_no_article },
	{ "reply.delivered.v1", read_delivered },
	{ "reply.undeliverable.v1", read_delivered },
	{ "reply.notified.v1", read_delivered },
	{ "reply.unnotified.v1", read_delivered },
	{ "followup.started.v1", read_started },
	{ "followup.visited.v1", read_visited },
	{ "followup.silent.v1", read_silent },
	{ "followup.rated.v1", read_rated },
	{ "followup.redo.v1", read_redo },
	{ "followup.closed.v1", read_closed },
};
#define FACTS (sizeof(facts) / sizeof(facts[0]))

enum res portal_fact_read(struct arena *mem, struct str type, struct str body,
	struct portal_fact *out, struct err *err)
{
	struct portal_fact fact = { .is_on_time = -1,
		.accept_due = INSTANT_NONE,
		.sign_due = INSTANT_NONE,
		.contact_due = INSTANT_NONE,
		.resolve_due = INSTANT_NONE,
		.first_at = INSTANT_NONE };

	for (size_t i = 0; i < FACTS; i++) {
		if (!str_eq_c(type, facts[i].type))
			continue;
		TRY(facts[i].read(mem, body, &fact, err));
		*out = fact;
		return RES_OK;
	}
	*out = fact;
	return err_set(err, RES_NOT_FOUND, "no event of type '%.*s' is known", STR_ARG(type));
}

const char *portal_fact_type(size_t at)
{
	return at < FACTS ? facts[at].type : NULL;
}

static char *text_out(struct arena *mem, struct str text)
{
	return (char *)(uintptr_t)arena_c(mem, text);
}

struct str portal_write_open(struct arena *mem, int64_t case_id, const char *code)
{
	Wangli__IntakeOpen out = WANGLI__INTAKE_OPEN__INIT;

	out.case_id = case_id;
	out.query_code = text_out(mem, str_from_c(code));
	return wire_pack(mem, &out.base);
}

struct str portal_write_rate(struct arena *mem, struct str solved, int32_t satisfaction,
	struct str contacted, struct str remark)
{
	Wangli__FollowupRate out = WANGLI__FOLLOWUP_RATE__INIT;

	out.solved = text_out(mem, solved);
	out.satisfaction = satisfaction;
	out.contacted = text_out(mem, contacted);
	out.remark = text_out(mem, remark);
	return wire_pack(mem, &out.base);
}

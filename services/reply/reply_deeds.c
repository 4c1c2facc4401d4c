/* One small function a step. A step without one only changes the row. */
#include "reply_deeds.h"

#include "reply_codec.h"
#include "reply_handlers.h"
#include "reply_store.h"

/* One step that was taken. */
struct deed {
	struct kit_turn *turn;
	const struct reply_case *file; /* after the last step */
	const struct reply_event *event;
	const struct reply_decision *made;
	const struct reply_taken *taken;
	struct str reason;
};

struct str reply_group_of(struct kit_turn *turn, const struct reply_case *file)
{
	return arena_printf(turn->mem, "deliver/%.*s", STR_ARG(file->channel));
}

static int64_t case_of(const struct deed *deed)
{
	return deed->turn->message->head.case_id;
}

/* Whoever asked for the step. */
static struct str actor_of(const struct deed *deed)
{
	bool is_command = deed->turn->message->kind == WIRE_COMMAND;

	return is_command && !deed->taken->is_systems ? deed->turn->message->head.actor
						      : STR("system");
}

static void journal(const struct deed *deed, const char *type, struct str body)
{
	kit_journal(deed->turn, type, actor_of(deed), body);
}

static void draft_keep(const struct deed *deed, struct str text)
{
	const struct reply_draft_row row = {
		.case_id = case_of(deed),
		.n = deed->file->draft,
		.text = text,
		.actor = actor_of(deed),
		.at = deed->turn->now,
		.text_digest = deed->file->draft_digest,
	};

	kit_insert(deed->turn, &reply_drafts, &row);
	journal(deed, "reply.submitted.v1",
		reply_write_submitted(deed->turn->mem, deed->file, (int32_t)str_utf8_length(text)));
}

static void submitted(const struct deed *deed)
{
	draft_keep(deed, deed->event->text);
}

static void answered(const struct deed *deed)
{
	draft_keep(deed, deed->event->article.text);
}

static void left_without_article(const struct deed *deed)
{
	journal(deed, "reply.no_article.v1",
		reply_write_no_article(deed->turn->mem, deed->event->kb_article));
}

static void approved(const struct deed *deed)
{
	journal(deed, "reply.approved.v1",
		reply_write_approved(deed->turn->mem, deed->file, reply_stage(deed->taken->from)));
}

static void rejected(const struct deed *deed)
{
	int32_t stage = reply_stage(deed->taken->from);
	struct str reason = deed->event->text;
	const struct reply_rejection_row row = {
		.case_id = case_of(deed),
		.n = deed->file->draft,
		.stage = (int16_t)stage,
		.reason = reason,
		.actor = actor_of(deed),
		.at = deed->turn->now,
	};

	kit_insert(deed->turn, &reply_rejections, &row);
	journal(deed, "reply.rejected.v1",
		reply_write_rejected(
			deed->turn->mem, deed->file, stage, (int32_t)str_utf8_length(reason)));
}

static void delivery_begin(const struct deed *deed, struct str unit)
{
	const struct reply_delivery_row row = {
		.case_id = case_of(deed),
		.n = deed->file->draft,
		.delivery_id = deed->file->delivery_id,
		.channel = deed->file->channel,
		.unit = unit,
		.at = deed->turn->now,
	};

	kit_insert(deed->turn, &reply_deliveries, &row);
	kit_marker_raise(deed->turn, reply_group_of(deed->turn, deed->file),
		kit_case_of(deed->turn->row)->seq);
}

static void sent(const struct deed *deed)
{
	bool is_direct = deed->file->kb_article != 0;

	journal(deed, "reply.replied.v1", reply_write_replied(deed->turn->mem, deed->file));
	delivery_begin(deed, is_direct ? deed->event->article.unit : deed->file->unit);
}

/* The refusal itself is intake's fact; here only its way to the citizen begins. */
static void notice_sent(const struct deed *deed)
{
	delivery_begin(deed, STR_NONE);
}

/* What waited for a word of the channel, or of a person, waits no longer. */
static void waiting_end(const struct deed *deed)
{
	if (reply_is_sending(deed->taken->from))
		kit_timer_set(deed->turn, REPLY_TIMER_CLAIM, INSTANT_NONE);
	else if (reply_is_in_doubt(deed->taken->from))
		kit_timer_set(deed->turn, REPLY_TIMER_VERIFY, INSTANT_NONE);
}

static struct str delivered_body(const struct deed *deed, struct str reason)
{
	return reply_write_delivered(deed->turn->mem, deed->file, deed->made->fence, reason);
}

static void delivered(const struct deed *deed)
{
	bool is_notice = reply_is_notice(deed->taken->from);

	journal(deed, is_notice ? "reply.notified.v1" : "reply.delivered.v1",
		delivered_body(deed, deed->reason));
	waiting_end(deed);
	if (!deed->made->may_be_double)
		return;
	kit_count_claim(deed->turn, KIT_CLAIM_DOUBLE);
	log_event(kit_log(deed->turn->kit), delivery_double, LOG_ID("case", case_of(deed)),
		LOG_STR("delivery", deed->file->delivery_id), LOG_INT("fence", deed->made->fence),
		LOG_INT("out", deed->file->fence));
}

static void undeliverable(const struct deed *deed)
{
	bool is_notice = reply_is_notice(deed->taken->from);

	journal(deed, is_notice ? "reply.unnotified.v1" : "reply.undeliverable.v1",
		delivered_body(deed, deed->reason));
	waiting_end(deed);
}

static void claimed(const struct deed *deed)
{
	const struct reply_service *service = deed->turn->service;

	journal(deed, "reply.sending.v1", reply_write_sending(deed->turn->mem, deed->file));
	kit_timer_set(
		deed->turn, REPLY_TIMER_CLAIM, instant_add(deed->turn->now, service->claim_for));
	kit_count_claim(deed->turn, KIT_CLAIM_GRANTED);
}

void reply_ask_to_verify(struct kit_turn *turn, const struct reply_case *file)
{
	const struct reply_service *service = turn->service;

	kit_timer_set(turn, REPLY_TIMER_VERIFY, instant_add(turn->now, service->verify_within));
	log_event(kit_log(turn->kit), delivery_in_doubt,
		LOG_ID("case", turn->message->head.case_id), LOG_STR("delivery", file->delivery_id),
		LOG_INT("fence", file->fence));
}

/* Nothing is sent by itself any more. */
static void doubted(const struct deed *deed)
{
	bool has_word = deed->turn->message->kind == WIRE_DONE;

	journal(deed, "reply.in_doubt.v1",
		reply_write_in_doubt(
			deed->turn->mem, deed->file, has_word ? STR("in_doubt") : STR("silent")));
	waiting_end(deed);
	kit_marker_done(deed->turn, reply_group_of(deed->turn, deed->file),
		kit_case_of(deed->turn->row)->seq);
	kit_count_claim(deed->turn, KIT_CLAIM_DOUBTED);
	reply_ask_to_verify(deed->turn, deed->file);
}

static void verification_keep(const struct deed *deed, bool was_delivered)
{
	const struct reply_verification_row row = {
		.case_id = case_of(deed),
		.n = deed->file->draft,
		.fence = deed->file->fence,
		.was_delivered = was_delivered,
		.note = deed->event->text,
		.actor = actor_of(deed),
		.at = deed->turn->now,
	};

	kit_insert(deed->turn, &reply_verifications, &row);
	waiting_end(deed);
}

static void found(const struct deed *deed)
{
	bool is_notice = reply_is_notice(deed->taken->from);

	journal(deed, is_notice ? "reply.notified.v1" : "reply.delivered.v1",
		delivered_body(deed, STR("verified")));
	verification_keep(deed, true);
}

static void resent(const struct deed *deed)
{
	journal(deed, "reply.resent.v1", reply_write_resent(deed->turn->mem, deed->file));
	verification_keep(deed, false);
	kit_marker_raise(deed->turn, reply_group_of(deed->turn, deed->file),
		kit_case_of(deed->turn->row)->seq);
	kit_count_claim(deed->turn, KIT_CLAIM_RESENT);
}

static void (*const deeds[REPLY_EVENTS])(const struct deed *deed) = {
	[REPLY_EV_REFUSED] = notice_sent,
	[REPLY_EV_NO_ARTICLE] = left_without_article,
	[REPLY_EV_SUBMIT] = submitted,
	[REPLY_EV_ANSWER] = answered,
	[REPLY_EV_APPROVE] = approved,
	[REPLY_EV_REJECT] = rejected,
	[REPLY_EV_SEND] = sent,
	[REPLY_EV_DELIVERED] = delivered,
	[REPLY_EV_UNDELIVERABLE] = undeliverable,
	[REPLY_EV_CLAIMED] = claimed,
	[REPLY_EV_DOUBTED] = doubted,
	[REPLY_EV_FOUND] = found,
	[REPLY_EV_RESENT] = resent,
};

void reply_perform(struct kit_turn *turn, const struct reply_decision *decision,
	const struct reply_event *event, struct str reason)
{
	struct reply_row *row = turn->row;
	struct deed deed = {
		.turn = turn,
		.file = &decision->after,
		.event = event,
		.made = decision,
		.reason = reason,
	};

	row->file = decision->after;
	for (size_t i = 0; i < decision->n_taken; i++) {
		deed.taken = &decision->taken[i];
		if (deeds[deed.taken->kind] != NULL)
			deeds[deed.taken->kind](&deed);
	}
}

/* One small function a step. A step without one only changes the row. */
#include "reply_deeds.h"

#include "reply_codec.h"
#include "reply_store.h"

/* One step that was taken. */
struct deed {
	struct kit_turn *turn;
	const struct reply_case *file; /* after the last step */
	const struct reply_event *event;
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

static void delivered(const struct deed *deed)
{
	journal(deed,
		deed->taken->from == REPLY_NOTICE ? "reply.notified.v1" : "reply.delivered.v1",
		reply_write_delivered(deed->turn->mem, deed->file, deed->reason));
}

static void undeliverable(const struct deed *deed)
{
	journal(deed,
		deed->taken->from == REPLY_NOTICE ? "reply.unnotified.v1"
						  : "reply.undeliverable.v1",
		reply_write_delivered(deed->turn->mem, deed->file, deed->reason));
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
};

void reply_perform(struct kit_turn *turn, const struct reply_decision *decision,
	const struct reply_event *event, struct str reason)
{
	struct reply_row *row = turn->row;
	struct deed deed = {
		.turn = turn, .file = &decision->after, .event = event, .reason = reason
	};

	row->file = decision->after;
	for (size_t i = 0; i < decision->n_taken; i++) {
		deed.taken = &decision->taken[i];
		if (deeds[deed.taken->kind] != NULL)
			deeds[deed.taken->kind](&deed);
	}
}

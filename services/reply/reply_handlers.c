/* One function a message: read it, let the core decide, perform the decision. The table closes the
 * file. An event whose step the state does not allow has no effect: it only moves the cursor. */
#include "reply_handlers.h"

#include <string.h>

#include "base/id.h"
#include "base/map.h"
#include "crypto/crypto.h"
#include "reply_codec.h"
#include "reply_core.h"
#include "reply_store.h"

static const char role_lead[] = "unit_lead";
static const char role_reviewer[] = "reviewer";

/* What performing a decision needs beside the row. */
struct deed {
	const struct reply_event *event;
	struct str reason;	 /* of an undeliverable reply */
	uint8_t text_digest[32]; /* of a submitted one */
};

static struct reply_row *row_of(struct kit_turn *turn)
{
	return turn->row;
}

static struct str group_of(struct kit_turn *turn, const struct reply_case *file)
{
	return arena_printf(turn->mem, "deliver/%.*s", STR_ARG(file->channel));
}

static void submitted(struct kit_turn *turn, const struct reply_case *file, const struct deed *deed)
{
	struct str digest = str_of(deed->text_digest, sizeof(deed->text_digest));
	int32_t chars = (int32_t)str_utf8_length(deed->event->text);
	struct reply_draft_row draft = {
		.case_id = turn->message->head.case_id,
		.n = file->draft,
		.text = deed->event->text,
		.actor = turn->message->head.actor,
		.at = turn->now,
	};

	memcpy(draft.text_digest, deed->text_digest, sizeof(draft.text_digest));
	kit_insert(turn, &reply_drafts, &draft);
	kit_journal(turn, "reply.submitted.v1", turn->message->head.actor,
		reply_write_submitted(turn->mem, file, digest, chars));
}

static void approved_by_lead(
	struct kit_turn *turn, const struct reply_case *file, const struct deed *deed)
{
	(void)deed;
	kit_journal(turn, "reply.approved.v1", STR("system"),
		reply_write_approved(turn->mem, file, 1, role_lead));
}

static void approved_by_reviewer(
	struct kit_turn *turn, const struct reply_case *file, const struct deed *deed)
{
	(void)deed;
	kit_journal(turn, "reply.approved.v1", STR("system"),
		reply_write_approved(turn->mem, file, 2, role_reviewer));
}

static void sent(struct kit_turn *turn, const struct reply_case *file, const struct deed *deed)
{
	struct reply_delivery_row delivery = {
		.case_id = turn->message->head.case_id,
		.n = file->draft,
		.delivery_id = file->delivery_id,
		.channel = file->channel,
		.at = turn->now,
	};

	kit_insert(turn, &reply_deliveries, &delivery);
	kit_journal(turn, "reply.replied.v1", STR("system"),
		reply_write_replied(
			turn->mem, file, str_of(deed->text_digest, sizeof(deed->text_digest))));
	kit_marker_raise(turn, group_of(turn, file));
}

static void delivered(struct kit_turn *turn, const struct reply_case *file, const struct deed *deed)
{
	kit_journal(turn, "reply.delivered.v1", STR("system"),
		reply_write_delivered(turn->mem, file, deed->reason));
}

static void undeliverable(
	struct kit_turn *turn, const struct reply_case *file, const struct deed *deed)
{
	kit_journal(turn, "reply.undeliverable.v1", STR("system"),
		reply_write_delivered(turn->mem, file, deed->reason));
}

/* What a step does beside changing the row. Facts of other services are only noted. */
static void (*const deeds[REPLY_EVENTS])(
	struct kit_turn *turn, const struct reply_case *file, const struct deed *deed) = {
	[REPLY_EV_SUBMIT] = submitted,
	[REPLY_EV_APPROVE_LEAD] = approved_by_lead,
	[REPLY_EV_APPROVE_REVIEWER] = approved_by_reviewer,
	[REPLY_EV_SEND] = sent,
	[REPLY_EV_DELIVERED] = delivered,
	[REPLY_EV_UNDELIVERABLE] = undeliverable,
};

static void perform(
	struct kit_turn *turn, const struct reply_decision *decision, const struct deed *deed)
{
	row_of(turn)->file = decision->after;
	for (size_t i = 0; i < decision->n_taken; i++)
		if (deeds[decision->taken[i]] != NULL)
			deeds[decision->taken[i]](turn, &decision->after, deed);
}

/* A fact of another service: noted where the state has a step for it. */
static enum res note(struct kit_turn *turn, const struct reply_event *event, struct err *err)
{
	struct deed deed = { .event = event };
	struct reply_decision decision;
	enum res res = reply_decide(reply_file_of(row_of(turn)), event, turn->now, &decision, err);

	if (res == RES_CONFLICT)
		return RES_OK;
	TRY(res);
	perform(turn, &decision, &deed);
	return RES_OK;
}

/* Moves the cursor only; but a new row needs its first values. */
static enum res passed(struct kit_turn *turn, struct err *err)
{
	(void)err;
	reply_file_of(row_of(turn));
	return RES_OK;
}

static enum res letter_accepted(struct kit_turn *turn, struct err *err)
{
	struct reply_case *file = reply_file_of(row_of(turn));
	bool is_first = !file->has_letter;
	struct reply_event event;
	struct reply_letter letter;

	TRY(reply_read_accepted(turn->mem, turn->message->body, &event, &letter, err));
	TRY(note(turn, &event, err));
	if (is_first) {
		struct reply_addressee_row row = {
			.case_id = turn->message->head.case_id,
			.n = 1,
			.source = letter.source,
			.source_msg_id = letter.source_msg_id,
			.channel = letter.channel,
		};
		kit_insert(turn, &reply_addressees, &row);
	}
	return RES_OK;
}

static enum res unit_dispatched(struct kit_turn *turn, struct err *err)
{
	struct reply_event event;

	TRY(reply_read_dispatched(turn->mem, turn->message->body, &event, err));
	return note(turn, &event, err);
}

static enum res case_closed(struct kit_turn *turn, struct err *err)
{
	struct reply_event event = { .kind = REPLY_EV_CLOSED };

	return note(turn, &event, err);
}

/* Staff speak through the portal or the command line; no channel and no service speaks for them. */
static bool speaks_for_staff(const struct wire_head *head)
{
	return str_eq(head->sender, STR("cli")) || str_eq(head->sender, STR("portal"));
}

static enum res submit(struct kit_turn *turn, struct err *err)
{
	const struct reply_service *service = turn->service;
	const struct wire_head *head = &turn->message->head;
	struct reply_case *file = reply_file_of(row_of(turn));
	char number[CASE_NUMBER_MAX];
	struct reply_decision decision;
	struct reply_event event;
	struct deed deed = { .event = &event };

	if (!speaks_for_staff(head) || str_is_empty(head->actor))
		return err_set(
			err, RES_DENIED, "a reply is submitted by cli or portal, with an actor");
	TRY(reply_read_submit(turn->mem, turn->message->body, &event, err));
	TRY(case_number_format(service->case_prefix, head->case_id, number, err));
	event.fresh_delivery_id = arena_printf(turn->mem, "%s/%d", number, file->draft + 1);
	TRY(reply_decide(file, &event, turn->now, &decision, err));
	crypto_hash(deed.text_digest, NULL, &event.text, 1);
	perform(turn, &decision, &deed);
	kit_answer_text(turn, arena_printf(turn->mem, "%s, delivery %.*s",
				      reply_state_name((enum reply_state)decision.after.state),
				      STR_ARG(decision.after.delivery_id)));
	return RES_OK;
}

static enum res done_kind(enum wire_code code, enum reply_event_kind *out, struct err *err)
{
	if (code == WIRE_CODE_DELIVERED)
		*out = REPLY_EV_DELIVERED;
	else if (code == WIRE_CODE_UNDELIVERABLE)
		*out = REPLY_EV_UNDELIVERABLE;
	else
		return err_set(err, RES_INVALID, "DONE says %s: want DELIVERED or UNDELIVERABLE",
			wire_code_name(code));
	return RES_OK;
}

/* A channel's reason is often another system's error text, address and all (law 13). */
static enum res reason_fit_for_events(struct arena *mem, struct str *reason, struct err *err)
{
	struct str cut = str_utf8_cut(*reason, REPLY_REASON_MAX);
	char *masked = arena_alloc(mem, cut.n + 1);

	if (masked == NULL)
		return err_set(err, RES_TOO_BIG, "the batch needs more than its memory");
	reply_reason_mask(cut, masked);
	*reason = str_of(masked, cut.n);
	return RES_OK;
}

/* What came of a delivery. A repeat finds its step taken and only takes the marker away. */
static enum res delivery_done(struct kit_turn *turn, struct err *err)
{
	const struct wire_head *head = &turn->message->head;
	struct reply_case *file = reply_file_of(row_of(turn));
	struct reply_decision decision;
	struct reply_event event;
	struct deed deed = { .event = &event };
	enum res res;

	if (file->state == REPLY_UNKNOWN)
		return err_set(err, RES_INVALID, "nothing of this case was ever delivered");
	if (!str_is_empty(head->channel) && !str_eq(head->channel, file->channel))
		return err_set(err, RES_DENIED, "the letter came by another channel");
	TRY(reply_read_done(turn->mem, turn->message->body, &event, &deed.reason, err));
	TRY(done_kind(head->code, &event.kind, err));
	if (str_is_empty(deed.reason))
		deed.reason = head->text;
	TRY(reason_fit_for_events(turn->mem, &deed.reason, err));
	res = reply_decide(file, &event, turn->now, &decision, err);
	if (res == RES_NOT_FOUND)
		return RES_OK; /* of an older delivery, or of none of ours */
	if (res == RES_OK)
		perform(turn, &decision, &deed);
	else if (res != RES_CONFLICT)
		return res;
	kit_marker_done(turn, group_of(turn, file));
	return RES_OK;
}

static enum res deliver_fill(const struct reply_service *service, struct arena *mem,
	const struct reply_deliver_row *row, int32_t seq, struct wire_msg *out, struct err *err)
{
	char number[CASE_NUMBER_MAX];
	struct reply_deliver deliver = {
		.delivery_id = row->delivery_id,
		.text = row->text,
		.unit_name = str_is_empty(row->unit_name) ? row->unit : row->unit_name,
		.replied_at = row->replied_at,
		.reply_address = row->reply_address,
	};

	TRY(case_number_format(service->case_prefix, row->case_id, number, err));
	deliver.case_number = str_from_c(number);
	*out = (struct wire_msg){
		.kind = WIRE_DELIVER,
		.head = {
			.id = row->delivery_id,
			.type = STR("deliver.v1"),
			.subject = row->source, /* whose letter it is */
			.to = arena_printf(mem, "deliver/%.*s", STR_ARG(row->channel)),
			.case_id = row->case_id,
			.producer = STR("reply"),
			.seq = seq,
			.channel = row->channel,
			.source_msg_id = row->source_msg_id,
			.time = INSTANT_NONE,
		},
		.body = reply_write_deliver(mem, &deliver),
	};
	return RES_OK;
}

enum res reply_make_deliver(void *service, struct db *db, struct arena *mem,
	const int64_t *case_ids, const int32_t *seqs, size_t n, struct wire_msg *out,
	struct err *err)
{
	SCOPED(map)
	struct map *by_case = map_create();
	struct reply_deliver_row *rows;
	size_t n_rows;

	TRY(reply_load_deliver(db, mem, case_ids, n, &rows, &n_rows, err));
	for (size_t i = 0; i < n_rows; i++)
		map_put_id(by_case, rows[i].case_id, &rows[i]);
	for (size_t i = 0; i < n; i++) {
		const struct reply_deliver_row *row = map_get_id(by_case, case_ids[i]);
		out[i] = (struct wire_msg){ 0 };
		if (row != NULL)
			TRY(deliver_fill(service, mem, row, seqs[i], &out[i], err));
	}
	return RES_OK;
}

const struct kit_handler reply_handlers[] = {
	{ .kind = WIRE_EVENT, .type = "intake.received.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "intake.accepted.v1", .handle = letter_accepted },
	{ .kind = WIRE_EVENT, .type = "dispatch.dispatched.v1", .handle = unit_dispatched },
	{ .kind = WIRE_EVENT, .type = "dispatch.signed.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "dispatch.contacted.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "dispatch.resolved.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.started.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.visited.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.silent.v1", .handle = passed },
	{ .kind = WIRE_EVENT, .type = "followup.closed.v1", .handle = case_closed },
	{ .kind = WIRE_COMMAND, .type = "reply.submit.v1", .handle = submit },
	{ .kind = WIRE_DONE, .type = "done.v1", .handle = delivery_done },
	{ 0 },
};

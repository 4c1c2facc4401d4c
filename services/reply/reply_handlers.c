/* One function a message: read it, let the core decide, perform the decision. The table closes the
 * file. An event whose step the state does not allow has no effect: it only moves the cursor. */
#include "reply_handlers.h"

#include "base/id.h"
#include "crypto/crypto.h"
#include "reply_codec.h"
#include "reply_deeds.h"
#include "reply_kb.h"

static struct reply_row *row_of(struct kit_turn *turn)
{
	return turn->row;
}

static struct str digest_of(struct kit_turn *turn, struct str text)
{
	uint8_t digest[CRYPTO_HASH_BYTES];

	crypto_hash(digest, NULL, &text, 1);
	return arena_str(turn->mem, str_of(digest, sizeof(digest)));
}

/* Whether this event makes the next draft. */
static bool makes_draft(const struct reply_event *event)
{
	return event->kind == REPLY_EV_SUBMIT || event->article.id != 0;
}

/* The article that is asked for, when it holds today. */
static void article_add(struct kit_turn *turn, struct reply_event *event)
{
	const struct reply_service *service = turn->service;
	const struct reply_kb_article *article;

	if (event->kb_article == 0)
		return;
	article = reply_kb_find(
		&service->reference.kb, event->kb_article, instant_shanghai_day(turn->now));
	if (article == NULL)
		return;
	event->article = (struct reply_article){ .id = article->id,
		.text = arena_str(turn->mem, article->text),
		.unit = arena_str(turn->mem, article->unit) };
}

/* Names and digests, which a core cannot make. */
static enum res names_add(struct kit_turn *turn, struct reply_event *event, struct err *err)
{
	const struct reply_service *service = turn->service;
	int32_t draft = reply_file_of(row_of(turn))->draft + (makes_draft(event) ? 1 : 0);
	char number[CASE_NUMBER_MAX];

	if (makes_draft(event))
		event->draft_digest = digest_of(
			turn, event->kind == REPLY_EV_SUBMIT ? event->text : event->article.text);
	else if (event->kind != REPLY_EV_APPROVE && event->kind != REPLY_EV_REFUSED)
		return RES_OK;
	TRY(case_number_format(service->case_prefix, turn->message->head.case_id, number, err));
	event->fresh_delivery_id = arena_printf(turn->mem, "%s/%d", number, draft);
	return RES_OK;
}

static enum res decide(struct kit_turn *turn, struct reply_event *event, struct reply_decision *out,
	struct err *err)
{
	const struct reply_service *service = turn->service;
	struct reply_case *file = reply_file_of(row_of(turn));
	struct str type = event->kind == REPLY_EV_LETTER ? event->type : file->type;
	struct reply_rules rules =
		reply_rules_of(&service->reference, type, instant_shanghai_day(turn->now));

	article_add(turn, event);
	TRY(names_add(turn, event, err));
	return reply_decide(file, event, &rules, turn->now, out, err);
}

/* A fact of another service: noted where the state has a step for it; out_is_taken says whether. */
static enum res note(
	struct kit_turn *turn, struct reply_event *event, bool *out_is_taken, struct err *err)
{
	struct reply_decision decision;
	enum res res;

	event->actor = (struct actor){ .role = ROLE_SYSTEM };
	res = decide(turn, event, &decision, err);
	*out_is_taken = res == RES_OK;
	if (res == RES_CONFLICT)
		return RES_OK;
	TRY(res);
	reply_perform(turn, &decision, event, STR_NONE);
	return RES_OK;
}

/* Moves the cursor only; but a new row needs its first values. */
static enum res passed(struct kit_turn *turn, struct err *err)
{
	(void)err;
	reply_file_of(row_of(turn));
	return RES_OK;
}

/* --- facts of others --- */

/* The letter as its channel names it, kept once. */
static enum res note_letter(struct kit_turn *turn, struct reply_event *event,
	const struct reply_letter *letter, struct err *err)
{
	bool is_first = !reply_file_of(row_of(turn))->has_letter;
	bool is_taken;
	struct reply_addressee_row row = {
		.case_id = turn->message->head.case_id,
		.n = 1,
		.source = letter->source,
		.source_msg_id = letter->source_msg_id,
		.channel = letter->channel,
	};

	TRY(note(turn, event, &is_taken, err));
	if (is_first && is_taken)
		kit_insert(turn, &reply_addressees, &row);
	return RES_OK;
}

static enum res letter_accepted(struct kit_turn *turn, struct err *err)
{
	struct reply_event event;
	struct reply_letter letter;

	TRY(reply_read_accepted(turn->mem, turn->message->body, &event, &letter, err));
	return note_letter(turn, &event, &letter, err);
}

static enum res letter_refused(struct kit_turn *turn, struct err *err)
{
	struct reply_event event;
	struct reply_letter letter;

	TRY(reply_read_refused(turn->mem, turn->message->body, &event, &letter, err));
	return note_letter(turn, &event, &letter, err);
}

static enum res unit_noted(struct kit_turn *turn, enum reply_event_kind kind, struct err *err)
{
	struct reply_event event;
	bool is_taken;

	TRY(reply_read_dispatched(turn->mem, turn->message->body, &event, err));
	event.kind = kind;
	return note(turn, &event, &is_taken, err);
}

static enum res unit_dispatched(struct kit_turn *turn, struct err *err)
{
	return unit_noted(turn, REPLY_EV_UNIT, err);
}

static enum res unit_redispatched(struct kit_turn *turn, struct err *err)
{
	return unit_noted(turn, REPLY_EV_REDO, err);
}

static enum res unit_signed(struct kit_turn *turn, struct err *err)
{
	struct reply_event event = { .kind = REPLY_EV_SIGNED };
	bool is_taken;

	return note(turn, &event, &is_taken, err);
}

static enum res case_closed(struct kit_turn *turn, struct err *err)
{
	struct reply_event event = { .kind = REPLY_EV_CLOSED };
	bool is_taken;

	return note(turn, &event, &is_taken, err);
}

/* --- commands of people --- */

/* Plain DONE: the journal keeps the result, so that it needs no row of its own. */
static enum res obey(struct kit_turn *turn, struct reply_event *event, struct err *err)
{
	struct reply_decision decision;

	TRY(kit_actor(turn, &event->actor, err));
	if (event->actor.role == ROLE_SYSTEM)
		return err_set(err, RES_DENIED, "the system takes its steps by itself");
	TRY(decide(turn, event, &decision, err));
	reply_perform(turn, &decision, event, STR_NONE);
	return RES_OK;
}

static enum res submit(struct kit_turn *turn, struct err *err)
{
	struct reply_event event;

	TRY(reply_read_submit(turn->mem, turn->message->body, &event, err));
	return obey(turn, &event, err);
}

static enum res answer(struct kit_turn *turn, struct err *err)
{
	struct reply_event event;

	TRY(reply_read_answer(turn->mem, turn->message->body, &event, err));
	return obey(turn, &event, err);
}

static enum res approve(struct kit_turn *turn, struct err *err)
{
	struct reply_event event;

	TRY(reply_read_approve(turn->mem, turn->message->body, &event, err));
	return obey(turn, &event, err);
}

static enum res reject(struct kit_turn *turn, struct err *err)
{
	struct reply_event event;

	TRY(reply_read_reject(turn->mem, turn->message->body, &event, err));
	return obey(turn, &event, err);
}

static enum res verify(struct kit_turn *turn, struct err *err)
{
	struct reply_event event;

	TRY(reply_read_verify(turn->mem, turn->message->body, &event, err));
	return obey(turn, &event, err);
}

/* --- what channels say, or do not --- */

static enum res done_kind(enum wire_code code, enum reply_event_kind *out, struct err *err)
{
	if (code == WIRE_CODE_DELIVERED)
		*out = REPLY_EV_DELIVERED;
	else if (code == WIRE_CODE_UNDELIVERABLE)
		*out = REPLY_EV_UNDELIVERABLE;
	else if (code == WIRE_CODE_IN_DOUBT)
		*out = REPLY_EV_DOUBTED;
	else
		return err_set(err, RES_INVALID,
			"DONE says %s: want DELIVERED, UNDELIVERABLE or IN_DOUBT",
			wire_code_name(code));
	return RES_OK;
}

static enum res channel_check(
	const struct kit_turn *turn, const struct reply_case *file, struct err *err)
{
	struct str channel = turn->message->head.channel;

	if (!str_is_empty(channel) && !str_eq(channel, file->channel))
		return err_set(err, RES_DENIED, "the letter came by another channel");
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

/* What came of a delivery. A repeat finds its step taken and only takes the marker away, as long as
 * nothing is under way any more. */
static enum res delivery_done(struct kit_turn *turn, struct err *err)
{
	const struct wire_head *head = &turn->message->head;
	struct reply_case *file = reply_file_of(row_of(turn));
	struct reply_decision decision;
	struct reply_event event;
	struct str reason;
	enum res res;

	if (file->state == REPLY_UNKNOWN)
		return err_set(err, RES_INVALID, "nothing of this case was ever delivered");
	TRY(channel_check(turn, file, err));
	TRY(reply_read_done(turn->mem, turn->message->body, &event, &reason, err));
	TRY(done_kind(head->code, &event.kind, err));
	if (str_is_empty(reason))
		reason = head->text;
	TRY(reason_fit_for_events(turn->mem, &reason, err));
	event.actor = (struct actor){ .role = ROLE_SYSTEM };
	res = decide(turn, &event, &decision, err);
	if (res == RES_NOT_FOUND)
		return RES_OK; /* of an older delivery, or of none of ours */
	if (res == RES_OK)
		reply_perform(turn, &decision, &event, reason);
	else if (res != RES_CONFLICT)
		return res;
	if (!reply_is_under_way(file->state))
		kit_marker_done(turn, reply_group_of(turn, file), kit_case_of(turn->row)->seq);
	return RES_OK;
}

/* GO goes out after the commit. The claimer that did not hear it claims again by the same name. */
static enum res delivery_claimed(struct kit_turn *turn, struct err *err)
{
	struct reply_case *file = reply_file_of(row_of(turn));
	struct reply_decision decision;
	struct reply_event event;

	if (file->state != REPLY_UNKNOWN)
		TRY(channel_check(turn, file, err));
	TRY(reply_read_claim(turn->mem, turn->message->body, &event, err));
	event.actor = (struct actor){ .role = ROLE_SYSTEM };
	if (reply_claim_is_repeated(file, &event)) {
		kit_row_unchanged(turn);
		kit_count_claim(turn, KIT_CLAIM_REPEATED);
	} else {
		TRY(decide(turn, &event, &decision, err));
		reply_perform(turn, &decision, &event, STR_NONE);
	}
	kit_answer(turn, reply_write_go(turn->mem, file));
	return RES_OK;
}

/* CLAIM_FOR is over. */
static enum res claim_is_silent(struct kit_turn *turn, struct err *err)
{
	struct reply_event event = { .kind = REPLY_EV_DOUBTED,
		.delivery_id = reply_file_of(row_of(turn))->delivery_id };
	bool is_taken;

	return note(turn, &event, &is_taken, err);
}

/* VERIFY_WITHIN is over: said again, until somebody does. */
static enum res verify_is_due(struct kit_turn *turn, struct err *err)
{
	const struct reply_case *file = reply_file_of(row_of(turn));

	(void)err;
	if (reply_is_in_doubt(file->state))
		reply_ask_to_verify(turn, file);
	return RES_OK;
}

/* A letter that an article answers is answered at once; any other waits for its unit's reply
 * anyway. */
static bool accepted_may_wait(struct arena *mem, const struct wire_msg *message)
{
	struct reply_event event;
	struct reply_letter letter;

	return reply_read_accepted(mem, message->body, &event, &letter, NULL) == RES_OK &&
	       event.kb_article == 0;
}

const struct kit_handler reply_handlers[] = {
	{ WIRE_EVENT, "intake.received.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "intake.accepted.v1", letter_accepted, .may_wait = accepted_may_wait },
	{ WIRE_EVENT, "intake.refused.v1", letter_refused },
	{ WIRE_EVENT, "dispatch.dispatched.v1", unit_dispatched, .is_lazy = true },
	{ WIRE_EVENT, "dispatch.signed.v1", unit_signed, .is_lazy = true },
	{ WIRE_EVENT, "dispatch.contacted.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "dispatch.resolved.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "dispatch.redispatched.v1", unit_redispatched },
	{ WIRE_EVENT, "followup.started.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "followup.visited.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "followup.silent.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "followup.rated.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "followup.redo.v1", passed, .is_lazy = true },
	{ WIRE_EVENT, "followup.closed.v1", case_closed, .is_lazy = true },
	{ WIRE_COMMAND, "reply.submit.v1", submit },
	{ WIRE_COMMAND, "reply.answer.v1", answer },
	{ WIRE_COMMAND, "reply.approve.v1", approve },
	{ WIRE_COMMAND, "reply.reject.v1", reject },
	{ WIRE_COMMAND, "kb.put.v1", reply_kb_put, .no_case = true },
	{ WIRE_COMMAND, "reply.verify.v1", verify },
	{ WIRE_CLAIM, "claim.v1", delivery_claimed },
	{ WIRE_DONE, "done.v1", delivery_done },
	{ KIT_TIMER, REPLY_TIMER_CLAIM, claim_is_silent },
	{ KIT_TIMER, REPLY_TIMER_VERIFY, verify_is_due },
	{ 0 },
};

/* Reads and writes the bodies of reply's messages; decides nothing. */
#include "reply_codec.h"

#include "proto/dispatch.pb-c.h"
#include "proto/door.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire.h"

/* protobuf-c wants non-const C text. */
static char *text_out(struct arena *mem, struct str text)
{
	return (char *)(uintptr_t)arena_c(mem, text);
}

static ProtobufCBinaryData bytes_out(struct str bytes)
{
	return (ProtobufCBinaryData){ .len = bytes.n, .data = (uint8_t *)(uintptr_t)bytes.p };
}

enum res reply_read_accepted(struct arena *mem, struct str body, struct reply_event *out,
	struct reply_letter *out_letter, struct err *err)
{
	Wangli__IntakeAccepted *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_accepted__descriptor, body, &in, err));
	*out = (struct reply_event){
		.kind = REPLY_EV_LETTER,
		.channel = wire_str(in->channel),
		.klass = wire_str(in->klass),
		.type = wire_str(in->type),
		.kb_article = in->kb_article,
	};
	*out_letter = (struct reply_letter){
		.source = wire_str(in->source),
		.source_msg_id = wire_str(in->source_msg_id),
		.channel = wire_str(in->channel),
	};
	if (str_is_empty(out->channel) || str_is_empty(out_letter->source_msg_id))
		return err_set(err, RES_INVALID, "accepted without channel or source_msg_id");
	return RES_OK;
}

enum res reply_read_refused(struct arena *mem, struct str body, struct reply_event *out,
	struct reply_letter *out_letter, struct err *err)
{
	Wangli__IntakeRefused *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_refused__descriptor, body, &in, err));
	*out = (struct reply_event){
		.kind = REPLY_EV_REFUSED,
		.channel = wire_str(in->channel),
		.klass = wire_str(in->klass),
	};
	*out_letter = (struct reply_letter){
		.source = wire_str(in->source),
		.source_msg_id = wire_str(in->source_msg_id),
		.channel = wire_str(in->channel),
	};
	if (str_is_empty(out->channel) || str_is_empty(out_letter->source_msg_id))
		return err_set(err, RES_INVALID, "refused without channel or source_msg_id");
	return RES_OK;
}

enum res reply_read_dispatched(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err)
{
	Wangli__DispatchDispatched *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_dispatched__descriptor, body, &in, err));
	if (str_is_empty(wire_str(in->unit)))
		return err_set(err, RES_INVALID, "dispatched without a unit");
	*out = (struct reply_event){ .unit = wire_str(in->unit) };
	return RES_OK;
}

enum res reply_read_submit(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err)
{
	Wangli__ReplySubmit *in = NULL;

	TRY(wire_unpack(mem, &wangli__reply_submit__descriptor, body, &in, err));
	if (in->replied_at_us < 0)
		return err_set(err, RES_INVALID, "replied_at_us is negative");
	*out = (struct reply_event){
		.kind = REPLY_EV_SUBMIT,
		.text = wire_str(in->text),
		.replied_at = in->replied_at_us == 0 ? INSTANT_NONE
						     : (struct instant){ in->replied_at_us },
	};
	return RES_OK;
}

enum res reply_read_approve(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err)
{
	Wangli__ReplyApprove *in = NULL;

	TRY(wire_unpack(mem, &wangli__reply_approve__descriptor, body, &in, err));
	*out = (struct reply_event){ .kind = REPLY_EV_APPROVE, .draft = in->draft };
	return RES_OK;
}

enum res reply_read_reject(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err)
{
	Wangli__ReplyReject *in = NULL;

	TRY(wire_unpack(mem, &wangli__reply_reject__descriptor, body, &in, err));
	*out = (struct reply_event){
		.kind = REPLY_EV_REJECT,
		.draft = in->draft,
		.text = wire_str(in->reason),
	};
	return RES_OK;
}

enum res reply_read_answer(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err)
{
	Wangli__ReplyAnswer *in = NULL;

	TRY(wire_unpack(mem, &wangli__reply_answer__descriptor, body, &in, err));
	*out = (struct reply_event){
		.kind = REPLY_EV_ANSWER,
		.kb_article = in->kb_article,
		.replied_at = INSTANT_NONE,
	};
	return RES_OK;
}

static enum res day_read(struct str text, const char *what, int32_t *out, struct err *err)
{
	if (date_parse(text, out) != RES_OK)
		return err_set(err, RES_INVALID, "%s '%.*s': want YYYY-MM-DD", what, STR_ARG(text));
	return RES_OK;
}

enum res reply_read_kb_put(
	struct arena *mem, struct str body, struct reply_kb_article *out, struct err *err)
{
	Wangli__KbPut *in = NULL;

	TRY(wire_unpack(mem, &wangli__kb_put__descriptor, body, &in, err));
	*out = (struct reply_kb_article){
		.id = in->id,
		.category = wire_str(in->category),
		.title = wire_str(in->title),
		.words = wire_str(in->words),
		.text = wire_str(in->text),
		.unit = wire_str(in->unit),
		.valid_to = REPLY_KB_NO_END,
	};
	TRY(day_read(wire_str(in->valid_from), "valid_from", &out->valid_from, err));
	if (!str_is_empty(wire_str(in->valid_to)))
		TRY(day_read(wire_str(in->valid_to), "valid_to", &out->valid_to, err));
	return RES_OK;
}

struct str reply_write_kb_put(struct arena *mem, int64_t id)
{
	Wangli__KbPut out = WANGLI__KB_PUT__INIT;

	out.id = id;
	return wire_pack(mem, &out.base);
}

enum res reply_read_done(struct arena *mem, struct str body, struct reply_event *out,
	struct str *out_reason, struct err *err)
{
	Wangli__Done *in = NULL;

	TRY(wire_unpack(mem, &wangli__done__descriptor, body, &in, err));
	*out = (struct reply_event){
		.kind = REPLY_EV_DELIVERED,
		.delivery_id = wire_str(in->delivery_id),
		.fence = in->fence,
	};
	*out_reason = wire_str(in->reason);
	return RES_OK;
}

enum res reply_read_claim(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err)
{
	Wangli__Claim *in = NULL;

	TRY(wire_unpack(mem, &wangli__claim__descriptor, body, &in, err));
	*out = (struct reply_event){
		.kind = REPLY_EV_CLAIMED,
		.delivery_id = wire_str(in->delivery_id),
		.claim_id = wire_str(in->claim_id),
	};
	return RES_OK;
}

enum res reply_read_verify(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err)
{
	Wangli__ReplyVerify *in = NULL;

	TRY(wire_unpack(mem, &wangli__reply_verify__descriptor, body, &in, err));
	*out = (struct reply_event){
		.kind = in->was_delivered ? REPLY_EV_FOUND : REPLY_EV_RESENT,
		.delivery_id = wire_str(in->delivery_id),
		.text = wire_str(in->note),
	};
	return RES_OK;
}

/* A direct answer is nobody's of the units. */
static char *unit_out(struct arena *mem, const struct reply_case *file)
{
	return text_out(mem, file->kb_article != 0 ? STR("") : file->unit);
}

struct str reply_write_submitted(
	struct arena *mem, const struct reply_case *file, int32_t text_chars)
{
	Wangli__ReplySubmitted out = WANGLI__REPLY_SUBMITTED__INIT;

	out.draft = file->draft;
	out.text_digest = bytes_out(file->draft_digest);
	out.text_chars = text_chars;
	out.unit = unit_out(mem, file);
	return wire_pack(mem, &out.base);
}

struct str reply_write_approved(struct arena *mem, const struct reply_case *file, int32_t stage)
{
	Wangli__ReplyApproved out = WANGLI__REPLY_APPROVED__INIT;

	out.draft = file->draft;
	out.stage = stage;
	out.role = text_out(mem, str_from_c(role_word(reply_stage_role(stage))));
	return wire_pack(mem, &out.base);
}

struct str reply_write_rejected(
	struct arena *mem, const struct reply_case *file, int32_t stage, int32_t reason_chars)
{
	Wangli__ReplyRejected out = WANGLI__REPLY_REJECTED__INIT;

	out.draft = file->draft;
	out.stage = stage;
	out.role = text_out(mem, str_from_c(role_word(reply_stage_role(stage))));
	out.reason_chars = reason_chars;
	return wire_pack(mem, &out.base);
}

struct str reply_write_no_article(struct arena *mem, int64_t kb_article)
{
	Wangli__ReplyNoArticle out = WANGLI__REPLY_NO_ARTICLE__INIT;

	out.kb_article = kb_article;
	return wire_pack(mem, &out.base);
}

struct str reply_write_replied(struct arena *mem, const struct reply_case *file)
{
	Wangli__ReplyReplied out = WANGLI__REPLY_REPLIED__INIT;

	out.draft = file->draft;
	out.delivery_id = text_out(mem, file->delivery_id);
	out.channel = text_out(mem, file->channel);
	out.unit = unit_out(mem, file);
	out.type = text_out(mem, file->type);
	out.klass = text_out(mem, file->klass);
	out.text_digest = bytes_out(file->draft_digest);
	out.kb_article = file->kb_article;
	out.replied_at_us = file->replied_at.us;
	return wire_pack(mem, &out.base);
}

struct str reply_write_delivered(
	struct arena *mem, const struct reply_case *file, int32_t fence, struct str reason)
{
	Wangli__ReplyDelivered out = WANGLI__REPLY_DELIVERED__INIT;

	out.delivery_id = text_out(mem, file->delivery_id);
	out.channel = text_out(mem, file->channel);
	out.reason = text_out(mem, reason);
	out.type = text_out(mem, file->type);
	out.fence = fence;
	return wire_pack(mem, &out.base);
}

struct str reply_write_sending(struct arena *mem, const struct reply_case *file)
{
	Wangli__ReplySending out = WANGLI__REPLY_SENDING__INIT;

	out.delivery_id = text_out(mem, file->delivery_id);
	out.fence = file->fence;
	out.claim_id = text_out(mem, file->claim_id);
	return wire_pack(mem, &out.base);
}

struct str reply_write_in_doubt(struct arena *mem, const struct reply_case *file, struct str reason)
{
	Wangli__ReplyInDoubt out = WANGLI__REPLY_IN_DOUBT__INIT;

	out.delivery_id = text_out(mem, file->delivery_id);
	out.fence = file->fence;
	out.reason = text_out(mem, reason);
	return wire_pack(mem, &out.base);
}

struct str reply_write_resent(struct arena *mem, const struct reply_case *file)
{
	Wangli__ReplyResent out = WANGLI__REPLY_RESENT__INIT;

	out.delivery_id = text_out(mem, file->delivery_id);
	out.fence = file->fence;
	return wire_pack(mem, &out.base);
}

struct str reply_write_go(struct arena *mem, const struct reply_case *file)
{
	Wangli__Go out = WANGLI__GO__INIT;

	out.delivery_id = text_out(mem, file->delivery_id);
	out.fence = file->fence;
	return wire_pack(mem, &out.base);
}

struct str reply_write_deliver(struct arena *mem, const struct reply_deliver *deliver)
{
	Wangli__Deliver out = WANGLI__DELIVER__INIT;

	out.delivery_id = text_out(mem, deliver->delivery_id);
	out.case_number = text_out(mem, deliver->case_number);
	out.text = text_out(mem, deliver->text);
	out.unit = text_out(mem, deliver->unit_name);
	out.replied_at_us = deliver->replied_at.us;
	out.reply_address = text_out(mem, deliver->reply_address);
	out.what = text_out(mem, deliver->what);
	return wire_pack(mem, &out.base);
}

/* Bodies of messages to and from what the core speaks of. The only part that sees generated
 * protobuf code. Texts that are read borrow from `mem` or from the body. */
#ifndef WL_REPLY_CODEC_H
#define WL_REPLY_CODEC_H

#include "base/arena.h"
#include "reply_core.h"
#include "reply_kb_core.h"

struct reply_letter { /* how the channel names the letter that is answered */
	struct str source;
	struct str source_msg_id;
	struct str channel;
};

struct reply_deliver { /* what a DELIVER says */
	struct str delivery_id;
	struct str case_number;
	struct str text;
	struct str unit_name;
	struct instant replied_at;
	struct str reply_address;
	struct str what; /* "reply", "refusal" */
};

/* All: RES_INVALID when the body is not what its type says. */
enum res reply_read_accepted(struct arena *mem, struct str body, struct reply_event *out,
	struct reply_letter *out_letter, struct err *err) must_check;
enum res reply_read_refused(struct arena *mem, struct str body, struct reply_event *out,
	struct reply_letter *out_letter, struct err *err) must_check;
/* Fills unit; the kind is the caller's. */
enum res reply_read_dispatched(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err) must_check;
enum res reply_read_submit(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err) must_check;
enum res reply_read_approve(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err) must_check;
enum res reply_read_reject(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err) must_check;
enum res reply_read_answer(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err) must_check;
enum res reply_read_kb_put(struct arena *mem, struct str body, struct reply_kb_article *out,
	struct err *err) must_check;
/* Fills kind, delivery_id, claim_id. */
enum res reply_read_claim(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err) must_check;
enum res reply_read_verify(
	struct arena *mem, struct str body, struct reply_event *out, struct err *err) must_check;
/* Fills delivery_id and fence; the kind comes from the header's code. */
enum res reply_read_done(struct arena *mem, struct str body, struct reply_event *out,
	struct str *out_reason, struct err *err) must_check;

struct str reply_write_submitted(
	struct arena *mem, const struct reply_case *file, int32_t text_chars);
struct str reply_write_approved(struct arena *mem, const struct reply_case *file, int32_t stage);
struct str reply_write_rejected(
	struct arena *mem, const struct reply_case *file, int32_t stage, int32_t reason_chars);
struct str reply_write_no_article(struct arena *mem, int64_t kb_article);
struct str reply_write_replied(struct arena *mem, const struct reply_case *file);
struct str reply_write_kb_put(struct arena *mem, int64_t id);
/* fence: of the claim that it came by; 0: none */
struct str reply_write_delivered(
	struct arena *mem, const struct reply_case *file, int32_t fence, struct str reason);
struct str reply_write_sending(struct arena *mem, const struct reply_case *file);
struct str reply_write_in_doubt(
	struct arena *mem, const struct reply_case *file, struct str reason);
struct str reply_write_resent(struct arena *mem, const struct reply_case *file);
struct str reply_write_go(struct arena *mem, const struct reply_case *file);
struct str reply_write_deliver(struct arena *mem, const struct reply_deliver *deliver);

#endif

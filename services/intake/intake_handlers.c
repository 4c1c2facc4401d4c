/* One function a message: read it, let the core decide, perform the decision. The table closes the
 * file. */
#include "intake_handlers.h"

#include <string.h>

#include "intake_admit.h"
#include "intake_classify_core.h"
#include "intake_core.h"
#include "intake_store.h"

#define ACTOR STR("system")

static void keep_contact(struct kit_turn *turn, const struct intake_admitted *admitted)
{
	const struct intake_submit *submit = &admitted->submit;
	int64_t case_id = kit_case_of(turn->row)->case_id;
	struct intake_contact_row row = { .case_id = case_id,
		.n = 1,
		.lookup = admitted->lookup,
		.reply_address = submit->letter.reply_address };
	struct intake_epoch_row epoch = { .case_id = case_id,
		.epoch = submit->contact.epoch,
		.sealed_key = submit->contact.sealed_key };

	if (!submit->has_contact && str_is_empty(row.reply_address))
		return;
	if (submit->has_contact) {
		row.epoch = submit->contact.epoch;
		row.record = submit->contact.record;
		kit_insert(turn, &intake_epochs, &epoch);
	}
	kit_insert(turn, &intake_contacts, &row);
}

static void keep_letter(struct kit_turn *turn, const struct intake_admitted *admitted)
{
	const struct intake_letter *letter = &admitted->submit.letter;
	const struct wire_head *head = &turn->message->head;
	int64_t case_id = kit_case_of(turn->row)->case_id;
	struct intake_submission_row submission = { .case_id = case_id,
		.source = head->source,
		.source_msg_id = head->source_msg_id,
		.received_at = turn->now };
	struct intake_letter_row row = { .case_id = case_id,
		.n = 1,
		.title = letter->title,
		.body = letter->body,
		.written_at = letter->written_at,
		.likes = letter->likes };

	memcpy(submission.digest, admitted->digest, sizeof submission.digest);
	kit_insert(turn, &intake_submissions, &submission);
	kit_insert(turn, &intake_letters, &row);
	keep_contact(turn, admitted);
}

static struct classify_result classify(struct kit_turn *turn, const struct intake_letter *letter)
{
	const struct intake_service *service = turn->service;
	struct classify_result result;
	struct classify_letter question = { .title = letter->title,
		.body = letter->body,
		.area = letter->area,
		.klass = letter->klass,
		.day = instant_shanghai_day(turn->now) };

	service->classifier->decide(service->classifier, turn->mem, &question, &result);
	return result;
}

/* Received and accepted are two steps of `system` in one commit. */
static enum res take_steps(
	struct kit_turn *turn, const struct classify_result *result, struct err *err)
{
	struct intake_row *row = turn->row;
	struct intake_event received = { .kind = INTAKE_RECEIVE,
		.channel = turn->message->head.channel,
		.klass = result->klass };
	struct intake_event accepted = { .kind = INTAKE_ACCEPT,
		.klass = result->klass,
		.type = result->type,
		.category = result->category,
		.area = result->area };

	if (received.channel.p == NULL)
		received.channel = STR("");
	TRY(intake_decide(&row->file, &received, turn->now, &row->file, err));
	return intake_decide(&row->file, &accepted, turn->now, &row->file, err);
}

static enum res submit(struct kit_turn *turn, struct err *err)
{
	const struct intake_service *service = turn->service;
	const struct intake_admitted *admitted = turn->admitted;
	const struct wire_head *head = &turn->message->head;
	struct intake_origin origin = { .source = head->source,
		.source_msg_id = head->source_msg_id,
		.channel = head->channel };
	struct str digest = str_of(admitted->digest, sizeof admitted->digest);
	struct str receipt;

	struct classify_result result = classify(turn, &admitted->submit.letter);
	TRY(take_steps(turn, &result, err));
	TRY(intake_receipt_for(service, turn->mem, kit_case_of(turn->row)->case_id, digest,
		turn->now, false, &receipt, err));
	keep_letter(turn, admitted);
	kit_journal(turn, "intake.received.v1", ACTOR,
		intake_write_received(
			turn->mem, &origin, &admitted->submit.letter, result.klass, digest));
	kit_journal(turn, "intake.accepted.v1", ACTOR,
		intake_write_accepted(
			turn->mem, &origin, &result, service->classifier->name, turn->ref_version));
	kit_answer(turn, receipt);
	return RES_OK;
}

/* Only intake makes cases: a fact about one that is not here waits. */
static enum res is_here(struct kit_turn *turn, struct err *err)
{
	if (kit_case_of(turn->row)->version == 0)
		return err_set(err, RES_NOT_FOUND, "there is no such case");
	return RES_OK;
}

static enum res followup_passed(struct kit_turn *turn, struct err *err)
{
	return is_here(turn, err);
}

static enum res followup_closed(struct kit_turn *turn, struct err *err)
{
	struct intake_row *row = turn->row;
	struct instant at = turn->message->head.time;
	struct intake_event event = { .kind = INTAKE_FOLLOWUP_CLOSED,
		.at = instant_is_none(at) ? turn->now : at };

	TRY(is_here(turn, err));
	enum res res = intake_decide(&row->file, &event, turn->now, &row->file, err);
	/* A fact of another service does not become possible by asking again. */
	return res == RES_CONFLICT ? RES_INVALID : res;
}

static enum res keys_get(struct kit_turn *turn, struct err *err)
{
	struct intake_key_row *rows = NULL;
	size_t n = 0;

	TRY(intake_load_keys(kit_turn_db(turn), turn->mem, &rows, &n, err));
	kit_answer(turn, intake_write_keys(turn->mem, rows, n));
	return RES_OK;
}

static enum res channel_add(struct kit_turn *turn, struct err *err)
{
	struct intake_key key;
	bool is_revoked;

	if (!str_eq_c(turn->message->head.sender, "cli"))
		return err_set(err, RES_DENIED, "only the command line may add channels");
	TRY(intake_read_key(turn->mem, turn->message->body, &key, &is_revoked, err));
	TRY(intake_check_key(&key, err));
	TRY(intake_put_key(kit_turn_db(turn), turn->mem, &key, is_revoked, turn->now, err));
	kit_hint(turn, "edge", "keys.changed.v1");
	return RES_OK;
}

const struct kit_handler intake_handlers[] = {
	{ .kind = WIRE_SUBMIT, .type = "submit.v1", .handle = submit },
	{ .kind = WIRE_EVENT, .type = "followup.started.v1", .handle = followup_passed },
	{ .kind = WIRE_EVENT, .type = "followup.visited.v1", .handle = followup_passed },
	{ .kind = WIRE_EVENT, .type = "followup.silent.v1", .handle = followup_passed },
	{ .kind = WIRE_EVENT, .type = "followup.closed.v1", .handle = followup_closed },
	{ .kind = WIRE_COMMAND, .type = "keys.get.v1", .handle = keys_get, .no_case = true },
	{ .kind = WIRE_COMMAND, .type = "channel.add.v1", .handle = channel_add, .no_case = true },
	{ 0 },
};

/* One function a message: read it, let the core decide, perform the decision. The table closes the
 * file. */
#include "intake_handlers.h"

#include <string.h>

#include "intake_admit.h"
#include "intake_channel.h"
#include "intake_classify_core.h"
#include "intake_core.h"
#include "intake_objects.h"
#include "intake_review.h"
#include "intake_state.h"
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

static void keep_attachments(struct kit_turn *turn, const struct intake_admitted *admitted)
{
	for (size_t i = 0; i < admitted->submit.n_attachments; i++) {
		const struct object_ticket *ticket = &admitted->objects[i].ticket;
		struct intake_attachment_row row = { .case_id = kit_case_of(turn->row)->case_id,
			.n = (int32_t)i + 1,
			.size_bytes = ticket->size_bytes,
			.media_type = ticket->media_type,
			.name = admitted->objects[i].name };

		memcpy(row.sha256, ticket->sha256, sizeof(row.sha256));
		memcpy(row.stored_sha256, ticket->stored_sha256, sizeof(row.stored_sha256));
		kit_insert(turn, &intake_attachments, &row);
	}
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
	keep_attachments(turn, admitted);
}

/* Calendars are dated too: a notice that came later does not change what was decided before. */
static const struct workday_calendar *calendar_on(struct intake_known *known, int32_t day)
{
	if (known->calendar_day != day) {
		known->calendar = workday_calendar_known_on(known->reference.notices,
			known->reference.n_notices, day, known->overrides);
		known->calendar_day = day;
	}
	return &known->calendar;
}

static struct classify_result classify(struct kit_turn *turn, const struct intake_letter *letter)
{
	const struct intake_service *service = turn->service;
	const struct classifier *classifier = service->known.classifier;
	struct classify_result result;
	struct classify_letter question = { .title = letter->title,
		.body = letter->body,
		.area = letter->area,
		.klass = letter->klass,
		.day = instant_shanghai_day(turn->now) };

	classifier->decide(classifier, turn->mem, &question, &result);
	return result;
}

/* What the classifier thinks of the letter. Whatever nobody can ask for any more is left out: a
 * letter that the system accepts at once needs the bodies that it names only as a report, and an
 * article only as a consult. */
static struct intake_matter matter_of(struct kit_turn *turn, const struct intake_letter *letter,
	const struct classify_result *result, bool is_by_people)
{
	const struct intake_service *service = turn->service;
	const struct intake_reference *reference = &service->known.reference;
	struct intake_matter matter = { .klass = result->klass,
		.type = result->type,
		.category = result->category,
		.area = result->area,
		.confidence_pct = (int16_t)result->confidence_pct,
		.is_general_desk = result->is_general_desk,
		.named_units = STR("") };

	if (is_by_people || str_eq_c(result->klass, INTAKE_KLASS_REPORT))
		matter.named_units =
			arena_join(turn->mem, result->named_units, result->n_named_units, ',');
	if (is_by_people || str_eq_c(result->type, INTAKE_TYPE_CONSULT))
		matter.kb_article = intake_article_find(reference->articles, reference->n_articles,
			letter->title, letter->body, instant_shanghai_day(turn->now));
	return matter;
}

static enum res receive(struct kit_turn *turn, const struct intake_matter *matter, struct err *err)
{
	struct intake_service *service = turn->service;
	struct intake_row *row = turn->row;
	const struct wire_head *head = &turn->message->head;
	struct intake_event event = { .kind = INTAKE_RECEIVE,
		.role = ROLE_SYSTEM,
		.source = head->source,
		.source_msg_id = head->source_msg_id,
		.channel = head->channel.p != NULL ? head->channel : STR(""),
		.matter = *matter };

	event.accept_due = intake_accept_due(&service->known.reference,
		calendar_on(&service->known, instant_shanghai_day(turn->now)), matter->type,
		turn->now);
	return intake_decide(&row->file, &event, turn->now, &row->file, err);
}

/* Received and accepted are two entries of one commit where the road leaves the second to the
 * system. */
static enum res accept_at_once(
	struct kit_turn *turn, const struct intake_grounds *grounds, struct err *err)
{
	const struct intake_service *service = turn->service;
	struct intake_row *row = turn->row;
	struct intake_acceptance acceptance = {
		.grounds = *grounds, .note = STR(""), .ref_version = turn->ref_version
	};
	struct intake_event event = {
		.kind = INTAKE_ACCEPT_AT_ONCE, .role = ROLE_SYSTEM, .matter = row->file.matter
	};

	event.matter.kb_article = intake_direct_article(
		&service->known.reference, &event.matter, instant_shanghai_day(turn->now));
	TRY(intake_decide(&row->file, &event, turn->now, &row->file, err));
	kit_journal(turn, "intake.accepted.v1", ACTOR,
		intake_write_accepted(turn->mem, &row->file, &acceptance));
	return RES_OK;
}

static enum res submit(struct kit_turn *turn, struct err *err)
{
	const struct intake_service *service = turn->service;
	const struct intake_known *known = &service->known;
	const struct intake_admitted *admitted = turn->admitted;
	const struct intake_letter *letter = &admitted->submit.letter;
	struct intake_row *row = turn->row;
	struct str digest = str_of(admitted->digest, sizeof admitted->digest);
	int32_t day = instant_shanghai_day(turn->now);
	struct str receipt;

	struct classify_result result = classify(turn, letter);
	struct intake_grounds grounds = { .classifier = known->classifier->name,
		.words = result.words,
		.n_words = result.n_words };
	bool is_by_people = !road_taken_by_system(
		known->reference.road, known->reference.n_road, ROAD_ACCEPT, result.type, day);
	struct intake_matter matter = matter_of(turn, letter, &result, is_by_people);
	TRY(receive(turn, &matter, err));
	TRY(intake_receipt_for(service, turn->mem, kit_case_of(turn->row)->case_id, digest,
		turn->now, false, &receipt, err));
	keep_letter(turn, admitted);
	kit_journal(turn, "intake.received.v1", ACTOR,
		intake_write_received(turn->mem, &row->file, &admitted->submit, &grounds, digest));
	if (!is_by_people)
		TRY(accept_at_once(turn, &grounds, err));
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
		.role = ROLE_SYSTEM,
		.at = instant_is_none(at) ? turn->now : at };

	TRY(is_here(turn, err));
	enum res res = intake_decide(&row->file, &event, turn->now, &row->file, err);
	/* A fact of another service does not become possible by asking again. */
	return res == RES_CONFLICT ? RES_INVALID : res;
}

const struct kit_handler intake_handlers[] = {
	{ .kind = WIRE_SUBMIT, .type = "submit.v1", .handle = submit },
	{ .kind = WIRE_COMMAND, .type = "intake.accept.v1", .handle = intake_accept_command },
	{ .kind = WIRE_COMMAND, .type = "intake.refuse.v1", .handle = intake_refuse_command },
	{ .kind = WIRE_EVENT,
		.type = "followup.started.v1",
		.handle = followup_passed,
		.is_lazy = true },
	{ .kind = WIRE_EVENT,
		.type = "followup.visited.v1",
		.handle = followup_passed,
		.is_lazy = true },
	{ .kind = WIRE_EVENT,
		.type = "followup.silent.v1",
		.handle = followup_passed,
		.is_lazy = true },
	{ .kind = WIRE_EVENT,
		.type = "followup.rated.v1",
		.handle = followup_passed,
		.is_lazy = true },
	{ .kind = WIRE_EVENT,
		.type = "followup.redo.v1",
		.handle = followup_passed,
		.is_lazy = true },
	{ .kind = WIRE_EVENT,
		.type = "followup.closed.v1",
		.handle = followup_closed,
		.is_lazy = true },
	{ .kind = WIRE_COMMAND,
		.type = "intake.open.v1",
		.handle = intake_open_command,
		.no_case = true },
	{ .kind = WIRE_COMMAND, .type = "keys.get.v1", .handle = intake_keys_get, .no_case = true },
	{ .kind = WIRE_COMMAND,
		.type = "objects.referenced.v1",
		.handle = intake_objects_referenced,
		.no_case = true },
	{ .kind = WIRE_COMMAND,
		.type = "channel.add.v1",
		.handle = intake_channel_add,
		.no_case = true },
	{ .kind = WIRE_COMMAND,
		.type = "channel.rotate.v1",
		.handle = intake_channel_rotate,
		.no_case = true },
	{ .kind = WIRE_COMMAND,
		.type = "channel.revoke.v1",
		.handle = intake_channel_revoke,
		.no_case = true },
	{ .kind = WIRE_COMMAND,
		.type = "channel.quota.v1",
		.handle = intake_channel_quota,
		.no_case = true },
	{ .kind = WIRE_COMMAND,
		.type = "state.get.v1",
		.handle = intake_state_command,
		.no_case = true },
	{ .kind = WIRE_COMMAND,
		.type = "state.put.v1",
		.handle = intake_state_command,
		.no_case = true },
	{ .kind = WIRE_COMMAND,
		.type = "state.lease.v1",
		.handle = intake_state_command,
		.no_case = true },
	{ 0 },
};

/* The commands of agents and reviewers, and the portal's question about a query code. */
#include "intake_review.h"

#include "intake_admit.h"
#include "intake_codec.h"
#include "intake_core.h"
#include "intake_review_core.h"
#include "intake_store.h"

#define CODE_DIGITS 6

/* Who acts, and whether the life cycle has that step for him now: asked before anything that the
 * command says, so that the first answer is about the case. */
static enum res begin(struct kit_turn *turn, enum intake_event_kind kind, struct intake_event *out,
	struct err *err)
{
	const struct intake_row *row = turn->row;
	const struct life_step *step = NULL;
	struct actor actor;

	TRY(kit_actor(turn, &actor, err));
	TRY(life_find(&intake_life, row->file.state, (int)kind, actor.role, &step, err));
	*out = (struct intake_event){ .kind = kind, .role = actor.role };
	return RES_OK;
}

enum res intake_accept_command(struct kit_turn *turn, struct err *err)
{
	const struct intake_service *service = turn->service;
	struct intake_row *row = turn->row;
	struct intake_event event;
	struct intake_accept asked;

	TRY(begin(turn, INTAKE_ACCEPT, &event, err));
	TRY(intake_read_accept(turn->mem, turn->message->body, &asked, err));
	TRY(intake_review_accept(&service->known.reference, &row->file.matter, &asked,
		instant_shanghai_day(turn->now), &event.matter, err));
	TRY(intake_decide(&row->file, &event, turn->now, &row->file, err));
	struct intake_acceptance acceptance = { .note = asked.note,
		.ref_version = turn->ref_version };
	kit_journal(turn, "intake.accepted.v1", turn->message->head.actor,
		intake_write_accepted(turn->mem, &row->file, &acceptance));
	return RES_OK;
}

enum res intake_refuse_command(struct kit_turn *turn, struct err *err)
{
	struct intake_row *row = turn->row;
	struct intake_event event;
	struct intake_refuse asked;
	enum intake_reason reason;

	TRY(begin(turn, INTAKE_REFUSE, &event, err));
	TRY(intake_read_refuse(turn->mem, turn->message->body, &asked, err));
	TRY(intake_review_refuse(&asked, &reason, err));
	TRY(intake_decide(&row->file, &event, turn->now, &row->file, err));
	struct intake_refusal_row refusal = { .case_id = row->kit.case_id,
		.n = 1,
		.reason = str_from_c(intake_reason_word(reason)),
		.sentence = str_from_c(intake_reason_zh(reason)),
		.guidance = asked.guidance,
		.actor = turn->message->head.actor,
		.at = turn->now };
	kit_insert(turn, &intake_refusals, &refusal);
	kit_journal(turn, "intake.refused.v1", turn->message->head.actor,
		intake_write_refused(turn->mem, &row->file, &asked));
	return RES_OK;
}

/* Every question costs one keyed hash and one comparison in constant time, whatever stands in it.
 */
enum res intake_open_command(struct kit_turn *turn, struct err *err)
{
	const struct intake_service *service = turn->service;
	const struct wire_head *head = &turn->message->head;
	struct intake_open asked;
	char code[CODE_DIGITS + 1];
	char given[CODE_DIGITS] = { 0 };

	if (!str_eq_c(head->sender, "portal") && !str_eq_c(head->sender, "cli"))
		return err_set(err, RES_DENIED, "only portal and command line may ask for a case");
	TRY(intake_read_open(turn->mem, turn->message->body, &asked, err));
	crypto_query_code(asked.case_id, service->query_code_key, code);
	for (size_t i = 0; i < CODE_DIGITS && i < asked.query_code.n; i++)
		given[i] = asked.query_code.p[i];
	bool is_right = crypto_equal(str_of(given, CODE_DIGITS), str_of(code, CODE_DIGITS));
	if (!is_right || asked.query_code.n != CODE_DIGITS || asked.case_id <= 0)
		return err_set(err, RES_CONFLICT, "no such case, or another query code");
	return RES_OK;
}

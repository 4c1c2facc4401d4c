/* One function a message; bodies are plain text. The tables close the file. */
#include "toy_handlers.h"

#include "toy_store.h"

static struct toy_case *file_of(struct kit_turn *turn)
{
	return &((struct toy_row *)turn->row)->file;
}

static enum res effect(struct kit_turn *turn, struct str what, struct err *err)
{
	const struct toy_service *service = turn->service;
	struct toy_effect_row row = { .case_id = turn->message->head.case_id, .what = what };

	if (file_of(turn)->n >= service->most)
		return err_set(err, RES_INVALID, "a case takes %lld effects at most",
			(long long)service->most);
	row.n = ++file_of(turn)->n;
	kit_insert(turn, &toy_effects, &row);
	return RES_OK;
}

static enum res on_put(struct kit_turn *turn, struct err *err)
{
	return effect(turn, turn->message->body, err);
}

/* Only moves the cursor. */
static enum res on_noted(struct kit_turn *turn, struct err *err)
{
	(void)turn;
	(void)err;
	return RES_OK;
}

static enum res on_tell(struct kit_turn *turn, struct err *err)
{
	TRY(effect(turn, turn->message->body, err));
	kit_journal(turn, "dispatch.told.v1", STR("system"), turn->message->body);
	return RES_OK;
}

/* Wrong, unless its body says otherwise or the next version takes it. */
static enum res on_wrong(struct kit_turn *turn, struct err *err)
{
	TRY(effect(turn, turn->message->body, err));
	kit_journal(turn, "dispatch.told.v1", STR("system"), turn->message->body);
	if (!str_eq_c(turn->message->body, "right"))
		return err_set(err, RES_INVALID, "it is wrong");
	return RES_OK;
}

/* Waits for the first event of followup. */
static enum res on_patient(struct kit_turn *turn, struct err *err)
{
	if (kit_case_of(turn->row)->seen[KIT_FOLLOWUP] == 0)
		return err_set(err, RES_NOT_FOUND, "followup has not spoken yet");
	return effect(turn, turn->message->body, err);
}

/* Body: milliseconds from now. */
static enum res on_arm(struct kit_turn *turn, struct err *err)
{
	int64_t ms;

	if (str_to_int64(turn->message->body, &ms) != RES_OK)
		return err_set(err, RES_INVALID, "arm: want milliseconds");
	kit_timer_set(turn, "ring", instant_add(turn->now, SPAN_MS(ms)));
	return RES_OK;
}

static enum res on_jam(struct kit_turn *turn, struct err *err)
{
	(void)err;
	file_of(turn)->is_jammed = true;
	return RES_OK;
}

static enum res on_free(struct kit_turn *turn, struct err *err)
{
	(void)err;
	file_of(turn)->is_jammed = false;
	return RES_OK;
}

/* What it did before it failed must be undone. */
static enum res on_ring(struct kit_turn *turn, struct err *err)
{
	TRY(effect(turn, STR("ring"), err));
	kit_journal(turn, "dispatch.rang.v1", STR("system"), STR(""));
	if (file_of(turn)->is_jammed)
		return err_set(err, RES_RETRY, "jammed");
	return RES_OK;
}

static enum res on_add(struct kit_turn *turn, struct err *err)
{
	TRY(effect(turn, turn->message->body, err));
	kit_journal(turn, "dispatch.added.v1", turn->message->head.actor, turn->message->body);
	kit_answer(turn, arena_printf(turn->mem, "effect %d", file_of(turn)->n));
	return RES_OK;
}

static enum res on_refuse(struct kit_turn *turn, struct err *err)
{
	TRY(effect(turn, STR("refused"), err));
	return err_set(err, RES_CONFLICT, "it cannot be done now");
}

/* Body: the key that only one case may have. */
static enum res on_claim(struct kit_turn *turn, struct err *err)
{
	struct toy_claim_row row = { .case_id = turn->message->head.case_id,
		.key = turn->message->body };

	kit_insert(turn, &toy_claims, &row);
	kit_journal(turn, "dispatch.claimed.v1", STR("system"), turn->message->body);
	return effect(turn, turn->message->body, err);
}

/* The same marker more than once. */
static enum res on_raise(struct kit_turn *turn, struct err *err)
{
	kit_journal(turn, "dispatch.told.v1", STR("system"), turn->message->body);
	kit_marker_raise(turn, STR("reply"), kit_case_of(turn->row)->seq);
	kit_marker_raise(turn, STR("reply"), kit_case_of(turn->row)->seq);
	return effect(turn, turn->message->body, err);
}

#define HANDLERS                                                                                   \
	{ WIRE_EVENT, "intake.put.v1", on_put, false },                                            \
		{ WIRE_EVENT, "intake.tell.v1", on_tell, false },                                  \
		{ WIRE_EVENT, "intake.noted.v1", on_noted, false, true },                          \
		{ WIRE_EVENT, "intake.patient.v1", on_patient, false },                            \
		{ WIRE_EVENT, "intake.arm.v1", on_arm, false },                                    \
		{ WIRE_EVENT, "intake.jam.v1", on_jam, false },                                    \
		{ WIRE_EVENT, "intake.free.v1", on_free, false },                                  \
		{ WIRE_EVENT, "followup.put.v1", on_put, false },                                  \
		{ WIRE_COMMAND, "toy.add.v1", on_add, false },                                     \
		{ WIRE_COMMAND, "toy.refuse.v1", on_refuse, false },                               \
		{ WIRE_COMMAND, "toy.claim.v1", on_claim, false },                                 \
		{ WIRE_COMMAND, "toy.raise.v1", on_raise, false },                                 \
	{                                                                                          \
		KIT_TIMER, "ring", on_ring, false                                                  \
	}

const struct kit_handler toy_handlers[] = {
	HANDLERS,
	{ WIRE_EVENT, "intake.wrong.v1", on_wrong, false },
	{ 0 },
};

const struct kit_handler toy_newer_handlers[] = {
	HANDLERS,
	{ WIRE_EVENT, "intake.wrong.v1", on_put, false },
	{ WIRE_EVENT, "intake.future.v1", on_put, false },
	{ 0 },
};

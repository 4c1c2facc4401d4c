/* The row is read, decided, and written under the stamp that was read: whoever was slower reads and
 * decides again. Nothing is kept of the command itself; its repeat finds what it did. */
#include "intake_state.h"

#include "intake_codec.h"
#include "intake_state_core.h"
#include "intake_state_store.h"

#define TRIES 4 /* in one transaction; then the batch is run again */

/* The door has stamped the source: without it nobody would be asking. */
static enum res check_sender(const struct kit_turn *turn, struct err *err)
{
	const struct wire_head *head = &turn->message->head;

	if (!str_eq_c(head->sender, "edge") || str_is_empty(head->source))
		return err_set(err, RES_DENIED, "only an integrator at the door has state here");
	return RES_OK;
}

static void say(struct kit_turn *turn, const struct intake_kept *row, struct instant at,
	bool shows_value, struct str why_not)
{
	struct intake_state_answer answer = { .why_not = why_not,
		.version = row->version,
		.value = shows_value ? row->value : STR_NONE,
		.lease_left_ms = intake_state_lease_left_ms(row, at) };

	if (answer.lease_left_ms > 0)
		answer.holder = row->holder;
	kit_answer(turn, intake_write_state_answer(turn->mem, &answer));
}

/* Only what may grow asks how much the source has. */
static enum res use_of(struct kit_turn *turn, const struct intake_state_ask *ask,
	const struct intake_kept *row, struct intake_state_use *out, struct err *err)
{
	bool may_grow = ask->kind == INTAKE_STATE_PUT
				? !ask->is_removed
				: ask->kind == INTAKE_STATE_LEASE && !row->is_there;

	if (!may_grow)
		return RES_OK;
	return intake_state_load_use(kit_turn_db(turn), turn->mem, ask->source, out, err);
}

/* One look and, where it leads to that, one write. *out_won: it is said. */
static enum res attempt(
	struct kit_turn *turn, const struct intake_state_ask *ask, bool *out_won, struct err *err)
{
	struct intake_state_decision decision;
	struct intake_state_use use = { 0 };
	struct intake_kept row;
	struct instant at;
	struct err why;

	TRY(intake_state_load(kit_turn_db(turn), turn->mem, ask, &row, &at, err));
	TRY(use_of(turn, ask, &row, &use, err));
	*out_won = true;
	if (intake_state_decide(&row, ask, &use, at, &decision, &why) != RES_OK) {
		say(turn, &row, at, decision.shows_value, str_from_c(why.text));
		return RES_OK;
	}
	TRY(intake_state_write(
		kit_turn_db(turn), turn->mem, ask, row.stamp, &decision, out_won, err));
	if (*out_won)
		say(turn, &decision.after, at, decision.shows_value, STR_NONE);
	return RES_OK;
}

enum res intake_state_command(struct kit_turn *turn, struct err *err)
{
	struct intake_state_ask ask;
	struct err why;

	TRY(check_sender(turn, err));
	TRY(intake_read_state_ask(
		turn->mem, turn->message->head.type, turn->message->body, &ask, err));
	ask.source = turn->message->head.source;
	if (intake_state_check(&ask, &why) != RES_OK) {
		say(turn, &(struct intake_kept){ 0 }, INSTANT_NONE, false, str_from_c(why.text));
		return RES_OK;
	}
	for (int i = 0; i < TRIES; i++) {
		bool has_won = false;

		TRY(attempt(turn, &ask, &has_won, err));
		if (has_won)
			return RES_OK;
	}
	return err_set(err, RES_CONFLICT, "others changed the state again and again");
}

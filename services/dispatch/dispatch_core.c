/* The life cycle is a table of steps; facts of others are noted first, and then every step that the
 * noted facts allow is taken. Signing and contacting are steps of `system` as long as nobody has to
 * take them. */
#include "dispatch_core.h"

/* What makes a step possible. */
enum trigger { BY_ACCEPTED, BY_SYSTEM, BY_REPLIED, BY_CLOSED };
#define NO_STEP DISPATCH_STEPS /* journalled by somebody else */

struct step {
	enum dispatch_state from;
	enum trigger trigger;
	enum dispatch_state to;
	enum dispatch_step did;
};

/* Taken from top to bottom, as far as their triggers are there. CONTACT changes no state, so it
 * stands behind SIGN. */
static const struct step steps[] = {
	{ DISPATCH_UNKNOWN, BY_ACCEPTED, DISPATCH_DISPATCHED, DISPATCH_DID_DISPATCH },
	{ DISPATCH_DISPATCHED, BY_SYSTEM, DISPATCH_IN_PROGRESS, DISPATCH_DID_SIGN },
	{ DISPATCH_IN_PROGRESS, BY_SYSTEM, DISPATCH_IN_PROGRESS, DISPATCH_DID_CONTACT },
	{ DISPATCH_IN_PROGRESS, BY_REPLIED, DISPATCH_RESOLVED, DISPATCH_DID_RESOLVE },
	{ DISPATCH_RESOLVED, BY_CLOSED, DISPATCH_CLOSED, NO_STEP },
};

/* Which fact may come in which state. REPLIED and CLOSED may come early. */
static const bool may_come[DISPATCH_STATES][DISPATCH_EVENTS] = {
	[DISPATCH_UNKNOWN] = { [DISPATCH_ON_ACCEPTED] = true,
		[DISPATCH_ON_REPLIED] = true,
		[DISPATCH_ON_CLOSED] = true },
	[DISPATCH_DISPATCHED] = { [DISPATCH_ON_REPLIED] = true, [DISPATCH_ON_CLOSED] = true },
	[DISPATCH_IN_PROGRESS] = { [DISPATCH_ON_REPLIED] = true, [DISPATCH_ON_CLOSED] = true },
	[DISPATCH_RESOLVED] = { [DISPATCH_ON_CLOSED] = true },
};

static const char *const event_names[] = {
	[DISPATCH_ON_ACCEPTED] = "be accepted by intake",
	[DISPATCH_ON_REPLIED] = "be replied to",
	[DISPATCH_ON_CLOSED] = "be closed by followup",
};
_Static_assert(
	sizeof(event_names) / sizeof(event_names[0]) == DISPATCH_EVENTS, "one name an event");

const char *dispatch_state_name(int state)
{
	switch (state) {
#define STATE(name, number, meaning)                                                               \
	case number:                                                                               \
		return #name;
#include "dispatch_states.def"
#undef STATE
	}
	return "?";
}

void dispatch_case_init(struct dispatch_case *file)
{
	*file = (struct dispatch_case){
		.state = DISPATCH_UNKNOWN,
		.unit = STR(""),
		.type = STR(""),
		.category = STR(""),
		.area = STR(""),
		.dispatched_at = INSTANT_NONE,
		.signed_at = INSTANT_NONE,
		.contacted_at = INSTANT_NONE,
		.resolved_at = INSTANT_NONE,
		.sign_due = INSTANT_NONE,
		.contact_due = INSTANT_NONE,
		.resolve_due = INSTANT_NONE,
		.closed_at = INSTANT_NONE,
	};
}

static enum res note_fact(
	struct dispatch_case *file, const struct dispatch_event *event, struct err *err)
{
	int state = file->state;
	bool is_known = state >= 0 && state < DISPATCH_STATES;
	bool is_second =
		(event->kind == DISPATCH_ON_REPLIED && !instant_is_none(file->resolved_at)) ||
		(event->kind == DISPATCH_ON_CLOSED && !instant_is_none(file->closed_at));

	if (!is_known || !may_come[state][event->kind] || is_second)
		return err_set(err, RES_CONFLICT, "a case that is %s cannot %s%s",
			dispatch_state_name(state), event_names[event->kind],
			is_second ? " again" : "");
	if (event->kind == DISPATCH_ON_REPLIED)
		file->resolved_at = event->at;
	if (event->kind == DISPATCH_ON_CLOSED)
		file->closed_at = event->at;
	return RES_OK;
}

static enum res do_dispatch(const struct dispatch_event *event, struct instant now,
	const struct dispatch_reference *reference, const struct workday_calendar *calendar,
	struct dispatch_decision *decision, struct err *err)
{
	struct dispatch_case *file = &decision->file;
	const struct dispatch_sla *sla = NULL;

	TRY(dispatch_choose_unit(reference, &event->question, &decision->choice, err));
	TRY(dispatch_find_sla(reference, event->type, event->question.day, &sla, err));
	struct due_time sign = due_count(calendar, now, sla->sign);
	struct due_time contact = due_count(calendar, now, sla->contact);
	struct due_time resolve = due_count(calendar, now, sla->resolve);
	file->task++;
	file->unit = decision->choice.unit;
	file->type = event->type;
	file->category = event->question.category;
	file->area = event->question.area;
	file->dispatched_at = now;
	file->sign_due = sign.at;
	file->contact_due = contact.at;
	file->resolve_due = resolve.at;
	file->is_provisional =
		sign.is_provisional || contact.is_provisional || resolve.is_provisional;
	return RES_OK;
}

/* May this step be taken now? Its state is the row's already. */
static bool is_triggered(const struct step *step, const struct dispatch_case *file,
	const struct dispatch_event *event)
{
	switch (step->trigger) {
	case BY_ACCEPTED:
		return event->kind == DISPATCH_ON_ACCEPTED;
	case BY_SYSTEM:
		return step->did == DISPATCH_DID_SIGN ? instant_is_none(file->signed_at)
						      : instant_is_none(file->contacted_at);
	case BY_REPLIED:
		return !instant_is_none(file->resolved_at);
	case BY_CLOSED:
		return !instant_is_none(file->closed_at);
	}
	return false;
}

static void apply_step(
	const struct step *step, struct instant now, struct dispatch_decision *decision)
{
	struct dispatch_case *file = &decision->file;

	file->state = (int16_t)step->to;
	switch (step->did) {
	case DISPATCH_DID_DISPATCH:
	case NO_STEP:
		break;
	case DISPATCH_DID_SIGN:
		file->signed_at = now;
		break;
	case DISPATCH_DID_CONTACT:
		file->contacted_at = now;
		break;
	case DISPATCH_DID_RESOLVE:
		decision->is_on_time = instant_is_none(file->resolve_due) ||
				       !instant_is_before(file->resolve_due, file->resolved_at);
		break;
	}
	if (step->did != NO_STEP)
		decision->steps[decision->n_steps++] = step->did;
}

enum res dispatch_decide(const struct dispatch_case *file, const struct dispatch_event *event,
	struct instant now, const struct dispatch_reference *reference,
	const struct workday_calendar *calendar, struct dispatch_decision *out, struct err *err)
{
	struct dispatch_decision decision = { .file = *file };

	TRY(note_fact(&decision.file, event, err));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct step *step = &steps[i];
		if ((int)step->from != decision.file.state ||
			!is_triggered(step, &decision.file, event))
			continue;
		if (step->did == DISPATCH_DID_DISPATCH)
			TRY(do_dispatch(event, now, reference, calendar, &decision, err));
		apply_step(step, now, &decision);
	}
	*out = decision;
	return RES_OK;
}

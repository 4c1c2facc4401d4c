/* Two tables. The life cycle says what may come in which state and from whom; the steps say what
 * follows from what is noted on the row, and are taken from top to bottom as far as they go. */
#include "dispatch_core.h"

#include "base/note.h"

/* What may come, in which state and from whom. */
static const struct life_step life_steps[] = {
#define STEP(from, event, to, roles, why)                                                          \
	{ DISPATCH_##from, DISPATCH_##event, DISPATCH_##to, roles },
#include "dispatch_steps.def"
#undef STEP
};

static const char *const event_names[] = {
#define EVENT(name, source, meaning) [DISPATCH_##name] = meaning,
#include "dispatch_events.def"
#undef EVENT
};
_Static_assert(
	sizeof(event_names) / sizeof(event_names[0]) == DISPATCH_EVENTS, "one name an event");

const struct life dispatch_life = { .owner = "dispatch",
	.steps = life_steps,
	.n_steps = sizeof(life_steps) / sizeof(life_steps[0]),
	.events = event_names,
	.n_events = DISPATCH_EVENTS,
	.state_name = dispatch_state_name };

/* What makes a step possible. */
enum trigger {
	BY_NO_ARTICLE,
	BY_DIRECT_ANSWER,
	BY_DISPATCHING, /* a dispatcher's command, or the road */
	BY_SIGNING,	/* likewise, and the next one */
	BY_CONTACTING,
	BY_REPLIED,
	BY_REDO,
	BY_CLOSED
};
#define NO_DEED DISPATCH_DEEDS /* journalled by somebody else */

static const struct step {
	enum dispatch_state from;
	enum trigger trigger;
	enum dispatch_state to;
	enum dispatch_deed deed;
} steps[] = {
	{ DISPATCH_DIRECT, BY_NO_ARTICLE, DISPATCH_ACCEPTED, NO_DEED },
	{ DISPATCH_DIRECT, BY_REPLIED, DISPATCH_RESOLVED, DISPATCH_DID_RESOLVE },
	/* no unit is bothered with what is answered already */
	{ DISPATCH_ACCEPTED, BY_DIRECT_ANSWER, DISPATCH_RESOLVED, DISPATCH_DID_RESOLVE },
	{ DISPATCH_ACCEPTED, BY_DISPATCHING, DISPATCH_DISPATCHED, DISPATCH_DID_DISPATCH },
	{ DISPATCH_DISPATCHED, BY_DIRECT_ANSWER, DISPATCH_RESOLVED, DISPATCH_DID_RESOLVE },
	{ DISPATCH_DISPATCHED, BY_SIGNING, DISPATCH_IN_PROGRESS, DISPATCH_DID_SIGN },
	{ DISPATCH_IN_PROGRESS, BY_CONTACTING, DISPATCH_IN_PROGRESS, DISPATCH_DID_CONTACT },
	{ DISPATCH_IN_PROGRESS, BY_REPLIED, DISPATCH_RESOLVED, DISPATCH_DID_RESOLVE },
	{ DISPATCH_RESOLVED, BY_REDO, DISPATCH_IN_PROGRESS, DISPATCH_DID_REDISPATCH },
	{ DISPATCH_RESOLVED, BY_CLOSED, DISPATCH_CLOSED, NO_DEED },
};

/* All that a decision looks at. */
struct question {
	const struct dispatch_event *event;
	struct instant now;
	const struct dispatch_reference *reference;
	const struct workday_calendar *calendar;
};

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
		.named_units = STR(""),
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

/* --- what comes: may it, and what is noted of it --- */

static enum res second_time(const struct dispatch_case *file, enum dispatch_event_kind kind,
	const char *why, struct err *err)
{
	return err_set(err, RES_CONFLICT, "dispatch: a case that is %s cannot %s again: %s",
		dispatch_state_name(file->state), event_names[kind], why);
}

static enum res check_contact(
	const struct dispatch_case *file, const struct dispatch_event *event, struct err *err)
{
	static const char *const means[] = { "", DISPATCH_MEANS_DEFAULT, "visit", "message",
		"site" };

	TRY(life_check_unit(&event->actor, file->unit, err));
	if (!instant_is_none(file->contacted_at))
		return second_time(file, event->kind,
			"he was contacted already; possible now: the reply (unit_officer)", err);
	for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		if (str_eq_c(event->means, means[i]))
			return note_check(event->note, err);
	}
	return err_set(err, RES_INVALID, "means: want phone, visit, message or site");
}

/* A fact that is on the row already cannot come again. */
static enum res check_event(
	const struct dispatch_case *file, const struct dispatch_event *event, struct err *err)
{
	switch (event->kind) {
	case DISPATCH_ON_ACCEPTED:
	case DISPATCH_ON_ANSWERABLE:
	case DISPATCH_ON_REFUSED:
	case DISPATCH_EVENTS:
		return RES_OK;
	case DISPATCH_ON_NO_ARTICLE:
		return file->no_article ? second_time(file, event->kind, "it was told", err)
					: RES_OK;
	case DISPATCH_ON_REPLIED:
		return instant_is_none(file->resolved_at)
			       ? RES_OK
			       : second_time(file, event->kind, "it was told", err);
	case DISPATCH_ON_CLOSED:
		return instant_is_none(file->closed_at)
			       ? RES_OK
			       : second_time(file, event->kind, "it was told", err);
	case DISPATCH_ON_REDO:
		if (event->redo != file->redo + 1)
			return err_set(err, RES_CONFLICT, "dispatch: redo %d came after redo %d",
				(int)event->redo, (int)file->redo);
		if (file->state == DISPATCH_RESOLVED && file->task == 0)
			return err_set(err, RES_CONFLICT,
				"dispatch: no unit ever had this case, so none can take it again");
		return RES_OK;
	case DISPATCH_DISPATCH:
		return note_check(event->note, err);
	case DISPATCH_SIGN:
		return life_check_unit(&event->actor, file->unit, err);
	case DISPATCH_CONTACT:
		return check_contact(file, event, err);
	}
	return RES_OK;
}

static void note_accepted(struct dispatch_case *file, const struct dispatch_event *event)
{
	file->type = event->type;
	file->category = event->question.category;
	file->area = event->question.area;
	file->is_general_desk = event->question.is_general_desk;
	file->is_report = event->question.is_report;
	file->named_units = event->question.is_report ? event->question.named_units : STR("");
}

/* Where intake leads is the beginning; all else follows from what is noted. */
static void note_event(
	struct dispatch_case *file, const struct dispatch_event *event, const struct life_step *may)
{
	switch (event->kind) {
	case DISPATCH_ON_ACCEPTED:
	case DISPATCH_ON_ANSWERABLE:
		note_accepted(file, event);
		file->state = (int16_t)may->to;
		break;
	case DISPATCH_ON_REFUSED:
		file->closed_at = event->at;
		file->state = (int16_t)may->to;
		break;
	case DISPATCH_ON_NO_ARTICLE:
		file->no_article = true;
		break;
	case DISPATCH_ON_REPLIED:
		file->resolved_at = event->at;
		file->is_direct = event->is_direct;
		break;
	case DISPATCH_ON_REDO:
		file->redo++;
		break;
	case DISPATCH_ON_CLOSED:
		file->closed_at = event->at;
		break;
	case DISPATCH_DISPATCH:
	case DISPATCH_SIGN:
	case DISPATCH_CONTACT:
	case DISPATCH_EVENTS:
		break;
	}
}

/* --- what follows --- */

static bool is_the_systems(
	const struct question *q, const struct dispatch_case *file, enum road_step step)
{
	return road_taken_by_system(
		q->reference->road, q->reference->n_road, step, file->type, q->event->day);
}

/* May this step be taken now? Its state is the row's already. */
static bool is_triggered(
	const struct step *step, const struct question *q, const struct dispatch_case *file)
{
	enum dispatch_event_kind kind = q->event->kind;
	bool is_replied = !instant_is_none(file->resolved_at);

	switch (step->trigger) {
	case BY_NO_ARTICLE:
		return file->no_article;
	case BY_DIRECT_ANSWER:
		return is_replied && file->is_direct;
	case BY_DISPATCHING:
		return kind == DISPATCH_DISPATCH || is_the_systems(q, file, ROAD_DISPATCH);
	case BY_SIGNING:
		return kind == DISPATCH_SIGN || is_the_systems(q, file, ROAD_SIGN);
	case BY_CONTACTING:
		return instant_is_none(file->contacted_at) &&
		       (kind == DISPATCH_CONTACT || is_the_systems(q, file, ROAD_CONTACT));
	case BY_REPLIED:
		return is_replied;
	case BY_REDO:
		return file->task > 0 && file->redo >= file->task;
	case BY_CLOSED:
		return !instant_is_none(file->closed_at);
	}
	return false;
}

/* At the due time is on time; without one everything is. */
static bool is_on_time(struct instant at, struct instant due)
{
	return instant_is_none(due) || !instant_is_before(due, at);
}

/* The task's due times stand on the row as long as it is the last one. */
static void set_terms(struct dispatch_case *file, struct dispatch_done *done, struct due_time sign,
	struct due_time contact, struct due_time resolve)
{
	file->sign_due = done->sign_due = sign.at;
	file->contact_due = done->contact_due = contact.at;
	file->resolve_due = done->resolve_due = resolve.at;
	file->is_provisional = done->is_provisional =
		sign.is_provisional || contact.is_provisional || resolve.is_provisional;
}

static enum res do_dispatch(const struct question *q, struct dispatch_case *file,
	struct dispatch_done *done, struct err *err)
{
	const struct dispatch_sla *sla = NULL;
	struct dispatch_question question = { .category = file->category,
		.area = file->area,
		.is_general_desk = file->is_general_desk,
		.is_report = file->is_report,
		.named_units = file->named_units,
		.day = q->event->day };

	TRY(dispatch_choose_wished(q->reference, &question, &q->event->wish, &done->choice, err));
	TRY(dispatch_find_sla(q->reference, file->type, q->event->day, &sla, err));
	set_terms(file, done, due_count(q->calendar, q->now, sla->sign),
		due_count(q->calendar, q->now, sla->contact),
		due_count(q->calendar, q->now, sla->resolve));
	file->task = 1;
	file->unit = done->choice.unit;
	file->dispatched_at = q->now;
	return RES_OK;
}

/* The same unit, with a clock of its own for the answer; it has signed and need not again. */
static void do_redispatch(
	const struct question *q, struct dispatch_case *file, struct dispatch_done *done)
{
	const struct due_time none = { .at = INSTANT_NONE };

	done->choice = (struct dispatch_choice){ .unit = file->unit, .reason = DISPATCH_REDO };
	set_terms(file, done, none, none, due_count(q->calendar, q->now, q->reference->redo));
	file->task++;
	file->resolved_at = INSTANT_NONE;
	file->is_direct = false;
}

static bool is_by_actor(enum dispatch_deed deed, enum dispatch_event_kind kind)
{
	return (deed == DISPATCH_DID_DISPATCH && kind == DISPATCH_DISPATCH) ||
	       (deed == DISPATCH_DID_SIGN && kind == DISPATCH_SIGN) ||
	       (deed == DISPATCH_DID_CONTACT && kind == DISPATCH_CONTACT);
}

static enum res take_step(const struct step *step, const struct question *q,
	struct dispatch_decision *decision, struct err *err)
{
	struct dispatch_case *file = &decision->file;
	struct dispatch_done done = { .deed = step->deed,
		.is_by_actor = is_by_actor(step->deed, q->event->kind) };

	switch (step->deed) {
	case NO_DEED:
		break;
	case DISPATCH_DID_DISPATCH:
		TRY(do_dispatch(q, file, &done, err));
		break;
	case DISPATCH_DID_SIGN:
		file->signed_at = q->now;
		done.is_on_time = is_on_time(q->now, file->sign_due);
		break;
	case DISPATCH_DID_CONTACT:
		file->contacted_at = q->now;
		done.is_on_time = is_on_time(q->now, file->contact_due);
		break;
	case DISPATCH_DID_RESOLVE:
		done.is_on_time = is_on_time(file->resolved_at, file->resolve_due);
		break;
	case DISPATCH_DID_REDISPATCH:
		do_redispatch(q, file, &done);
		break;
	}
	file->state = (int16_t)step->to;
	done.task = file->task;
	done.redo = file->task > 0 ? file->task - 1 : 0;
	if (step->deed != NO_DEED)
		decision->done[decision->n_done++] = done;
	return RES_OK;
}

enum res dispatch_decide(const struct dispatch_case *file, const struct dispatch_event *event,
	struct instant now, const struct dispatch_reference *reference,
	const struct workday_calendar *calendar, struct dispatch_decision *out, struct err *err)
{
	struct question q = { event, now, reference, calendar };
	struct dispatch_decision decision = { .file = *file };
	const struct life_step *may = NULL;

	enum res res = life_find(
		&dispatch_life, file->state, (int)event->kind, event->actor.role, &may, err);

	/* somebody who has seen intake accept it may be faster than intake's event */
	if (res == RES_CONFLICT && file->state == DISPATCH_UNKNOWN &&
		event->actor.role != ROLE_SYSTEM)
		return err_set(err, RES_RETRY,
			"dispatch: not known here yet: wait until the case is accepted");
	TRY(res);
	TRY(check_event(file, event, err));
	note_event(&decision.file, event, may);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if ((int)steps[i].from == decision.file.state &&
			is_triggered(&steps[i], &q, &decision.file))
			TRY(take_step(&steps[i], &q, &decision, err));
	}
	*out = decision;
	return RES_OK;
}

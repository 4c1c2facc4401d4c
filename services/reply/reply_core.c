/* Decides what becomes of a reply. No step is coded outside the two tables; what a step changes on
 * the row stands in apply(). */
#include "reply_core.h"

#include "base/check.h"

#define NUMBER_DIGITS_LEAST 7 /* a landline without its area */

/* The life cycle. A pair that is missing is refused. */
static const struct {
	enum reply_state from;
	enum reply_event_kind event;
	enum reply_state to;
} steps[] = {
	{ REPLY_UNKNOWN, REPLY_EV_LETTER, REPLY_UNKNOWN },
	{ REPLY_UNKNOWN, REPLY_EV_UNIT, REPLY_UNKNOWN },
	{ REPLY_UNKNOWN, REPLY_EV_READY, REPLY_OPEN },
	{ REPLY_OPEN, REPLY_EV_LETTER, REPLY_OPEN },
	{ REPLY_OPEN, REPLY_EV_UNIT, REPLY_OPEN },
	{ REPLY_OPEN, REPLY_EV_SUBMIT, REPLY_SUBMITTED },
	{ REPLY_SUBMITTED, REPLY_EV_APPROVE_LEAD, REPLY_LEAD_APPROVED },
	{ REPLY_LEAD_APPROVED, REPLY_EV_APPROVE_REVIEWER, REPLY_APPROVED },
	{ REPLY_APPROVED, REPLY_EV_SEND, REPLY_REPLIED },
	{ REPLY_REPLIED, REPLY_EV_DELIVERED, REPLY_DELIVERED },
	{ REPLY_REPLIED, REPLY_EV_UNDELIVERABLE, REPLY_UNDELIVERABLE },
	{ REPLY_DELIVERED, REPLY_EV_CLOSED, REPLY_CLOSED },
	{ REPLY_UNDELIVERABLE, REPLY_EV_CLOSED, REPLY_CLOSED },
};

/* Steps that the system takes by itself as soon as the state is reached. */
static const struct {
	enum reply_state at;
	enum reply_event_kind event;
	bool needs_facts; /* both letter and unit */
} automatic[] = {
	{ REPLY_UNKNOWN, REPLY_EV_READY, true },
	{ REPLY_SUBMITTED, REPLY_EV_APPROVE_LEAD, false },
	{ REPLY_LEAD_APPROVED, REPLY_EV_APPROVE_REVIEWER, false },
	{ REPLY_APPROVED, REPLY_EV_SEND, false },
};

static const struct {
	const char *name;
	const char *possible; /* for who submits a reply in this state */
} states[] = {
	[REPLY_UNKNOWN] = { "UNKNOWN", "wait until the case is accepted and dispatched" },
	[REPLY_OPEN] = { "OPEN", "a reply can be submitted" },
	[REPLY_SUBMITTED] = { "SUBMITTED", "the unit's lead approves or rejects the draft" },
	[REPLY_LEAD_APPROVED] = { "LEAD_APPROVED", "the reviewer approves or rejects the draft" },
	[REPLY_APPROVED] = { "APPROVED", "the reply is being sent" },
	[REPLY_REPLIED] = { "REPLIED", "the reply is on its way, wait for its delivery" },
	[REPLY_DELIVERED] = { "DELIVERED", "the citizen has the reply, follow-up goes on" },
	[REPLY_UNDELIVERABLE] = { "UNDELIVERABLE",
		"the reply could not be handed over, follow-up goes on" },
	[REPLY_CLOSED] = { "CLOSED", "nothing, the case is closed" },
};
_Static_assert(sizeof(states) / sizeof(states[0]) == REPLY_STATES, "each state has its texts");

const char *reply_state_name(enum reply_state state)
{
	return states[state].name;
}

void reply_case_init(struct reply_case *file)
{
	*file = (struct reply_case){
		.state = REPLY_UNKNOWN,
		.replied_at = INSTANT_NONE,
		.delivered_at = INSTANT_NONE,
		.closed_at = INSTANT_NONE,
	};
}

static bool step_find(enum reply_state from, enum reply_event_kind event, enum reply_state *out_to)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].from == from && steps[i].event == event) {
			*out_to = steps[i].to;
			return true;
		}
	return false;
}

static bool automatic_find(const struct reply_case *file, enum reply_event_kind *out_event)
{
	for (size_t i = 0; i < sizeof(automatic) / sizeof(automatic[0]); i++) {
		if (automatic[i].at != (enum reply_state)file->state)
			continue;
		if (automatic[i].needs_facts && !(file->has_letter && file->has_unit))
			continue;
		*out_event = automatic[i].event;
		return true;
	}
	return false;
}

/* The clock of a unit may run ahead; a reply is never dated after its arrival. */
static struct instant reply_date(struct instant given, struct instant now)
{
	return instant_is_none(given) || instant_is_before(now, given) ? now : given;
}

static void apply(struct reply_case *file, enum reply_event_kind kind,
	const struct reply_event *event, struct instant now)
{
	switch (kind) {
	case REPLY_EV_LETTER:
		file->has_letter = true;
		file->channel = event->channel;
		file->klass = event->klass;
		file->type = event->type;
		break;
	case REPLY_EV_UNIT:
		file->has_unit = true;
		file->unit = event->unit;
		break;
	case REPLY_EV_SUBMIT:
		file->draft++;
		file->replied_at = reply_date(event->replied_at, now);
		file->delivery_id = event->fresh_delivery_id;
		break;
	case REPLY_EV_DELIVERED:
		file->delivered_at = now;
		break;
	case REPLY_EV_CLOSED:
		file->closed_at = now;
		break;
	case REPLY_EV_READY:
	case REPLY_EV_APPROVE_LEAD:
	case REPLY_EV_APPROVE_REVIEWER:
	case REPLY_EV_SEND:
	case REPLY_EV_UNDELIVERABLE:
	case REPLY_EVENTS:
		break;
	}
}

static enum res text_check(struct str text, struct err *err)
{
	size_t chars = str_utf8_length(text);

	if (str_is_empty(str_trim(text)))
		return err_set(err, RES_INVALID, "the reply has no text");
	if (chars > REPLY_TEXT_MAX)
		return err_set(err, RES_INVALID, "the reply has %zu characters: at most %d", chars,
			REPLY_TEXT_MAX);
	if (str_find_control(text) != SIZE_MAX)
		return err_set(err, RES_INVALID, "control character at byte %zu of the reply",
			str_find_control(text));
	return RES_OK;
}

static enum res event_check(
	const struct reply_case *file, const struct reply_event *event, struct err *err)
{
	if (event->kind == REPLY_EV_SUBMIT) {
		TRY(text_check(event->text, err));
		if (file->state == REPLY_UNKNOWN)
			return err_set(err, RES_RETRY, "not known here yet: %s",
				states[REPLY_UNKNOWN].possible);
	}
	if ((event->kind == REPLY_EV_DELIVERED || event->kind == REPLY_EV_UNDELIVERABLE) &&
		(str_is_empty(file->delivery_id) || !str_eq(file->delivery_id, event->delivery_id)))
		return err_set(err, RES_NOT_FOUND, "delivery '%.*s' is not the one under way",
			STR_ARG(event->delivery_id));
	return RES_OK;
}

enum res reply_decide(const struct reply_case *file, const struct reply_event *event,
	struct instant now, struct reply_decision *out, struct err *err)
{
	struct reply_decision made = { .after = *file };
	enum reply_event_kind kind = event->kind;
	enum reply_state to;

	TRY(event_check(file, event, err));
	if (!step_find((enum reply_state)file->state, kind, &to))
		return err_set(err, RES_CONFLICT, "state %s: %s", states[file->state].name,
			states[file->state].possible);
	do {
		CHECK(made.n_taken < REPLY_TAKEN_MAX);
		CHECK(step_find((enum reply_state)made.after.state, kind, &to));
		apply(&made.after, kind, event, now);
		made.after.state = (int16_t)to;
		made.taken[made.n_taken++] = kind;
	} while (automatic_find(&made.after, &kind));
	*out = made;
	return RES_OK;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Ends a mail address or an account. */
static bool is_gap(char c)
{
	static const char gaps[] = " \t\r\n<>()[]\"',;:";

	for (size_t i = 0; i < sizeof(gaps) - 1; i++)
		if (gaps[i] == c)
			return true;
	return false;
}

/* A number may be written with blanks and hyphens in it. */
static void mask_numbers(char *text, size_t n)
{
	for (size_t from = 0; from < n; from++) {
		size_t to = from, digits = 0;
		while (to < n &&
			(is_digit(text[to]) || (to > from && (text[to] == ' ' || text[to] == '-'))))
			digits += is_digit(text[to++]);
		for (size_t i = from; digits >= NUMBER_DIGITS_LEAST && i < to; i++)
			text[i] = is_digit(text[i]) ? '*' : text[i];
		from = to > from ? to - 1 : from;
	}
}

static void mask_accounts(char *text, size_t n)
{
	for (size_t at = 0; at < n; at++) {
		size_t from = at, to = at;
		if (text[at] != '@')
			continue;
		while (from > 0 && !is_gap(text[from - 1]))
			from--;
		while (to < n && !is_gap(text[to]))
			to++;
		for (size_t i = from; i < to; i++)
			text[i] = '*';
	}
}

void reply_reason_mask(struct str reason, char *masked)
{
	for (size_t i = 0; i < reason.n; i++)
		masked[i] = reason.p[i];
	mask_numbers(masked, reason.n);
	mask_accounts(masked, reason.n);
}

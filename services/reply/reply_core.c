/* Decides what becomes of a reply. No step is coded outside the tables; what a step changes on the
 * row stands in apply(), what a command must fulfil beside role and state in the checks above it.
 */
#include "reply_core.h"

#include "base/check.h"

#define NUMBER_DIGITS_LEAST 7 /* a landline without its area */
#define ROLES_OF_A_UNIT	    (ROLE_BIT(UNIT_OFFICER) | ROLE_BIT(UNIT_LEAD))

static const struct life_step steps[] = {
#define STEP(from, event, to, roles, why) { REPLY_##from, REPLY_EV_##event, REPLY_##to, roles },
#include "reply_steps.def"
#undef STEP
};

static const char *const events[] = {
#define EVENT(name, source, meaning) [REPLY_EV_##name] = meaning,
#include "reply_events.def"
#undef EVENT
};
_Static_assert(sizeof(events) / sizeof(events[0]) == REPLY_EVENTS, "each event has its words");

static const struct life life = {
	.owner = "reply",
	.steps = steps,
	.n_steps = sizeof(steps) / sizeof(steps[0]),
	.events = events,
	.n_events = REPLY_EVENTS,
	.state_name = reply_state_name,
};

/* Steps that the system takes by itself as soon as the state is reached and `may` says so. */
struct moment {
	const struct reply_case *file;
	const struct reply_event *event; /* what began it */
	const struct reply_rules *rules;
	enum reply_event_kind last; /* the step before */
};

static bool has_facts(const struct moment *at)
{
	return at->file->has_letter && at->file->has_unit && at->file->is_signed;
}

static bool has_article(const struct moment *at)
{
	return at->last == REPLY_EV_LETTER && at->event->kb_article != 0 &&
	       at->event->article.id == at->event->kb_article;
}

static bool lacks_article(const struct moment *at)
{
	return at->last == REPLY_EV_LETTER && at->event->kb_article != 0 && !has_article(at);
}

/* An article was checked when it was put. */
static bool needs_no_lead(const struct moment *at)
{
	return at->rules->is_lead_system || at->file->kb_article != 0;
}

static bool needs_no_reviewer(const struct moment *at)
{
	return at->rules->is_reviewer_system || at->file->kb_article != 0;
}

static bool always(const struct moment *at)
{
	(void)at;
	return true;
}

static const struct {
	enum reply_state at;
	enum reply_event_kind event;
	bool (*may)(const struct moment *at);
} automatic[] = {
	{ REPLY_UNKNOWN, REPLY_EV_ANSWER, has_article },
	{ REPLY_UNKNOWN, REPLY_EV_NO_ARTICLE, lacks_article },
	{ REPLY_UNKNOWN, REPLY_EV_READY, has_facts },
	{ REPLY_SUBMITTED, REPLY_EV_APPROVE, needs_no_lead },
	{ REPLY_LEAD_APPROVED, REPLY_EV_APPROVE, needs_no_reviewer },
	{ REPLY_APPROVED, REPLY_EV_SEND, always },
};

const char *reply_state_name(int state)
{
	switch (state) {
#define STATE(name, number, meaning)                                                               \
	case number:                                                                               \
		return #name;
#include "reply_states.def"
#undef STATE
	}
	return "?";
}

const struct life *reply_life(void)
{
	return &life;
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

bool reply_is_notice(int state)
{
	return state == REPLY_NOTICE || state == REPLY_NOTICE_SENDING ||
	       state == REPLY_NOTICE_IN_DOUBT;
}

bool reply_is_sending(int state)
{
	return state == REPLY_SENDING || state == REPLY_NOTICE_SENDING;
}

bool reply_is_in_doubt(int state)
{
	return state == REPLY_IN_DOUBT || state == REPLY_NOTICE_IN_DOUBT;
}

bool reply_is_under_way(int state)
{
	return state == REPLY_REPLIED || state == REPLY_NOTICE || reply_is_sending(state);
}

/* A claim is out, or nobody knows what came of it. */
static bool is_claimed(int state)
{
	return reply_is_sending(state) || reply_is_in_doubt(state);
}

static bool is_outcome(enum reply_event_kind kind)
{
	return kind == REPLY_EV_DELIVERED || kind == REPLY_EV_UNDELIVERABLE ||
	       kind == REPLY_EV_DOUBTED;
}

static bool is_verification(enum reply_event_kind kind)
{
	return kind == REPLY_EV_FOUND || kind == REPLY_EV_RESENT;
}

int32_t reply_stage(enum reply_state from)
{
	return from == REPLY_SUBMITTED ? 1 : 2;
}

enum role reply_stage_role(int32_t stage)
{
	return stage == 1 ? ROLE_UNIT_LEAD : ROLE_REVIEWER;
}

/* --- what a step changes --- */

/* The clock of a unit may run ahead; a reply is never dated after its arrival. */
static struct instant reply_date(struct instant given, struct instant now)
{
	return instant_is_none(given) || instant_is_before(now, given) ? now : given;
}

static void apply_letter(struct reply_case *file, const struct reply_event *event)
{
	file->has_letter = true;
	file->channel = event->channel;
	file->klass = event->klass;
	file->type = event->type;
}

static void apply_draft(struct reply_case *file, const struct reply_event *event,
	int64_t kb_article, struct instant replied_at)
{
	file->draft++;
	file->author = event->actor.name;
	file->draft_digest = event->draft_digest;
	file->kb_article = kb_article;
	file->replied_at = replied_at;
}

static void apply(struct reply_case *file, enum reply_event_kind kind,
	const struct reply_event *event, struct instant now)
{
	switch (kind) {
	case REPLY_EV_LETTER:
		apply_letter(file, event);
		break;
	case REPLY_EV_REFUSED:
		apply_letter(file, event);
		file->delivery_id = event->fresh_delivery_id;
		file->replied_at = now;
		break;
	case REPLY_EV_UNIT:
		file->has_unit = true;
		file->unit = event->unit;
		break;
	case REPLY_EV_SIGNED:
		file->is_signed = true;
		break;
	case REPLY_EV_SUBMIT:
		apply_draft(file, event, 0, reply_date(event->replied_at, now));
		break;
	case REPLY_EV_ANSWER:
		apply_draft(file, event, event->kb_article, now);
		break;
	case REPLY_EV_SEND:
		file->delivery_id = event->fresh_delivery_id;
		file->fence = 0;
		break;
	case REPLY_EV_CLAIMED:
		file->fence++;
		file->claim_id = event->claim_id;
		break;
	case REPLY_EV_DELIVERED:
	case REPLY_EV_FOUND:
		file->delivered_at = now;
		file->claim_id = STR_NONE;
		break;
	case REPLY_EV_UNDELIVERABLE:
	case REPLY_EV_RESENT:
		file->claim_id = STR_NONE;
		break;
	case REPLY_EV_REDO:
		file->unit = event->unit;
		break;
	case REPLY_EV_CLOSED:
		file->closed_at = now;
		break;
	case REPLY_EV_NO_ARTICLE:
	case REPLY_EV_READY:
	case REPLY_EV_APPROVE:
	case REPLY_EV_REJECT:
	case REPLY_EV_DOUBTED:
	case REPLY_EVENTS:
		break;
	}
}

/* --- what a command must fulfil --- */

enum res reply_text_check(struct str text, const char *what, size_t chars_max, struct err *err)
{
	size_t chars = str_utf8_length(text);

	if (str_is_empty(str_trim(text)))
		return err_set(err, RES_INVALID, "the %s has no text", what);
	if (!str_is_utf8(text))
		return err_set(err, RES_INVALID, "the %s is not UTF-8", what);
	if (chars > chars_max)
		return err_set(err, RES_INVALID, "the %s has %zu characters: at most %zu", what,
			chars, chars_max);
	if (str_find_control(text) != SIZE_MAX)
		return err_set(err, RES_INVALID, "control character at byte %zu of the %s",
			str_find_control(text), what);
	return RES_OK;
}

static bool is_present_delivery(const struct reply_case *file, struct str delivery_id)
{
	return !str_is_empty(file->delivery_id) && str_eq(file->delivery_id, delivery_id);
}

static enum res claim_id_check(struct str claim_id, struct err *err)
{
	bool is_plain = true;

	for (size_t i = 0; i < claim_id.n; i++)
		is_plain = is_plain && claim_id.p[i] > ' ' && claim_id.p[i] < 0x7f;
	if (!is_plain || claim_id.n < REPLY_CLAIM_ID_LEAST || claim_id.n > REPLY_CLAIM_ID_MOST)
		return err_set(err, RES_INVALID, "a claim_id is %d to %d letters, digits and signs",
			REPLY_CLAIM_ID_LEAST, REPLY_CLAIM_ID_MOST);
	return RES_OK;
}

/* Of an earlier claim only a success counts once a later one is out: the citizen has it. That the
 * provider refused the earlier one says nothing of the later one. */
static enum res outcome_check(
	const struct reply_case *file, const struct reply_event *event, struct err *err)
{
	bool is_earlier = event->fence > 0 && event->fence < file->fence;

	if (!is_present_delivery(file, event->delivery_id))
		return err_set(err, RES_NOT_FOUND, "delivery '%.*s' is not the one under way",
			STR_ARG(event->delivery_id));
	if (event->fence < 0 || event->fence > file->fence)
		return err_set(err, RES_INVALID, "fence %d was never given", event->fence);
	if (is_earlier && is_claimed(file->state) && event->kind != REPLY_EV_DELIVERED)
		return err_set(err, RES_NOT_FOUND, "fence %d is over, %d is out", event->fence,
			file->fence);
	return RES_OK;
}

/* What is wrong with it whatever the state is. */
static enum res input_check(
	const struct reply_case *file, const struct reply_event *event, struct err *err)
{
	if (event->kind == REPLY_EV_SUBMIT)
		TRY(reply_text_check(event->text, "reply", REPLY_TEXT_MAX, err));
	if (event->kind == REPLY_EV_REJECT)
		TRY(reply_text_check(event->text, "reason", REPLY_REJECTION_MAX, err));
	if (is_verification(event->kind))
		TRY(reply_text_check(event->text, "note", REPLY_NOTE_MAX, err));
	if (event->kind == REPLY_EV_CLAIMED)
		TRY(claim_id_check(event->claim_id, err));
	return is_outcome(event->kind) ? outcome_check(file, event, err) : RES_OK;
}

/* Those who ask may have heard of the case before reply has: they ask again. */
static bool is_early(const struct reply_case *file, enum reply_event_kind kind)
{
	return file->state == REPLY_UNKNOWN &&
	       (kind == REPLY_EV_SUBMIT || kind == REPLY_EV_CLAIMED ||
		       (kind == REPLY_EV_ANSWER && !file->has_letter));
}

static enum res answer_check(
	const struct reply_case *file, const struct reply_event *event, struct err *err)
{
	if (file->draft > 0)
		return err_set(err, RES_CONFLICT,
			"draft %d was made already: unit_officer of %.*s answers", file->draft,
			STR_ARG(file->unit));
	if (!str_eq_c(file->type, REPLY_TYPE_ANSWERABLE))
		return err_set(err, RES_CONFLICT,
			"a case of type %.*s is answered by its unit, only one of type "
			"%s from the knowledge base",
			STR_ARG(file->type), REPLY_TYPE_ANSWERABLE);
	if (event->kb_article == 0 || event->article.id != event->kb_article)
		return err_set(err, RES_CONFLICT, "there is no article %lld that holds today",
			(long long)event->kb_article);
	return RES_OK;
}

static enum res review_check(
	const struct reply_case *file, const struct reply_event *event, struct err *err)
{
	if (event->draft != 0 && event->draft != file->draft)
		return err_set(err, RES_CONFLICT, "draft %d is the last one, not %d: read it first",
			file->draft, event->draft);
	if (event->kind == REPLY_EV_APPROVE && str_eq(event->actor.name, file->author))
		return err_set(err, RES_DENIED,
			"'%.*s' wrote draft %d and may not approve it: another %s does",
			STR_ARG(file->author), file->draft, role_word(event->actor.role));
	return RES_OK;
}

/* Before the state: who claims wants to hear who was faster, not a table. */
static enum res claim_check(
	const struct reply_case *file, const struct reply_event *event, struct err *err)
{
	if (!is_present_delivery(file, event->delivery_id))
		return err_set(err, RES_CONFLICT, "delivery '%.*s' is not the one under way",
			STR_ARG(event->delivery_id));
	if (reply_is_sending(file->state))
		return err_set(err, RES_CONFLICT, "claimed already");
	if (reply_is_in_doubt(file->state))
		return err_set(err, RES_CONFLICT, "in doubt: a person asks the provider first");
	return RES_OK;
}

static enum res verification_check(
	const struct reply_case *file, const struct reply_event *event, struct err *err)
{
	if (str_is_empty(event->delivery_id) || is_present_delivery(file, event->delivery_id))
		return RES_OK;
	return err_set(err, RES_CONFLICT, "delivery %.*s is in doubt, not '%.*s'",
		STR_ARG(file->delivery_id), STR_ARG(event->delivery_id));
}

/* Role, unit, input, state: the first that fails speaks. */
static enum res event_check(
	const struct reply_case *file, const struct reply_event *event, struct err *err)
{
	const struct life_step *step = NULL;
	struct err why = { "" };
	enum res res =
		life_find(&life, file->state, (int)event->kind, event->actor.role, &step, &why);

	if (res == RES_DENIED)
		return err_set(err, res, "%s", why.text);
	if (role_is_in(event->actor.role, ROLES_OF_A_UNIT) && file->has_unit)
		TRY(life_check_unit(&event->actor, file->unit, err));
	TRY(input_check(file, event, err));
	if (is_early(file, event->kind))
		return err_set(err, RES_RETRY,
			"not known here yet: wait until the case is accepted, given to a unit and "
			"signed for");
	if (event->kind == REPLY_EV_CLAIMED)
		TRY(claim_check(file, event, err));
	if (res != RES_OK)
		return err_set(err, res, "%s", why.text);
	if (is_verification(event->kind))
		return verification_check(file, event, err);
	if (event->kind == REPLY_EV_ANSWER)
		return answer_check(file, event, err);
	if (event->kind == REPLY_EV_APPROVE || event->kind == REPLY_EV_REJECT)
		return review_check(file, event, err);
	return RES_OK;
}

/* --- the decision --- */

static bool automatic_find(const struct moment *at, enum reply_event_kind *out)
{
	for (size_t i = 0; i < sizeof(automatic) / sizeof(automatic[0]); i++)
		if ((int)automatic[i].at == at->file->state && automatic[i].may(at)) {
			*out = automatic[i].event;
			return true;
		}
	return false;
}

static void take(struct reply_decision *made, enum reply_event_kind kind,
	const struct reply_event *event, struct instant now)
{
	enum role role = made->n_taken == 0 ? event->actor.role : ROLE_SYSTEM;
	const struct life_step *step = NULL;

	CHECK(made->n_taken < REPLY_TAKEN_MAX);
	CHECK(life_find(&life, made->after.state, (int)kind, role, &step, NULL) == RES_OK);
	made->taken[made->n_taken] = (struct reply_taken){
		.kind = kind,
		.from = (enum reply_state)made->after.state,
		.is_systems = made->n_taken > 0,
	};
	made->n_taken++;
	apply(&made->after, kind, event, now);
	made->after.state = (int16_t)step->to;
}

/* Which claim it is the word of, and whether another one is out beside it. */
static void claim_name(
	const struct reply_case *file, const struct reply_event *event, struct reply_decision *made)
{
	bool is_said = is_outcome(event->kind) && event->fence > 0;
	bool was_claimed = is_claimed(file->state);

	if (is_outcome(event->kind) || is_verification(event->kind))
		made->fence = is_said ? event->fence : (was_claimed ? file->fence : 0);
	made->may_be_double =
		event->kind == REPLY_EV_DELIVERED && was_claimed && made->fence < file->fence;
}

bool reply_claim_is_repeated(const struct reply_case *file, const struct reply_event *event)
{
	return reply_is_sending(file->state) && is_present_delivery(file, event->delivery_id) &&
	       str_eq(file->claim_id, event->claim_id);
}

enum res reply_decide(const struct reply_case *file, const struct reply_event *event,
	const struct reply_rules *rules, struct instant now, struct reply_decision *out,
	struct err *err)
{
	struct reply_decision made = { .after = *file };
	struct moment at = { .file = &made.after, .event = event, .rules = rules };
	enum reply_event_kind kind = event->kind;

	TRY(event_check(file, event, err));
	claim_name(file, event, &made);
	do {
		take(&made, kind, event, now);
		at.last = kind;
	} while (automatic_find(&at, &kind));
	*out = made;
	return RES_OK;
}

/* --- reasons of channels --- */

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

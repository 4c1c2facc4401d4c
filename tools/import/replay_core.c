/* The straight road as a table. See replay_core.h. */
#include "replay_core.h"

#include <stddef.h>

enum when { ALWAYS, NOT_CONTACTED, REPLY_DUE, RATING_WANTED };

/* A state whose wait depends on the wish is LATER: somebody looks at it only when a reply is due or
 * people have steps before it. */
enum outcome { TAKE, WAIT, REST, DONE, LOST, LATER };

/* The first row that fits decides. A service's "" is: no row yet. */
static const struct rule {
	size_t service; /* offset of the state in struct replay_facts */
	const char *state;
	enum when when;
	enum outcome outcome;
	enum replay_step step;
} rules[] = {
#define IN(service_) offsetof(struct replay_facts, service_)
	{ IN(followup), "CLOSED", ALWAYS, DONE, 0 },
	{ IN(intake), "NOT_ACCEPTED", ALWAYS, LOST, 0 },
	{ IN(intake), "RECEIVED", ALWAYS, TAKE, REPLAY_ACCEPT },
	{ IN(dispatch), "", ALWAYS, LATER, 0 },
	{ IN(dispatch), "UNKNOWN", ALWAYS, LATER, 0 },
	{ IN(dispatch), "DIRECT", ALWAYS, LATER, 0 },
	{ IN(dispatch), "ACCEPTED", ALWAYS, TAKE, REPLAY_DISPATCH },
	{ IN(dispatch), "DISPATCHED", ALWAYS, TAKE, REPLAY_SIGN },
	{ IN(dispatch), "IN_PROGRESS", NOT_CONTACTED, TAKE, REPLAY_CONTACT },
	/* reply may keep what it heard in memory until somebody submits */
	{ IN(reply), "", REPLY_DUE, TAKE, REPLAY_SUBMIT },
	{ IN(reply), "UNKNOWN", REPLY_DUE, TAKE, REPLAY_SUBMIT },
	{ IN(reply), "OPEN", REPLY_DUE, TAKE, REPLAY_SUBMIT },
	{ IN(reply), "", ALWAYS, REST, 0 },
	{ IN(reply), "UNKNOWN", ALWAYS, REST, 0 },
	{ IN(reply), "OPEN", ALWAYS, REST, 0 },
	{ IN(reply), "SUBMITTED", ALWAYS, TAKE, REPLAY_APPROVE_LEAD },
	{ IN(reply), "LEAD_APPROVED", ALWAYS, TAKE, REPLAY_APPROVE_REVIEWER },
	{ IN(followup), "FOLLOWING", RATING_WANTED, TAKE, REPLAY_RATE },
	{ IN(followup), "FOLLOWING", ALWAYS, REST, 0 },
	{ IN(reply), "REPLIED", ALWAYS, REST, 0 }, /* the channel has it */
	/* 重办: the unit's side has not heard of it yet, or the follow-up not of its end */
	{ IN(followup), "REDOING", ALWAYS, WAIT, 0 },
	{ IN(reply), "DELIVERED", ALWAYS, REST, 0 },
	{ IN(reply), "UNDELIVERABLE", ALWAYS, REST, 0 },
	{ IN(reply), "CLOSED", ALWAYS, REST, 0 },
#undef IN
};

const char *replay_step_name(enum replay_step step)
{
	static const char *const names[] = { "accept", "dispatch", "sign", "contact", "submit",
		"approve_lead", "approve_reviewer", "rate" };
	_Static_assert(sizeof names / sizeof names[0] == REPLAY_STEPS, "each has a name");
	return names[step];
}

static bool applies(
	const struct rule *rule, const struct replay_facts *facts, const struct replay_wish *wish)
{
	const struct str *state = (const void *)((const char *)facts + rule->service);
	if (!str_eq_c(*state, rule->state))
		return false;
	switch (rule->when) {
	case ALWAYS:
		return true;
	case NOT_CONTACTED:
		return !facts->is_contacted;
	case REPLY_DUE:
		return wish->is_reply_due;
	case RATING_WANTED:
		return wish->has_rating && facts->visits > 0 && !facts->is_rated;
	}
	return false;
}

/* Drafts are counted by reply, everything else by the redo. */
static int32_t count_of(enum replay_step step, const struct replay_facts *facts)
{
	if (step == REPLAY_SUBMIT)
		return facts->draft + 1;
	if (step == REPLAY_APPROVE_LEAD || step == REPLAY_APPROVE_REVIEWER)
		return facts->draft;
	return facts->redo + 1;
}

static struct replay_move move_of(enum replay_kind kind)
{
	return (struct replay_move){ .kind = kind };
}

static struct replay_move later(const struct replay_wish *wish)
{
	return move_of(wish->is_reply_due || wish->has_people ? REPLAY_WAIT : REPLAY_REST);
}

struct replay_move replay_next(const struct replay_facts *facts, const struct replay_wish *wish)
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		if (!applies(&rules[i], facts, wish))
			continue;
		switch (rules[i].outcome) {
		case TAKE:
			return (struct replay_move){ .kind = REPLAY_TAKE,
				.step = rules[i].step,
				.n = count_of(rules[i].step, facts) };
		case WAIT:
			return move_of(REPLAY_WAIT);
		case REST:
			return move_of(REPLAY_REST);
		case DONE:
			return move_of(REPLAY_DONE);
		case LOST:
			return move_of(REPLAY_LOST);
		case LATER:
			return later(wish);
		}
	}
	return later(wish);
}

bool replay_is_answered(const struct replay_facts *facts)
{
	static const char *const states[] = { "REPLIED", "DELIVERED", "UNDELIVERABLE", "CLOSED" };
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (str_eq_c(facts->reply, states[i]))
			return true;
	return false;
}

bool replay_is_answered_directly(const struct replay_facts *facts)
{
	bool has_ended =
		str_eq_c(facts->dispatch, "RESOLVED") || str_eq_c(facts->dispatch, "CLOSED");
	return replay_is_answered(facts) && has_ended && facts->unit.n == 0;
}

int32_t replay_rating_read(struct str text)
{
	static const struct {
		struct str word;
		int32_t rating;
	} words[] = {
		{ STR_INIT("很满意"), 5 },
		{ STR_INIT("非常满意"), 5 },
		{ STR_INIT("满意"), 4 },
		{ STR_INIT("基本满意"), 3 },
		{ STR_INIT("一般"), 3 },
		{ STR_INIT("不满意"), 2 },
		{ STR_INIT("很不满意"), 1 },
		{ STR_INIT("非常不满意"), 1 },
	};
	int64_t number;
	if (str_to_int64(text, &number) == RES_OK)
		return number >= 1 && number <= 5 ? (int32_t)number : 0;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_eq(text, words[i].word))
			return words[i].rating;
	return 0;
}

const char *replay_rating_solved(int32_t rating)
{
	if (rating >= 4)
		return "yes";
	return rating == 3 ? "partly" : "no";
}

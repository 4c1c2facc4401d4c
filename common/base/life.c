/* Sentences are put together from the table, so that they can never say what it does not. */
#include "base/life.h"

#include <stdio.h>
#include <string.h>

struct text {
	char p[ERR_TEXT_MAX + 1];
	size_t n;
};

static void add(struct text *text, const char *piece)
{
	size_t left = sizeof(text->p) - 1 - text->n, n = strlen(piece);

	if (n > left)
		n = left;
	memcpy(text->p + text->n, piece, n);
	text->n += n;
	text->p[text->n] = '\0';
}

static void add_roles(struct text *text, uint32_t roles)
{
	const char *between = "";

	for (int role = 0; role < ROLES; role++) {
		if (!role_is_in((enum role)role, roles))
			continue;
		add(text, between);
		add(text, role_word((enum role)role));
		between = " or ";
	}
}

/* "be signed for (unit_officer), be closed by followup (system)", or "nothing". */
static struct text possible_from(const struct life *life, int state)
{
	struct text text = { .n = 0 };

	for (size_t i = 0; i < life->n_steps; i++) {
		const struct life_step *step = &life->steps[i];
		if (step->from != state)
			continue;
		add(&text, text.n > 0 ? ", " : "");
		add(&text, life->events[step->event]);
		add(&text, " (");
		add_roles(&text, step->roles);
		add(&text, ")");
	}
	if (text.n == 0)
		add(&text, "nothing");
	return text;
}

/* "RECEIVED or ACCEPTED": from where that step is taken at all. */
static struct text states_of(const struct life *life, int event)
{
	struct text text = { .n = 0 };

	for (size_t i = 0; i < life->n_steps; i++) {
		if (life->steps[i].event != event)
			continue;
		add(&text, text.n > 0 ? " or " : "");
		add(&text, life->state_name(life->steps[i].from));
	}
	return text;
}

static enum res deny(const struct life *life, int event, enum role role, uint32_t roles,
	const char *where, struct err *err)
{
	struct text who = { .n = 0 };

	add_roles(&who, roles);
	return err_set(err, RES_DENIED, "%s: a case can%s %s by %s, not by %s", life->owner, where,
		life->events[event], who.n > 0 ? who.p : "nobody", role_word(role));
}

enum res life_find(const struct life *life, int state, int event, enum role role,
	const struct life_step **out, struct err *err)
{
	uint32_t anywhere = 0, here = 0;
	struct text now, states;

	for (size_t i = 0; i < life->n_steps; i++) {
		const struct life_step *step = &life->steps[i];
		if (step->event != event)
			continue;
		anywhere |= step->roles;
		if (step->from != state)
			continue;
		here |= step->roles;
		if (role_is_in(role, step->roles)) {
			*out = step;
			return RES_OK;
		}
	}
	if (!role_is_in(role, anywhere))
		return deny(life, event, role, anywhere, "", err);
	if (here != 0)
		return deny(life, event, role, here, " now", err);
	now = possible_from(life, state);
	states = states_of(life, event);
	return err_set(err, RES_CONFLICT,
		"%s: a case that is %s cannot %s, only one that is %s; possible now: %s",
		life->owner, life->state_name(state), life->events[event], states.p, now.p);
}

enum res life_check_unit(const struct actor *actor, struct str unit, struct err *err)
{
	if (str_eq(actor->unit, unit))
		return RES_OK;
	if (str_is_empty(actor->unit))
		return err_set(err, RES_DENIED, "the case is with %.*s; the actor names no unit",
			STR_ARG(unit));
	return err_set(err, RES_DENIED, "the case is with %.*s, not with %.*s", STR_ARG(unit),
		STR_ARG(actor->unit));
}

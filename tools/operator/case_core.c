/* Who has a case. See case_core.h. */
#include "case_core.h"

static const struct case_state states[] = {
#define STATE(name_, reply_, zh_, roles_, acts_)                                                   \
	{ .name = name_, .reply = reply_, .zh = zh_, .roles = roles_, .acts = acts_ },
#include "case_states.def"
#undef STATE
};

struct case_state case_state_find(struct str visible, struct str reply)
{
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (str_eq_c(visible, states[i].name) &&
			(states[i].reply[0] == 0 || str_eq_c(reply, states[i].reply)))
			return states[i];
	return (struct case_state){ .name = "", .reply = "", .zh = "", .acts = "" };
}

/* A user's name as an actor may bear it: what does not fit is left out. */
static struct str name_of(struct arena *mem, struct str user)
{
	char *out = arena_alloc(mem, user.n);
	size_t n = 0;
	for (size_t i = 0; out != NULL && i < user.n; i++) {
		char c = user.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (is_letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_')
			out[n++] = c;
	}
	return n == 0 ? STR("operator") : str_of(out, n);
}

enum res case_actor_make(
	struct arena *mem, const struct case_actor_wish *wish, struct str *out, struct err *err)
{
	struct actor actor = { .role = wish->role, .name = STR(""), .unit = STR("") };
	if (wish->as.n > 0)
		TRY(actor_parse(wish->as, &actor, err));
	bool has_unit = actor.role == ROLE_UNIT_OFFICER || actor.role == ROLE_UNIT_LEAD;
	if (actor.name.n == 0)
		actor.name = name_of(mem, wish->user);
	if (actor.unit.n == 0 && has_unit)
		actor.unit = wish->unit;
	if (actor.unit.n == 0 && has_unit)
		return err_set(err, RES_INVALID,
			"no unit has this case yet; --as %s/NAME@UNIT names one",
			role_word(actor.role));
	*out = arena_printf(mem, "%s/%.*s%s%.*s", role_word(actor.role), STR_ARG(actor.name),
		actor.unit.n > 0 ? "@" : "", STR_ARG(actor.unit));
	return actor_parse(*out, &actor, err);
}

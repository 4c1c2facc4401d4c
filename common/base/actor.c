/* One parser for who acts, so that every service understands the same. */
#include "base/actor.h"

static const struct {
	const char *word;
	const char *zh;
} roles[] = {
#define ROLE(name, word, zh) [ROLE_##name] = { word, zh },
#include "base/roles.def"
#undef ROLE
};
_Static_assert(sizeof(roles) / sizeof(roles[0]) == ROLES, "each role has its words");
_Static_assert(ROLES <= 32, "sets of roles are 32 bits");

const char *role_word(enum role role)
{
	return roles[role].word;
}

const char *role_zh(enum role role)
{
	return roles[role].zh;
}

bool role_is_in(enum role role, uint32_t set)
{
	return (set & (UINT32_C(1) << role)) != 0;
}

static bool is_fit(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
		bool is_sign = c == '.' || c == '-' || c == '_';
		if (!is_letter && !is_sign && !(c >= '0' && c <= '9'))
			return false;
	}
	return true;
}

static bool role_find(struct str word, enum role *out)
{
	for (int i = 0; i < ROLES; i++)
		if (str_eq_c(word, roles[i].word)) {
			*out = (enum role)i;
			return true;
		}
	return false;
}

/* Splits at the first separator; without one the rest is empty. */
static struct str take_before(struct str *text, const char *separator)
{
	size_t at = str_find(*text, str_from_c(separator), 0);
	struct str after = STR("");

	if (at != SIZE_MAX) {
		after = str_slice(*text, at + 1, text->n);
		*text = str_slice(*text, 0, at);
	}
	return after;
}

enum res actor_parse(struct str text, struct actor *out, struct err *err)
{
	struct str word = text;

	if (text.n == 0 || text.n > ACTOR_BYTES_MAX)
		return err_set(err, RES_INVALID,
			"the actor has %zu bytes: want role/name@unit, 1-%d", text.n,
			ACTOR_BYTES_MAX);
	struct actor made = { .unit = take_before(&word, "@") };
	made.name = take_before(&word, "/");
	if (!role_find(word, &made.role))
		return err_set(
			err, RES_INVALID, "actor '%.*s': there is no such role", STR_ARG(text));
	if (!is_fit(made.name) || !is_fit(made.unit) || !str_is_utf8(text))
		return err_set(err, RES_INVALID,
			"actor '%.*s': a name and a unit are letters, digits, '.', '-' and '_'",
			STR_ARG(text));
	*out = made;
	return RES_OK;
}

/* Who acts: header.actor is "role/name@unit", as in "unit_officer/li.na@D16"; name and unit may be
 * missing ("reviewer/wang", "system"). Only portal and cli may name an actor; the service checks
 * role × unit × state itself (law 14). */
#ifndef WL_BASE_ACTOR_H
#define WL_BASE_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define ACTOR_BYTES_MAX 96

enum role {
#define ROLE(name, word, zh) ROLE_##name,
#include "base/roles.def"
#undef ROLE
	ROLES
};

/* Sets of roles, for tables of steps. */
#define ROLE_BIT(name) (UINT32_C(1) << ROLE_##name)

struct actor {
	enum role role;
	struct str name; /* "" where none is given */
	struct str unit; /* "" where none is given */
};

/* Borrows from text. RES_INVALID: no such role, too long, or a name or unit with bytes other than
 * letters, digits, '.', '-' and
 * '_' (bytes from 0x80 on are letters). */
enum res actor_parse(struct str text, struct actor *out, struct err *err) must_check;

const char *role_word(enum role role); /* "unit_officer" */
const char *role_zh(enum role role);
bool role_is_in(enum role role, uint32_t roles);

#endif

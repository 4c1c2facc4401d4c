/* The steps that people take, as COMMANDs (law 14): one table, acts.def, says which service is
 * asked, what can be said with it and whose step it is. The command line and the replay of a file
 * both act through it. No I/O. */
#ifndef WL_ACTS_ACTS_H
#define WL_ACTS_ACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/actor.h"
#include "base/arena.h"
#include "base/err.h"

enum act {
#define ACT(name, ...) ACT_##name,
#include "acts/acts.def"
	ACTS
};

enum act_option_kind {
	OPTION_TEXT,
	OPTION_LIST,   /* "A,B" */
	OPTION_NUMBER, /* decimal */
	OPTION_TIME,   /* as people write it */
	OPTION_FLAG,   /* no value; true */
	OPTION_YES,    /* no value; "yes" */
	OPTION_FILE,   /* a text, read from the file that is named */
};

struct act_rule {
	const char *word;
	const char *service;
	const char *type;
	enum role role;
	const char *meaning;
};
const struct act_rule *act_rule(enum act act);
bool act_find(struct str word, enum act *out);
/* The steps of a unit's own people need the unit in their actor. */
bool act_role_has_unit(enum role role);

struct act_option {
	enum act act;
	const char *name; /* "co-units" */
	enum act_option_kind kind;
	bool is_required; /* one of the options with the same field must be there */
	const char *meaning;
	const char *field; /* of the message */
};
extern const struct act_option act_options[];
extern const size_t act_options_n;
/* NULL: this act has no such option. */
const struct act_option *act_option_find(enum act act, struct str name);

struct act_value {
	const char *option;
	struct str text; /* of a file: what stands in it */
};
/* The body of the COMMAND. RES_INVALID: an option that the act does not have, one that is missing,
 * a number or time that is none, a text that is no UTF-8. */
enum res act_body(struct arena *mem, enum act act, const struct act_value *values, size_t n,
	struct str *out, struct err *err) must_check;

#endif

/* A case as the published views show it: what `case` prints, and what an act needs to know. */
#ifndef WL_OPERATOR_CASE_FILE_H
#define WL_OPERATOR_CASE_FILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "case_core.h"
#include "case_steps.h"
#include "db/db.h"

struct case_named {
	struct str code;
	struct str zh;
};

struct case_step {
	struct instant at;
	struct str service;
	int64_t seq;
	struct str type;
	struct str actor;
	struct step_words words;
};

struct case_file {
	int64_t case_id;
	struct str number;
	struct str channel;
	struct str klass;
	struct str visible; /* the state that people see */
	struct case_state state;
	struct str reply_state;
	struct case_named type;
	struct case_named category;
	struct case_named area;
	struct case_named unit;
	struct instant accept_due; /* none: has none */
	struct instant sign_due;
	struct instant contact_due;
	struct instant resolve_due;
	bool is_provisional;
	struct case_step *steps;
	size_t n_steps;
};

/* Opens the database as PG_CONNINFO says (wl_check may read all of it). */
enum res case_db_open(struct arena *mem, struct db **out, struct err *err) must_check;
/* RES_NOT_FOUND: there is no such case. All of it lives in mem. */
enum res case_file_load(struct arena *mem, struct db *db, struct str number, int64_t case_id,
	struct case_file *out, struct err *err) must_check;

void case_file_show(const struct case_file *file);
void case_file_show_json(struct arena *mem, const struct case_file *file);

#endif

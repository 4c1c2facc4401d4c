/* How every answer of the portal looks: its headers, JSON, and what is said when something is not
 * possible. */
#ifndef WL_PORTAL_ANSWER_H
#define WL_PORTAL_ANSWER_H

#include "portal_state.h"
#include "json/json.h"

enum problem {
#define PROBLEM(name, status, zh, en) PROBLEM_##name,
#include "portal_problems.def"
#undef PROBLEM
};

/* Policy headers; cache: the value of Cache-Control. */
void portal_dress(struct http_answer *answer, const char *cache);
void portal_answer_json(
	struct http_answer *answer, struct arena *mem, int status, const struct json *json);
/* detail: what exactly, in English, or "". is_english: the reader's language. A 5xx carries an
 * incident code, and the log has it with `why`. */
void portal_answer_problem(struct portal_state *state, struct http_answer *answer,
	struct arena *mem, bool is_english, enum problem problem, struct str detail,
	const char *why);
bool portal_is_english(const struct http_request *request);

/* RES_RETRY and the like of the database as a problem. */
void portal_answer_failure(struct portal_state *state, const struct http_request *request,
	struct http_answer *answer, enum res res, const struct err *err);

void json_set_instant(struct json *object, const char *key, struct instant at); /* null for none */
/* {"code":…,"zh":…,"en":…}; null for a code that is empty. */
void json_set_name(
	struct json *object, const char *key, struct str code, const struct portal_name *name);

#endif

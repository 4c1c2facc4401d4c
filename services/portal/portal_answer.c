#include "portal_answer.h"

#include <ctype.h>
#include <string.h>

#include "os/os.h"
#include "portal_core.h"

#define CODE_MAX 32

static const struct {
	const char *name;
	int status;
	const char *zh;
	const char *en;
} problems[] = {
#define PROBLEM(name, status, zh, en) { #name, status, zh, en },
#include "portal_problems.def"
#undef PROBLEM
};

/* Nothing inline, nothing from elsewhere, in nobody's frame. */
static const struct http_field policy[] = {
	{ "Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
		"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
		"frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Permissions-Policy", "camera=(), geolocation=(), microphone=()" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
};

void portal_dress(struct http_answer *answer, const char *cache)
{
	for (size_t i = 0; i < sizeof(policy) / sizeof(policy[0]); i++)
		http_add_field(answer, policy[i].name, policy[i].value);
	http_add_field(answer, "Cache-Control", cache);
}

void portal_answer_json(
	struct http_answer *answer, struct arena *mem, int status, const struct json *json)
{
	answer->status = status;
	answer->content_type = "application/json; charset=utf-8";
	answer->body = json_text(mem, json);
	portal_dress(answer, "no-store");
}

bool portal_is_english(const struct http_request *request)
{
	struct str wanted = http_header(request, "Accept-Language");

	return wanted.n >= 2 && (wanted.p[0] == 'e' || wanted.p[0] == 'E') &&
	       (wanted.p[1] == 'n' || wanted.p[1] == 'N');
}

void portal_answer_problem(struct portal_state *state, struct http_answer *answer,
	struct arena *mem, bool is_english, enum problem problem, struct str detail,
	const char *why)
{
	SCOPED(json)
	struct json *json = json_object_create();
	struct json *error = json_object_create();
	char code[CODE_MAX] = { 0 };
	char incident[7];
	uint64_t random;

	for (size_t i = 0; i < strlen(problems[problem].name) && i < sizeof(code) - 1; i++)
		code[i] = (char)tolower((unsigned char)problems[problem].name[i]);
	json_set_c(error, "code", code);
	json_set_c(error, "text", is_english ? problems[problem].en : problems[problem].zh);
	if (!str_is_empty(detail))
		json_set_str(error, "detail", detail);
	if (problems[problem].status >= 500) {
		os_random(&random, sizeof(random));
		portal_incident(random, incident);
		json_set_c(error, "incident", incident);
		state->tally.problems++;
		log_event(state->log, portal_problem, LOG_TEXT("incident", incident),
			LOG_TEXT("code", code), LOG_TEXT("why", why));
	}
	json_set(json, "error", error);
	portal_answer_json(answer, mem, problems[problem].status, json);
}

void portal_answer_failure(struct portal_state *state, const struct http_request *request,
	struct http_answer *answer, enum res res, const struct err *err)
{
	enum problem problem = PROBLEM_BROKEN;

	if (res == RES_NOT_FOUND)
		problem = PROBLEM_NOT_FOUND;
	else if (res == RES_RETRY || res == RES_CONFLICT)
		problem = PROBLEM_AWAY;
	portal_answer_problem(state, answer, request->mem, portal_is_english(request), problem,
		STR(""), err->text);
}

void json_set_instant(struct json *object, const char *key, struct instant at)
{
	char text[INSTANT_TEXT_MAX];

	if (instant_is_none(at))
		return;
	json_set_c(object, key, instant_format(at, text));
}

void json_set_name(
	struct json *object, const char *key, struct str code, const struct portal_name *name)
{
	struct json *json;

	if (str_is_empty(code))
		return;
	json = json_object_create();
	json_set_str(json, "code", code);
	json_set_str(json, "zh", name == NULL ? code : name->zh);
	json_set_str(json, "en", name == NULL ? code : name->en);
	json_set(object, key, json);
}

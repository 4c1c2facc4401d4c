#include "portal_letter.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/id.h"
#include "os/os.h"
#include "portal_answer.h"
#include "portal_asks.h"
#include "portal_codec.h"
#include "portal_grants.h"
#include "portal_live.h"
#include "portal_store.h"

#define BODY_MAX	  4096
#define REMARK_CHARS_MAX  500
#define COMMAND_ID_MAX	  64
#define FORWARDED_ADDRESS "X-Forwarded-For"

/* What an ask needs to know when it ends; lives in the request's memory. */
struct pending {
	struct portal_state *state;
	struct arena *mem;
	bool is_english;
	int64_t case_id;
	char number[CASE_NUMBER_MAX];
	struct str number_key;
	struct str address_key;
};

static void problem(struct portal_state *state, const struct http_request *request,
	struct http_answer *answer, enum problem problem, struct str detail)
{
	portal_answer_problem(
		state, answer, request->mem, portal_is_english(request), problem, detail, "");
}

/* The last address is the one that our own proxy saw. */
static struct str address_of(struct portal_state *state, const struct http_request *request)
{
	struct str list = http_header(request, FORWARDED_ADDRESS);
	struct str part = STR_NONE;

	if (!state->config.is_proxied || list.p == NULL)
		return str_from_c(request->address);
	while (str_split(&list, ',', &part))
		;
	return str_trim(part);
}

static struct pending *pending_make(struct portal_state *state, const struct http_request *request,
	int64_t case_id, struct str number)
{
	struct pending *pending = arena_new(request->mem, struct pending);

	if (pending == NULL)
		return NULL;
	pending->state = state;
	pending->mem = request->mem;
	pending->is_english = portal_is_english(request);
	pending->case_id = case_id;
	pending->number_key = portal_try_key(state, request->mem, "number", number);
	pending->address_key =
		portal_try_key(state, request->mem, "address", address_of(state, request));
	return pending;
}

/* --- opening --- */

static void answer_opened(struct pending *pending, struct http_answer *answer)
{
	struct portal_state *state = pending->state;
	SCOPED(json)
	struct json *json = json_object_create();
	struct err err;

	if (portal_store_forgive(
		    state, pending->mem, pending->number_key, pending->address_key, &err) != RES_OK)
		log_event(state->log, db_lost, LOG_TEXT("why", err.text));
	state->tally.opened++;
	json_set_c(json, "no", pending->number);
	portal_answer_json(answer, pending->mem, 200, json);
	http_add_field(answer, "Set-Cookie",
		portal_grant_cookie(state, pending->mem, pending->case_id, pending->number));
}

static void on_opened(void *arg, struct http_exchange *exchange, enum ask_end end, struct str text)
{
	struct pending *pending = arg;
	struct http_answer answer = { 0 };

	(void)text;
	if (end == ASK_DONE) {
		answer_opened(pending, &answer);
	} else {
		pending->state->tally.wrong += end == ASK_REFUSED;
		portal_answer_problem(pending->state, &answer, pending->mem, pending->is_english,
			end == ASK_REFUSED ? PROBLEM_NO_SUCH_LETTER : PROBLEM_AWAY, STR(""),
			"intake does not answer");
	}
	http_answer_later(exchange, &answer);
}

/* Counts the try; false: it was one too many, or could not be counted, and is answered. */
static bool may_try(struct portal_state *state, const struct http_request *request,
	const struct pending *pending, struct http_answer *answer)
{
	const struct portal_limits limits = { .number = state->config.tries,
		.address = state->config.tries_address };
	struct portal_tries tries = { 0 };
	struct err err;
	enum res res = portal_store_try(
		state, request->mem, pending->number_key, pending->address_key, &tries, &err);

	if (res != RES_OK) {
		portal_answer_failure(state, request, answer, res, &err);
		return false;
	}
	if (!portal_tries_are_over(&tries, &limits))
		return true;
	state->tally.locked_out++;
	problem(state, request, answer, PROBLEM_LOCKED_OUT, STR(""));
	return false;
}

/* Asks intake; a number that cannot be one is asked too, so that both take the same time. */
static void ask_open(struct portal_state *state, const struct http_request *request,
	struct pending *pending, const char *code, struct http_answer *answer)
{
	char command_id[COMMAND_ID_MAX];
	uint64_t random[2];
	struct err err;

	os_random(random, sizeof(random));
	snprintf(command_id, sizeof(command_id), "portal/open/%016" PRIx64 "%016" PRIx64, random[0],
		random[1]);
	const struct ask ask = { .to = STR("intake"),
		.type = STR("intake.open.v1"),
		.command_id = str_from_c(command_id),
		.actor = STR("citizen"),
		.body = portal_write_open(request->mem, pending->case_id, code),
		.ended = on_opened,
		.arg = pending,
		.exchange = request->exchange };
	enum res res = portal_ask(state, &ask, &err);
	if (res == RES_OK)
		answer->way = HTTP_LATER;
	else
		portal_answer_failure(state, request, answer, res, &err);
}

void portal_letter_open(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	SCOPED(json)
	struct json *json = NULL;
	struct str given;
	struct err err;
	char code[7];
	int64_t case_id = 0;

	(void)number;
	if (json_parse(request->body, BODY_MAX, &json, &err) != RES_OK) {
		problem(state, request, answer, PROBLEM_BAD_REQUEST, str_from_c(err.text));
		return;
	}
	given = str_trim(json_get_str(json, "no"));
	if (str_is_empty(given) || given.n > CASE_NUMBER_MAX ||
		portal_code_read(json_get_str(json, "code"), code, &err) != RES_OK) {
		problem(state, request, answer, PROBLEM_NO_SUCH_LETTER, STR(""));
		return;
	}
	if (case_number_parse(given, &case_id, NULL) != RES_OK)
		case_id = 0;
	struct pending *pending = pending_make(
		state, request, case_id, case_id == 0 ? given : str_of(&case_id, sizeof(case_id)));
	if (pending == NULL || !may_try(state, request, pending, answer))
		return;
	if (case_id == 0 || case_number_format(str_from_c(state->config.case_prefix), case_id,
				    pending->number, NULL) != RES_OK) {
		state->tally.wrong++;
		problem(state, request, answer, PROBLEM_NO_SUCH_LETTER, STR(""));
		return;
	}
	ask_open(state, request, pending, code, answer);
}

/* --- reading --- */

void portal_letter_read(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	struct portal_letter letter;
	struct instant now;
	struct err err;
	int64_t case_id;
	enum res res;

	if (!portal_grant_find(state, request, number, &case_id)) {
		problem(state, request, answer, PROBLEM_NO_GRANT, STR(""));
		return;
	}
	res = portal_store_now(state, &now, &err);
	if (res == RES_OK)
		res = portal_store_letter(state, request->mem, case_id, &letter, &err);
	if (res != RES_OK) {
		portal_answer_failure(state, request, answer, res, &err);
		return;
	}
	SCOPED(json)
	struct json *json = portal_letter_json(state, request->mem, case_id, &letter, now);
	portal_answer_json(answer, request->mem, 200, json);
}

void portal_letter_watch(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	int64_t case_id;

	if (!portal_grant_find(state, request, number, &case_id)) {
		problem(state, request, answer, PROBLEM_NO_GRANT, STR(""));
		return;
	}
	portal_live_watch_letter(state, request, case_id, answer);
}

/* --- rating --- */

static void on_rated(void *arg, struct http_exchange *exchange, enum ask_end end, struct str text)
{
	struct pending *pending = arg;
	struct http_answer answer = { 0 };

	if (end == ASK_DONE) {
		SCOPED(json)
		struct json *json = json_object_create();
		pending->state->tally.rated++;
		json_set_bool(json, "done", true);
		portal_answer_json(&answer, pending->mem, 200, json);
	} else {
		portal_answer_problem(pending->state, &answer, pending->mem, pending->is_english,
			end == ASK_REFUSED ? PROBLEM_REFUSED : PROBLEM_AWAY, text,
			"followup does not answer");
	}
	http_answer_later(exchange, &answer);
}

static bool is_one_of(struct str text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_eq_c(text, *words))
			return true;
	return false;
}

/* A browser's own name for its act, so that sending twice rates once. */
static bool is_act_id(struct str id)
{
	if (id.n < 8 || id.n > 32)
		return false;
	for (size_t i = 0; i < id.n; i++)
		if (!(id.p[i] >= '0' && id.p[i] <= '9') && !(id.p[i] >= 'a' && id.p[i] <= 'z'))
			return false;
	return true;
}

/* What is wrong with a rating; NULL: nothing. */
static const char *rating_fault(const struct json *json)
{
	static const char *const solved[] = { "yes", "partly", "no", NULL };
	static const char *const contacted[] = { "yes", "no", "", NULL };
	int64_t satisfaction = json_get_int(json, "satisfaction", 0);
	struct str remark = json_get_str(json, "remark");

	if (!is_act_id(json_get_str(json, "id")))
		return "id: want 8 to 32 of a-z and 0-9";
	if (!is_one_of(json_get_str(json, "solved"), solved))
		return "solved: want yes, partly or no";
	if (satisfaction < 1 || satisfaction > 5)
		return "satisfaction: want 1 to 5";
	if (!is_one_of(json_get_str(json, "contacted"), contacted))
		return "contacted: want yes, no or nothing";
	if (!str_is_utf8(remark) || str_utf8_length(remark) > REMARK_CHARS_MAX ||
		str_find_control(remark) != SIZE_MAX)
		return "remark: want at most 500 characters";
	return NULL;
}

static void ask_rate(struct portal_state *state, const struct http_request *request,
	int64_t case_id, const struct json *json, struct http_answer *answer)
{
	struct pending *pending = pending_make(state, request, case_id, STR(""));
	struct err err = { "memory is out" };
	struct str command_id = arena_printf(request->mem, "portal/rate/%" PRId64 "/%.*s", case_id,
		STR_ARG(json_get_str(json, "id")));
	const struct ask ask = { .to = STR("followup"),
		.type = STR("followup.rate.v1"),
		.command_id = command_id,
		.actor = STR("citizen"),
		.case_id = case_id,
		.body = portal_write_rate(request->mem, json_get_str(json, "solved"),
			(int32_t)json_get_int(json, "satisfaction", 0),
			json_get_str(json, "contacted"), json_get_str(json, "remark")),
		.ended = on_rated,
		.arg = pending,
		.exchange = request->exchange };
	enum res res = pending == NULL ? RES_RETRY : portal_ask(state, &ask, &err);

	if (res == RES_OK)
		answer->way = HTTP_LATER;
	else
		portal_answer_failure(state, request, answer, res, &err);
}

/* Followup would only say BUSY to a command about a case that it has never heard of. */
static bool may_rate(struct portal_state *state, const struct http_request *request,
	int64_t case_id, struct http_answer *answer)
{
	struct err err;
	bool is_followed;
	enum res res = portal_store_is_followed(state, request->mem, case_id, &is_followed, &err);

	if (res != RES_OK)
		portal_answer_failure(state, request, answer, res, &err);
	else if (!is_followed)
		problem(state, request, answer, PROBLEM_REFUSED,
			STR("this letter has not been answered yet: there is nothing to rate"));
	return res == RES_OK && is_followed;
}

void portal_letter_rate(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	SCOPED(json)
	struct json *json = NULL;
	const char *fault;
	struct err err;
	int64_t case_id;

	if (!portal_grant_find(state, request, number, &case_id)) {
		problem(state, request, answer, PROBLEM_NO_GRANT, STR(""));
		return;
	}
	if (!crypto_equal(http_header(request, "X-Wangli-Token"),
		    portal_grant_token(state, request->mem, case_id))) {
		problem(state, request, answer, PROBLEM_FOREIGN, STR(""));
		return;
	}
	if (json_parse(request->body, BODY_MAX, &json, &err) != RES_OK) {
		problem(state, request, answer, PROBLEM_BAD_REQUEST, str_from_c(err.text));
		return;
	}
	fault = rating_fault(json);
	if (fault != NULL) {
		problem(state, request, answer, PROBLEM_BAD_REQUEST, str_from_c(fault));
		return;
	}
	if (may_rate(state, request, case_id, answer))
		ask_rate(state, request, case_id, json, answer);
}

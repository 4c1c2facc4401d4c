#include "portal_cases.h"

#include "base/id.h"
#include "portal_answer.h"
#include "portal_chip_core.h"
#include "portal_filter_core.h"
#include "portal_store.h"

struct reading {
	struct filter filter;
	enum res res;
	struct err err;
};

static void on_parameter(void *arg, struct str name, struct str value)
{
	struct reading *reading = arg;

	if (reading->res == RES_OK)
		reading->res = filter_add(&reading->filter, name, value, &reading->err);
}

static void set_chip(struct portal_state *state, struct json *json, const struct portal_case *file,
	struct instant now)
{
	struct chip chip = chip_count(&state->reference.calendar, file->dispatched_at,
		file->resolve_due, file->replied_at, now);
	struct json *made;

	if (chip.stage == CHIP_NONE)
		return;
	made = json_object_create();
	json_set_c(made, "stage", chip_stage_word(chip.stage));
	json_set_instant(made, "due", chip.due);
	json_set_bool(made, "hours", chip.is_hours);
	json_set_bool(made, "late", chip.is_late);
	json_set_int(made, "left", chip.left);
	json_set_int(made, "over", chip.over);
	json_set(json, "chip", made);
}

/* A report shows neither unit nor what it is about. */
static struct json *case_json(
	struct portal_state *state, const struct portal_case *file, struct instant now)
{
	struct json *json = json_object_create();
	char number[CASE_NUMBER_MAX] = "";

	(void)!case_number_format(
		str_from_c(state->config.case_prefix), file->case_id, number, NULL);
	json_set_id(json, "id", file->case_id);
	json_set_c(json, "no", number);
	json_set_str(json, "state", file->state);
	json_set_str(json, "kind", file->type);
	json_set_str(json, "channel", file->channel);
	json_set_instant(json, "received_at", file->received_at);
	json_set_bool(json, "report", !str_is_empty(file->klass));
	if (str_is_empty(file->klass)) {
		json_set_name(json, "unit", file->unit, portal_org(state, file->unit));
		json_set_name(json, "area", file->area, portal_org(state, file->area));
		json_set_name(
			json, "category", file->category, portal_category(state, file->category));
	}
	set_chip(state, json, file, now);
	return json;
}

/* The names of what was asked for, so that the page can say it. */
static struct json *filter_json(struct portal_state *state, const struct filter *filter)
{
	struct json *json = json_object_create();

	if (str_is_empty(filter->figure))
		json_set_c(json, "metric", filter_metric_word(filter->metric));
	else
		json_set_str(json, "metric", filter->figure);
	json_set_bool(json, "numerator", filter->is_numerator);
	json_set_name(json, "unit", filter->unit, portal_org(state, filter->unit));
	json_set_name(json, "area", filter->area, portal_org(state, filter->area));
	json_set_name(json, "category", filter->category, portal_category(state, filter->category));
	json_set_str(json, "channel", filter->channel);
	json_set_str(json, "state", filter->state);
	json_set_str(json, "kind", filter->type);
	return json;
}

static void answer_page(struct portal_state *state, const struct http_request *request,
	const struct filter *filter, const struct portal_case *cases, size_t n, struct instant now,
	struct http_answer *answer)
{
	SCOPED(json)
	struct json *json = json_object_create();
	struct json *list = json_array_create();
	size_t shown = n > PORTAL_PAGE_CASES ? PORTAL_PAGE_CASES : n;

	for (size_t i = 0; i < shown; i++)
		json_push(list, case_json(state, &cases[i], now));
	json_set_instant(json, "at", now);
	json_set(json, "filter", filter_json(state, filter));
	json_set(json, "cases", list);
	if (n > shown)
		json_set_id(json, "next_before", cases[shown - 1].case_id);
	portal_answer_json(answer, request->mem, 200, json);
}

void portal_cases_read(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	struct reading reading = { .filter = filter_none(), .res = RES_OK };
	struct portal_case *cases = NULL;
	struct instant now;
	struct err err;
	enum res res;
	size_t n;

	(void)number;
	http_query_walk(request, on_parameter, &reading);
	if (reading.res != RES_OK) {
		portal_answer_problem(state, answer, request->mem, portal_is_english(request),
			PROBLEM_BAD_REQUEST, str_from_c(reading.err.text), "");
		return;
	}
	res = portal_store_now(state, &now, &err);
	if (res == RES_OK) {
		struct portal_period period = portal_period_of(state, now);
		res = portal_store_cases(
			state, request->mem, &reading.filter, &period, &cases, &n, &err);
	}
	if (res != RES_OK) {
		portal_answer_failure(state, request, answer, res, &err);
		return;
	}
	answer_page(state, request, &reading.filter, cases, n, now, answer);
}

#include "portal_serve.h"

#include "portal_answer.h"
#include "portal_asks.h"
#include "portal_cases.h"
#include "portal_core.h"
#include "portal_health.h"
#include "portal_letter.h"
#include "portal_live.h"
#include "portal_pages.h"
#include "portal_visits.h"

static void problem(struct portal_state *state, const struct http_request *request,
	struct http_answer *answer, enum problem problem)
{
	portal_answer_problem(
		state, answer, request->mem, portal_is_english(request), problem, STR(""), "");
}

static void serve_overview(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	struct err err;
	struct str text;
	enum res res = portal_live_overview(state, &text, &err);

	(void)number;
	if (res != RES_OK) {
		portal_answer_failure(state, request, answer, res, &err);
		return;
	}
	answer->status = 200;
	answer->content_type = "application/json; charset=utf-8";
	answer->body = text; /* copied before the next request */
	portal_dress(answer, "no-store");
}

static void serve_overview_events(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	(void)number;
	portal_live_watch_overview(state, request, answer);
}

/* People who type the bare address look for the city, or for their letter: the overview has both.
 */
static void serve_home(struct portal_state *state, const struct http_request *request,
	struct str number, struct http_answer *answer)
{
	(void)state;
	(void)request;
	(void)number;
	answer->status = 302;
	portal_dress(answer, "no-cache");
	http_add_field(answer, "Location", "/overview");
}

/* What is neither a page nor a file. POSTs must be JSON and come from our own pages. */
static const struct {
	enum portal_route route;
	bool is_post;
	void (*serve)(struct portal_state *state, const struct http_request *request,
		struct str number, struct http_answer *answer);
} services[] = {
	{ ROUTE_HEALTH, false, portal_health_public },
	{ ROUTE_PAGE_HOME, false, serve_home },
	{ ROUTE_OVERVIEW, false, serve_overview },
	{ ROUTE_OVERVIEW_EVENTS, false, serve_overview_events },
	{ ROUTE_CASES, false, portal_cases_read },
	{ ROUTE_OPEN, true, portal_letter_open },
	{ ROUTE_LETTER, false, portal_letter_read },
	{ ROUTE_LETTER_EVENTS, false, portal_letter_watch },
	{ ROUTE_RATE, true, portal_letter_rate },
};

/* A form of another site can send neither this content type nor hide its origin. */
static bool is_from_our_pages(const struct http_request *request)
{
	struct str type = http_header(request, "Content-Type");

	return type.p != NULL && str_starts(type, STR("application/json")) &&
	       portal_origin_is_ours(http_header(request, "Origin"), http_header(request, "Host"));
}

static bool is_read(const struct http_request *request)
{
	return str_eq_c(request->method, "GET") || str_eq_c(request->method, "HEAD");
}

static void serve_service(struct portal_state *state, const struct http_request *request,
	enum portal_route route, struct str number, struct http_answer *answer)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (services[i].route != route)
			continue;
		if (services[i].is_post ? !str_eq_c(request->method, "POST") : !is_read(request))
			problem(state, request, answer, PROBLEM_WRONG_METHOD);
		else if (services[i].is_post && !is_from_our_pages(request))
			problem(state, request, answer, PROBLEM_FOREIGN);
		else
			services[i].serve(state, request, number, answer);
		return;
	}
	problem(state, request, answer, PROBLEM_NOT_FOUND);
}

void portal_serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct portal_state *state = arg;
	struct str number;
	enum portal_route route = portal_route(request->path, &number);

	state->tally.requests++;
	if (!portal_route_is_page(route) && route != ROUTE_FILE) {
		serve_service(state, request, route, number, answer);
		return;
	}
	if (!is_read(request)) {
		problem(state, request, answer, PROBLEM_WRONG_METHOD);
		return;
	}
	portal_pages_serve(state, request, route, answer);
	if (portal_route_is_page(route))
		portal_visits_count(state, request, answer);
}

void portal_gone(void *arg, struct http_exchange *exchange)
{
	struct portal_state *state = arg;

	portal_live_forget(state, exchange);
	portal_asks_forget(state, exchange);
}

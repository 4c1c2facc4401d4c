#include "portal_live.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "os/os.h"
#include "portal_answer.h"
#include "portal_overview.h"
#include "portal_store.h"

#define REFRESH_EVERY SPAN_S(1)
#define REFRESH_SHARE 4 /* a question that takes long is asked at most a quarter of the time */
#define LIVE_MEMORY   (16 * 1024 * 1024)

struct watcher {
	struct http_exchange *exchange;
	int64_t case_id; /* 0: the overview */
	int32_t version; /* of the letter, as the page has it */
	struct watcher *next;
};

struct portal_live {
	struct watcher *watchers;
	size_t n;
	struct arena *mem;
	struct loop_timer *timer;
	struct buf figures;	/* the last ones, without their time */
	struct buf overview;	/* {"at":…,"figures":…} */
	struct buf fresh;	/* {"at":…} */
	bool has_changed;	/* the last question found other figures than the one before */
	struct instant read_at; /* monotonic; none: never */
	struct span took;
	bool is_stale; /* the last question failed */
};

static void on_timer(void *arg);

struct portal_live *portal_live_create(struct portal_state *state)
{
	struct portal_live *live = calloc(1, sizeof(*live));

	CHECK(live != NULL);
	live->mem = arena_create(LIVE_MEMORY);
	live->read_at = INSTANT_NONE;
	live->timer = loop_timer_create(state->loop, on_timer, state);
	return live;
}

void portal_live_destroy(struct portal_live *live)
{
	struct watcher *next;

	if (live == NULL)
		return;
	for (struct watcher *watcher = live->watchers; watcher != NULL; watcher = next) {
		next = watcher->next;
		free(watcher);
	}
	loop_timer_destroy(live->timer);
	buf_fini(&live->figures);
	buf_fini(&live->overview);
	buf_fini(&live->fresh);
	arena_destroy(live->mem);
	free(live);
}

size_t portal_live_count(const struct portal_state *state)
{
	return state->live->n;
}

/* --- the overview --- */

static void figures_keep(struct portal_live *live, struct str figures, struct instant at)
{
	char when[INSTANT_TEXT_MAX];

	live->has_changed = !str_eq(buf_str(&live->figures), figures);
	buf_clear(&live->figures);
	buf_add_str(&live->figures, figures);
	buf_clear(&live->fresh);
	buf_printf(&live->fresh, "{\"at\":\"%s\"}", instant_format(at, when));
	buf_clear(&live->overview);
	buf_printf(&live->overview, "{\"at\":\"%s\",\"figures\":%.*s}", when, STR_ARG(figures));
}

static enum res overview_refresh(struct portal_state *state, struct err *err)
{
	struct portal_live *live = state->live;
	struct instant begun = os_monotonic_now();
	struct instant at;
	struct str text;

	arena_reset(live->mem);
	state->tally.refreshes++;
	enum res res = portal_overview_read(state, live->mem, &text, &at, err);
	live->is_stale = res != RES_OK;
	TRY(res);
	figures_keep(live, text, at);
	live->read_at = loop_now(state->loop);
	live->took = instant_since(os_monotonic_now(), begun);
	return RES_OK;
}

static bool is_old(struct portal_state *state)
{
	struct portal_live *live = state->live;
	struct span age;
	struct span least = REFRESH_EVERY;

	if (instant_is_none(live->read_at) || live->is_stale)
		return true;
	if (live->took.us * REFRESH_SHARE > least.us)
		least.us = live->took.us * REFRESH_SHARE;
	age = instant_since(loop_now(state->loop), live->read_at);
	return age.us + 20000 >= least.us; /* a timer that fires a little early still counts */
}

enum res portal_live_overview(struct portal_state *state, struct str *out, struct err *err)
{
	if (is_old(state))
		TRY(overview_refresh(state, err));
	*out = buf_str(&state->live->overview);
	return RES_OK;
}

/* --- streams --- */

static struct str event_text(struct arena *mem, const char *name, struct str data)
{
	return arena_printf(mem, "event: %s\ndata: %.*s\n\n", name, STR_ARG(data));
}

static void send(struct portal_state *state, struct watcher *watcher, struct str text)
{
	state->tally.sent++;
	http_stream_send(watcher->exchange, text);
}

static void tell_overview(struct portal_state *state)
{
	struct portal_live *live = state->live;
	struct err err;
	struct str text;
	bool was_stale = live->is_stale;

	if (!is_old(state))
		return;
	if (overview_refresh(state, &err) == RES_OK && (live->has_changed || was_stale))
		text = event_text(live->mem, "overview", buf_str(&live->overview));
	else if (!live->is_stale)
		text = event_text(live->mem, "fresh", buf_str(&live->fresh));
	else if (!was_stale)
		text = event_text(live->mem, "stale", STR("{}"));
	else
		return;
	for (struct watcher *watcher = live->watchers; watcher != NULL; watcher = watcher->next)
		if (watcher->case_id == 0)
			send(state, watcher, text);
}

static void tell_version(struct portal_state *state, const struct portal_version *version)
{
	struct portal_live *live = state->live;

	for (struct watcher *watcher = live->watchers; watcher != NULL; watcher = watcher->next) {
		if (watcher->case_id != version->case_id || watcher->version == version->version)
			continue;
		send(state, watcher, STR("event: changed\ndata: {}\n\n"));
		watcher->version = version->version;
	}
}

static void tell_letters(struct portal_state *state)
{
	struct portal_live *live = state->live;
	struct portal_version *versions = NULL;
	struct err err;
	size_t n = 0;
	size_t found;

	arena_reset(live->mem);
	int64_t *ids = arena_new_array(live->mem, int64_t, live->n);
	if (ids == NULL)
		return;
	for (struct watcher *watcher = live->watchers; watcher != NULL; watcher = watcher->next)
		if (watcher->case_id != 0)
			ids[n++] = watcher->case_id;
	if (n == 0 ||
		portal_store_versions(state, live->mem, ids, n, &versions, &found, &err) != RES_OK)
		return;
	for (size_t i = 0; i < found; i++)
		tell_version(state, &versions[i]);
}

static bool is_anybody_at_overview(const struct portal_live *live)
{
	for (const struct watcher *watcher = live->watchers; watcher != NULL;
		watcher = watcher->next)
		if (watcher->case_id == 0)
			return true;
	return false;
}

/* Comments keep proxies from closing a quiet stream, and find out whose reader has gone. */
static void tell_alive(struct portal_state *state)
{
	for (struct watcher *watcher = state->live->watchers; watcher != NULL;
		watcher = watcher->next)
		if (watcher->case_id != 0)
			http_stream_send(watcher->exchange, STR(":\n\n"));
}

static void on_timer(void *arg)
{
	struct portal_state *state = arg;
	struct portal_live *live = state->live;
	struct err err;

	if (live->n == 0)
		return;
	loop_timer_set(live->timer, REFRESH_EVERY);
	(void)!portal_store_mend(state, &err);
	if (is_anybody_at_overview(live))
		tell_overview(state);
	tell_letters(state);
	tell_alive(state);
}

static void watch(struct portal_state *state, const struct http_request *request, int64_t case_id,
	int32_t version, struct http_answer *answer)
{
	struct portal_live *live = state->live;
	struct watcher *watcher = calloc(1, sizeof(*watcher));

	CHECK(watcher != NULL);
	*watcher = (struct watcher){ .exchange = request->exchange,
		.case_id = case_id,
		.version = version,
		.next = live->watchers };
	live->watchers = watcher;
	live->n++;
	answer->status = 200;
	answer->way = HTTP_STREAM;
	answer->content_type = "text/event-stream; charset=utf-8";
	portal_dress(answer, "no-store");
	http_add_field(
		answer, "X-Accel-Buffering", "no"); /* a proxy in front passes it on at once */
	if (!loop_timer_is_set(live->timer))
		loop_timer_set(live->timer, REFRESH_EVERY);
}

void portal_live_watch_overview(
	struct portal_state *state, const struct http_request *request, struct http_answer *answer)
{
	struct err err;
	struct str text;

	watch(state, request, 0, 0, answer);
	if (portal_live_overview(state, &text, &err) == RES_OK)
		answer->body = event_text(request->mem, "overview", text);
	else
		answer->body = STR("event: stale\ndata: {}\n\n");
}

void portal_live_watch_letter(struct portal_state *state, const struct http_request *request,
	int64_t case_id, struct http_answer *answer)
{
	int64_t version;

	if (str_to_int64(http_query(request, "version"), &version) != RES_OK || version < 0 ||
		version > INT32_MAX)
		version = 0;
	watch(state, request, case_id, (int32_t)version, answer);
	answer->body = STR("event: watching\ndata: {}\n\n");
}

void portal_live_forget(struct portal_state *state, struct http_exchange *exchange)
{
	struct watcher **at;

	if (state->live == NULL)
		return;
	for (at = &state->live->watchers; *at != NULL; at = &(*at)->next) {
		struct watcher *watcher = *at;
		if (watcher->exchange != exchange)
			continue;
		*at = watcher->next;
		state->live->n--;
		free(watcher);
		return;
	}
}

#include "portal_overview.h"

#include "portal_answer.h"
#include "portal_store.h"

/* What a row counts, by the names that the page knows. */
static void counts_set(struct json *json, const struct portal_count *count)
{
	json_set_int(json, "all", count->all);
	json_set_int(json, "received", count->received);
	json_set_int(json, "answered", count->answered);
	json_set_int(json, "closed", count->closed);
	json_set_int(json, "open", count->open);
	json_set_int(json, "overdue", count->overdue);
	json_set_int(json, "due_soon", count->due_soon);
	json_set_int(json, "on_time", count->on_time);
	json_set_int(json, "due", count->due);
}

static struct json *count_json(const struct portal_state *state, const struct portal_count *count)
{
	struct json *json = json_object_create();
	const struct portal_name *name = count->what == 3 ? portal_org(state, count->key) : NULL;

	json_set_str(json, "key", count->key);
	if (name != NULL) {
		json_set_str(json, "zh", name->zh);
		json_set_str(json, "en", name->en);
		json_set_int(json, "level", name->level);
		json_set_str(json, "kind", name->kind);
	}
	counts_set(json, count);
	return json;
}

/* {"M11":{"num":…,"den":…},…} */
static enum res rates_set(struct portal_state *state, struct arena *mem,
	const struct portal_period *period, struct json *json, struct err *err)
{
	struct portal_rate *rates = NULL;
	struct json *made;
	size_t n;

	TRY(portal_store_rates(state, mem, period, &rates, &n, err));
	made = json_object_create();
	for (size_t i = 0; i < n; i++) {
		struct json *rate = json_object_create();
		json_set_int(rate, "num", rates[i].num);
		json_set_int(rate, "den", rates[i].den);
		json_set(made, arena_c(mem, rates[i].code), rate);
	}
	json_set(json, "rates", made);
	return RES_OK;
}

enum res portal_overview_read(struct portal_state *state, struct arena *mem, struct str *out,
	struct instant *out_at, struct err *err)
{
	static const char *const lists[] = { NULL, "states", "channels", "units" };
	struct portal_count *counts = NULL;
	struct json *made[4] = { NULL };
	struct instant now;
	size_t n;

	TRY(portal_store_now(state, &now, err));
	struct portal_period period = portal_period_of(state, now);
	TRY(portal_store_overview(state, mem, &period, &counts, &n, err));
	SCOPED(json)
	struct json *json = json_object_create();
	json_set_instant(json, "soon_ends", period.soon_ends);
	TRY(rates_set(state, mem, &period, json, err));
	for (int i = 1; i < 4; i++)
		made[i] = json_array_create();
	for (size_t i = 0; i < n; i++) {
		if (counts[i].what == 0)
			counts_set(json, &counts[i]);
		else
			json_push(made[counts[i].what], count_json(state, &counts[i]));
	}
	for (int i = 1; i < 4; i++)
		json_set(json, lists[i], made[i]);
	*out = json_text(mem, json);
	*out_at = now;
	return RES_OK;
}

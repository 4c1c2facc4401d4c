/* The broker's state as JSON. */
#include "bus_health.h"

#include "bus_fault.h"
#include "bus_metrics.h"
#include "bus_peers.h"
#include "bus_state.h"
#include "metrics/metrics.h"
#include "json/json.h"

static struct json *members_json(struct bus_state *state)
{
	struct json *list = json_array_create();
	size_t n;
	struct member *const *all = members_all(server_members(state->server), &n);

	for (size_t i = 0; i < n; i++) {
		struct json *member = json_object_create();

		json_set_c(member, "instance", all[i]->instance);
		json_set_c(member, "key", all[i]->user);
		json_set_int(member, "window", all[i]->window);
		json_set_int(member, "credit", all[i]->credit);
		json_push(list, member);
	}
	return list;
}

static void group_json(void *arg, const struct member_group_view *view)
{
	struct json *group = json_object_create();

	json_set_str(group, "name", view->name);
	json_set_int(group, "members", (int64_t)view->members);
	json_set_int(group, "credit", view->credit);
	json_set_int(group, "refused", (int64_t)view->refused);
	json_push(arg, group);
}

static struct json *counts_json(struct bus_state *state)
{
	struct server_counts counts = server_counts(state->server);
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{ "received", counts.received },
		{ "sent", counts.sent },
		{ "forwarded", state->tally.forwarded },
		{ "busy", state->tally.busy },
		{ "no_consumer", state->tally.no_consumer },
		{ "forbidden", state->tally.forbidden + counts.forbidden },
		{ "not_here", state->tally.not_here },
		{ "too_big", state->tally.too_big },
		{ "undelivered", state->tally.undelivered },
		{ "bad_batch", counts.bad_batch },
		{ "bad_header", counts.bad_header },
		{ "unknown_kind", counts.unknown_kind },
		{ "stranger", counts.stranger },
		{ "unsent", counts.unsent },
		{ "unknown_keys", state->tally.unknown_keys },
		{ "tap_copied", state->tally.tap_copied },
		{ "tap_lost", state->tally.tap_lost },
	};
	struct json *list = json_object_create();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_set_int(list, rows[i].name, rows[i].value);
	return list;
}

void bus_health_serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct bus_state *state = arg;
	struct json *health;
	struct json *groups;

	if (str_eq_c(request->method, "GET") && str_eq_c(request->path, "/metrics")) {
		*answer = (struct http_answer){ .status = 200,
			.content_type = METRICS_CONTENT_TYPE,
			.body = bus_metrics_text(state, request->mem) };
		return;
	}
	answer->content_type = "application/json";
	if (!str_eq_c(request->method, "GET") || !str_eq_c(request->path, "/health")) {
		answer->status = 404;
		answer->body = STR("{\"error\":\"only GET /health and /metrics\"}");
		return;
	}
	health = json_object_create();
	groups = json_array_create();
	members_groups(server_members(state->server), group_json, groups);
	json_set_c(health, "process", "bus");
	json_set_c(health, "version", WANGLI_VERSION);
	json_set_bool(health, "healthy", true);
	json_set_int(health, "keys", (int64_t)bus_peers_count(state->peers));
	json_set(health, "members", members_json(state));
	json_set(health, "groups", groups);
	json_set(health, "counts", counts_json(state));
	bus_faults_json(state->faults, health);
	answer->status = 200;
	answer->body = json_text(request->mem, health);
	json_destroy(health);
}

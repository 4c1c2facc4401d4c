/* The door's state as JSON. Healthy: it would let a known integrator in. */
#include "edge_health.h"

#include <inttypes.h>
#include <stdio.h>

#include "edge_metrics.h"
#include "edge_state.h"
#include "metrics/metrics.h"
#include "json/json.h"

static void group_json(void *arg, const struct member_group_view *view)
{
	struct json *group = json_object_create();

	json_set_str(group, "name", view->name);
	json_set_int(group, "members", (int64_t)view->members);
	json_set_int(group, "credit", view->credit);
	json_push(arg, group);
}

static struct json *keys_json(struct edge_state *state)
{
	struct instant now = loop_now(state->loop);
	struct instant loaded_at = edge_keys_loaded_at(state->keys);
	struct json *keys = json_object_create();

	json_set_int(keys, "count", (int64_t)edge_keys_count(state->keys));
	json_set_bool(keys, "fresh", edge_keys_are_fresh(state->keys, now));
	if (!instant_is_none(loaded_at))
		json_set_int(keys, "age_ms", instant_since(now, loaded_at).us / 1000);
	return keys;
}

static struct json *counts_json(struct edge_state *state)
{
	struct server_counts counts = server_counts(state->server);
	struct peer_counts bus = peer_counts(state->peer);
	const struct edge_tally *tally = &state->tally;
	struct edge_letters_view letters = edge_letters_view(state->letters);
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{ "received", counts.received },
		{ "sent", counts.sent },
		{ "submitted", tally->submitted },
		{ "done", tally->done },
		{ "claimed", tally->claimed },
		{ "asked", tally->asked },
		{ "answered", tally->answered },
		{ "delivered", tally->delivered },
		{ "refused", tally->refused },
		{ "over_quota", letters.over_quota },
		{ "over_share", letters.over_share },
		{ "intake_busy", letters.busy },
		{ "expired", letters.expired },
		{ "withheld", letters.withheld },
		{ "early", letters.early },
		{ "unanswered", letters.unanswered },
		{ "not_here", tally->not_here },
		{ "lost", tally->lost },
		{ "forbidden", counts.forbidden },
		{ "bad_batch", counts.bad_batch },
		{ "bad_header", counts.bad_header },
		{ "unheard", counts.unheard },
		{ "cut_off", tally->cut_off },
		{ "kept_out", tally->kept_out },
		{ "times_full", tally->times_full },
		{ "unknown_kind", counts.unknown_kind },
		{ "stranger", counts.stranger },
		{ "unsent", counts.unsent },
		{ "unknown_keys", tally->unknown_keys },
		{ "untold", tally->untold },
		{ "bus_dropped_full", bus.dropped_full },
		{ "bus_dropped_bad", bus.dropped_bad },
		{ "bus_reconnects", bus.reconnects },
	};
	struct json *list = json_object_create();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_set_int(list, rows[i].name, rows[i].value);
	return list;
}

static struct json *letters_json(struct edge_state *state)
{
	struct edge_letters_view view = edge_letters_view(state->letters);
	struct json *letters = json_object_create();

	json_set_int(letters, "window", edge_share_window(view.share));
	json_set_int(letters, "under_way",
		view.share->held[EDGE_POOL_COMMON] + view.share->held[EDGE_POOL_RESERVE]);
	json_set_int(letters, "reserved_under_way", view.share->held[EDGE_POOL_RESERVE]);
	json_set_int(letters, "answer_us", view.share->wait_us);
	json_set_int(letters, "suspects", (int64_t)view.suspects->n);
	json_set_int(letters, "quarantined", (int64_t)view.suspects->quarantined);
	return letters;
}

/* Those that a person must look at: by the digest that the log names too. */
static struct json *quarantine_json(struct edge_state *state)
{
	const struct edge_suspects *suspects = edge_letters_view(state->letters).suspects;
	struct json *list = json_array_create();
	char digest[17];

	for (size_t i = 0; i < suspects->n; i++) {
		struct json *row;

		if (!suspects->list[i].is_quarantined)
			continue;
		row = json_object_create();
		snprintf(digest, sizeof(digest), "%016" PRIx64, suspects->list[i].digest);
		json_set_c(row, "digest", digest);
		json_set_c(row, "source", suspects->list[i].source);
		json_set_int(row, "silent", suspects->list[i].silent);
		json_push(list, row);
	}
	return list;
}

bool edge_is_healthy(const struct edge_state *state)
{
	return peer_is_up(state->peer) && edge_keys_are_fresh(state->keys, loop_now(state->loop));
}

void edge_health_serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct edge_state *state = arg;
	struct members *members = server_members(state->server);
	struct json *health;
	struct json *groups;
	size_t connections;

	if (str_eq_c(request->method, "GET") && str_eq_c(request->path, "/metrics")) {
		*answer = (struct http_answer){ .status = 200,
			.content_type = METRICS_CONTENT_TYPE,
			.body = edge_metrics_text(state, request->mem) };
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
	members_all(members, &connections);
	members_groups(members, group_json, groups);
	json_set_c(health, "process", "edge");
	json_set_c(health, "version", WANGLI_VERSION);
	json_set_bool(health, "healthy", edge_is_healthy(state));
	json_set_bool(health, "bus", peer_is_up(state->peer));
	json_set(health, "keys", keys_json(state));
	json_set_int(health, "connections", (int64_t)connections);
	json_set(health, "groups", groups);
	json_set(health, "letters", letters_json(state));
	json_set(health, "quarantine", quarantine_json(state));
	json_set(health, "counts", counts_json(state));
	answer->status = 200;
	answer->body = json_text(request->mem, health);
	json_destroy(health);
}

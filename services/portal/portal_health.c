/* The portal's state as JSON. */
#include "portal_health.h"

#include "portal_answer.h"
#include "portal_live.h"

void portal_health_answer(
	struct portal_state *state, const struct http_request *request, struct http_answer *answer)
{
	const struct portal_tally *tally = &state->tally;
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{ "requests", tally->requests },
		{ "problems", tally->problems },
		{ "opened", tally->opened },
		{ "wrong", tally->wrong },
		{ "locked_out", tally->locked_out },
		{ "rated", tally->rated },
		{ "refreshes", tally->refreshes },
		{ "sent", tally->sent },
	};
	bool is_ready = db_is_up(state->db) && peer_is_up(state->peer);
	SCOPED(json)
	struct json *json = json_object_create();

	json_set_c(json, "service", "portal");
	json_set_c(json, "version", WANGLI_VERSION);
	json_set_bool(json, "ready", is_ready);
	json_set_c(json, "status", is_ready ? "ok" : "away from the database or the bus");
	json_set_bool(json, "database", db_is_up(state->db));
	json_set_bool(json, "bus", peer_is_up(state->peer));
	json_set_int(json, "watching", (int64_t)portal_live_count(state));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_set_int(json, rows[i].name, rows[i].value);
	portal_answer_json(answer, request->mem, is_ready ? 200 : 503, json);
}

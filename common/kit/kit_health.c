/* GET /health: one JSON document about this process; 200 when it can do its work, 503 otherwise.
 * GET /metrics: what it measures. */
#include "kit/kit_internal.h"

#include "kit_sql.h"
#include "json/json.h"

static void add_backlog(struct kit *kit, struct json *json, struct arena *mem)
{
	struct db_params params;
	struct db_result *result = NULL;
	struct err err;
	if (!db_is_up(kit->db) || kit->batch != NULL)
		return;
	db_params_init(&params, mem);
	if (db_run(kit->db, &kit_sql_backlog, &params, &result, &err) == RES_OK) {
		json_set_int(json, "backlog", db_get_int(result, 0, 0));
		json_set_int(json, "timers_due", db_get_int(result, 0, 1));
		json_set_int(json, "parked", db_get_int(result, 0, 2));
	}
	db_release(kit->db);
}

bool kit_is_ready(const struct kit *kit)
{
	return db_is_up(kit->db) && peer_is_up(kit->peer) && !kit->is_stopping;
}

void kit_health(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct kit *kit = arg;
	if (str_eq_c(request->path, "/metrics")) {
		*answer = (struct http_answer){ .status = 200,
			.content_type = METRICS_CONTENT_TYPE,
			.body = kit_metrics_text(kit, request->mem) };
		return;
	}
	if (!str_eq_c(request->path, "/health")) {
		*answer = (struct http_answer){ .status = 404,
			.content_type = "text/plain",
			.body = STR("see /health and /metrics\n") };
		return;
	}
	bool is_ready = kit_is_ready(kit);
	SCOPED(json)
	struct json *json = json_object_create();
	json_set_c(json, "service", kit->spec->name);
	json_set_c(json, "version", WANGLI_VERSION);
	json_set_c(json, "instance", kit->instance);
	json_set_bool(json, "ready", is_ready);
	json_set_bool(json, "database", db_is_up(kit->db));
	json_set_bool(json, "bus", peer_is_up(kit->peer));
	json_set_int(json, "reference", kit->ref_version);
	add_backlog(kit, json, request->mem);
	json_set_int(json, "batches", kit->counts.batches);
	json_set_int(json, "messages", kit->counts.messages);
	json_set_int(json, "duplicates", kit->counts.duplicates);
	json_set_int(json, "gaps", kit->counts.gaps);
	json_set_int(json, "refused", kit->counts.refused);
	json_set_int(json, "repeated", kit->counts.repeated);
	json_set_int(json, "bisected", kit->counts.bisected);
	json_set_int(json, "resent", kit->counts.resent);
	json_set_int(json, "losers", kit->counts.losers);
	json_set_int(json, "shelved", (int64_t)shelf_count(kit->shelf));
	*answer = (struct http_answer){
		.status = is_ready ? 200 : 503,
		.content_type = "application/json",
		.body = json_text(request->mem, json),
	};
}

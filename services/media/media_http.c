/* Nothing here is for a page of ours: no CORS, nothing is guessed, only photos made anew are shown
 * in place. */
#include "media_http.h"

#include "crypto/crypto.h"
#include "media_metrics.h"
#include "media_upload.h"
#include "metrics/metrics.h"
#include "json/json.h"

enum http_body media_http_head(
	void *arg, const struct http_request *request, struct http_answer *answer)
{
	bool is_put =
		str_eq_c(request->method, "PUT") && media_path_sha256(request->path).p != NULL;

	return is_put ? media_upload_begin(arg, request, answer) : HTTP_BODY_KEPT;
}

bool media_http_piece(void *arg, struct http_exchange *exchange, struct str bytes)
{
	return media_upload_piece(arg, exchange, bytes);
}

void media_http_gone(void *arg, struct http_exchange *exchange)
{
	media_upload_gone(arg, exchange);
}

static void object_get(
	struct media_state *state, const struct http_request *request, struct http_answer *answer)
{
	struct str digits = media_path_sha256(request->path);
	struct object_right right;
	struct err err = { "" };
	enum media_kind kind;
	int file;
	uint64_t bytes;

	if (media_right_of(state, request, &right, &err) != RES_OK) {
		media_refuse(request->mem, answer, 401, err.text);
		return;
	}
	struct str named = crypto_hex(request->mem, str_of(right.sha256, sizeof(right.sha256)));
	if (right.verb != OBJECT_GET || !str_eq(named, digits) ||
		media_type_declared(right.media_type, &kind, &err) != RES_OK) {
		media_refuse(request->mem, answer, 403, "this right is for another object");
		return;
	}
	enum res res = state->store->open(state->store, STORE_OBJECTS, digits, &file, &bytes, &err);
	if (res != RES_OK) {
		bool is_none = res == RES_NOT_FOUND;
		media_refuse(request->mem, answer, is_none ? 404 : 503,
			is_none ? "there is no such object" : "the store is away");
		return;
	}
	state->tally.read++;
	answer->status = 200;
	answer->content_type = media_kind_name(kind);
	answer->is_file = true;
	answer->file = file;
	answer->file_bytes = bytes;
	http_add_field(answer, "X-Content-Type-Options", "nosniff");
	http_add_field(answer, "Content-Security-Policy", "sandbox; default-src 'none'");
	http_add_field(answer, "Cache-Control", "private, no-store");
	http_add_field(
		answer, "Content-Disposition", media_kind_is_photo(kind) ? "inline" : "attachment");
}

void media_http_serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct media_state *state = arg;
	bool is_object = media_path_sha256(request->path).p != NULL;

	if (is_object && str_eq_c(request->method, "PUT"))
		media_upload_end(state, request, answer);
	else if (is_object && str_eq_c(request->method, "GET"))
		object_get(state, request, answer);
	else
		media_refuse(request->mem, answer, 404, "only PUT and GET of /objects/<sha256>");
}

void media_health_serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct media_state *state = arg;
	const struct media_tally *tally = &state->tally;
	SCOPED(json)
	struct json *health = json_object_create();

	if (str_eq_c(request->method, "GET") && str_eq_c(request->path, "/metrics")) {
		*answer = (struct http_answer){ .status = 200,
			.content_type = METRICS_CONTENT_TYPE,
			.body = media_metrics_text(state, request->mem) };
		return;
	}
	answer->content_type = "application/json";
	answer->status = 404;
	answer->body = STR("{\"error\":\"only GET /health and /metrics\"}");
	if (!str_eq_c(request->method, "GET") || !str_eq_c(request->path, "/health"))
		return;
	json_set_c(health, "process", "media");
	json_set_c(health, "version", WANGLI_VERSION);
	json_set_bool(health, "healthy", peer_is_up(state->peer));
	json_set_int(health, "uploads", state->uploads);
	json_set_int(health, "photos", state->photos);
	json_set_int(health, "used_bytes", state->used);
	json_set_int(health, "asked", tally->asked);
	json_set_int(health, "stored", tally->stored);
	json_set_int(health, "repeated", tally->repeated);
	json_set_int(health, "refused", tally->refused);
	json_set_int(health, "broken", tally->broken);
	json_set_int(health, "photos_failed", tally->photos_failed);
	json_set_int(health, "read", tally->read);
	answer->status = 200;
	answer->body = json_text(request->mem, health);
}

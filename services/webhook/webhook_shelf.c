/* See webhook_shelf.h. A record is one JSON document. */
#include "webhook_shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/map.h"
#include "os/os.h"
#include "json/json.h"

#define RECORD_MAX    (8u << 20) /* a body of 256 KiB, escaped as a document, and that again */
#define RECORD_MEMORY (32u << 20)
#define PATH_MAX_HERE 512

struct shelf {
	char path[PATH_MAX_HERE];
	struct os_log *log;
	struct map *by_id;
	struct post_list queue;
	struct post **all;
	size_t n, cap;
	bool has_news; /* records that are not durable yet */
	struct shelf_counts counts;
	struct arena *mem; /* of one record */
};

/* --- in memory --- */

static void enqueue(struct shelf *shelf, struct post *post)
{
	if (post->is_queued)
		return;
	post->is_queued = true;
	TAILQ_INSERT_TAIL(&shelf->queue, post, link);
	shelf->counts.queued++;
}

static void dequeue(struct shelf *shelf, struct post *post)
{
	if (!post->is_queued)
		return;
	post->is_queued = false;
	TAILQ_REMOVE(&shelf->queue, post, link);
	shelf->counts.queued--;
}

static void text_keep(char *out, size_t room, struct str text)
{
	snprintf(out, room, "%.*s", STR_ARG(text));
}

static void body_set(struct post *post, struct str body)
{
	free(post->body);
	post->body = NULL;
	post->body_bytes = 0;
	if (body.p == NULL)
		return;
	post->body = malloc(body.n + 1);
	CHECK(post->body != NULL);
	memcpy(post->body, body.p, body.n);
	post->body[body.n] = 0;
	post->body_bytes = body.n;
}

static struct post *post_make(struct shelf *shelf, struct str id, struct str body)
{
	struct post *post = calloc(1, sizeof *post);

	CHECK(post != NULL);
	text_keep(post->id, sizeof post->id, id);
	body_set(post, body);
	post->due_at = INSTANT_NONE;
	if (shelf->n == shelf->cap) {
		shelf->cap = shelf->cap == 0 ? 64 : shelf->cap * 2;
		shelf->all = realloc(shelf->all, shelf->cap * sizeof shelf->all[0]);
		CHECK(shelf->all != NULL);
	}
	shelf->all[shelf->n++] = post;
	map_put(shelf->by_id, str_from_c(post->id), post);
	return post;
}

static void post_drop(struct shelf *shelf, size_t at)
{
	struct post *post = shelf->all[at];

	dequeue(shelf, post);
	map_remove(shelf->by_id, str_from_c(post->id));
	body_set(post, STR_NONE);
	free(post);
	shelf->all[at] = shelf->all[--shelf->n];
}

static void end_set(struct shelf *shelf, struct post *post, enum post_end end, struct str reason,
	struct instant now)
{
	if (post->end == POST_DEAD)
		shelf->counts.dead--;
	if (end == POST_DEAD)
		shelf->counts.dead++;
	else
		body_set(post, STR_NONE);
	dequeue(shelf, post);
	text_keep(post->reason, sizeof post->reason, reason);
	post->end = end;
	post->ended_at = now;
	post->is_replay = false;
	post->tries = 0;
	post->due_at = INSTANT_NONE;
}

static void again_set(struct shelf *shelf, struct post *post, struct instant now)
{
	post->is_replay = true;
	post->since = now;
	enqueue(shelf, post);
}

/* --- records --- */

static void record_add(struct shelf *shelf, const struct post *post, const char *is,
	struct instant at, struct str body)
{
	SCOPED(json)
	struct json *record = json_object_create();

	json_set_c(record, "is", is);
	json_set_c(record, "id", post->id);
	json_set_int(record, "at_us", at.us);
	if (strcmp(is, "taken") == 0) {
		json_set_c(record, "case", post->case_number);
		json_set_str(record, "body", body);
	} else if (strcmp(is, "again") != 0) {
		json_set_c(record, "reason", post->reason);
	}
	arena_reset(shelf->mem);
	struct str text = json_text(shelf->mem, record);
	CHECK(!arena_failed(shelf->mem) && text.n > 0);
	os_log_append(shelf->log, text);
	shelf->has_news = true;
}

static void record_apply(struct shelf *shelf, const struct json *record)
{
	struct str is = json_get_str(record, "is");
	struct str id = json_get_str(record, "id");
	struct str body = json_get_str(record, "body");
	struct instant at = { json_get_int(record, "at_us", 0) };
	struct post *post = map_get(shelf->by_id, id);

	if (str_eq_c(is, "taken") && post == NULL) {
		post = post_make(shelf, id, body);
		text_keep(
			post->case_number, sizeof post->case_number, json_get_str(record, "case"));
		post->since = post->taken_at = at;
		enqueue(shelf, post);
	}
	if (post == NULL)
		return;
	if (str_eq_c(is, "delivered"))
		end_set(shelf, post, POST_DELIVERED, STR_NONE, at);
	else if (str_eq_c(is, "dead"))
		end_set(shelf, post, POST_DEAD, json_get_str(record, "reason"), at);
	else if (str_eq_c(is, "again"))
		again_set(shelf, post, at);
	post->is_end_kept = post->end != POST_OPEN;
}

static void on_record(void *arg, struct str record)
{
	struct json *read = NULL;

	if (json_parse(record, RECORD_MAX, &read, NULL) != RES_OK)
		return;
	record_apply(arg, read);
	json_destroy(read);
}

/* Of those that were taken only the file has the document: the ones to be sent again read it. */
static void on_body(void *arg, struct str record)
{
	struct shelf *shelf = arg;
	struct json *read = NULL;
	struct post *post;

	if (json_parse(record, RECORD_MAX, &read, NULL) != RES_OK)
		return;
	post = map_get(shelf->by_id, json_get_str(read, "id"));
	if (post != NULL && post->is_queued && post->body == NULL &&
		json_get_str(read, "body").p != NULL)
		body_set(post, json_get_str(read, "body"));
	json_destroy(read);
}

/* --- life --- */

enum res webhook_shelf_open(struct shelf **out, const char *path, struct err *err)
{
	struct shelf *shelf = calloc(1, sizeof *shelf);
	enum res res;

	CHECK(shelf != NULL);
	snprintf(shelf->path, sizeof shelf->path, "%s", path);
	shelf->by_id = map_create();
	shelf->mem = arena_create(RECORD_MEMORY);
	TAILQ_INIT(&shelf->queue);
	res = os_log_open(&shelf->log, path, err);
	if (res == RES_OK)
		res = os_log_read(path, on_record, shelf, err);
	if (res == RES_OK)
		res = os_log_read(path, on_body, shelf, err);
	if (res != RES_OK) {
		webhook_shelf_close(shelf);
		return res;
	}
	*out = shelf;
	return RES_OK;
}

void webhook_shelf_close(struct shelf *shelf)
{
	if (shelf == NULL)
		return;
	while (shelf->n > 0)
		post_drop(shelf, shelf->n - 1);
	os_log_close(shelf->log);
	map_destroy(shelf->by_id);
	arena_destroy(shelf->mem);
	free(shelf->all);
	free(shelf);
}

struct post *webhook_shelf_find(struct shelf *shelf, struct str id)
{
	return map_get(shelf->by_id, id);
}

struct post *webhook_shelf_take(struct shelf *shelf, struct str id, struct str case_number,
	struct str body, struct instant now)
{
	struct post *post = post_make(shelf, id, body);

	text_keep(post->case_number, sizeof post->case_number, case_number);
	post->since = post->taken_at = now;
	enqueue(shelf, post);
	record_add(shelf, post, "taken", now, body);
	return post;
}

struct post *webhook_shelf_ping(
	struct shelf *shelf, struct str id, struct str body, struct instant now)
{
	struct post *post = post_make(shelf, id, body);

	post->is_ping = true;
	post->since = post->taken_at = now;
	enqueue(shelf, post);
	return post;
}

void webhook_shelf_end(struct shelf *shelf, struct post *post, enum post_end end, struct str reason,
	struct instant now)
{
	if (post->is_ping) {
		for (size_t i = 0; i < shelf->n; i++)
			if (shelf->all[i] == post) {
				post_drop(shelf, i);
				return;
			}
	}
	/* a replay that fails leaves a delivery that was taken as it is */
	if (end == POST_DEAD && post->end == POST_DELIVERED) {
		end_set(shelf, post, POST_DELIVERED, STR_NONE, now);
		record_add(shelf, post, "delivered", now, STR_NONE);
		return;
	}
	end_set(shelf, post, end, reason, now);
	record_add(shelf, post, end == POST_DELIVERED ? "delivered" : "dead", now, STR_NONE);
}

enum res webhook_shelf_replay(struct shelf *shelf, struct instant from, struct instant to,
	struct instant now, size_t *out_n, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < shelf->n; i++) {
		struct post *post = shelf->all[i];
		bool is_meant = post->end == POST_DEAD;

		if (!instant_is_none(from))
			is_meant = post->end != POST_OPEN &&
				   !instant_is_before(post->taken_at, from) &&
				   !instant_is_before(to, post->taken_at);
		if (!is_meant || post->is_queued || post->is_ping)
			continue;
		again_set(shelf, post, now);
		record_add(shelf, post, "again", now, STR_NONE);
		n++;
	}
	TRY(webhook_shelf_sync(shelf, err));
	*out_n = n;
	return os_log_read(shelf->path, on_body, shelf, err);
}

enum res webhook_shelf_sync(struct shelf *shelf, struct err *err)
{
	if (!shelf->has_news)
		return RES_OK;
	TRY(os_log_sync(shelf->log, err));
	shelf->has_news = false;
	for (size_t i = 0; i < shelf->n; i++)
		shelf->all[i]->is_end_kept = shelf->all[i]->end != POST_OPEN;
	return RES_OK;
}

/* --- rewriting --- */

struct copying {
	struct shelf *shelf;
	struct os_log *to;
};

static void on_copy(void *arg, struct str record)
{
	struct copying *copying = arg;
	struct json *read = NULL;

	if (json_parse(record, RECORD_MAX, &read, NULL) != RES_OK)
		return;
	if (map_get(copying->shelf->by_id, json_get_str(read, "id")) != NULL)
		os_log_append(copying->to, record);
	json_destroy(read);
}

enum res webhook_shelf_compact(struct shelf *shelf, struct instant before, struct err *err)
{
	struct copying copying = { .shelf = shelf };
	char next[PATH_MAX_HERE + 8];
	size_t dropped = 0;
	enum res res;

	for (size_t i = shelf->n; i-- > 0;) {
		const struct post *post = shelf->all[i];

		if (post->end != POST_DELIVERED || post->is_queued ||
			!instant_is_before(post->ended_at, before))
			continue;
		post_drop(shelf, i);
		dropped++;
	}
	if (dropped == 0)
		return RES_OK;
	snprintf(next, sizeof next, "%s.next", shelf->path);
	TRY(webhook_shelf_sync(shelf, err));
	remove(next);
	TRY(os_log_open(&copying.to, next, err));
	res = os_log_read(shelf->path, on_copy, &copying, err);
	if (res == RES_OK)
		res = os_log_sync(copying.to, err);
	if (res != RES_OK || rename(next, shelf->path) != 0) {
		os_log_close(copying.to);
		return res != RES_OK ? res : err_set(err, RES_RETRY, "cannot rename %s", next);
	}
	os_log_close(shelf->log);
	shelf->log = copying.to;
	return RES_OK;
}

struct post_list *webhook_shelf_queue(struct shelf *shelf)
{
	return &shelf->queue;
}

struct shelf_counts webhook_shelf_counts(const struct shelf *shelf)
{
	struct shelf_counts counts = shelf->counts;

	counts.known = shelf->n;
	return counts;
}

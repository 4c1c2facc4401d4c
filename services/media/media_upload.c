/* One struct an upload, from the head of its request to its answer. */
#include "media_upload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "media_keep.h"
#include "os/os.h"
#include "json/json.h"

#define BEARER		STR("Bearer ")
#define PHOTO_REFUSED	3 /* its exit code */
#define LATER_BYTES_MAX (64 * 1024)

struct media_upload {
	struct media_state *state;
	struct http_exchange *exchange; /* NULL: its client went away while the photo was made */
	struct arena *mem;		/* of what is answered later */
	struct os_child child;
	struct loop_timer *patience;
	struct scratch photo;
	struct scratch report;
	uint8_t sha256[OBJECT_SHA256_BYTES]; /* that was announced */
	enum media_kind kind;
	int64_t announced;
	int64_t received;
	char source[OBJECT_WHO_BYTES_MAX + 1];
	struct crypto_sha256 sum;
	struct scratch file;
};

void media_refuse(struct arena *mem, struct http_answer *answer, int status, const char *why)
{
	SCOPED(json)
	struct json *said = json_object_create();

	json_set_c(said, "error", why);
	answer->status = status;
	answer->content_type = "application/json";
	answer->body = json_text(mem, said);
	http_add_field(answer, "Cache-Control", "no-store");
	if (status == 503)
		http_add_field(answer, "Retry-After", "5");
}

enum res media_right_of(struct media_state *state, const struct http_request *request,
	struct object_right *out, struct err *err)
{
	struct str text = http_header(request, "Authorization");

	if (!str_starts(text, BEARER))
		return err_set(err, RES_DENIED, "Authorization: Bearer <right> is missing");
	return object_right_read(
		str_slice(text, BEARER.n, text.n), state->key, os_real_now(), out, err);
}

static void upload_destroy(struct media_state *state, struct media_upload *upload)
{
	if (upload == NULL)
		return;
	scratch_drop(&upload->file);
	scratch_drop(&upload->photo);
	scratch_drop(&upload->report);
	loop_timer_destroy(upload->patience);
	arena_destroy(upload->mem);
	state->uploads--;
	state->announced -= upload->announced;
	free(upload);
}

static enum http_body refuse_body(struct media_state *state, const struct http_request *request,
	struct http_answer *answer, int status, const char *why)
{
	state->tally.refused++;
	media_refuse(request->mem, answer, status, why);
	return HTTP_BODY_REFUSED;
}

static int64_t announced_of(const struct http_request *request)
{
	int64_t bytes;
	struct str text = http_header(request, "Content-Length");

	return text.p != NULL && str_to_int64(text, &bytes) == RES_OK ? bytes : -1;
}

static struct media_upload *upload_create(
	struct media_state *state, const struct object_right *right, struct err *err)
{
	struct media_upload *upload = calloc(1, sizeof(*upload));

	CHECK(upload != NULL);
	upload->state = state;
	upload->file.fd = upload->photo.fd = upload->report.fd = -1;
	memcpy(upload->sha256, right->sha256, sizeof(upload->sha256));
	memcpy(upload->source, right->source.p, right->source.n);
	upload->announced = right->size_bytes;
	crypto_sha256_begin(&upload->sum);
	state->uploads++;
	state->announced += upload->announced;
	if (media_type_declared(right->media_type, &upload->kind, err) == RES_OK &&
		scratch_make(state->config.folder, &upload->file, err) == RES_OK)
		return upload;
	upload_destroy(state, upload);
	return NULL;
}

enum http_body media_upload_begin(
	struct media_state *state, const struct http_request *request, struct http_answer *answer)
{
	struct str digits = media_path_sha256(request->path);
	struct object_right right;
	struct err err = { "" };

	if (media_right_of(state, request, &right, &err) != RES_OK)
		return refuse_body(state, request, answer, 401, err.text);
	struct str named = crypto_hex(request->mem, str_of(right.sha256, sizeof(right.sha256)));
	const struct media_put put = { .announced = announced_of(request),
		.right_bytes = right.size_bytes,
		.is_right_path = right.verb == OBJECT_PUT && str_eq(digits, named),
		.uploads = state->uploads,
		.used = state->used + state->announced };
	int status = media_put_check(&put, &state->limits, &err);
	if (status != 0)
		return refuse_body(state, request, answer, status, err.text);
	struct media_upload *upload = upload_create(state, &right, &err);
	if (upload == NULL)
		return refuse_body(state, request, answer, 503, err.text);
	http_exchange_keep(request->exchange, upload);
	return HTTP_BODY_PIECES;
}

bool media_upload_piece(struct media_state *state, struct http_exchange *exchange, struct str bytes)
{
	struct media_upload *upload = http_exchange_kept(exchange);

	(void)state;
	upload->received += (int64_t)bytes.n;
	if (upload->received > upload->announced)
		return false;
	crypto_sha256_add(&upload->sum, bytes);
	while (bytes.n > 0) {
		ssize_t n = write(upload->file.fd, bytes.p, bytes.n);
		if (n < 0 && errno != EINTR)
			return false;
		bytes = str_slice(bytes, n > 0 ? (size_t)n : 0, bytes.n);
	}
	return true;
}

static struct str part_read(struct arena *mem, int fd, int64_t from, int64_t bytes)
{
	char *part = arena_alloc(mem, (size_t)bytes);
	ssize_t n = part == NULL ? -1 : pread(fd, part, (size_t)bytes, from);

	return n < 0 ? STR("") : str_of(part, (size_t)n);
}

/* Hash and content against what was announced. */
static enum res content_check(struct media_upload *upload, struct arena *mem, struct err *err)
{
	uint8_t found[CRYPTO_SHA256_BYTES];
	int64_t size = upload->received;
	int64_t head = size < MEDIA_HEAD_BYTES ? size : MEDIA_HEAD_BYTES;
	int64_t tail = size < MEDIA_TAIL_BYTES ? size : MEDIA_TAIL_BYTES;

	if (size != upload->announced)
		return err_set(err, RES_INVALID, "fewer bytes came than were announced");
	crypto_sha256_end(&upload->sum, found);
	if (memcmp(found, upload->sha256, sizeof(found)) != 0)
		return err_set(
			err, RES_INVALID, "the bytes have another SHA-256 than the path says");
	TRY(media_type_agrees(upload->kind, part_read(mem, upload->file.fd, 0, head),
		part_read(mem, upload->file.fd, size - tail, tail), err));
	if (upload->kind != MEDIA_TEXT)
		return RES_OK;
	if (size > MEDIA_TEXT_BYTES_MAX / 2)
		return err_set(err, RES_INVALID, "a text may have at most %d bytes",
			MEDIA_TEXT_BYTES_MAX / 2);
	return media_text_check(part_read(mem, upload->file.fd, 0, size), err);
}

static void answer_ticket(
	struct arena *mem, struct http_answer *answer, int status, struct str ticket)
{
	SCOPED(json)
	struct json *said = json_object_create();

	json_set_str(said, "ticket", crypto_base64(mem, ticket));
	answer->status = status;
	answer->content_type = "application/json";
	answer->body = json_text(mem, said);
	http_add_field(answer, "Cache-Control", "no-store");
}

/* Keeps file, which is of that type, and answers with its ticket. */
static void upload_keep(struct media_upload *upload, struct arena *mem, struct scratch *file,
	const char *media_type, struct http_answer *answer)
{
	struct media_state *state = upload->state;
	struct object_ticket ticket = { .media_type = str_from_c(media_type),
		.source = str_from_c(upload->source) };
	struct err err = { "" };
	struct str made;

	memcpy(ticket.sha256, upload->sha256, sizeof(ticket.sha256));
	if (media_keep_add(state, mem, &ticket, file, &made, &err) == RES_OK) {
		state->tally.stored++;
		answer_ticket(mem, answer, 201, made);
		return;
	}
	log_event(state->log, object_failed, LOG_TEXT("text", err.text));
	media_refuse(mem, answer, 503, "it cannot be kept at this moment");
}

/* What wangli-photo left: its media type, or why not. */
static void photo_take(struct media_upload *upload, int code, struct http_answer *answer)
{
	struct media_state *state = upload->state;
	struct str said = part_read(upload->mem, upload->report.fd, 0, ERR_TEXT_MAX);

	if (code == 0 && (str_eq_c(said, "image/jpeg") || str_eq_c(said, "image/png"))) {
		upload_keep(
			upload, upload->mem, &upload->photo, arena_c(upload->mem, said), answer);
	} else if (code == PHOTO_REFUSED && str_is_utf8(said)) {
		state->tally.refused++;
		media_refuse(upload->mem, answer, 422, arena_c(upload->mem, said));
	} else {
		state->tally.photos_failed++;
		log_event(state->log, photo_failed, LOG_INT("code", code));
		media_refuse(upload->mem, answer, 422, "the photo cannot be decoded");
	}
}

static void on_photo(void *arg, int events)
{
	struct media_upload *upload = arg;
	struct media_state *state = upload->state;
	struct http_answer answer = { 0 };
	struct http_exchange *exchange = upload->exchange;

	(void)events;
	loop_remove_fd(state->loop, upload->child.fd);
	int code = os_child_end(&upload->child);
	state->photos--;
	if (exchange != NULL) {
		http_exchange_keep(exchange, NULL);
		photo_take(upload, code, &answer);
		http_answer_later(exchange, &answer);
	}
	upload_destroy(state, upload);
}

static void on_impatience(void *arg)
{
	os_child_kill(&((struct media_upload *)arg)->child);
}

static enum res photo_start(struct media_upload *upload, struct err *err)
{
	struct media_state *state = upload->state;
	const struct media_config *config = &state->config;
	char number[4][24];
	const char *const argv[] = { state->photo_program, number[0], number[1], number[2],
		number[3], NULL };

	snprintf(number[0], sizeof(number[0]), "%lld", (long long)config->photo_pixels);
	snprintf(number[1], sizeof(number[1]), "%lld", (long long)config->photo_edge);
	snprintf(number[2], sizeof(number[2]), "%lld", (long long)config->photo_time / 1000 + 1);
	snprintf(number[3], sizeof(number[3]), "%lld", (long long)config->file_bytes);
	if (state->photos >= config->photos)
		return err_set(err, RES_RETRY,
			"too many photos at this moment: try again in some seconds");
	TRY(scratch_make(config->folder, &upload->photo, err));
	TRY(scratch_make(config->folder, &upload->report, err));
	if (lseek(upload->file.fd, 0, SEEK_SET) != 0)
		return err_set(err, RES_RETRY, "the upload cannot be read");
	const int fds[OS_CHILD_FDS] = { upload->file.fd, upload->photo.fd, upload->report.fd };
	upload->mem = arena_create(LATER_BYTES_MAX);
	TRY(os_child_start(argv, fds, &upload->child, err));
	state->photos++;
	upload->patience = loop_timer_create(state->loop, on_impatience, upload);
	loop_timer_set(upload->patience, SPAN_MS(config->photo_time));
	loop_add_fd(state->loop, upload->child.fd, LOOP_READ, on_photo, upload);
	return RES_OK;
}

void media_upload_end(
	struct media_state *state, const struct http_request *request, struct http_answer *answer)
{
	struct media_upload *upload = http_exchange_kept(request->exchange);
	struct err err = { "" };
	struct str made;

	if (content_check(upload, request->mem, &err) != RES_OK) {
		state->tally.refused++;
		media_refuse(request->mem, answer, 422, err.text);
	} else if (media_keep_find(state, request->mem, upload->sha256, str_from_c(upload->source),
			   &made, &err) == RES_OK) {
		state->tally.repeated++;
		answer_ticket(request->mem, answer, 200, made);
	} else if (!media_kind_is_photo(upload->kind)) {
		upload_keep(
			upload, request->mem, &upload->file, media_kind_name(upload->kind), answer);
	} else if (photo_start(upload, &err) == RES_OK) {
		upload->exchange = request->exchange;
		answer->way = HTTP_LATER;
		return;
	} else {
		media_refuse(request->mem, answer, 503, err.text);
	}
	http_exchange_keep(request->exchange, NULL);
	upload_destroy(state, upload);
}

void media_upload_gone(struct media_state *state, struct http_exchange *exchange)
{
	struct media_upload *upload = http_exchange_kept(exchange);

	http_exchange_keep(exchange, NULL);
	if (upload == NULL)
		return;
	state->tally.broken++;
	if (upload->exchange == NULL) {
		upload_destroy(state, upload);
		return;
	}
	upload->exchange = NULL; /* on_photo ends it */
	os_child_kill(&upload->child);
}

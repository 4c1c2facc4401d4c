/* Hands in one letter with a file, and waits for its receipt:
 *
 *	attach [settings as of submit] FILE TYPE SHA256 ID TITLE BODY
 *	       photo.jpg image/jpeg $(sha256sum photo.jpg | cut -c1-64) L1 …
 *
 * The library asks for the right to upload; the upload itself is any HTTP client's, here curl(1).
 * Prints "uploaded" or "known", then the case number and the query code. Exit: 0 received, 1
 *refused or an error, 2 usage. */
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "settings.h"

#define ANSWER_MAX 4096

struct work {
	const char *file;
	const char *type;
	uint8_t ticket[WANGLI_TICKET_MAX];
	size_t ticket_bytes; /* 0: not there yet */
	bool has_failed;
	bool has_come;
};

/* --- the upload --- */

static void curl_start(const struct work *work, const char *right, const char *url, int to)
{
	char type[WANGLI_MEDIA_TYPE_MAX + 32];
	snprintf(type, sizeof type, "Content-Type: %s", work->type);
	dup2(to, 1);
	execlp("curl", "curl", "--silent", "--show-error", "--upload-file", work->file, "--header",
		right, "--header", type, url, (char *)NULL);
	_exit(127);
}

/* What the PUT was answered with. */
static size_t put(const struct work *work, const char *right, const char *url, char *out)
{
	int ends[2], status = 0;
	size_t n = 0;
	ssize_t got = 0;
	if (pipe(ends) != 0)
		return 0;
	pid_t child = fork();
	if (child == 0)
		curl_start(work, right, url, ends[1]);
	close(ends[1]);
	while (child > 0 && n < ANSWER_MAX && (got = read(ends[0], out + n, ANSWER_MAX - n)) > 0)
		n += (size_t)got;
	close(ends[0]);
	if (child > 0)
		waitpid(child, &status, 0);
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? n : 0;
}

static void upload(struct work *work, const struct wangli_object *object)
{
	char right[1024], url[1024], answer[ANSWER_MAX];
	struct wangli_error error;
	snprintf(right, sizeof right, "Authorization: Bearer %.*s", (int)object->right.n,
		object->right.p);
	snprintf(url, sizeof url, "%.*s", (int)object->url.n, object->url.p);
	size_t n = put(work, right, url, answer);
	if (wangli_ticket_read(wangli_text_of(answer, n), work->ticket, &work->ticket_bytes,
		    &error) == WANGLI_OK) {
		puts("uploaded");
		return;
	}
	fprintf(stderr, "not uploaded: %s: %.*s\n", error.text, (int)n, answer);
	work->has_failed = true;
}

/* --- the client's callbacks --- */

static void on_object(void *arg, const struct wangli_object *object)
{
	struct work *work = arg;
	if (object->result != WANGLI_OK) {
		fprintf(stderr, "refused: %.*s\n", (int)object->text.n, object->text.p);
		work->has_failed = true;
	} else if (object->ticket.n > 0 && object->ticket.n <= sizeof work->ticket) {
		puts("known");
		memcpy(work->ticket, object->ticket.p, object->ticket.n);
		work->ticket_bytes = object->ticket.n;
	} else {
		upload(work, object);
	}
}

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct work *work = arg;
	printf("%.*s %.*s\n", (int)receipt->case_number.n, receipt->case_number.p,
		(int)receipt->query_code.n, receipt->query_code.p);
	work->has_come = true;
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct work *work = arg;
	fprintf(stderr, "refused: %.*s\n", (int)refusal->text.n, refusal->text.p);
	work->has_failed = true;
}

/* --- the way --- */

static bool hex_read(const char *text, unsigned char out[WANGLI_SHA256])
{
	if (strlen(text) != 2 * WANGLI_SHA256)
		return false;
	for (size_t i = 0; i < WANGLI_SHA256; i++) {
		const char two[] = { text[2 * i], text[2 * i + 1], '\0' };
		char *end = NULL;
		out[i] = (unsigned char)strtoul(two, &end, 16);
		if (*end != '\0')
			return false;
	}
	return true;
}

/* Turns until *is_there, or until something failed. */
static bool until(struct wangli *client, const struct work *work, const bool *is_there)
{
	struct wangli_error error;
	while (!*is_there && !work->has_failed)
		if (wangli_turn(client, 200, &error) != WANGLI_OK) {
			fprintf(stderr, "%s\n", error.text);
			return false;
		}
	return !work->has_failed;
}

static bool attach(struct wangli *client, struct work *work, char *const words[6])
{
	struct wangli_object_ask ask;
	struct wangli_attachment attachment;
	struct wangli_letter letter;
	struct wangli_error error;
	struct stat about;
	const char *slash = strrchr(words[0], '/');
	wangli_object_ask_init(&ask);
	ask.media_type = wangli_text_from_c(work->type);
	if (!hex_read(words[2], ask.sha256) || stat(work->file, &about) != 0)
		return false;
	ask.size_bytes = about.st_size;
	if (wangli_object_ask(client, &ask, &error) != WANGLI_OK)
		return false;
	while (work->ticket_bytes == 0 && !work->has_failed)
		if (wangli_turn(client, 200, &error) != WANGLI_OK)
			return false;
	if (work->has_failed)
		return false;
	memset(&attachment, 0, sizeof attachment);
	attachment.name = wangli_text_from_c(slash == NULL ? words[0] : slash + 1);
	attachment.ticket = wangli_text_of(work->ticket, work->ticket_bytes);
	memcpy(attachment.sha256, ask.sha256, sizeof attachment.sha256);
	wangli_letter_init(&letter);
	letter.source_msg_id = wangli_text_from_c(words[3]);
	letter.title = wangli_text_from_c(words[4]);
	letter.body = wangli_text_from_c(words[5]);
	letter.attachments = &attachment;
	letter.n_attachments = 1;
	if (wangli_submit(client, &letter, &error) != WANGLI_OK) {
		fprintf(stderr, "%s\n", error.text);
		return false;
	}
	return until(client, work, &work->has_come) &&
	       wangli_turn(client, 0, &error) == WANGLI_OK; /* the spool forgets the letter */
}

int main(int argc, char **argv)
{
	struct settings settings = { .address = NULL };
	int at = 1;
	while (at + 1 < argc && settings_take(&settings, argv[at], argv[at + 1]))
		at += 2;
	if (argc - at != 6) {
		fprintf(stderr, "usage: attach [settings] FILE TYPE SHA256 ID TITLE BODY\n");
		return 2;
	}
	struct work work = { .file = argv[at], .type = argv[at + 1] };
	struct wangli_callbacks on;
	wangli_callbacks_init(&on);
	on.arg = &work;
	on.on_object = on_object;
	on.on_receipt = on_receipt;
	on.on_refused = on_refused;
	struct wangli *client = settings_client(&settings, &on);
	if (client == NULL)
		return 1;
	bool is_in = attach(client, &work, argv + at);
	wangli_close(client);
	return is_in ? 0 : 1;
}

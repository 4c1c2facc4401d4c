/* Writes what must survive a power cut, through the code that our processes use, and says what is
 * durable; afterwards looks whether it is there. One subject is one place where a promise rests on
 * a file.
 *
 *   power_writer SUBJECT FOLDER write FIRST   from number FIRST on, until the disk fails (exit 3);
 *                                             a line "n" for each promise: n is durable now
 *   power_writer SUBJECT FOLDER verify LAST   numbers up to LAST were promised: exit 1 and a line
 *                                             for each that is missing or damaged */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/map.h"
#include "import_deliveries.h"
#include "os/os.h"
#include "sdk/sdk_spool.h"
#include "store.h"
#include "webhook_book.h"

#define EXIT_MISSING 1
#define EXIT_USAGE   2
#define EXIT_DISK    3
#define NAME_BYTES   80
#define PATH_BYTES   600
#define TEXT_MAX     (32u << 20)
#define LETTER_BYTES (200 * 1024) /* so large that the spool is soon written anew */
#define LETTERS_LIVE 4		  /* so many wait for their answer */
#define BOOK_BYTES   2048	  /* so small that the book is often turned */
#define BOOK_LAST    500	  /* lines that no turn has thrown away yet */

struct subject {
	const char *name;
	enum res (*open)(const char *folder, struct err *err);
	/* Durable when it returns. */
	enum res (*put)(const char *folder, int n, struct err *err);
	/* Whether number n of `last` is as it was put. */
	bool (*has)(const char *folder, int n, int last);
};

static struct {
	struct arena *mem;
	struct os_log *log;
	struct outbox outbox;
	struct spool *spool;
	struct store *store;
	struct deliveries *deliveries;
	struct book *book;
	struct str text; /* of all lines of the book */
	struct map *seen;
} at;

static struct str name_of(int n, char out[NAME_BYTES])
{
	return str_of(out, (size_t)snprintf(out, NAME_BYTES, "number %064d", n));
}

/* Only its digits: a name in the store. */
static struct str hex_of(int n, char out[NAME_BYTES])
{
	return str_slice(name_of(n, out), strlen("number "), strlen("number ") + 64);
}

static const char *path_in(const char *folder, const char *name)
{
	static char path[PATH_BYTES];

	CHECK((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) < sizeof(path));
	return path;
}

/* --- files that are replaced whole: keys, the channel of a spool --- */

static enum res file_open(const char *folder, struct err *err)
{
	return os_folder_create(path_in(folder, "deep/er"), 0700, err);
}

static enum res file_put(const char *folder, int n, struct err *err)
{
	char fresh[PATH_BYTES];
	char name[NAME_BYTES];

	snprintf(fresh, sizeof(fresh), "%s/deep/er/%d", folder, n);
	TRY(os_file_replace(fresh, name_of(n, name), 0600, err));
	return os_file_replace(path_in(folder, "deep/er/newest"), name_of(n, name), 0600, err);
}

static bool file_has(const char *folder, int n, int last)
{
	char fresh[PATH_BYTES];
	char name[NAME_BYTES];
	struct str content;
	struct str newest;

	snprintf(fresh, sizeof(fresh), "%s/deep/er/%d", folder, n);
	if (os_file_read(at.mem, fresh, NAME_BYTES, &content, NULL) != RES_OK ||
		os_file_read(at.mem, path_in(folder, "deep/er/newest"), NAME_BYTES, &newest,
			NULL) != RES_OK)
		return false;
	return str_eq(content, name_of(n, name)) && str_compare(newest, name_of(last, name)) >= 0;
}

/* --- append-only files --- */

static void log_seen(void *arg, struct str record)
{
	map_put(arg, record, arg);
}

static enum res log_open(const char *folder, struct err *err)
{
	TRY(os_folder_create(path_in(folder, "log"), 0700, err));
	TRY(os_log_open(&at.log, path_in(folder, "log/records"), err));
	return os_log_read(path_in(folder, "log/records"), log_seen, at.seen, err);
}

static enum res log_put(const char *folder, int n, struct err *err)
{
	char name[NAME_BYTES];

	(void)folder;
	os_log_append(at.log, name_of(n, name));
	return os_log_sync(at.log, err);
}

static bool log_has(const char *folder, int n, int last)
{
	char name[NAME_BYTES];

	(void)folder;
	(void)last;
	return map_get(at.seen, name_of(n, name)) != NULL;
}

/* --- the integrator's spool; compacted every twenty letters or so --- */

static enum res spool_begin(const char *folder, struct err *err)
{
	TRY(os_folder_create(path_in(folder, "spool"), 0700, err));
	outbox_init(&at.outbox);
	return spool_open(&at.spool, path_in(folder, "spool"), &at.outbox, os_real_now(), err);
}

static enum res outcome_keep(struct str id, struct err *err)
{
	const struct spool_outcome outcome = { .is_delivered = true };

	spool_add_outcome(at.spool, id, &outcome);
	return spool_keep_outcomes(at.spool, os_real_now(), err);
}

static enum res letter_put(const char *folder, int n, struct err *err)
{
	static const uint8_t print[OUTBOX_FINGERPRINT] = { 1 };
	static char body[LETTER_BYTES];
	char name[NAME_BYTES];

	(void)folder;
	memset(body, n, LETTER_BYTES);
	if (outbox_find(&at.outbox, name_of(n, name)) == NULL)
		spool_add_letter(at.spool, outbox_add(&at.outbox, name_of(n, name), print,
						   str_of(body, LETTER_BYTES)));
	struct outbox_letter *old = outbox_find(&at.outbox, name_of(n - LETTERS_LIVE, name));
	if (old != NULL) {
		spool_add_answered(at.spool, old->id);
		outbox_remove(&at.outbox, old);
	}
	TRY(spool_sync(at.spool, &at.outbox, err));
	return outcome_keep(name_of(n, name), err);
}

static bool letter_has(const char *folder, int n, int last)
{
	char name[NAME_BYTES];
	const struct outbox_letter *letter = outbox_find(&at.outbox, name_of(n, name));

	(void)folder;
	if (spool_find_outcome(at.spool, name_of(n, name)) == NULL)
		return false;
	if (letter == NULL)
		return n + LETTERS_LIVE <= last + 1; /* the answer of the next put may be durable */
	return letter->body.n == LETTER_BYTES && letter->body.p[LETTER_BYTES - 1] == (char)n;
}

/* --- attachments --- */

static enum res store_begin(const char *folder, struct err *err)
{
	return store_folder_open(&at.store, path_in(folder, "objects"), err);
}

static enum res object_put(const char *folder, int n, struct err *err)
{
	struct scratch file = { .fd = -1 };
	char name[NAME_BYTES];
	char hex[NAME_BYTES];
	struct str content = name_of(n, name);

	TRY(scratch_make(path_in(folder, "objects"), &file, err));
	if (write(file.fd, content.p, content.n) != (ssize_t)content.n) {
		err_set(err, RES_RETRY, "%s: write: %s", file.path, strerror(errno));
		scratch_drop(&file);
		return RES_RETRY;
	}
	return at.store->put(at.store, STORE_OBJECTS, hex_of(n, hex), &file, err);
}

static bool object_has(const char *folder, int n, int last)
{
	char name[NAME_BYTES];
	char hex[NAME_BYTES];
	char content[NAME_BYTES];
	uint64_t bytes;
	int fd;

	(void)folder;
	(void)last;
	if (at.store->open(at.store, STORE_OBJECTS, hex_of(n, hex), &fd, &bytes, NULL) != RES_OK)
		return false;
	ssize_t there = read(fd, content, sizeof(content));
	close(fd);
	return there > 0 && str_eq(str_of(content, (size_t)there), name_of(n, name));
}

/* --- the importer's record of deliveries --- */

static enum res deliveries_begin(const char *folder, struct err *err)
{
	TRY(os_folder_create(path_in(folder, "import"), 0700, err));
	return deliveries_open(&at.deliveries, path_in(folder, "import/deliveries.csv"), err);
}

static enum res delivery_put(const char *folder, int n, struct err *err)
{
	char name[NAME_BYTES];
	const struct delivered delivered = { name_of(n, name), name_of(n, name), STR("CD1-1"),
		{ 1 }, STR("a \"reply\",\nof lines") };

	(void)folder;
	if (deliveries_has(at.deliveries, delivered.delivery_id))
		return RES_OK;
	TRY(deliveries_add(at.deliveries, &delivered, err));
	return deliveries_sync(at.deliveries, err);
}

static bool delivery_has(const char *folder, int n, int last)
{
	char name[NAME_BYTES];

	(void)folder;
	(void)last;
	return deliveries_has(at.deliveries, name_of(n, name));
}

/* --- the webhooks' log of deliveries --- */

static void book_read(const char *folder, const char *name)
{
	struct str content;

	if (os_file_read(at.mem, path_in(folder, name), 4 * BOOK_BYTES, &content, NULL) == RES_OK)
		at.text = arena_join(at.mem, (struct str[]){ at.text, content }, 2, '\n');
}

static enum res book_begin(const char *folder, struct err *err)
{
	char name[NAME_BYTES];

	TRY(os_folder_create(path_in(folder, "webhook"), 0700, err));
	for (int i = 1; i <= BOOK_KEPT; i++) {
		snprintf(name, sizeof(name), "webhook/delivery.log.%d", i);
		book_read(folder, name);
	}
	book_read(folder, "webhook/delivery.log");
	return webhook_book_open(
		&at.book, path_in(folder, "webhook/delivery.log"), BOOK_BYTES, err);
}

static enum res line_put(const char *folder, int n, struct err *err)
{
	char name[NAME_BYTES];

	(void)folder;
	webhook_book_add(at.book, name_of(n, name));
	return webhook_book_sync(at.book, err);
}

static bool line_has(const char *folder, int n, int last)
{
	char name[NAME_BYTES];
	struct str line = arena_printf(at.mem, "\n%.*s\n", STR_ARG(name_of(n, name)));

	(void)folder;
	/* Alone: what hangs on the torn end of another one cannot be read. */
	return n + BOOK_LAST < last || str_find(at.text, line, 0) != SIZE_MAX;
}

static const struct subject subjects[] = {
	{ "file", file_open, file_put, file_has },
	{ "log", log_open, log_put, log_has },
	{ "spool", spool_begin, letter_put, letter_has },
	{ "objects", store_begin, object_put, object_has },
	{ "deliveries", deliveries_begin, delivery_put, delivery_has },
	{ "book", book_begin, line_put, line_has },
};

static int write_on(const struct subject *subject, const char *folder, int first)
{
	struct err err = { .text = "" };
	enum res res = subject->open(folder, &err);

	for (int n = first; res == RES_OK; n++) {
		res = subject->put(folder, n, &err);
		if (res == RES_OK)
			dprintf(STDOUT_FILENO, "%d\n", n);
	}
	fprintf(stderr, "%s\n", err.text);
	return EXIT_DISK;
}

static int verify(const struct subject *subject, const char *folder, int last)
{
	struct err err = { .text = "" };
	int status = 0;

	if (subject->open(folder, &err) != RES_OK) {
		printf("cannot be opened: %s\n", err.text);
		return EXIT_MISSING;
	}
	for (int n = 1; n <= last; n++) {
		if (subject->has(folder, n, last))
			continue;
		printf("%d\n", n);
		status = EXIT_MISSING;
	}
	return status;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 5 && i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		const struct subject *subject = &subjects[i];
		int number = (int)strtol(argv[4], NULL, 10);

		if (strcmp(subject->name, argv[1]) != 0)
			continue;
		at.mem = arena_create(TEXT_MAX);
		at.seen = map_create();
		if (strcmp(argv[3], "verify") == 0)
			return verify(subject, argv[2], number);
		return write_on(subject, argv[2], number);
	}
	fputs("usage: power_writer SUBJECT FOLDER write FIRST | verify LAST\n", stderr);
	return EXIT_USAGE;
}

/* An integrator in one file: letters from a file go in, receipts and deliveries are written down.
 *
 *	integrator --address … --server-key-file … --key-file … --vault-key-file … --spool DIR \
 *	           --channel NAME [--groups NAME,NAME] --letters FILE --receipts FILE \
 *	           [--deliveries FILE] [--until receipts] [--stay SECONDS] [--adopt DIR]
 *
 * --letters     lines id TAB title TAB body; "-" is standard input
 * --receipts    appended: "source_msg_id case_number"
 * --deliveries  appended: delivery_id, source_msg_id, what, case_number, text, with TABs between
 *               them, and \t, \n, \\ in place of these in the text
 * --adopt       the spool of another one that died: its letters are sent and waited for here
 *
 * It ends when every letter has its receipt and, with --deliveries, its reply too (not so with
 * "--until receipts"); a refused letter waits for nothing more. --stay goes on for so long when all
 * is done: the platform may not have heard of an outcome that was on its way when we were killed,
 * and asks again after a while. Exit: 0, 3 when letters were refused, 1 an error, 2 usage.
 *
 * Kill it at any moment and start it with the same arguments: it submits all letters again, and the
 * platform and the spool see to it that each is there once. Its own files are the truth about what
 * it handed over, so it looks there before it writes a line a second time. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "settings.h"

#define TURN_EVERY 200 /* letters */

enum { HAS_RECEIPT = 1, IS_REFUSED = 2, HAS_DELIVERY = 4, IS_LETTER = 8, IS_DELIVERY_ID = 16 };

/* --- names and what we know of them: a hash table that only grows --- */

struct name {
	char *text; /* NULL: free */
	int flags;
};

struct names {
	struct name *slots;
	size_t size; /* a power of two */
	size_t used;
};

static void *allocated(void *bytes)
{
	if (bytes == NULL) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return bytes;
}

static struct name *slot_of(const struct names *names, const char *text, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	for (size_t at = (size_t)hash & (names->size - 1);; at = (at + 1) & (names->size - 1)) {
		struct name *slot = &names->slots[at];
		if (slot->text == NULL ||
			(strlen(slot->text) == n && memcmp(slot->text, text, n) == 0))
			return slot;
	}
}

static void names_grow(struct names *names)
{
	struct names larger = { .size = names->size == 0 ? 1024 : names->size * 2,
		.used = names->used };
	larger.slots = allocated(calloc(larger.size, sizeof *larger.slots));
	for (size_t i = 0; i < names->size; i++) {
		struct name *old = &names->slots[i];
		if (old->text != NULL)
			*slot_of(&larger, old->text, strlen(old->text)) = *old;
	}
	free(names->slots);
	*names = larger;
}

/* Found or made. */
static struct name *name_of(struct names *names, const char *text, size_t n)
{
	if (names->used >= names->size / 2)
		names_grow(names);
	struct name *name = slot_of(names, text, n);
	if (name->text != NULL)
		return name;
	name->text = allocated(malloc(n + 1));
	memcpy(name->text, text, n);
	name->text[n] = '\0';
	names->used++;
	return name;
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->size; i++)
		free(names->slots[i].text);
	free(names->slots);
}

/* --- the program --- */

struct integrator {
	struct settings settings;
	const char *groups;
	const char *letters_path;
	const char *receipts_path;
	const char *deliveries_path;
	const char *adopted_spool;
	time_t stay_s;
	bool stops_at_receipts;
	struct names names;
	FILE *receipts;
	FILE *deliveries;
	size_t open_letters; /* that still wait for something */
	bool has_refused;
	bool has_failed; /* a file of ours cannot be written */
	struct wangli *client;
};

static bool is_done(const struct integrator *self, int flags)
{
	bool waits_for_reply = self->deliveries != NULL && !self->stops_at_receipts;
	if ((flags & IS_REFUSED) != 0)
		return true;
	return (flags & HAS_RECEIPT) != 0 && (!waits_for_reply || (flags & HAS_DELIVERY) != 0);
}

/* One more thing is known of a name; counts the letter that has all it waits for. */
static void learn(struct integrator *self, struct name *name, int flags)
{
	bool was_open = (name->flags & IS_LETTER) != 0 && !is_done(self, name->flags);
	name->flags |= flags;
	bool is_open = (name->flags & IS_LETTER) != 0 && !is_done(self, name->flags);
	self->open_letters += (size_t)is_open;
	self->open_letters -= (size_t)was_open;
}

static struct name *name_in(struct integrator *self, struct wangli_text text)
{
	return name_of(&self->names, text.p, text.n);
}

/* --- our files --- */

/* What an earlier run wrote down: one line of a file. */
static void receipt_line(struct integrator *self, const char *line)
{
	learn(self, name_of(&self->names, line, strcspn(line, " ")), HAS_RECEIPT);
}

static void delivery_line(struct integrator *self, const char *line)
{
	size_t id = strcspn(line, "\t");
	learn(self, name_of(&self->names, line, id), IS_DELIVERY_ID);
	if (line[id] == '\t')
		learn(self, name_of(&self->names, line + id + 1, strcspn(line + id + 1, "\t")),
			HAS_DELIVERY);
}

/* Opens for appending, after a look at what is there. A kill may have left half a line: it goes. */
static FILE *file_open(struct integrator *self, const char *path,
	void (*each)(struct integrator *self, const char *line))
{
	FILE *file = fopen(path, "a+");
	char *line = NULL;
	size_t room = 0;
	off_t whole = 0;
	if (file == NULL || fseeko(file, 0, SEEK_SET) != 0) {
		perror(path);
		exit(1);
	}
	for (ssize_t n; (n = getline(&line, &room, file)) > 0 && line[n - 1] == '\n';) {
		line[n - 1] = '\0';
		each(self, line);
		whole += n;
	}
	free(line);
	/* what was written before a kill may not be on disk yet, but is about to be relied on */
	if (ferror(file) || ftruncate(fileno(file), whole) != 0 || fsync(fileno(file)) != 0 ||
		fseeko(file, 0, SEEK_END) != 0) {
		perror(path);
		exit(1);
	}
	return file;
}

static void text_write(FILE *file, struct wangli_text text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\t')
			fputs("\\t", file);
		else if (text.p[i] == '\n')
			fputs("\\n", file);
		else if (text.p[i] == '\\')
			fputs("\\\\", file);
		else
			putc(text.p[i], file);
	}
}

/* --- called by the client --- */

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct integrator *self = arg;
	struct name *name = name_in(self, receipt->source_msg_id);
	if ((name->flags & HAS_RECEIPT) == 0)
		fprintf(self->receipts, "%s %.*s\n", name->text, (int)receipt->case_number.n,
			receipt->case_number.p);
	learn(self, name, HAS_RECEIPT);
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct integrator *self = arg;
	struct name *name = name_in(self, refusal->source_msg_id);
	fprintf(stderr, "%s is refused: %s: %.*s\n", name->text, wangli_result_name(refusal->why),
		(int)refusal->text.n, refusal->text.p);
	self->has_refused = true;
	learn(self, name, IS_REFUSED);
}

/* We may be asked a second time when we were killed before the spool kept the outcome. */
static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	struct integrator *self = arg;
	struct name *name = name_in(self, delivery->delivery_id);
	out->is_delivered = true;
	if ((name->flags & IS_DELIVERY_ID) != 0)
		return WANGLI_OK;
	fprintf(self->deliveries, "%s\t%.*s\t%.*s\t%.*s\t", name->text,
		(int)delivery->source_msg_id.n, delivery->source_msg_id.p, (int)delivery->what.n,
		delivery->what.p, (int)delivery->case_number.n, delivery->case_number.p);
	text_write(self->deliveries, delivery->text);
	putc('\n', self->deliveries);
	learn(self, name, IS_DELIVERY_ID);
	learn(self, name_in(self, delivery->source_msg_id), HAS_DELIVERY);
	return WANGLI_OK;
}

static bool is_on_disk(FILE *file)
{
	return file == NULL || (fflush(file) == 0 && fsync(fileno(file)) == 0);
}

static enum wangli_result on_keep(void *arg)
{
	struct integrator *self = arg;
	if (is_on_disk(self->receipts) && is_on_disk(self->deliveries))
		return WANGLI_OK;
	/* Half of it may be written: only the next start, which looks, knows what. */
	self->has_failed = true;
	return WANGLI_RETRY;
}

/* --- the work --- */

static void turn(struct integrator *self, int wait_ms)
{
	struct wangli_error error;
	enum wangli_result result = wangli_turn(self->client, wait_ms, &error);
	if (result == WANGLI_OK && !self->has_failed)
		return;
	fprintf(stderr, "%s\n", self->has_failed ? "a file cannot be written" : error.text);
	exit(1);
}

static void letter_submit(struct integrator *self, const struct wangli_letter *letter)
{
	struct name *name = name_in(self, letter->source_msg_id);
	struct wangli_error error;
	enum wangli_result result;
	learn(self, name, IS_LETTER);
	while ((result = wangli_submit(self->client, letter, &error)) == WANGLI_RETRY)
		turn(self, 200); /* the queue is full */
	if (result == WANGLI_OK)
		return;
	fprintf(stderr, "%s\n", error.text);
	self->has_refused = true;
	learn(self, name_in(self, letter->source_msg_id), IS_REFUSED);
}

/* "id TAB title TAB body"; false: it is not of this form. */
static bool line_submit(struct integrator *self, char *line)
{
	char *title = strchr(line, '\t');
	char *body = title == NULL ? NULL : strchr(title + 1, '\t');
	struct wangli_letter letter;
	if (body == NULL)
		return false;
	wangli_letter_init(&letter);
	letter.source_msg_id = wangli_text_of(line, (size_t)(title - line));
	letter.title = wangli_text_of(title + 1, (size_t)(body - title - 1));
	letter.body = wangli_text_from_c(body + 1);
	letter_submit(self, &letter);
	return true;
}

static void letters_submit(struct integrator *self)
{
	bool is_stdin = strcmp(self->letters_path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(self->letters_path, "r");
	char *line = NULL;
	size_t room = 0;
	if (file == NULL) {
		perror(self->letters_path);
		exit(1);
	}
	for (size_t number = 1; getline(&line, &room, file) > 0; number++) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!line_submit(self, line)) {
			fprintf(stderr, "%s:%zu: not id TAB title TAB body\n", self->letters_path,
				number);
			exit(1);
		}
		if (number % TURN_EVERY == 0)
			turn(self, 0);
	}
	free(line);
	if (!is_stdin)
		fclose(file);
}

static void client_open(struct integrator *self)
{
	struct wangli_options options = settings_options(&self->settings);
	const char *groups[WANGLI_GROUPS_MAX + 1] = { NULL };
	char *names = NULL;
	struct wangli_callbacks on;
	struct wangli_error error;
	wangli_callbacks_init(&on);
	on.arg = self;
	on.on_receipt = on_receipt;
	on.on_refused = on_refused;
	if (self->deliveries != NULL)
		on.on_deliver = on_deliver;
	on.on_keep = on_keep;
	options.on = &on;
	if (self->groups == NULL && self->deliveries != NULL)
		self->groups = self->settings.channel;
	if (self->groups != NULL) {
		names = allocated(strdup(self->groups));
		size_t n = 0;
		for (char *at = names; at != NULL && n < WANGLI_GROUPS_MAX; n++) {
			char *comma = strchr(at, ',');
			groups[n] = at;
			at = comma == NULL ? NULL : comma + 1;
			if (comma != NULL)
				*comma = '\0';
		}
		options.groups = groups;
	}
	enum wangli_result result = wangli_open(&self->client, &options, &error);
	free(names);
	if (result == WANGLI_OK)
		return;
	fprintf(stderr, "%s\n", error.text);
	exit(1);
}

static void dead_one_adopt(struct integrator *self)
{
	struct wangli_error error;
	size_t letters = 0;
	enum wangli_result result =
		wangli_adopt(self->client, self->adopted_spool, &letters, &error);
	fprintf(stderr, "%zu letters adopted\n", letters);
	if (result == WANGLI_OK)
		return;
	fprintf(stderr, "%s\n", error.text);
	if (result != WANGLI_INVALID) /* then all but some are here */
		exit(1);
	self->has_refused = true;
}

static bool argument_take(struct integrator *self, const char *name, const char *value)
{
	if (strcmp(name, "--until") == 0) {
		self->stops_at_receipts = strcmp(value, "receipts") == 0;
		return self->stops_at_receipts;
	}
	if (strcmp(name, "--stay") == 0)
		self->stay_s = strtol(value, NULL, 10);
	else if (strcmp(name, "--groups") == 0)
		self->groups = value;
	else if (strcmp(name, "--letters") == 0)
		self->letters_path = value;
	else if (strcmp(name, "--receipts") == 0)
		self->receipts_path = value;
	else if (strcmp(name, "--deliveries") == 0)
		self->deliveries_path = value;
	else if (strcmp(name, "--adopt") == 0)
		self->adopted_spool = value;
	else
		return settings_take(&self->settings, name, value);
	return true;
}

int main(int argc, char **argv)
{
	struct integrator self = { .groups = NULL };
	int at = 1;
	while (at + 1 < argc && argument_take(&self, argv[at], argv[at + 1]))
		at += 2;
	if (at != argc || self.letters_path == NULL || self.receipts_path == NULL) {
		fprintf(stderr, "integrator: what is '%s'? --letters and --receipts are needed\n",
			at < argc ? argv[at] : "");
		return 2;
	}
	if (self.deliveries_path != NULL)
		self.deliveries = file_open(&self, self.deliveries_path, delivery_line);
	self.receipts = file_open(&self, self.receipts_path, receipt_line);
	client_open(&self);
	if (self.adopted_spool != NULL)
		dead_one_adopt(&self);
	letters_submit(&self);
	while (self.open_letters > 0 || wangli_unanswered(self.client) > 0)
		turn(&self, 200);
	for (time_t end = time(NULL) + self.stay_s; time(NULL) < end;)
		turn(&self, 200);
	wangli_close(self.client);
	fclose(self.receipts);
	if (self.deliveries != NULL)
		fclose(self.deliveries);
	names_free(&self.names);
	return self.has_refused ? 3 : 0;
}

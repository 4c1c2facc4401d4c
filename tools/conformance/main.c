/* wangli-conformance: ./wangli channel check. Plays an integrator's mistakes at the door of a
 * running system and shows what each gets. Exit codes: 0 all as documented, 1 something differs, 2
 * it could not be played. */
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "base/check.h"
#include "clock/line.h"
#include "crypto/crypto.h"
#include "os/os.h"
#include "play.h"
#include "json/json.h"

#define MISTAKE_MEMORY (16u << 20)
#define KEEP_MEMORY    (1u << 20)
#define KEY_FILE_MAX   256
#define EXIT_DIFFERS   1
#define EXIT_CANNOT    2
#define NAME_WIDTH     24
#define WANT_WIDTH     36

static const char usage[] =
	"wangli-conformance " WANGLI_VERSION "\n"
	"  channel check [--json]\n"
	"      plays an integrator's typical mistakes with a key of its own (source sandbox, "
	"revoked "
	"at\n"
	"      the end) and shows what each gets; docs/channel-check.md\n"
	"  channel check --key-file FILE --channel NAME [--foreign NAME] [--json]\n"
	"      the same with an integrator's key, without what would need another or harm it;\n"
	"      --foreign: a channel that this key does not have (sandbox-other)\n"
	"Exit: 0 all as documented, 1 something differs, 2 it could not be played\n"
	"Environment: DOOR_ADDRESS, DOOR_SERVER_KEY_FILE, VAULT_PUBLIC_KEY_FILE; for its own key "
	"also\n"
	"BUS_ADDRESS, BUS_SERVER_KEY_FILE, BUS_KEY_FILE (the operator's)\n";

struct options {
	const char *key_file;
	const char *channel;
	const char *foreign;
	bool is_json;
};

static enum res options_read(int argc, char **argv, struct options *out, struct err *err)
{
	for (int i = 1; i < argc; i++) {
		const char **to = NULL;

		if (strcmp(argv[i], "--json") == 0) {
			out->is_json = true;
			continue;
		}
		if (strcmp(argv[i], "--key-file") == 0)
			to = &out->key_file;
		else if (strcmp(argv[i], "--channel") == 0)
			to = &out->channel;
		else if (strcmp(argv[i], "--foreign") == 0)
			to = &out->foreign;
		if (to == NULL)
			return err_set(
				err, RES_INVALID, "channel check does not know '%s'", argv[i]);
		if (i + 1 == argc)
			return err_set(err, RES_INVALID, "'%s' wants a value", argv[i]);
		*to = argv[++i];
	}
	if ((out->key_file == NULL) != (out->channel == NULL))
		return err_set(err, RES_INVALID, "--key-file and --channel belong together");
	return RES_OK;
}

static enum res settings_read(struct play *play, struct err *err)
{
	const char *vault;

	TRY(line_setting(play->keep, "DOOR_ADDRESS", &play->door.address, err));
	TRY(line_setting(play->keep, "DOOR_SERVER_KEY", &play->door.server_key, err));
	if (!bus_key_is_valid(str_from_c(play->door.server_key)))
		return err_set(err, RES_INVALID, "the door's key is no Z85 key");
	TRY(line_setting(play->keep, "VAULT_PUBLIC_KEY", &vault, err));
	return crypto_base64_read(str_from_c(vault), play->vault_key, sizeof play->vault_key);
}

static enum res key_read(struct play *play, const struct options *options, struct err *err)
{
	struct str secret;

	TRY(os_file_read(play->keep, options->key_file, KEY_FILE_MAX, &secret, err));
	return bus_pair_from_secret(str_trim(secret), &play->pair, err);
}

static enum res play_open(
	struct play *play, const struct options *options, struct sandbox *sandbox, struct err *err)
{
	TRY(settings_read(play, err));
	if (options->key_file != NULL) {
		TRY(key_read(play, options, err));
	} else {
		play->sandbox = sandbox;
		TRY(sandbox_open(sandbox, play->keep, err));
		play->pair = sandbox->own;
	}
	play->channel = str_from_c(options->channel != NULL ? options->channel : SANDBOX);
	play->foreign = str_from_c(options->foreign != NULL ? options->foreign : SANDBOX_OTHER);
	TRY(play_enter(play, &play->silent, err));
	play->silent_since = os_monotonic_now();
	return RES_OK;
}

/* --- what is shown --- */

enum verdict { AS_DOCUMENTED, DIFFERS, LEFT_OUT };
static const char *const verdict_words[] = { "ok", "DIFFERS", "left out" };

static enum verdict verdict_of(const struct mistake *mistake, const struct seen *seen)
{
	return strcmp(mistake->want, seen->word) == 0 ? AS_DOCUMENTED : DIFFERS;
}

static void show(const struct mistake *mistake, const struct seen *seen, enum verdict verdict)
{
	printf("%-9s %-*s %-*s %s; %s\n", verdict_words[verdict], NAME_WIDTH, mistake->name,
		WANT_WIDTH, verdict == LEFT_OUT ? "" : seen->word, mistake->does, mistake->zh);
	if (verdict == DIFFERS)
		printf("%9s %*s wanted: %s\n", "", NAME_WIDTH, "", mistake->want);
	if (verdict != LEFT_OUT && !str_is_empty(seen->text))
		printf("%9s %*s %.*s\n", "", NAME_WIDTH, "", STR_ARG(seen->text));
}

static void note(struct json *rows, const struct mistake *mistake, const struct seen *seen,
	enum verdict verdict)
{
	struct json *row = json_object_create();

	json_set_c(row, "name", mistake->name);
	json_set_c(row, "does", mistake->does);
	json_set_c(row, "zh", mistake->zh);
	json_set_c(row, "want", mistake->want);
	json_set_c(row, "got", seen->word);
	json_set_str(row, "text", seen->text);
	json_set_c(row, "verdict", verdict_words[verdict]);
	json_push(rows, row);
}

struct outcome {
	struct json *rows; /* NULL: the table is printed */
	size_t counts[3];
};

static enum res play_all(struct play *play, struct outcome *outcome, struct err *err)
{
	for (size_t i = 0; i < play_mistakes_n; i++) {
		const struct mistake *mistake = &play_mistakes[i];
		struct seen seen = { .text = STR_NONE };
		enum verdict verdict = LEFT_OUT;

		arena_reset(play->mem);
		if (play->sandbox != NULL || !mistake->needs_sandbox) {
			if (mistake->run(play, &seen, err) != RES_OK)
				return err_prefix(err, RES_RETRY, "%s", mistake->name);
			verdict = verdict_of(mistake, &seen);
		}
		outcome->counts[verdict]++;
		if (outcome->rows != NULL)
			note(outcome->rows, mistake, &seen, verdict);
		else
			show(mistake, &seen, verdict);
		fflush(stdout);
	}
	return RES_OK;
}

static void conclude(struct play *play, struct outcome *outcome)
{
	const size_t *counts = outcome->counts;

	if (outcome->rows == NULL) {
		printf("%zu as documented, %zu differ, %zu left out; channel %.*s; the check's "
		       "letter "
		       "is %.*s\n",
			counts[AS_DOCUMENTED], counts[DIFFERS], counts[LEFT_OUT],
			STR_ARG(play->channel), STR_ARG(play->case_number));
		return;
	}
	SCOPED(json)
	struct json *all = json_object_create();
	json_set_bool(all, "ok", counts[DIFFERS] == 0);
	json_set_str(all, "channel", play->channel);
	json_set_str(all, "case", play->case_number);
	json_set_int(all, "as_documented", (int64_t)counts[AS_DOCUMENTED]);
	json_set_int(all, "differ", (int64_t)counts[DIFFERS]);
	json_set_int(all, "left_out", (int64_t)counts[LEFT_OUT]);
	json_set(all, "mistakes", outcome->rows);
	printf("%.*s\n", STR_ARG(json_text(play->keep, all)));
	outcome->rows = NULL;
}

static int run(struct play *play, const struct options *options)
{
	struct outcome outcome = { .rows = options->is_json ? json_array_create() : NULL };
	struct sandbox sandbox = { 0 };
	struct err err = { .text = "" }, closing = { .text = "" };
	enum res res = crypto_start(&err);

	if (res == RES_OK)
		res = play_open(play, options, &sandbox, &err);
	if (res == RES_OK)
		res = play_all(play, &outcome, &err);
	visit_close(play->silent);
	enum res closed = sandbox_close(&sandbox, play->keep, &closing);
	play->sandbox = NULL;
	if (res == RES_OK)
		conclude(play, &outcome);
	json_destroy(outcome.rows);
	if (res != RES_OK)
		fprintf(stderr, "wangli-conformance: %s\n", err.text);
	else if (closed != RES_OK)
		fprintf(stderr, "wangli-conformance: its keys are not revoked: %s\n", closing.text);
	if (res != RES_OK || closed != RES_OK)
		return EXIT_CANNOT;
	return outcome.counts[DIFFERS] == 0 ? 0 : EXIT_DIFFERS;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct err err = { .text = "" };
	int code;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (options_read(argc, argv, &options, &err) != RES_OK) {
		fprintf(stderr, "wangli-conformance: %s\n", err.text);
		return EXIT_CANNOT;
	}
	SCOPED(arena)
	struct arena *mem = arena_create(MISTAKE_MEMORY);
	SCOPED(arena)
	struct arena *keep = arena_create(KEEP_MEMORY);
	CHECK(mem != NULL && keep != NULL);
	struct play play = { .mem = mem, .keep = keep, .door = { .zmq = zmq_ctx_new() } };
	CHECK(play.door.zmq != NULL);
	code = run(&play, &options);
	zmq_ctx_term(play.door.zmq);
	return code;
}

/* wangli-history: loads the system and writes down what it was told (run); proves afterwards that
 * the database agrees (verify). Exit codes: 0 it agrees, 1 it does not, 2 it could not be run. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypto/crypto.h"
#include "history.h"

#define MEMORY_MAX     (4u << 20)
#define EXIT_DISAGREES 1
#define EXIT_CANNOT    2
#define NUMBER_MOST    INT64_C(1000000000)

static const char usage[] = "wangli-history " WANGLI_VERSION "\n"
			    "  wangli-history run    --folder DIR --channel NAME [--count N] "
			    "[--seconds N] [--rate N] [--seed N]\n"
			    "                        [--prefix TEXT] [--patience N] [--json]\n"
			    "      submits made-up letters through the door and writes down every "
			    "invoke and every receipt,\n"
			    "      fsynced, in DIR/history; then waits for the answers that are "
			    "missing. Killed and run again\n"
			    "      it goes on. SIGTERM: no new letters, and at most --patience "
			    "seconds more (20) for the answers.\n"
			    "  wangli-history verify --folder DIR --channel NAME [--json]\n"
			    "      every receipt is in the database exactly once with that case "
			    "and digest, every letter without\n"
			    "      an answer zero or one times, every refused one not at all.\n"
			    "Environment: run: DOOR_ADDRESS, DOOR_SERVER_KEY_FILE, "
			    "CHANNEL_KEY_FILE, VAULT_PUBLIC_KEY_FILE;\n"
			    "verify: PG_CONNINFO (as wl_check)\n";

static volatile bool is_interrupted;

static void on_signal(int number)
{
	(void)number;
	is_interrupted = true;
}

static enum res number_read(const char *name, const char *text, int64_t *out, struct err *err)
{
	int64_t number;
	if (str_to_int64(str_from_c(text), &number) != RES_OK || number < 0 || number > NUMBER_MOST)
		return err_set(err, RES_INVALID, "%s '%s': want a number from 0 to %lld", name,
			text, (long long)NUMBER_MOST);
	*out = number;
	return RES_OK;
}

static enum res option_read(
	struct history_options *options, const char *name, const char *value, struct err *err)
{
	const struct {
		const char *name;
		int64_t *number;
		const char **text;
	} known[] = {
		{ "--folder", NULL, &options->folder },
		{ "--channel", NULL, &options->channel },
		{ "--prefix", NULL, &options->prefix },
		{ "--count", &options->count, NULL },
		{ "--seconds", &options->seconds, NULL },
		{ "--rate", &options->rate, NULL },
		{ "--patience", &options->patience, NULL },
		{ "--seed", (int64_t *)&options->seed, NULL },
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(name, known[i].name) != 0)
			continue;
		if (known[i].number != NULL)
			return number_read(name, value, known[i].number, err);
		*known[i].text = value;
		return RES_OK;
	}
	return err_set(err, RES_INVALID, "history does not know '%s'", name);
}

static enum res options_read(
	int argc, char **argv, struct history_options *options, struct err *err)
{
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			options->is_json = true;
			continue;
		}
		if (i + 1 == argc)
			return err_set(err, RES_INVALID, "'%s' wants a value", argv[i]);
		TRY(option_read(options, argv[i], argv[i + 1], err));
		i++;
	}
	if (options->folder == NULL || options->channel == NULL)
		return err_set(err, RES_INVALID, "--folder and --channel are needed");
	if (strcmp(argv[1], "run") == 0 && options->count == 0 && options->seconds == 0)
		return err_set(err, RES_INVALID, "run wants --count or --seconds");
	return RES_OK;
}

int main(int argc, char **argv)
{
	struct err err = { .text = "" };
	struct history_options options = {
		.prefix = "h", .seed = 1, .patience = 20, .is_interrupted = &is_interrupted
	};
	bool holds = true;
	bool is_run = argc > 1 && strcmp(argv[1], "run") == 0;
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)) {
		fputs(argv[1][2] == 'h' ? usage : WANGLI_VERSION "\n", stdout);
		return 0;
	}
	if (!is_run && (argc < 2 || strcmp(argv[1], "verify") != 0)) {
		fputs(usage, stderr);
		return EXIT_CANNOT;
	}
	/* the second signal ends it at once: all that counts is on disk */
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	enum res res = options_read(argc, argv, &options, &err);
	if (res == RES_OK)
		res = crypto_start(&err);
	if (res == RES_OK)
		res = is_run ? history_run(mem, &options, &err)
			     : history_verify(mem, &options, &holds, &err);
	if (res != RES_OK) {
		fprintf(stderr, "wangli-history: %s\n", err.text);
		return EXIT_CANNOT;
	}
	return holds ? 0 : EXIT_DISAGREES;
}

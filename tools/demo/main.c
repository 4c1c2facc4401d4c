/* wangli-demo: plays the demo's appeals with their people on a simulated clock. Exit codes: 0 it is
 * played, 1 it could not be done (run it again and it continues), 2 wrong use. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo_run.h"

static const char usage[] =
	"wangli-demo " WANGLI_VERSION "\n"
	"  wangli-demo APPEALS.csv [--limit N] [--json]\n"
	"\n"
	"Submits each appeal on its channel through the door and takes the steps of its plan as "
	"the "
	"people\n"
	"whose they are, each at its time on the simulated clock; the last day is today. A system "
	"of its\n"
	"own is wanted. Interrupted and run again it continues; played already, it changes "
	"nothing.\n"
	"--limit N takes N appeals, of all plans alike. Numbers and query codes: "
	"DATA/demo/cases.csv.\n"
	"\n"
	"Environment: DATA_FOLDER, DOOR_ADDRESS, DOOR_SERVER_KEY_FILE, CHANNEL_KEYS (folder with a "
	"key a\n"
	"channel), VAULT_PUBLIC_KEY_FILE, BUS_ADDRESS, BUS_SERVER_KEY_FILE, BUS_KEY_FILE (the "
	"operator's)\n"
	"and PG_CONNINFO (as wl_deploy).\n";

static volatile bool is_interrupted;

static void on_signal(int number)
{
	(void)number;
	is_interrupted = true;
}

struct arguments {
	const char *file;
	size_t limit;
	bool is_json;
};

static enum res arguments_read(int argc, char **argv, struct arguments *out, struct err *err)
{
	struct arguments arguments = { .limit = SIZE_MAX };
	for (int i = 1; i < argc; i++) {
		int64_t n = 0;
		if (strcmp(argv[i], "--json") == 0) {
			arguments.is_json = true;
		} else if (strcmp(argv[i], "--limit") == 0) {
			i++;
			if (i == argc || str_to_int64(str_from_c(argv[i]), &n) != RES_OK || n < 1)
				return err_set(err, RES_INVALID, "--limit wants a number from 1");
			arguments.limit = (size_t)n;
		} else if (argv[i][0] == '-' || arguments.file != NULL) {
			return err_set(err, RES_INVALID, "demo does not know '%s'", argv[i]);
		} else {
			arguments.file = argv[i];
		}
	}
	if (arguments.file == NULL)
		return err_set(err, RES_INVALID, "which file?");
	*out = arguments;
	return RES_OK;
}

static enum res run_all(struct demo_run *run, const struct arguments *arguments, struct err *err)
{
	TRY(demo_open(run, arguments->file, arguments->limit, err));
	TRY(demo_codes_read(run, err));
	TRY(demo_play(run, err));
	return demo_summary(run, arguments->is_json, err);
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .file = NULL };
	struct err err = { .text = "" };
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)) {
		puts(argv[1][2] == 'h' ? usage : WANGLI_VERSION);
		return 0;
	}
	if (arguments_read(argc, argv, &arguments, &err) != RES_OK) {
		fprintf(stderr, "wangli-demo: %s; --help says more\n", err.text);
		return 2;
	}
	const struct sigaction action = { .sa_handler = on_signal };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	struct demo_run run = { .is_interrupted = &is_interrupted, .is_quiet = arguments.is_json };
	enum res res = run_all(&run, &arguments, &err);
	demo_close(&run);
	if (res == RES_OK)
		return 0;
	fprintf(stderr, "wangli-demo: %s\n", err.text);
	return 1;
}

/* wangli-operator: what the operator does over the bus with a key of her own. Finds the command and
 * says in one line what went wrong. Exit codes: 0 done, 1 failed, 2 wrong use. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "operator.h"

#define MEMORY_MAX  (8u << 20)
#define EXIT_FAILED 1
#define EXIT_USE    2

static const struct command {
	const char *name;
	enum res (*run)(struct arena *mem, int argc, char **argv, struct err *err);
	const char *help; /* of a command that prints no help of its own */
	void (*print_help)(FILE *to);
} commands[] = {
	{ "channel", operator_channel,
		"  channel add NAME [--channels a,b] --out KEYFILE\n"
		"      gives NAME a key and the right to submit for its channels (default: NAME).\n"
		"      With a KEYFILE that exists, tells the platform its public half again.\n"
		"  channel rotate SOURCE [--overlap SPAN] --out KEYFILE\n"
		"      a second key beside the old one, which goes on until it is revoked or SPAN "
		"is "
		"over;\n"
		"      KEYFILE is the new one then, KEYFILE.old the old one\n"
		"  channel revoke SOURCE|KEY\n"
		"      all keys of SOURCE, or the one that begins with KEY; never comes back\n"
		"  channel quota SOURCE RATE [BURST] | channel quota SOURCE default\n"
		"      how many letters a second the door takes, and how many at once (RATE); "
		"default: as\n"
		"      many as from everybody\n"
		"  channel list           shows the keys, with --json as one document\n"
		"  channel state SOURCE   names, sizes, versions and holders of what SOURCE keeps\n"
		"      for itself, never the values; with --json as one document\n",
		NULL },
	{ "clock", operator_clock,
		"  clock show\n"
		"  clock start TIME       puts a simulated clock anywhere, while there is no case\n"
		"  clock advance --next | --to TIME | --by SPAN\n"
		"      from timer to timer, each only when nothing is under way;\n"
		"      all three show the clock then, with --json as one document\n"
		"      TIME: 2019-04-24T16:03:40 (Shanghai unless it says otherwise); SPAN: 90s, "
		"30min, 2h, 3d\n",
		NULL },
	{ "kb", operator_kb,
		"  kb import FILE.csv     puts the articles of the file into the knowledge base; "
		"one with "
		"the\n"
		"      category and title of an article takes its place. Columns: category, title, "
		"words,\n"
		"      text, unit, valid_from, valid_to\n"
		"  kb list                shows it, with --json as one document\n",
		NULL },
	{ "parked", operator_parked,
		"  parked list [--all]    what services have set aside, with owner and due time; "
		"--json\n"
		"  parked show CASE PRODUCER SEQ [--body FILE]\n"
		"      header, body in words, what was said against it; FILE: the body as it is\n"
		"  parked retry CASE PRODUCER\n"
		"      applies what waits, in order, until one fails\n"
		"  parked fix CASE PRODUCER SEQ FILE --reason TEXT\n"
		"      the bytes of FILE are taken instead of the body that came, which is kept\n"
		"  parked skip CASE PRODUCER SEQ --reason TEXT\n"
		"      moves past the first that waits, and applies what follows\n"
		"      all: --at SERVICE where several have set it aside; acts: --as role/name\n",
		NULL },
	{ "case", operator_case, NULL, operator_case_help },
};

static void help(FILE *to)
{
	fprintf(to, "wangli-operator " WANGLI_VERSION "\n");
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (commands[i].print_help != NULL)
			commands[i].print_help(to);
		else
			fputs(commands[i].help, to);
	fprintf(to, "Environment: BUS_ADDRESS, BUS_SERVER_KEY_FILE, BUS_KEY_FILE (the "
		    "operator's), PG_CONNINFO (clock: as wl_deploy, case, parked: as wl_check)\n");
}

int main(int argc, char **argv)
{
	struct err err = { .text = "" };
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help(stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(WANGLI_VERSION);
		return 0;
	}
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	CHECK(mem != NULL);
	enum res res = crypto_start(&err);
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (res == RES_OK)
			res = commands[i].run(mem, argc - 2, argv + 2, &err);
		if (res == RES_OK)
			return 0;
		fprintf(stderr, "wangli-operator: %s\n", err.text);
		return res == RES_INVALID ? EXIT_USE : EXIT_FAILED;
	}
	help(stderr);
	return EXIT_USE;
}

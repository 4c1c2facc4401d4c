/* wangli-bench: measures a system that was brought up for it alone (./wangli bench). Exit codes: 0
 * measured, 1 measured but the run does not count, 2 it could not be measured. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/str.h"
#include "bench.h"
#include "bench_core.h"
#include "bench_load.h"
#include "crypto/crypto.h"

#define MEMORY_MAX   (64u << 20)
#define EXIT_UNFIT   1
#define EXIT_CANNOT  2
#define SECONDS_MOST 100

static const char usage[] =
	"wangli-bench " WANGLI_VERSION "\n"
	"  wangli-bench intake    [--clients N] [--window N] [--rate N] …\n"
	"  wangli-bench lifecycle [--auto] [--in-flight N] [--statements] …\n"
	"  wangli-bench flood     [--quota N] [--times N] [--rate N] [--strict] …\n"
	"      all: [--rounds N] [--seconds N] [--limit-seconds N] [--cases N] [--json]\n"
	"Environment: BENCH_DATA and BENCH_RUN (a system of its own: folder and sockets), "
	"DOOR_ADDRESS,\n"
	"DOOR_SERVER_KEY_FILE, CHANNEL_KEY_FILE, VAULT_PUBLIC_KEY_FILE, BUS_ADDRESS, "
	"BUS_SERVER_KEY_FILE,\nBUS_KEY_FILE. docs/performance.md says what is measured.\n";

static volatile bool is_interrupted;

static void on_signal(int number)
{
	(void)number;
	is_interrupted = true;
}

static enum res number_read(const char *name, const char *text, int64_t least, int64_t most,
	int64_t *out, struct err *err)
{
	int64_t number;
	if (str_to_int64(str_from_c(text), &number) != RES_OK || number < least || number > most)
		return err_set(err, RES_INVALID, "%s '%s': want a number from %lld to %lld", name,
			text, (long long)least, (long long)most);
	*out = number;
	return RES_OK;
}

static enum res option_read(
	struct bench_options *options, const char *name, const char *value, struct err *err)
{
	const struct {
		const char *name;
		int64_t least;
		int64_t most;
		int64_t *number;
	} known[] = {
		{ "--rounds", 1, ROUNDS_MAX, &options->rounds },
		{ "--seconds", 1, SECONDS_MOST, &options->seconds },
		{ "--limit-seconds", 1, SECONDS_MOST, &options->limit_seconds },
		{ "--clients", 1, LOAD_CLIENTS_MAX, &options->clients },
		{ "--window", 1, 10000, &options->window },
		{ "--rate", 1, 20000, &options->rate },
		{ "--quota", 1, 5000, &options->quota },
		{ "--times", 1, 100, &options->times },
		{ "--in-flight", 1, 10000, &options->in_flight },
		{ "--cases", 0, 10000000, &options->cases },
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(name, known[i].name) == 0)
			return number_read(
				name, value, known[i].least, known[i].most, known[i].number, err);
	return err_set(err, RES_INVALID, "bench does not know '%s'", name);
}

static enum res options_read(int argc, char **argv, struct bench_options *options, struct err *err)
{
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			options->is_json = true;
		else if (strcmp(argv[i], "--auto") == 0)
			options->is_auto = true;
		else if (strcmp(argv[i], "--strict") == 0)
			options->is_strict = true;
		else if (strcmp(argv[i], "--statements") == 0)
			options->has_statements = true;
		else if (i + 1 == argc)
			return err_set(err, RES_INVALID,
				strncmp(argv[i], "--", 2) == 0 ? "'%s' wants a value"
							       : "bench does not know '%s'",
				argv[i]);
		else {
			TRY(option_read(options, argv[i], argv[i + 1], err));
			i++;
		}
	}
	options->data = getenv("BENCH_DATA");
	options->run = getenv("BENCH_RUN");
	if (options->data == NULL || options->run == NULL)
		return err_set(err, RES_INVALID, "BENCH_DATA and BENCH_RUN are not set");
	return RES_OK;
}

static const struct bench {
	const char *name;
	enum res (*measure)(struct arena *mem, const struct bench_options *options,
		bool *out_is_valid, struct err *err);
} benches[] = {
	{ "intake", bench_intake },
	{ "lifecycle", bench_lifecycle },
	{ "flood", bench_flood },
};

static const struct bench *bench_find(const char *name)
{
	for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
		if (strcmp(name, benches[i].name) == 0)
			return &benches[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct err err = { .text = "" };
	struct bench_options options = { .rounds = 5,
		.seconds = 3,
		.limit_seconds = 3,
		.clients = 2,
		.window = 800,
		.rate = 1000,
		.in_flight = 2000,
		.quota = 200,
		.times = 20,
		.is_interrupted = &is_interrupted };
	bool is_valid = false;
	const struct bench *bench = argc > 1 ? bench_find(argv[1]) : NULL;
	if (bench != NULL && bench->measure == bench_flood) {
		options.rounds = 9;   /* single pairs differ by half, five by a fifth */
		options.seconds = 10; /* a phase, whose p99 is to mean something */
		options.rate = 100;   /* each source's */
	}
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)) {
		fputs(argv[1][2] == 'h' ? usage : WANGLI_VERSION "\n", stdout);
		return 0;
	}
	if (bench == NULL) {
		fputs(usage, stderr);
		return EXIT_CANNOT;
	}
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	CHECK(mem != NULL);
	enum res res = options_read(argc, argv, &options, &err);
	if (res == RES_OK)
		res = crypto_start(&err);
	if (res == RES_OK)
		res = bench->measure(mem, &options, &is_valid, &err);
	if (res != RES_OK) {
		fprintf(stderr, "wangli-bench: %s\n", err.text);
		return EXIT_CANNOT;
	}
	return is_valid ? 0 : EXIT_UNFIT;
}

/* A flood of one source, and what the others feel: phases without and with it in turn, so that the
 * machine's own noise hits both alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "bench.h"
#include "bench_core.h"
#include "bench_flooder.h"
#include "bench_ledger.h"
#include "bench_load.h"
#include "bench_machine.h"
#include "bench_report.h"
#include "bench_sql.h"
#include "os/os.h"

#define OTHERS_BOUND  2.0
#define HOTLINE_BOUND 1.2

enum { QUIET, FLOODED, KINDS };
enum { OTHERS, HOTLINE, GROUPS };
enum { DOOR, BROKER, INTAKE, PROCESSES };
static const char *const kind_names[KINDS] = { "quiet", "flood" };
static const char *const group_names[GROUPS] = { "others", "hotline" };
static const char *const process_names[PROCESSES] = { "edge", "bus", "intake" };
static const char *const process_words[PROCESSES] = { "door", "broker", "intake" };
static const char *const channels[] = { "calm", "steady", "hotline" };
#define CHANNELS (sizeof channels / sizeof channels[0])

struct phase {
	struct bench_hist waits[GROUPS];
	double cpu_pct[PROCESSES]; /* of one processor */
	int64_t door_kb;	   /* resident, at its end */
	double busy_pct;	   /* of the machine */
};

struct flood {
	const struct bench_options *options;
	struct ledger *ledger;
	struct phase phases[ROUNDS_MAX][KINDS];
	struct flood_seen seen; /* of all floods */
	int64_t submitted;
	int64_t received;
	int64_t stored;
};

static int64_t resident_kb(pid_t pid)
{
	char path[64], line[128];
	int64_t pages = 0;
	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(line, sizeof line, file) != NULL) { /* size, resident, … */
		struct str rest = str_from_c(line), word;
		if (!str_split(&rest, ' ', &word) || !str_split(&rest, ' ', &word) ||
			str_to_int64(word, &pages) != RES_OK)
			pages = 0;
	}
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void cpu_read(const struct flood *flood, int64_t out_us[PROCESSES])
{
	for (int i = 0; i < PROCESSES; i++)
		out_us[i] = machine_cpu_us(ledger_pid(flood->ledger, process_names[i]), false);
}

static enum res load_measure(
	struct flood *flood, const char *prefix, struct phase *phase, struct err *err)
{
	const struct load_plan plan = { .prefix = prefix,
		.clients = (int64_t)CHANNELS,
		.window = flood->options->window,
		.rate = flood->options->rate * (int64_t)CHANNELS,
		.length = SPAN_S(flood->options->seconds),
		.channels = channels };
	const struct load_seen *seen;
	struct load *opened = NULL;
	int64_t from[PROCESSES], to[PROCESSES];
	TRY(load_open(&opened, flood->options, &plan, err));
	SCOPED(load)
	struct load *load = opened;
	struct machine_busy busy = machine_busy();
	struct instant begin = os_monotonic_now();
	cpu_read(flood, from);
	TRY(load_run(load, &seen, err));
	cpu_read(flood, to);
	double length = (double)instant_since(os_monotonic_now(), begin).us;
	for (int i = 0; i < PROCESSES; i++)
		phase->cpu_pct[i] = 100 * (double)(to[i] - from[i]) / length;
	phase->busy_pct = machine_busy_pct(busy, machine_busy());
	phase->door_kb = resident_kb(ledger_pid(flood->ledger, process_names[DOOR]));
	for (size_t i = 0; i < CHANNELS; i++)
		bench_hist_merge(&phase->waits[i + 1 < CHANNELS ? OTHERS : HOTLINE],
			&load_seen_of(load, (int64_t)i)->waits);
	flood->submitted += seen->submitted;
	flood->received += seen->received;
	if (seen->refused > 0)
		return err_set(err, RES_BUG, "%lld letters were refused", (long long)seen->refused);
	return RES_OK;
}

static enum res flooded_measure(struct flood *flood, int64_t round, struct err *err)
{
	char prefix[32], flooder_prefix[32];
	struct flooder *opened = NULL;
	struct flood_seen seen = { 0 };
	snprintf(prefix, sizeof prefix, "under%lldx", (long long)round);
	snprintf(flooder_prefix, sizeof flooder_prefix, "flood%lld", (long long)round);
	enum res res = flooder_open(&opened, flood->options, flooder_prefix, err);
	SCOPED(flooder)
	struct flooder *flooder = opened;
	TRY(res);
	TRY(load_measure(flood, prefix, &flood->phases[round][FLOODED], err));
	TRY(flooder_end(flooder, &seen, err));
	flood->seen.sent += seen.sent;
	flood->seen.received += seen.received;
	flood->seen.busy += seen.busy;
	flood->seen.others += seen.others;
	flood->seen.length_us += seen.length_us;
	return RES_OK;
}

static enum res flood_measure(struct flood *flood, struct err *err)
{
	static const char *const prefixes[] = { "quiet%", "under%", "flood%" };
	char prefix[32];
	struct phase *warm = calloc(1, sizeof *warm);
	CHECK(warm != NULL);
	enum res res = load_measure(flood, "quietwarm", warm, err); /* plans, pages, buffers */
	free(warm);
	TRY(res);
	for (int64_t i = 0; i < flood->options->rounds; i++) {
		snprintf(prefix, sizeof prefix, "quiet%lldx", (long long)i);
		TRY(load_measure(flood, prefix, &flood->phases[i][QUIET], err));
		TRY(flooded_measure(flood, i, err));
	}
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		int64_t n;
		TRY(ledger_count(flood->ledger, &bench_sql_stored, prefixes[i], &n, err));
		flood->stored += n;
	}
	return RES_OK;
}

/* --- what it says --- */

static double median_of(
	const struct flood *flood, int kind, double (*of)(const struct phase *, int), int which)
{
	struct bench_rounds rounds = { .n = 0 };
	for (int64_t i = 0; i < flood->options->rounds; i++)
		bench_rounds_add(&rounds, of(&flood->phases[i][kind], which));
	return bench_median(&rounds);
}

static double p50_of(const struct phase *phase, int group)
{
	return (double)bench_hist_at(&phase->waits[group], 500) / 1000;
}

static double p99_of(const struct phase *phase, int group)
{
	return (double)bench_hist_at(&phase->waits[group], 990) / 1000;
}

static double cpu_of(const struct phase *phase, int process)
{
	return phase->cpu_pct[process];
}

static double busy_of(const struct phase *phase, int unused)
{
	(void)unused;
	return phase->busy_pct;
}

static double memory_of(const struct phase *phase, int unused)
{
	(void)unused;
	return (double)phase->door_kb / 1024;
}

/* Of the pairs' ratios, not of the medians: neighbours in time had the same machine. */
static double ratio_of(
	const struct flood *flood, double (*of)(const struct phase *, int), int group)
{
	struct bench_rounds rounds = { .n = 0 };
	for (int64_t i = 0; i < flood->options->rounds; i++)
		bench_rounds_add(&rounds, bench_ratio(of(&flood->phases[i][FLOODED], group),
						  of(&flood->phases[i][QUIET], group)));
	return bench_median(&rounds);
}

static double group_report(struct json *json, const struct flood *flood, int group, double bound)
{
	struct json *object = json_object_create();
	struct json *pairs = json_array_create();
	double ratio = ratio_of(flood, p99_of, group);
	for (int64_t i = 0; i < flood->options->rounds; i++) {
		const struct phase *phases = flood->phases[i];
		struct json *pair = json_object_create();
		json_set_int(pair, "n", (int64_t)phases[QUIET].waits[group].n);
		json_set_real(pair, "quiet_p99_ms", p99_of(&phases[QUIET], group));
		json_set_real(pair, "flood_p99_ms", p99_of(&phases[FLOODED], group));
		json_push(pairs, pair);
		if (!flood->options->is_json)
			printf("%-8s pair %lld   p50 %7.2f → %7.2f ms   p99 %7.2f → %7.2f ms\n",
				group_names[group], (long long)i + 1, p50_of(&phases[QUIET], group),
				p50_of(&phases[FLOODED], group), p99_of(&phases[QUIET], group),
				p99_of(&phases[FLOODED], group));
	}
	json_set(object, "pairs", pairs);
	json_set_real(object, "p50_ratio", ratio_of(flood, p50_of, group));
	json_set_real(object, "p99_ratio", ratio);
	json_set_real(object, "p99_ratio_most", bound);
	json_set(json, group_names[group], object);
	if (!flood->options->is_json)
		printf("%-8s flood/quiet, median of pairs: p50 %.2f, p99 %.2f (at most %.1f)\n\n",
			group_names[group], ratio_of(flood, p50_of, group), ratio, bound);
	return ratio;
}

static void kinds_report(struct json *json, const struct flood *flood)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct json *object = json_object_create();
		for (int i = 0; i < PROCESSES; i++)
			json_set_real(object, process_names[i], median_of(flood, kind, cpu_of, i));
		json_set_real(object, "machine_busy_pct", median_of(flood, kind, busy_of, 0));
		json_set_real(object, "door_mb", median_of(flood, kind, memory_of, 0));
		json_set(json, kind_names[kind], object);
		if (flood->options->is_json)
			continue;
		printf("%-8s processor:", kind_names[kind]);
		for (int i = 0; i < PROCESSES; i++)
			printf(" %s %.1f %%,", process_words[i], median_of(flood, kind, cpu_of, i));
		printf(" machine %.0f %%; door %.1f MB\n", median_of(flood, kind, busy_of, 0),
			median_of(flood, kind, memory_of, 0));
	}
}

static bool report(struct arena *mem, const struct flood *flood)
{
	struct json *json = report_begin("flood", flood->options);
	double seconds = (double)flood->seen.length_us / 1000000;
	double sent = seconds > 0 ? (double)flood->seen.sent / seconds : 0;
	double others = group_report(json, flood, OTHERS, OTHERS_BOUND);
	double hotline = group_report(json, flood, HOTLINE, HOTLINE_BOUND);
	bool is_within = others <= OTHERS_BOUND && hotline <= HOTLINE_BOUND;
	int64_t received = flood->received + flood->seen.received;
	bool is_whole = flood->submitted == flood->received && received == flood->stored &&
			flood->seen.others == 0;
	kinds_report(json, flood);
	json_set_int(json, "quota", flood->options->quota);
	json_set_int(json, "times", flood->options->times);
	json_set_real(json, "flood_sent_a_second", sent);
	json_set_int(json, "flood_sent", flood->seen.sent);
	json_set_int(json, "flood_receipts", flood->seen.received);
	json_set_int(json, "flood_busy", flood->seen.busy);
	json_set_int(json, "flood_other_answers", flood->seen.others);
	json_set_int(json, "submitted", flood->submitted);
	json_set_int(json, "receipts", received);
	json_set_int(json, "stored", flood->stored);
	json_set_bool(json, "is_whole", is_whole);
	json_set_bool(json, "is_within", is_within);
	if (!flood->options->is_json)
		printf("\nflooder: %.0f/s sent of %lld/s allowed; %lld receipts, %lld BUSY, %lld "
		       "else\n"
		       "all: %lld receipts, %lld stored; bounds %s\n",
			sent, (long long)flood->options->quota, (long long)flood->seen.received,
			(long long)flood->seen.busy, (long long)flood->seen.others,
			(long long)received, (long long)flood->stored,
			is_within ? "kept" : "not kept");
	report_end(mem, json, flood->options);
	return is_whole && (is_within || !flood->options->is_strict);
}

enum res bench_flood(
	struct arena *mem, const struct bench_options *options, bool *out_is_valid, struct err *err)
{
	struct flood *flood = calloc(1, sizeof *flood);
	struct ledger *opened = NULL;
	CHECK(flood != NULL);
	flood->options = options;
	enum res res = ledger_open(&opened, options, err);
	SCOPED(ledger)
	struct ledger *ledger = opened;
	flood->ledger = ledger;
	if (res == RES_OK)
		res = flood_measure(flood, err);
	if (res == RES_OK)
		*out_is_valid = report(mem, flood);
	free(flood);
	return res;
}

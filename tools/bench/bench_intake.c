/* bench intake: one letter at a time, then a steady offer with every service running, then as many
 * as go through, in turns with the limit program. The downstream services stand still during those
 * turns: what is measured is the door, the bus and intake. A last turn is with all of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/map.h"
#include "bench.h"
#include "bench_limit.h"
#include "bench_load.h"
#include "bench_machine.h"
#include "bench_report.h"
#include "bench_sql.h"
#include "os/os.h"

#define SINGLE_SECONDS	3
#define OFFER_SECONDS	8
#define OFFER_SKIP	1000 /* ms at the beginning that no latency counts from */
#define RAMP_SECONDS	1    /* before and after the steady part of a round */
#define ASSIGNED_WITHIN SPAN_S(60)
#define CASES_WITHIN_S	120

static const char *const downstream[] = { "dispatch", "reply", "followup", "analytics" };

struct measured {
	struct report_limit limit;
	struct bench_rounds alone; /* door, bus and intake */
	struct bench_rounds all;   /* every service running */
	struct ledger_page ledger; /* of the rounds `alone` */
	int64_t alone_received;
	struct bench_hist single;
	struct bench_hist offered;
	struct bench_hist assigned;
	double offer_busy_pct;
	double offer_system_pct; /* of the machine: our own processes */
	int64_t submitted;
	int64_t received;
	int64_t stored;
};

/* runit's sv, for the services that stand still meanwhile. */
static enum res services_tell(
	const struct bench_options *options, const char *what, struct err *err)
{
	for (size_t i = 0; i < sizeof downstream / sizeof downstream[0]; i++) {
		char path[4096];
		int status = 0;
		snprintf(path, sizeof path, "%s/service/%s", options->data, downstream[i]);
		pid_t pid = fork();
		if (pid == 0) {
			if (freopen("/dev/null", "w", stdout) == NULL)
				_exit(127);
			execlp("sv", "sv", "-w", "20", what, path, (char *)NULL);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
			return err_set(err, RES_RETRY, "sv %s %s failed", what, downstream[i]);
	}
	return RES_OK;
}

static enum res load_once(const struct bench_options *options, const struct load_plan *plan,
	struct measured *measured, struct load **out_load, const struct load_seen **out,
	struct err *err)
{
	TRY(load_open(out_load, options, plan, err));
	TRY(load_run(*out_load, out, err));
	measured->submitted += (*out)->submitted;
	measured->received += (*out)->received;
	if ((*out)->refused > 0 || (*out)->received != (*out)->submitted)
		return err_set(err, RES_BUG, "%lld submitted, %lld receipts, %lld refusals",
			(long long)(*out)->submitted, (long long)(*out)->received,
			(long long)(*out)->refused);
	return RES_OK;
}

/* A number of cases that is asked for is reached, however long it takes. */
static struct span length_of(const struct bench_options *options, int64_t seconds)
{
	return SPAN_S(options->cases > 0 ? CASES_WITHIN_S : seconds);
}

/* --- one in flight --- */

static enum res single_measure(
	const struct bench_options *options, struct measured *measured, struct err *err)
{
	const struct load_plan plan = { .prefix = "single",
		.clients = 1,
		.window = 1,
		.most = options->cases,
		.length = length_of(options, SINGLE_SECONDS) };
	struct load *opened = NULL;
	const struct load_seen *seen = NULL;
	enum res res = load_once(options, &plan, measured, &opened, &seen, err);
	if (res == RES_OK)
		measured->single = seen->waits;
	load_close(opened);
	return res;
}

/* --- a steady offer --- */

/* When was each letter with its unit, against when it was due. */
static enum res assigned_read(struct ledger *ledger, const struct load_seen *seen, int64_t rate,
	struct measured *measured, struct err *err)
{
	int64_t skip = rate * OFFER_SKIP / 1000;
	struct instant until = instant_add(os_monotonic_now(), ASSIGNED_WITHIN);
	struct db_result *result;
	for (int64_t n = 0; n < seen->submitted;) {
		if (instant_is_before(until, os_monotonic_now()))
			return err_set(err, RES_RETRY, "%lld of %lld letters are with a unit",
				(long long)n, (long long)seen->submitted);
		TRY(ledger_count(ledger, &bench_sql_dispatched, "offered0", &n, err));
	}
	TRY(ledger_ask(ledger, &bench_sql_assigned, "offered0", &result, err));
	for (size_t r = 0; r < db_rows(result); r++) {
		struct str id = db_get_str(result, r, 0);
		int64_t n = 0;
		if (str_to_int64(str_slice(id, sizeof "offered0", id.n), &n) != RES_OK ||
			n <= skip || n > LOAD_OFFERED_MAX)
			continue;
		bench_hist_add(
			&measured->assigned, db_get_instant(result, r, 1).us - seen->due_us[n - 1]);
	}
	ledger_release(ledger);
	return RES_OK;
}

static double system_pct(const struct ledger_page *page, double seconds)
{
	int64_t us = 0;
	for (int i = 0; i < LEDGER_PROCESSES; i++)
		us += page->cpu_us[i];
	return (double)us / 1e6 * 100 / seconds / (double)sysconf(_SC_NPROCESSORS_ONLN);
}

static enum res offer_measure(const struct bench_options *options, struct ledger *ledger,
	struct measured *measured, struct err *err)
{
	struct ledger_page from, to, used = { 0 };
	const struct load_plan plan = { .prefix = "offered",
		.clients = 1,
		.window = options->window,
		.rate = options->rate,
		.most = options->cases,
		.length = length_of(options, OFFER_SECONDS) };
	struct load *opened = NULL;
	const struct load_seen *seen = NULL;
	TRY(ledger_read(ledger, &from, err));
	struct machine_busy before = machine_busy();
	enum res res = load_once(options, &plan, measured, &opened, &seen, err);
	struct machine_busy after = machine_busy();
	if (res == RES_OK)
		res = ledger_read(ledger, &to, err);
	if (res == RES_OK) {
		ledger_add(&used, &from, &to);
		measured->offered = seen->waits;
		measured->offer_busy_pct = machine_busy_pct(before, after);
		measured->offer_system_pct = system_pct(&used, OFFER_SECONDS);
		res = assigned_read(ledger, seen, options->rate, measured, err);
	}
	load_close(opened);
	return res;
}

/* --- as many as go through --- */

static enum res burst(const struct bench_options *options, const char *prefix,
	struct measured *measured, struct bench_rounds *rounds, int64_t *out_received,
	struct err *err)
{
	const struct load_plan plan = { .prefix = prefix,
		.clients = options->clients,
		.window = options->window,
		.most = options->cases,
		.length = length_of(options, options->seconds + 2 * RAMP_SECONDS) };
	struct load *opened = NULL;
	const struct load_seen *seen = NULL;
	enum res res = load_once(options, &plan, measured, &opened, &seen, err);
	if (res == RES_OK) {
		bench_rounds_add(rounds, bench_slots_rate(&seen->receipts, RAMP_SECONDS * 1000,
						 (RAMP_SECONDS + options->seconds) * 1000));
		*out_received += seen->received;
	}
	load_close(opened);
	return res;
}

static enum res rounds_measure(const struct bench_options *options, struct ledger *ledger,
	struct measured *measured, struct err *err)
{
	char conninfo[1024];
	struct limit *opened = NULL;
	snprintf(conninfo, sizeof conninfo, "host=%s user=postgres", options->run);
	TRY(limit_open(&opened, conninfo, LIMIT_INTAKE, err));
	SCOPED(limit)
	struct limit *limit = opened;
	for (int64_t i = 0; i < options->rounds; i++) {
		char prefix[32];
		double a_second;
		struct ledger_page from, to;
		snprintf(prefix, sizeof prefix, "alone%c", (char)('a' + i));
		for (int64_t turn = 0; turn < 2; turn++) {
			if ((turn + i) % 2 == 0) {
				TRY(limit_run(
					limit, SPAN_S(options->limit_seconds), &a_second, err));
				bench_rounds_add(&measured->limit.rounds, a_second);
				continue;
			}
			TRY(ledger_read(ledger, &from, err));
			TRY(burst(options, prefix, measured, &measured->alone,
				&measured->alone_received, err));
			TRY(ledger_read(ledger, &to, err));
			ledger_add(&measured->ledger, &from, &to);
		}
		if (*options->is_interrupted)
			return err_set(err, RES_RETRY, "interrupted");
	}
	return RES_OK;
}

/* --- the report --- */

static void times_report(struct json *json, const struct bench_options *options, const char *name,
	const char *words, const struct bench_hist *hist)
{
	struct json *object = json_object_create();
	json_set_int(object, "n", (int64_t)hist->n);
	json_set_int(object, "p50_us", bench_hist_at(hist, 500));
	json_set_int(object, "p99_us", bench_hist_at(hist, 990));
	json_set_int(object, "most_us", bench_hist_at(hist, 1000));
	json_set(json, name, object);
	if (!options->is_json)
		printf("%-30s p50 %7.2f ms   p99 %7.2f ms   (%s)\n", name,
			(double)bench_hist_at(hist, 500) / 1000,
			(double)bench_hist_at(hist, 990) / 1000, words);
}

static bool report(
	struct arena *mem, const struct bench_options *options, const struct measured *measured)
{
	struct json *json = report_begin("intake", options);
	bool is_valid = report_limit(json, options, &measured->limit);
	double limit = bench_median(&measured->limit.rounds);
	json_set_int(json, "clients", options->clients);
	json_set_int(json, "window", options->window);
	report_rate(json, options, "submissions",
		"acknowledged, through door, bus and intake; downstream services stand still",
		&measured->alone, limit);
	report_rate(json, options, "submissions_all_running",
		"the same while every service works on them", &measured->all, limit);
	times_report(json, options, "one_in_flight",
		"submit to receipt, with the SDK's fsync before it is sent", &measured->single);
	times_report(json, options, "offered_receipt", "steady offer, all services running",
		&measured->offered);
	times_report(json, options, "offered_assigned", "due to the commit that gives it to a unit",
		&measured->assigned);
	json_set_int(json, "offered_a_second", options->rate);
	json_set_real(json, "offered_machine_busy_pct", measured->offer_busy_pct);
	json_set_real(json, "offered_system_pct", measured->offer_system_pct);
	if (!options->is_json)
		printf("offered %lld/s: machine busy %.0f %%, of that ours %.0f %%\n",
			(long long)options->rate, measured->offer_busy_pct,
			measured->offer_system_pct);
	json_set_int(json, "submitted", measured->submitted);
	json_set_int(json, "receipts", measured->received);
	json_set_int(json, "stored", measured->stored);
	bool is_whole =
		measured->submitted == measured->received && measured->received == measured->stored;
	json_set_bool(json, "is_whole", is_whole);
	report_ledger(json, options, &measured->ledger, measured->alone_received);
	if (!options->is_json)
		printf("\n%lld submitted, %lld receipts, %lld stored\n",
			(long long)measured->submitted, (long long)measured->received,
			(long long)measured->stored);
	report_end(mem, json, options);
	return is_valid && is_whole;
}

static enum res stored_count(struct ledger *ledger, struct measured *measured, struct err *err)
{
	static const char *const prefixes[] = { "single_", "offered_", "alone__", "every_" };
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		int64_t n; /* "_" is any character of like */
		TRY(ledger_count(ledger, &bench_sql_stored, prefixes[i], &n, err));
		measured->stored += n;
	}
	return RES_OK;
}

enum res bench_intake(
	struct arena *mem, const struct bench_options *options, bool *out_is_valid, struct err *err)
{
	int64_t ignored = 0;
	struct ledger *opened = NULL;
	struct measured *measured = calloc(1, sizeof *measured);
	CHECK(measured != NULL);
	measured->limit.name = "intake";
	measured->limit.page = PAGE_INTAKE;
	enum res res = ledger_open(&opened, options, err);
	SCOPED(ledger)
	struct ledger *ledger = opened;
	if (res == RES_OK)
		res = report_machine(&measured->limit, options, err);
	if (res == RES_OK)
		res = single_measure(options, measured, err);
	if (res == RES_OK)
		res = offer_measure(options, ledger, measured, err);
	if (res == RES_OK)
		res = burst(options, "every", measured, &measured->all, &ignored, err);
	if (res == RES_OK)
		res = services_tell(options, "down", err);
	if (res == RES_OK)
		res = rounds_measure(options, ledger, measured, err);
	if (res == RES_OK)
		res = stored_count(ledger, measured, err);
	if (res == RES_OK)
		*out_is_valid = report(mem, options, measured);
	free(measured);
	return res;
}

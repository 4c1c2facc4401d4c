/* bench lifecycle: whole lives through the five services, in turns with the limit program. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "bench.h"
#include "bench_limit.h"
#include "bench_lives.h"
#include "bench_machine.h"
#include "bench_report.h"
#include "bench_sql.h"
#include "statements_sql.h"

#define WARM_CASES     2000 /* before the first round; also teaches which unit gets what */
#define RAMP_SECONDS   2    /* until as many cases end as begin */
#define STATEMENTS_TOP 40

struct measured {
	struct report_limit limit;
	struct bench_rounds lives;
	struct bench_hist whole;
	struct ledger_page ledger;
	struct lives_seen sum; /* of the rounds */
	int64_t submitted;     /* with the warm-up */
	int64_t closed[LEDGER_SCHEMAS];
	int64_t text_bytes;
};

/* --- where the database's time goes --- */

static enum res statements_open(
	const struct bench_options *options, struct db **out, struct err *err)
{
	char conninfo[1024];
	static const struct db_sql *const later[] = { &statements_sql_reset, &statements_sql_top,
		NULL };
	static const struct db_sql *const none[] = { NULL };
	struct db *first = NULL;
	snprintf(conninfo, sizeof conninfo, "host=%s dbname=wangli user=postgres", options->run);
	struct db_options db = { .conninfo = conninfo,
		.application = "bench",
		.statements = none,
		.statement_timeout = SPAN_S(60) };
	TRY(db_open(&first, &db, err));
	enum res res = db_script(first, statements_sql_make.text, err);
	db_close(first);
	TRY(res);
	db.statements = later;
	return db_open(out, &db, err);
}

static enum res statements_reset(struct db *db, struct arena *mem, struct err *err)
{
	struct db_params none;
	struct db_result *ignored;
	if (db == NULL)
		return RES_OK;
	db_params_init(&none, mem);
	enum res res = db_run(db, &statements_sql_reset, &none, &ignored, err);
	db_release(db);
	return res;
}

static enum res statements_report(struct db *db, struct arena *mem, struct json *json,
	const struct bench_options *options, int64_t cases, struct err *err)
{
	struct db_params params;
	struct db_result *result;
	struct json *array = json_array_create();
	db_params_init(&params, mem);
	db_param_int4(&params, STATEMENTS_TOP);
	json_set(json, "statements", array);
	TRY(db_run(db, &statements_sql_top, &params, &result, err));
	if (!options->is_json)
		printf("\n  us a case   calls  rows/call  us/call  wal/case  by, statement\n");
	for (size_t r = 0; r < db_rows(result); r++) {
		struct json *one = json_object_create();
		int64_t calls = db_get_int(result, r, 2);
		double us = (double)(db_get_int(result, r, 4) + db_get_int(result, r, 5));
		json_set_str(one, "role", db_get_str(result, r, 0));
		json_set_str(one, "statement", db_get_str(result, r, 1));
		json_set_int(one, "calls", calls);
		json_set_int(one, "rows", db_get_int(result, r, 3));
		json_set_real(one, "us_a_case", us / (double)cases);
		json_push(array, one);
		if (!options->is_json)
			printf("  %9.2f %7lld %10.1f %8.0f %9.0f  %.*s: %.*s\n", us / (double)cases,
				(long long)calls, (double)db_get_int(result, r, 3) / (double)calls,
				us / (double)calls,
				(double)db_get_int(result, r, 6) / (double)cases,
				STR_ARG(db_get_str(result, r, 0)),
				STR_ARG(db_get_str(result, r, 1)));
	}
	db_release(db);
	return RES_OK;
}

/* --- rounds --- */

static enum res round_measure(struct lives *lives, struct ledger *ledger,
	const struct bench_options *options, int64_t number, struct measured *measured,
	struct err *err)
{
	char prefix[32];
	struct ledger_page from, to;
	struct lives_seen *seen = calloc(1, sizeof *seen);
	const struct lives_plan plan = { .prefix = prefix,
		.in_flight = options->in_flight,
		.most = options->cases,
		.length = SPAN_S(options->cases > 0 ? 600 : options->seconds + RAMP_SECONDS) };
	CHECK(seen != NULL);
	snprintf(prefix, sizeof prefix, "life%c", (char)('a' + number));
	enum res res = ledger_read(ledger, &from, err);
	if (res == RES_OK)
		res = lives_run(lives, &plan, seen, err);
	if (res == RES_OK)
		res = ledger_read(ledger, &to, err);
	if (res == RES_OK) {
		ledger_add(&measured->ledger, &from, &to);
		bench_rounds_add(
			&measured->lives, bench_slots_rate(&seen->closed, RAMP_SECONDS * 1000,
						  (RAMP_SECONDS + options->seconds) * 1000));
		bench_hist_merge(&measured->whole, &seen->whole);
		measured->sum.submitted += seen->submitted;
		measured->sum.ended += seen->ended;
		measured->sum.commands += seen->commands;
		measured->sum.busy += seen->busy;
		measured->sum.silent += seen->silent;
		measured->submitted += seen->submitted;
	}
	free(seen);
	return res;
}

static enum res warm_up(struct lives *lives, struct ledger *ledger,
	const struct bench_options *options, struct measured *measured, struct err *err)
{
	const struct lives_plan plan = { .prefix = "warm",
		.in_flight = options->in_flight,
		.most = options->cases > 0 ? options->cases : WARM_CASES,
		.length = SPAN_S(600) };
	struct lives_seen *seen = calloc(1, sizeof *seen);
	CHECK(seen != NULL);
	enum res res = lives_run(lives, &plan, seen, err);
	measured->submitted += seen->submitted;
	free(seen);
	TRY(res);
	return ledger_analyse(ledger, err);
}

static enum res rounds_measure(const struct bench_options *options, struct ledger *ledger,
	struct measured *measured, struct err *err)
{
	char conninfo[1024];
	struct limit *limit_opened = NULL;
	struct lives *lives_opened = NULL;
	snprintf(conninfo, sizeof conninfo, "host=%s user=postgres", options->run);
	TRY(limit_open(&limit_opened, conninfo, LIMIT_LIFECYCLE, err));
	SCOPED(limit)
	struct limit *limit = limit_opened;
	lives_open(&lives_opened, options, ledger);
	SCOPED(lives)
	struct lives *lives = lives_opened;
	TRY(warm_up(lives, ledger, options, measured, err));
	for (int64_t i = 0; i < options->rounds; i++) {
		for (int64_t turn = 0; turn < 2; turn++) {
			double a_second;
			if ((turn + i) % 2 == 1) {
				TRY(round_measure(lives, ledger, options, i, measured, err));
				continue;
			}
			TRY(limit_run(limit, SPAN_S(options->limit_seconds), &a_second, err));
			bench_rounds_add(&measured->limit.rounds, a_second);
		}
	}
	return RES_OK;
}

/* --- the report --- */

static const char *road_words(const struct bench_options *options)
{
	return options->is_auto
		       ? "the system takes every step and answers from the knowledge base; rated "
			 "at the "
			 "first visit"
		       : "accept, sign, contact, reply, two approvals, delivery, rated at the "
			 "first visit";
}

static void text_report(
	struct json *json, const struct bench_options *options, const struct measured *measured)
{
	const struct lives_seen *sum = &measured->sum;
	const int64_t numbers[] = { measured->submitted, sum->submitted, sum->commands, sum->busy,
		bench_hist_at(&measured->whole, 500), bench_hist_at(&measured->whole, 990) };
	static const char *const names[] = { "submitted", "submitted_in_rounds", "commands",
		"told_busy", "whole_p50_us", "whole_p99_us" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		json_set_int(json, names[i], numbers[i]);
	json_set_int(json, "in_flight", options->in_flight);
	json_set_real(json, "text_bytes_a_case",
		measured->submitted > 0 ? (double)measured->text_bytes / (double)measured->submitted
					: 0);
	if (options->is_json)
		return;
	printf("%" PRId64 " lives in the rounds, %" PRId64
	       " in flight; a life took p50 %.0f ms, p99 %.0f ms; "
	       "%" PRId64 " commands, %" PRId64 " times told BUSY\n",
		sum->submitted, options->in_flight,
		(double)bench_hist_at(&measured->whole, 500) / 1000,
		(double)bench_hist_at(&measured->whole, 990) / 1000, sum->commands, sum->busy);
}

static bool closed_report(
	struct json *json, const struct bench_options *options, const struct measured *measured)
{
	struct json *closed = json_object_create();
	bool is_whole = measured->sum.ended == measured->sum.submitted;
	for (int i = 0; i < LEDGER_SCHEMAS; i++) {
		json_set_int(closed, ledger_schema_names[i], measured->closed[i]);
		is_whole = is_whole && measured->closed[i] == measured->submitted;
	}
	json_set(json, "closed", closed);
	json_set_bool(json, "is_whole", is_whole);
	if (!options->is_json)
		printf("%" PRId64 " submitted, closed in analytics %" PRId64 "%s\n",
			measured->submitted, measured->closed[LEDGER_ANALYTICS],
			is_whole ? "" : ": THE BOOKS DO NOT AGREE");
	return is_whole;
}

static enum res closed_read(struct ledger *ledger, struct measured *measured, struct err *err)
{
	struct db_result *result;
	TRY(ledger_ask(ledger, &bench_sql_closed, NULL, &result, err));
	for (int i = 0; i < LEDGER_SCHEMAS; i++)
		measured->closed[i] = db_get_int(result, 0, i);
	ledger_release(ledger);
	return ledger_count(ledger, &bench_sql_text_bytes, NULL, &measured->text_bytes, err);
}

static enum res report(struct arena *mem, const struct bench_options *options,
	const struct measured *measured, struct db *statements, bool *out_is_valid, struct err *err)
{
	struct json *json =
		report_begin(options->is_auto ? "lifecycle --auto" : "lifecycle", options);
	bool is_valid = report_limit(json, options, &measured->limit);
	report_rate(json, options, "lives", road_words(options), &measured->lives,
		bench_median(&measured->limit.rounds));
	text_report(json, options, measured);
	report_ledger(json, options, &measured->ledger, measured->sum.submitted);
	bool is_whole = closed_report(json, options, measured);
	enum res res = statements == NULL ? RES_OK
					  : statements_report(statements, mem, json, options,
						    measured->sum.submitted, err);
	report_end(mem, json, options);
	*out_is_valid = is_valid && is_whole;
	return res;
}

enum res bench_lifecycle(
	struct arena *mem, const struct bench_options *options, bool *out_is_valid, struct err *err)
{
	struct ledger *opened = NULL;
	struct db *statements = NULL;
	struct measured *measured = calloc(1, sizeof *measured);
	CHECK(measured != NULL);
	measured->limit.name = "lifecycle";
	measured->limit.page = PAGE_LIFECYCLE;
	enum res res = ledger_open(&opened, options, err);
	SCOPED(ledger)
	struct ledger *ledger = opened;
	if (res == RES_OK && options->has_statements)
		res = statements_open(options, &statements, err);
	if (res == RES_OK)
		res = report_machine(&measured->limit, options, err);
	if (res == RES_OK)
		res = statements_reset(statements, mem, err);
	if (res == RES_OK)
		res = rounds_measure(options, ledger, measured, err);
	if (res == RES_OK)
		res = closed_read(ledger, measured, err);
	if (res == RES_OK)
		res = report(mem, options, measured, statements, out_is_valid, err);
	db_close(statements);
	free(measured);
	return res;
}

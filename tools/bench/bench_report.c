/* See bench_report.h. */
#include "bench_report.h"

#include <stdio.h>

#include "bench_machine.h"

struct json *report_begin(const char *bench, const struct bench_options *options)
{
	struct json *json = json_object_create();
	json_set_c(json, "bench", bench);
	json_set_c(json, "version", WANGLI_VERSION);
#ifdef WANGLI_SANITIZED
	json_set_c(json, "build", "sanitized: its figures say nothing");
#else
	json_set_c(json, "build", "release");
#endif
	json_set_int(json, "rounds", options->rounds);
	json_set_int(json, "seconds", options->seconds);
	return json;
}

enum res report_machine(
	struct report_limit *limit, const struct bench_options *options, struct err *err)
{
	limit->others_pct = machine_busy_now();
	return machine_flushes(options->data, &limit->flushes, err);
}

static struct json *rounds_json(const struct bench_rounds *rounds)
{
	struct json *array = json_array_create();
	for (size_t i = 0; i < rounds->n; i++) {
		struct json *one = json_object_create();
		json_set_real(one, "a_second", rounds->values[i]);
		json_push(array, one);
	}
	return array;
}

bool report_limit(
	struct json *json, const struct bench_options *options, const struct report_limit *limit)
{
	double median = bench_median(&limit->rounds);
	double least = bench_limit_least(limit->page, limit->flushes);
	bool is_valid = bench_is_valid(median, limit->page, limit->flushes);
	struct json *object = json_object_create();
	json_set_real(object, "a_second", median);
	json_set_real(object, "page_a_second", limit->page);
	json_set_real(object, "least_a_second", least);
	json_set(object, "rounds", rounds_json(&limit->rounds));
	json_set(json, "limit", object);
	json_set_real(json, "flushes_a_second", limit->flushes);
	json_set_real(json, "others_busy_pct", limit->others_pct);
	json_set_bool(json, "is_valid", is_valid);
	if (options->is_json)
		return is_valid;
	printf("flushes                        %10.0f /s   (others kept the machine busy for %.0f "
	       "%% "
	       "before it)\n",
		limit->flushes, limit->others_pct);
	printf("limit: %-10s, bare libpq  %10.0f /s   (page %.0f; this run counts from %.0f on)\n",
		limit->name, median, limit->page, least);
	if (!is_valid)
		printf("THIS RUN DOES NOT COUNT: the limit program reached too little; is the "
		       "machine busy?\n");
	return is_valid;
}

void report_rate(struct json *json, const struct bench_options *options, const char *name,
	const char *words, const struct bench_rounds *rounds, double limit)
{
	double median = bench_median(rounds);
	struct json *object = json_object_create();
	json_set_real(object, "a_second", median);
	json_set_real(object, "ratio", bench_ratio(median, limit));
	json_set(object, "rounds", rounds_json(rounds));
	json_set_c(object, "what", words);
	json_set(json, name, object);
	if (!options->is_json)
		printf("%-30s %10.0f /s   %.2f of the limit   (%s)\n", name, median,
			bench_ratio(median, limit), words);
}

static double share(int64_t part, int64_t cases)
{
	return cases > 0 ? (double)part / (double)cases : 0;
}

static struct json *side_json(const struct ledger_side *side, const char *name, int64_t cases)
{
	struct json *one = json_object_create();
	json_set_c(one, "service", name);
	json_set_real(one, "inserted_a_case", share(side->inserted, cases));
	json_set_real(one, "updated_a_case", share(side->updated, cases));
	json_set_real(one, "deleted_a_case", share(side->deleted, cases));
	json_set_real(one, "hot_share", share(side->hot, side->updated));
	json_set_real(one, "bytes_a_case", share(side->bytes, cases));
	json_set_real(one, "messages_a_case", share(side->counts[LEDGER_MESSAGES], cases));
	json_set_real(one, "messages_a_batch",
		share(side->counts[LEDGER_MESSAGES], side->counts[LEDGER_BATCHES]));
	json_set_real(one, "rows_a_batch",
		share(side->inserted + side->updated + side->deleted,
			side->counts[LEDGER_BATCHES]));
	for (int i = 0; i < LEDGER_COUNTS; i++)
		json_set_int(one, ledger_count_names[i], side->counts[i]);
	return one;
}

static void side_print(const struct ledger_side *side, const char *name, int64_t cases)
{
	int64_t batches = side->counts[LEDGER_BATCHES];
	printf("  %-10s %7.2f %7.2f %7.2f %6.0f %% %7.0f %9.2f %9.1f %10.1f", name,
		share(side->inserted, cases), share(side->updated, cases),
		share(side->deleted, cases), share(side->hot, side->updated) * 100,
		share(side->bytes, cases), share(side->counts[LEDGER_MESSAGES], cases),
		share(side->counts[LEDGER_MESSAGES], batches),
		share(side->inserted + side->updated + side->deleted, batches));
	for (int i = 0; i < LEDGER_COUNTS; i++)
		if (i != LEDGER_MESSAGES)
			printf(" %8lld", (long long)side->counts[i]);
	putchar('\n');
}

static void sides_report(struct json *json, const struct bench_options *options,
	const struct ledger_page *page, int64_t cases)
{
	struct ledger_side sum = { 0 };
	struct json *sides = json_array_create();
	if (!options->is_json)
		printf("\n  a case      insert  update  delete      HOT   bytes  messages "
		       "msg/batch "
		       "rows/batch  batches duplic.     gaps   resent repeated   losers\n");
	for (int i = 0; i < LEDGER_SCHEMAS; i++) {
		const struct ledger_side *side = &page->sides[i];
		sum.inserted += side->inserted;
		sum.updated += side->updated;
		sum.deleted += side->deleted;
		sum.hot += side->hot;
		sum.bytes += side->bytes;
		for (int k = 0; k < LEDGER_COUNTS; k++)
			sum.counts[k] += side->counts[k];
		json_push(sides, side_json(side, ledger_schema_names[i], cases));
		if (!options->is_json)
			side_print(side, ledger_schema_names[i], cases);
	}
	json_push(sides, side_json(&sum, "all", cases));
	if (!options->is_json)
		side_print(&sum, "all", cases);
	json_set(json, "writes", sides);
	json_set_real(json, "wal_bytes_a_case", share(page->wal_bytes, cases));
}

void report_ledger(struct json *json, const struct bench_options *options,
	const struct ledger_page *page, int64_t cases)
{
	struct json *processes = json_array_create();
	int64_t sum = 0;
	sides_report(json, options, page, cases);
	if (!options->is_json)
		printf("  write-ahead log %.0f bytes a case\n\n  processor, us a case\n",
			share(page->wal_bytes, cases));
	for (int i = 0; i < LEDGER_PROCESSES; i++) {
		struct json *one = json_object_create();
		json_set_c(one, "process", ledger_process_names[i]);
		json_set_real(one, "us_a_case", share(page->cpu_us[i], cases));
		json_push(processes, one);
		sum += page->cpu_us[i];
		if (!options->is_json)
			printf("  %-20s %8.1f\n", ledger_process_names[i],
				share(page->cpu_us[i], cases));
	}
	json_set(json, "processor", processes);
	json_set_real(json, "processor_us_a_case", share(sum, cases));
	if (!options->is_json)
		printf("  %-20s %8.1f\n", "all", share(sum, cases));
}

void report_end(struct arena *mem, struct json *json, const struct bench_options *options)
{
	if (options->is_json)
		printf("%.*s\n", STR_ARG(json_text(mem, json)));
	json_destroy(json);
}

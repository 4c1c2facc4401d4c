/* wangli-rebuild: makes the projection of analytics anew from the journals, compares, puts it in
 * place. Exit codes: 0 what stood there was what the journals say, 1 it was not (each difference is
 * named, and gone afterwards), 2 it could not be run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rebuild.h"
#include "json/json.h"

#define MEMORY_MAX   (64u << 20)
#define EXIT_DIFFERS 1
#define EXIT_CANNOT  2

struct options {
	bool is_json;
	bool is_compare_only;
};

static enum res options_read(int argc, char **argv, struct options *out, struct err *err)
{
	struct options read = { .is_json = false };
	bool has_service = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			read.is_json = true;
		else if (strcmp(argv[i], "--compare-only") == 0)
			read.is_compare_only = true;
		else if (strcmp(argv[i], "analytics") == 0)
			has_service = true;
		else
			return err_set(err, RES_INVALID,
				"'%s': only analytics is a projection that can be made anew",
				argv[i]);
	}
	if (!has_service)
		return err_set(
			err, RES_INVALID, "usage: rebuild analytics [--compare-only] [--json]");
	*out = read;
	return RES_OK;
}

static void print_text(const struct rebuild_report *report)
{
	printf("%lld cases from the journals: %lld differing rows, %lld of %lld cells differing\n",
		(long long)report->cases, (long long)report->n_differing,
		(long long)report->n_cells_differing, (long long)report->cells);
	for (size_t i = 0; i < report->n_shown; i++)
		printf("  %.*s: %.*s\n", STR_ARG(report->offences[i].id),
			STR_ARG(report->offences[i].what));
	if (report->is_swapped)
		printf("the new projection stands in place (%lld passes, writing stopped for %lld "
		       "ms)\n",
			(long long)report->passes, (long long)report->locked_ms);
	else
		puts("compared only; nothing was changed");
}

static void print_json(struct arena *mem, const struct rebuild_report *report)
{
	struct json *json = json_object_create();
	struct json *offences = json_array_create();

	json_set_bool(json, "ok", report->n_differing == 0 && report->n_cells_differing == 0);
	json_set_int(json, "cases", report->cases);
	json_set_int(json, "differing", report->n_differing);
	json_set_int(json, "cells", report->cells);
	json_set_int(json, "cells_differing", report->n_cells_differing);
	json_set_int(json, "passes", report->passes);
	json_set_int(json, "locked_ms", report->locked_ms);
	json_set_bool(json, "swapped", report->is_swapped);
	for (size_t i = 0; i < report->n_shown; i++) {
		struct json *offence = json_object_create();
		json_set_str(offence, "id", report->offences[i].id);
		json_set_str(offence, "what", report->offences[i].what);
		json_push(offences, offence);
	}
	json_set(json, "offending", offences);
	printf("%.*s\n", STR_ARG(json_text(mem, json)));
	json_destroy(json);
}

int main(int argc, char **argv)
{
	struct rebuild_report report = { .cases = 0 };
	struct err err = { .text = "" };
	struct options options = { .is_json = false };

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(WANGLI_VERSION);
		return 0;
	}
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	enum res res = options_read(argc, argv, &options, &err);
	if (res == RES_OK && getenv("PG_CONNINFO") == NULL)
		res = err_set(&err, RES_INVALID, "PG_CONNINFO is not set");
	if (res == RES_OK && mem == NULL)
		res = err_set(&err, RES_RETRY, "memory is out");
	if (res == RES_OK)
		res = rebuild_run(
			mem, getenv("PG_CONNINFO"), options.is_compare_only, &report, &err);
	if (res != RES_OK) {
		fprintf(stderr, "wangli-rebuild: %s\n", err.text);
		return EXIT_CANNOT;
	}
	if (options.is_json)
		print_json(mem, &report);
	else
		print_text(&report);
	return report.n_differing == 0 && report.n_cells_differing == 0 ? 0 : EXIT_DIFFERS;
}

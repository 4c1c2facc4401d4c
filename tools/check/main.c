/* wangli-check: proves the invariants of docs/reliability.md on the live database, all in one
 * snapshot, over the published views, as wl_check. Exit codes: 0 all hold, 1 one fails, 2 it could
 * not be run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "crypto/crypto.h"
#include "os/os.h"
#include "json/json.h"

#define MEMORY_MAX    (16u << 20)
#define EXIT_OFFENDED 1
#define EXIT_CANNOT   2

static enum res bracket(struct db *db, struct arena *mem, const struct db_sql *sql, struct err *err)
{
	struct db_params none;
	db_params_init(&none, mem);
	return db_run(db, sql, &none, NULL, err);
}

static enum res check_all(struct db *db, struct arena *mem,
	struct finding findings[CHECK_INVARIANTS], struct err *err)
{
	TRY(bracket(db, mem, &db_begin_snapshot, err));
	for (size_t i = 0; i < CHECK_INVARIANTS; i++)
		TRY(check_prove(db, mem, i, &findings[i], err));
	return bracket(db, mem, &db_commit, err);
}

static void print_text(const struct finding findings[CHECK_INVARIANTS])
{
	for (size_t i = 0; i < CHECK_INVARIANTS; i++) {
		const struct finding *finding = &findings[i];
		printf("%-4s %-4s %s (%lld looked at", check_invariants[i].name,
			finding->n_offences == 0 ? "OK" : "FAIL", check_invariants[i].title,
			(long long)finding->looked_at);
		if (finding->n_offences > 0)
			printf(", %lld offend", (long long)finding->n_offences);
		puts(")");
		for (size_t k = 0; k < finding->n_shown; k++)
			printf("       %.*s: %.*s\n", STR_ARG(finding->offences[k].id),
				STR_ARG(finding->offences[k].what));
	}
}

static struct json *finding_json(const struct invariant *invariant, const struct finding *finding)
{
	struct json *json = json_object_create();
	struct json *offences = json_array_create();
	json_set_c(json, "name", invariant->name);
	json_set_c(json, "title", invariant->title);
	json_set_bool(json, "ok", finding->n_offences == 0);
	json_set_int(json, "looked_at", finding->looked_at);
	json_set_int(json, "offences", finding->n_offences);
	for (size_t k = 0; k < finding->n_shown; k++) {
		struct json *offence = json_object_create();
		json_set_str(offence, "id", finding->offences[k].id);
		json_set_str(offence, "what", finding->offences[k].what);
		json_push(offences, offence);
	}
	json_set(json, "offending", offences);
	return json;
}

static void print_json(
	struct arena *mem, const struct finding findings[CHECK_INVARIANTS], bool all_hold)
{
	struct json *json = json_object_create();
	struct json *list = json_array_create();
	for (size_t i = 0; i < CHECK_INVARIANTS; i++)
		json_push(list, finding_json(&check_invariants[i], &findings[i]));
	json_set_bool(json, "ok", all_hold);
	json_set(json, "invariants", list);
	printf("%.*s\n", STR_ARG(json_text(mem, json)));
	json_destroy(json);
}

static enum res check_run(struct arena *mem, bool is_json, bool *out_all_hold, struct err *err)
{
	struct finding findings[CHECK_INVARIANTS] = { { .looked_at = 0 } };
	struct db *opened = NULL;
	const struct db_options options = {
		.conninfo = getenv("PG_CONNINFO"),
		.application = "wangli-check",
		.statements = check_statements,
		.more_statements = check_more_statements,
		.statement_timeout = SPAN_MIN(10),
		.allow_unsafe = true,
	};
	if (options.conninfo == NULL)
		return err_set(err, RES_INVALID, "PG_CONNINFO is not set");
	TRY(crypto_start(err));
	TRY(db_open(&opened, &options, err));
	SCOPED(db)
	struct db *db = opened;
	TRY(check_all(db, mem, findings, err));
	*out_all_hold = true;
	for (size_t i = 0; i < CHECK_INVARIANTS; i++)
		*out_all_hold = *out_all_hold && findings[i].n_offences == 0;
	if (is_json)
		print_json(mem, findings, *out_all_hold);
	else
		print_text(findings);
	return RES_OK;
}

int main(int argc, char **argv)
{
	struct err err = { .text = "" };
	bool all_hold = false;
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(WANGLI_VERSION);
		return 0;
	}
	bool is_json = argc == 2 && strcmp(argv[1], "--json") == 0;
	if (argc > 1 && !is_json) {
		fprintf(stderr, "usage: wangli-check [--json]; PG_CONNINFO as wl_check\n");
		return EXIT_CANNOT;
	}
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	if (mem == NULL || check_run(mem, is_json, &all_hold, &err) != RES_OK) {
		fprintf(stderr, "wangli-check: %s\n", err.text);
		return EXIT_CANNOT;
	}
	return all_hold ? 0 : EXIT_OFFENDED;
}

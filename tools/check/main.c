/* wangli-check: proves the invariants of docs/reliability.md on the live database, all in one
 * snapshot, over the published views, as wl_check. Exit codes: 0 all hold, 1 one fails, 2 it could
 * not be run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_chain.h"
#include "check_sql.h"
#include "crypto/crypto.h"
#include "os/os.h"
#include "json/json.h"

#define MEMORY_MAX    (16u << 20)
#define EXIT_OFFENDED 1
#define EXIT_CANNOT   2

static const struct invariant {
	const char *name;
	const char *title;
	const struct db_sql *count; /* NULL: the chains */
	const struct db_sql *offences;
} invariants[] = {
	{ "I1", "every receipt is one case with its digest", &check_sql_i1_count, &check_sql_i1 },
	{ "I2", "one case a source_msg_id", &check_sql_i2_count, &check_sql_i2 },
	{ "I3", "subscribers have seen all, or a marker stands", &check_sql_i3_count,
		&check_sql_i3 },
	{ "I4", "journals are gapless, states reached by their tables", &check_sql_i4_count,
		&check_sql_i4 },
	{ "I5", "every open case has an owner and a time", &check_sql_i5_count, &check_sql_i5 },
	{ "I6", "closed cases have a delivery or a reason", &check_sql_i6_count, &check_sql_i6 },
	{ "I8", "the books agree, in the services and in analytics", &check_sql_i8_count,
		&check_sql_i8 },
	{ "I9", "the journals' hashes hold", NULL, NULL },
	{ "I10", "nobody may write in a foreign schema", &check_sql_i10_count, &check_sql_i10 },
};
#define INVARIANTS (sizeof invariants / sizeof invariants[0])

static enum res run(struct db *db, struct arena *mem, const struct db_sql *sql,
	struct db_result **out, struct err *err)
{
	struct db_params none;
	db_params_init(&none, mem);
	return db_run(db, sql, &none, out, err);
}

static enum res ask_database(struct db *db, struct arena *mem, const struct invariant *invariant,
	struct finding *out, struct err *err)
{
	struct db_result *result;
	TRY(run(db, mem, invariant->count, &result, err));
	out->looked_at = db_get_int(result, 0, 0);
	TRY(run(db, mem, invariant->offences, &result, err));
	for (size_t i = 0; i < db_rows(result); i++)
		finding_add(out, arena_str(mem, db_get_str(result, i, 0)),
			arena_str(mem, db_get_str(result, i, 1)));
	/* the statement counts those too that it does not show */
	if (db_rows(result) > 0)
		out->n_offences = db_get_int(result, 0, 2);
	db_release(db);
	return RES_OK;
}

static enum res check_all(
	struct db *db, struct arena *mem, struct finding findings[INVARIANTS], struct err *err)
{
	struct db_result *result;
	TRY(run(db, mem, &db_begin_snapshot, &result, err));
	for (size_t i = 0; i < INVARIANTS; i++) {
		enum res res = invariants[i].count == NULL
				       ? chain_check(db, mem, &findings[i], err)
				       : ask_database(db, mem, &invariants[i], &findings[i], err);
		if (res != RES_OK)
			return err_prefix(err, res, "%s", invariants[i].name);
	}
	return run(db, mem, &db_commit, &result, err);
}

static void print_text(const struct finding findings[INVARIANTS])
{
	for (size_t i = 0; i < INVARIANTS; i++) {
		const struct finding *finding = &findings[i];
		printf("%-4s %-4s %s (%lld looked at", invariants[i].name,
			finding->n_offences == 0 ? "OK" : "FAIL", invariants[i].title,
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

static void print_json(struct arena *mem, const struct finding findings[INVARIANTS], bool all_hold)
{
	struct json *json = json_object_create();
	struct json *list = json_array_create();
	for (size_t i = 0; i < INVARIANTS; i++)
		json_push(list, finding_json(&invariants[i], &findings[i]));
	json_set_bool(json, "ok", all_hold);
	json_set(json, "invariants", list);
	printf("%.*s\n", STR_ARG(json_text(mem, json)));
	json_destroy(json);
}

static enum res check_run(struct arena *mem, bool is_json, bool *out_all_hold, struct err *err)
{
	struct finding findings[INVARIANTS] = { { .looked_at = 0 } };
	struct db *opened = NULL;
	const struct db_options options = {
		.conninfo = getenv("PG_CONNINFO"),
		.application = "wangli-check",
		.statements = check_sql_all,
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
	for (size_t i = 0; i < INVARIANTS; i++)
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

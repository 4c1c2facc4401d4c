/* The proof: every ok is in the database exactly once, with that case number and digest; every
 * unknown zero or one times; every refusal not at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/id.h"
#include "db/db.h"
#include "history.h"
#include "history_log.h"
#include "history_sql.h"
#include "json/json.h"

#define PAGE	    5000
#define PAGE_MEMORY (64u << 20)
#define SHOWN_MOST  20

struct proof {
	struct db *db;
	struct arena *mem; /* of one page */
	const struct history_options *options;
	struct history history;
	struct str ids[PAGE];
	size_t n_ids;
	enum res res;
	struct err err;
	int64_t oks, unknown, unknown_in, refused, violations;
};

/* One row of the database against what the client was told. */
static void row_compare(struct proof *proof, struct str id, int64_t case_id, struct str digest)
{
	struct history_letter *letter = map_get(proof->history.by_id, id);
	int64_t told = 0;
	if (letter == NULL)
		return;
	letter->n_found++;
	if (letter->end != HISTORY_OK)
		return;
	if (case_number_parse(letter->case_number, &told, NULL) != RES_OK || told != case_id ||
		!str_eq(digest, str_of(letter->digest, sizeof letter->digest)))
		letter->is_other = true;
}

static enum res page_compare(struct proof *proof)
{
	struct db_params params;
	struct db_result *result;
	arena_reset(proof->mem);
	db_params_init(&params, proof->mem);
	db_param_text_array(&params, proof->ids, proof->n_ids);
	db_param_text(&params, str_from_c(proof->options->channel));
	TRY(db_run(proof->db, &history_sql_submissions, &params, &result, &proof->err));
	for (size_t i = 0; i < db_rows(result); i++)
		row_compare(proof, db_get_str(result, i, 0), db_get_int(result, i, 1),
			db_get_str(result, i, 2));
	db_release(proof->db);
	proof->n_ids = 0;
	return RES_OK;
}

static bool letter_ask(void *arg, struct str id, void *value)
{
	struct proof *proof = arg;
	(void)id;
	proof->ids[proof->n_ids++] = ((struct history_letter *)value)->id;
	if (proof->n_ids == PAGE)
		proof->res = page_compare(proof);
	return proof->res == RES_OK;
}

/* NULL: nothing is wrong. */
static const char *violation_of(const struct history_letter *letter)
{
	if (letter->is_contradicted)
		return "the platform answered it in two ways";
	if (letter->n_found > 1)
		return "it is in the database more than once";
	switch (letter->end) {
	case HISTORY_OK:
		if (letter->n_found == 0)
			return "it had a receipt and is not in the database";
		return letter->is_other ? "its receipt tells another case or digest" : NULL;
	case HISTORY_REFUSED:
		return letter->n_found > 0 ? "it was refused and is in the database" : NULL;
	case HISTORY_UNKNOWN:
		return NULL;
	}
	return NULL;
}

static bool letter_judge(void *arg, struct str id, void *value)
{
	struct proof *proof = arg;
	const struct history_letter *letter = value;
	const char *violation = violation_of(letter);
	proof->oks += letter->end == HISTORY_OK;
	proof->refused += letter->end == HISTORY_REFUSED;
	proof->unknown += letter->end == HISTORY_UNKNOWN;
	proof->unknown_in += letter->end == HISTORY_UNKNOWN && letter->n_found > 0;
	if (violation == NULL)
		return true;
	if (proof->violations++ < SHOWN_MOST)
		fprintf(stderr, "wangli-history: %.*s: %s\n", STR_ARG(id), violation);
	return true;
}

static void figures(struct arena *mem, const struct proof *proof)
{
	const struct {
		const char *name;
		int64_t n;
	} numbers[] = {
		{ "letters", (int64_t)map_count(proof->history.by_id) },
		{ "ok", proof->oks },
		{ "refused", proof->refused },
		{ "unknown", proof->unknown },
		{ "unknown_in", proof->unknown_in },
		{ "damaged_records", (int64_t)proof->history.damaged },
		{ "violations", proof->violations },
	};
	struct json *json = json_object_create();
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		json_set_int(json, numbers[i].name, numbers[i].n);
		if (!proof->options->is_json)
			printf("%s%s %lld", i > 0 ? ", " : "", numbers[i].name,
				(long long)numbers[i].n);
	}
	if (proof->options->is_json)
		printf("%.*s", STR_ARG(json_text(mem, json)));
	putchar('\n');
	json_destroy(json);
}

static enum res prove(struct arena *mem, struct proof *proof, struct err *err)
{
	const struct db_options db = {
		.conninfo = getenv("PG_CONNINFO"),
		.application = "wangli-history",
		.statements = history_sql_all,
		.statement_timeout = SPAN_MIN(1),
		.allow_unsafe = true,
	};
	if (db.conninfo == NULL)
		return err_set(err, RES_INVALID, "PG_CONNINFO is not set");
	TRY(history_read(
		&proof->history, arena_printf(mem, "%s/history", proof->options->folder).p, err));
	TRY(db_open(&proof->db, &db, err));
	map_walk(proof->history.by_id, letter_ask, proof);
	if (proof->res == RES_OK && proof->n_ids > 0)
		proof->res = page_compare(proof);
	if (proof->res != RES_OK) {
		*err = proof->err;
		return proof->res;
	}
	map_walk(proof->history.by_id, letter_judge, proof);
	return RES_OK;
}

enum res history_verify(
	struct arena *mem, const struct history_options *options, bool *out_holds, struct err *err)
{
	struct proof *proof = calloc(1, sizeof *proof);
	CHECK(proof != NULL);
	proof->options = options;
	proof->mem = arena_create(PAGE_MEMORY);
	CHECK(proof->mem != NULL);
	enum res res = prove(mem, proof, err);
	if (res == RES_OK) {
		figures(mem, proof);
		*out_holds = proof->violations == 0;
	}
	db_close(proof->db);
	history_fini(&proof->history);
	arena_destroy(proof->mem);
	free(proof);
	return res;
}

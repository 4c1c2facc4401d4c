/* Says which column lives in which member. Order: sql/toy.sql. */
#include "toy_store.h"

#include "toy_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct db_col case_cols[] = {
	KIT_CASE_COLS(struct toy_row),
	KIT_SEEN_COL(struct toy_row, KIT_INTAKE, "seen_intake"),
	KIT_SEEN_COL(struct toy_row, KIT_FOLLOWUP, "seen_followup"),
	DB_COL(struct toy_row, file.n, DB_INT4, "n"),
	DB_COL(struct toy_row, file.is_jammed, DB_BOOL, "is_jammed"),
};

static const struct db_col effect_cols[] = {
	DB_COL(struct toy_effect_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct toy_effect_row, n, DB_INT4, "n"),
	DB_COL(struct toy_effect_row, what, DB_TEXT, "what"),
};

static const struct db_col claim_cols[] = {
	DB_COL(struct toy_claim_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct toy_claim_row, key, DB_TEXT, "key"),
};

const struct kit_case_table toy_cases = {
	.row_bytes = sizeof(struct toy_row),
	.cols = case_cols,
	.n_cols = COUNT(case_cols),
	.load = &toy_sql_case_load,
	.insert = &toy_sql_case_insert,
	.update = &toy_sql_case_update,
};

const struct kit_table toy_effects = {
	.insert = &toy_sql_effect_insert,
	.cols = effect_cols,
	.n_cols = COUNT(effect_cols),
	.row_bytes = sizeof(struct toy_effect_row),
};

const struct kit_table toy_claims = {
	.insert = &toy_sql_claim_insert,
	.cols = claim_cols,
	.n_cols = COUNT(claim_cols),
	.row_bytes = sizeof(struct toy_claim_row),
	.decides = true,
};

const struct kit_table *const toy_tables[] = { &toy_claims, &toy_effects, NULL };

const struct db_sql *const toy_statements[] = {
	&toy_sql_case_load,
	&toy_sql_case_insert,
	&toy_sql_case_update,
	&toy_sql_effect_insert,
	&toy_sql_claim_insert,
	NULL,
};

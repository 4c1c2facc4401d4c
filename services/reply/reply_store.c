/* Says which column lives in which member, once for writing and reading. Order: sql/reply.sql. */
#include "reply_store.h"

#include "reply_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct db_col case_cols[] = {
	KIT_CASE_COLS(struct reply_row),
	KIT_SEEN_COL(struct reply_row, KIT_INTAKE, "seen_intake"),
	KIT_SEEN_COL(struct reply_row, KIT_DISPATCH, "seen_dispatch"),
	KIT_SEEN_COL(struct reply_row, KIT_FOLLOWUP, "seen_followup"),
	DB_COL(struct reply_row, file.state, DB_INT2, "state"),
	DB_COL(struct reply_row, file.has_letter, DB_BOOL, "has_letter"),
	DB_COL(struct reply_row, file.has_unit, DB_BOOL, "has_unit"),
	DB_COL(struct reply_row, file.draft, DB_INT4, "draft"),
	DB_COL(struct reply_row, file.channel, DB_TEXT, "channel"),
	DB_COL(struct reply_row, file.klass, DB_TEXT, "klass"),
	DB_COL(struct reply_row, file.type, DB_TEXT, "type"),
	DB_COL(struct reply_row, file.unit, DB_TEXT, "unit"),
	DB_COL(struct reply_row, file.delivery_id, DB_TEXT, "delivery_id"),
	DB_COL(struct reply_row, file.replied_at, DB_INSTANT, "replied_at"),
	DB_COL(struct reply_row, file.delivered_at, DB_INSTANT, "delivered_at"),
	DB_COL(struct reply_row, file.closed_at, DB_INSTANT, "closed_at"),
};

static const struct db_col addressee_cols[] = {
	DB_COL(struct reply_addressee_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct reply_addressee_row, n, DB_INT4, "n"),
	DB_COL(struct reply_addressee_row, source, DB_TEXT, "source"),
	DB_COL(struct reply_addressee_row, source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct reply_addressee_row, channel, DB_TEXT, "channel"),
};

static const struct db_col draft_cols[] = {
	DB_COL(struct reply_draft_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct reply_draft_row, n, DB_INT4, "n"),
	DB_COL(struct reply_draft_row, text, DB_TEXT, "text"),
	DB_COL(struct reply_draft_row, actor, DB_TEXT, "actor"),
	DB_COL(struct reply_draft_row, at, DB_INSTANT, "at"),
	DB_COL(struct reply_draft_row, text_digest, DB_HASH, "text_digest"),
};

static const struct db_col delivery_cols[] = {
	DB_COL(struct reply_delivery_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct reply_delivery_row, n, DB_INT4, "n"),
	DB_COL(struct reply_delivery_row, delivery_id, DB_TEXT, "delivery_id"),
	DB_COL(struct reply_delivery_row, channel, DB_TEXT, "channel"),
	DB_COL(struct reply_delivery_row, at, DB_INSTANT, "at"),
};

static const struct db_col deliver_cols[] = {
	DB_COL(struct reply_deliver_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct reply_deliver_row, delivery_id, DB_TEXT, "delivery_id"),
	DB_COL(struct reply_deliver_row, channel, DB_TEXT, "channel"),
	DB_COL(struct reply_deliver_row, unit, DB_TEXT, "unit"),
	DB_COL(struct reply_deliver_row, replied_at, DB_INSTANT, "replied_at"),
	DB_COL(struct reply_deliver_row, text, DB_TEXT, "text"),
	DB_COL(struct reply_deliver_row, source, DB_TEXT, "source"),
	DB_COL(struct reply_deliver_row, source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct reply_deliver_row, reply_address, DB_TEXT, "reply_address"),
	DB_COL(struct reply_deliver_row, unit_name, DB_TEXT, "name_zh"),
};

const struct kit_case_table reply_cases = {
	.row_bytes = sizeof(struct reply_row),
	.cols = case_cols,
	.n_cols = COUNT(case_cols),
	.load = &reply_sql_case_load,
	.insert = &reply_sql_case_insert,
	.update = &reply_sql_case_update,
};

const struct kit_table reply_addressees = {
	.insert = &reply_sql_addressee_insert,
	.cols = addressee_cols,
	.n_cols = COUNT(addressee_cols),
	.row_bytes = sizeof(struct reply_addressee_row),
};

const struct kit_table reply_drafts = {
	.insert = &reply_sql_draft_insert,
	.cols = draft_cols,
	.n_cols = COUNT(draft_cols),
	.row_bytes = sizeof(struct reply_draft_row),
};

const struct kit_table reply_deliveries = {
	.insert = &reply_sql_delivery_insert,
	.cols = delivery_cols,
	.n_cols = COUNT(delivery_cols),
	.row_bytes = sizeof(struct reply_delivery_row),
};

const struct kit_table *const reply_tables[] = {
	&reply_addressees,
	&reply_drafts,
	&reply_deliveries,
	NULL,
};

const struct db_sql *const reply_statements[] = {
	&reply_sql_case_load,
	&reply_sql_case_insert,
	&reply_sql_case_update,
	&reply_sql_addressee_insert,
	&reply_sql_draft_insert,
	&reply_sql_delivery_insert,
	&reply_sql_deliver_load,
	NULL,
};

struct reply_case *reply_file_of(struct reply_row *row)
{
	if (row->kit.version == 0 && !row->is_begun) {
		reply_case_init(&row->file);
		row->is_begun = true;
	}
	return &row->file;
}

enum res reply_load_deliver(struct db *db, struct arena *mem, const int64_t *case_ids, size_t n,
	struct reply_deliver_row **out_rows, size_t *out_n, struct err *err)
{
	struct db_params params;
	struct db_result *result;

	db_params_init(&params, mem);
	db_param_int8_array(&params, case_ids, n);
	db_param_int2(&params, REPLY_REPLIED);
	TRY(db_run(db, &reply_sql_deliver_load, &params, &result, err));
	return db_read(result, mem, deliver_cols, COUNT(deliver_cols),
		sizeof(struct reply_deliver_row), out_rows, out_n, err);
}

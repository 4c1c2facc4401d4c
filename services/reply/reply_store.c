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
	DB_COL(struct reply_row, file.is_signed, DB_BOOL, "is_signed"),
	DB_COL(struct reply_row, file.draft, DB_INT4, "draft"),
	DB_COL(struct reply_row, file.channel, DB_TEXT, "channel"),
	DB_COL(struct reply_row, file.klass, DB_TEXT, "klass"),
	DB_COL(struct reply_row, file.type, DB_TEXT, "type"),
	DB_COL(struct reply_row, file.unit, DB_TEXT, "unit"),
	DB_COL(struct reply_row, file.author, DB_TEXT, "author"),
	DB_COL(struct reply_row, file.draft_digest, DB_BYTES, "draft_digest"),
	DB_COL(struct reply_row, file.kb_article, DB_INT8, "kb_article"),
	DB_COL(struct reply_row, file.delivery_id, DB_TEXT, "delivery_id"),
	DB_COL(struct reply_row, file.fence, DB_INT4, "fence"),
	DB_COL(struct reply_row, file.claim_id, DB_TEXT, "claim_id"),
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
	DB_COL(struct reply_draft_row, text_digest, DB_BYTES, "text_digest"),
};

static const struct db_col rejection_cols[] = {
	DB_COL(struct reply_rejection_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct reply_rejection_row, n, DB_INT4, "n"),
	DB_COL(struct reply_rejection_row, stage, DB_INT2, "stage"),
	DB_COL(struct reply_rejection_row, reason, DB_TEXT, "reason"),
	DB_COL(struct reply_rejection_row, actor, DB_TEXT, "actor"),
	DB_COL(struct reply_rejection_row, at, DB_INSTANT, "at"),
};

static const struct db_col delivery_cols[] = {
	DB_COL(struct reply_delivery_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct reply_delivery_row, n, DB_INT4, "n"),
	DB_COL(struct reply_delivery_row, delivery_id, DB_TEXT, "delivery_id"),
	DB_COL(struct reply_delivery_row, channel, DB_TEXT, "channel"),
	DB_COL(struct reply_delivery_row, unit, DB_TEXT, "unit"),
	DB_COL(struct reply_delivery_row, at, DB_INSTANT, "at"),
};

static const struct db_col verification_cols[] = {
	DB_COL(struct reply_verification_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct reply_verification_row, n, DB_INT4, "n"),
	DB_COL(struct reply_verification_row, fence, DB_INT4, "fence"),
	DB_COL(struct reply_verification_row, was_delivered, DB_BOOL, "was_delivered"),
	DB_COL(struct reply_verification_row, note, DB_TEXT, "note"),
	DB_COL(struct reply_verification_row, actor, DB_TEXT, "actor"),
	DB_COL(struct reply_verification_row, at, DB_INSTANT, "at"),
};

static const struct db_col deliver_cols[] = {
	DB_COL(struct reply_deliver_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct reply_deliver_row, state, DB_INT2, "state"),
	DB_COL(struct reply_deliver_row, delivery_id, DB_TEXT, "delivery_id"),
	DB_COL(struct reply_deliver_row, channel, DB_TEXT, "channel"),
	DB_COL(struct reply_deliver_row, unit, DB_TEXT, "unit"),
	DB_COL(struct reply_deliver_row, replied_at, DB_INSTANT, "replied_at"),
	DB_COL(struct reply_deliver_row, text, DB_TEXT, "text"),
	DB_COL(struct reply_deliver_row, sentence, DB_TEXT, "sentence"),
	DB_COL(struct reply_deliver_row, guidance, DB_TEXT, "guidance"),
	DB_COL(struct reply_deliver_row, source, DB_TEXT, "source"),
	DB_COL(struct reply_deliver_row, source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct reply_deliver_row, reply_address, DB_TEXT, "reply_address"),
	DB_COL(struct reply_deliver_row, unit_name, DB_TEXT, "name_zh"),
};

static const struct db_col road_cols[] = {
	DB_COL(struct road_row, step, DB_TEXT, "step"),
	DB_COL(struct road_row, type, DB_TEXT, "type"),
	DB_COL(struct road_row, taken_by, DB_TEXT, "taken_by"),
	DB_COL(struct road_row, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct road_row, valid_to, DB_DAY, "valid_to"),
};

static const struct db_col code_cols[] = {
	DB_COL(struct reply_code, code, DB_TEXT, "code"),
	DB_COL(struct reply_code, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct reply_code, valid_to, DB_DAY, "valid_to"),
};

#define KB_COLS(struct_type, at)                                                                   \
	DB_COL(struct_type, at id, DB_INT8, "id"),                                                 \
		DB_COL(struct_type, at category, DB_TEXT, "category"),                             \
		DB_COL(struct_type, at title, DB_TEXT, "title"),                                   \
		DB_COL(struct_type, at words, DB_TEXT, "words"),                                   \
		DB_COL(struct_type, at text, DB_TEXT, "text"),                                     \
		DB_COL(struct_type, at unit, DB_TEXT, "unit"),                                     \
		DB_COL(struct_type, at valid_from, DB_DAY, "valid_from"),                          \
		DB_COL(struct_type, at valid_to, DB_DAY, "valid_to")

static const struct db_col kb_cols[] = { KB_COLS(struct reply_kb_article, ) };

struct kb_put_row {
	struct reply_kb_article article;
	struct instant checked_at;
	struct str actor;
};
static const struct db_col kb_put_cols[] = {
	KB_COLS(struct kb_put_row, article.),
	DB_COL(struct kb_put_row, checked_at, DB_INSTANT, "checked_at"),
	DB_COL(struct kb_put_row, actor, DB_TEXT, "actor"),
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

const struct kit_table reply_rejections = {
	.insert = &reply_sql_rejection_insert,
	.cols = rejection_cols,
	.n_cols = COUNT(rejection_cols),
	.row_bytes = sizeof(struct reply_rejection_row),
};

const struct kit_table reply_deliveries = {
	.insert = &reply_sql_delivery_insert,
	.cols = delivery_cols,
	.n_cols = COUNT(delivery_cols),
	.row_bytes = sizeof(struct reply_delivery_row),
};

const struct kit_table reply_verifications = {
	.insert = &reply_sql_verification_insert,
	.cols = verification_cols,
	.n_cols = COUNT(verification_cols),
	.row_bytes = sizeof(struct reply_verification_row),
};

const struct kit_table *const reply_tables[] = {
	&reply_addressees,
	&reply_drafts,
	&reply_rejections,
	&reply_deliveries,
	&reply_verifications,
	NULL,
};

const struct db_sql *const reply_statements[] = {
	&reply_sql_case_load,
	&reply_sql_case_insert,
	&reply_sql_case_update,
	&reply_sql_addressee_insert,
	&reply_sql_draft_insert,
	&reply_sql_rejection_insert,
	&reply_sql_delivery_insert,
	&reply_sql_verification_insert,
	&reply_sql_deliver_load,
	&reply_sql_road_load,
	&reply_sql_kb_load,
	&reply_sql_category_load,
	&reply_sql_unit_load,
	&reply_sql_kb_number,
	&reply_sql_kb_put,
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
	db_param_int2(&params, REPLY_NOTICE);
	db_param_int2(&params, REPLY_SENDING);
	db_param_int2(&params, REPLY_NOTICE_SENDING);
	TRY(db_run(db, &reply_sql_deliver_load, &params, &result, err));
	return db_read(result, mem, deliver_cols, COUNT(deliver_cols),
		sizeof(struct reply_deliver_row), out_rows, out_n, err);
}

static enum res load_codes(struct db *db, struct arena *mem, const struct db_sql *sql,
	struct reply_codes *out, struct err *err)
{
	struct reply_code *rows;
	struct db_result *result;
	struct db_params none;

	db_params_init(&none, mem);
	TRY(db_run(db, sql, &none, &result, err));
	TRY(db_read(result, mem, code_cols, COUNT(code_cols), sizeof(struct reply_code), &rows,
		&out->n, err));
	out->rows = rows;
	return RES_OK;
}

enum res reply_load_reference(
	struct db *db, struct arena *mem, struct reply_reference *out, struct err *err)
{
	struct reply_reference made = { 0 };
	struct reply_kb_article *articles;
	struct db_result *result;
	struct db_params none;

	db_params_init(&none, mem);
	TRY(db_run(db, &reply_sql_road_load, &none, &result, err));
	TRY(db_read(result, mem, road_cols, COUNT(road_cols), sizeof(struct road_row), &made.road,
		&made.n_road, err));
	TRY(db_run(db, &reply_sql_kb_load, &none, &result, err));
	TRY(db_read(result, mem, kb_cols, COUNT(kb_cols), sizeof(struct reply_kb_article),
		&articles, &made.kb.n, err));
	made.kb.articles = articles;
	TRY(load_codes(db, mem, &reply_sql_category_load, &made.categories, err));
	TRY(load_codes(db, mem, &reply_sql_unit_load, &made.units, err));
	*out = made;
	return RES_OK;
}

struct reply_rules reply_rules_of(
	const struct reply_reference *reference, struct str type, int32_t day)
{
	return (struct reply_rules){
		.is_lead_system = road_taken_by_system(
			reference->road, reference->n_road, ROAD_APPROVE_LEAD, type, day),
		.is_reviewer_system = road_taken_by_system(
			reference->road, reference->n_road, ROAD_APPROVE_REVIEWER, type, day),
	};
}

enum res reply_put_article(struct db *db, struct arena *mem, struct reply_kb_article *article,
	struct str actor, struct instant now, struct err *err)
{
	struct db_params params;
	struct db_result *result;

	if (article->id == 0) {
		db_params_init(&params, mem);
		db_param_text(&params, article->category);
		db_param_text(&params, article->title);
		TRY(db_run(db, &reply_sql_kb_number, &params, &result, err));
		article->id = db_get_int(result, 0, 0);
	}
	const struct kb_put_row row = { .article = *article, .checked_at = now, .actor = actor };
	const void *rows[] = { &row };
	db_params_init(&params, mem);
	db_param_columns(&params, kb_put_cols, COUNT(kb_put_cols), rows, 1);
	return db_run(db, &reply_sql_kb_put, &params, NULL, err);
}

/* Says which column lives in which member, once for writing and reading. Order: sql/intake.sql. */
#include "intake_store.h"

#include "intake_sql.h"
#include "intake_words_core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct db_col case_cols[] = {
	KIT_CASE_COLS(struct intake_row),
	KIT_SEEN_COL(struct intake_row, KIT_FOLLOWUP, "seen_followup"),
	DB_COL(struct intake_row, file.state, DB_INT2, "state"),
	DB_COL(struct intake_row, file.channel, DB_TEXT, "channel"),
	DB_COL(struct intake_row, file.matter.klass, DB_TEXT, "klass"),
	DB_COL(struct intake_row, file.matter.type, DB_TEXT, "type"),
	DB_COL(struct intake_row, file.matter.category, DB_TEXT, "category"),
	DB_COL(struct intake_row, file.matter.area, DB_TEXT, "area"),
	DB_COL(struct intake_row, file.received_at, DB_INSTANT, "received_at"),
	DB_COL(struct intake_row, file.closed_at, DB_INSTANT, "closed_at"),
	DB_COL(struct intake_row, file.source, DB_TEXT, "source"),
	DB_COL(struct intake_row, file.source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct intake_row, file.matter.confidence_pct, DB_INT2, "confidence_pct"),
	DB_COL(struct intake_row, file.matter.is_general_desk, DB_BOOL, "is_general_desk"),
	DB_COL(struct intake_row, file.matter.named_units, DB_TEXT, "named_units"),
	DB_COL(struct intake_row, file.matter.kb_article, DB_INT8, "kb_article"),
	DB_COL(struct intake_row, file.accept_due.at, DB_INSTANT, "accept_due"),
	DB_COL(struct intake_row, file.accept_due.is_provisional, DB_BOOL, "is_provisional"),
};

static const struct db_col submission_cols[] = {
	DB_COL(struct intake_submission_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct intake_submission_row, source, DB_TEXT, "source"),
	DB_COL(struct intake_submission_row, source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct intake_submission_row, digest, DB_HASH, "digest"),
	DB_COL(struct intake_submission_row, received_at, DB_INSTANT, "received_at"),
};

static const struct db_col found_cols[] = {
	DB_COL(struct intake_submission_row, source, DB_TEXT, "source"),
	DB_COL(struct intake_submission_row, source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct intake_submission_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct intake_submission_row, digest, DB_HASH, "digest"),
	DB_COL(struct intake_submission_row, received_at, DB_INSTANT, "received_at"),
};

static const struct db_col letter_cols[] = {
	DB_COL(struct intake_letter_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct intake_letter_row, n, DB_INT4, "n"),
	DB_COL(struct intake_letter_row, title, DB_TEXT, "title"),
	DB_COL(struct intake_letter_row, body, DB_TEXT, "body"),
	DB_COL(struct intake_letter_row, written_at, DB_INSTANT, "written_at"),
	DB_COL(struct intake_letter_row, likes, DB_INT4, "likes"),
};

static const struct db_col contact_cols[] = {
	DB_COL(struct intake_contact_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct intake_contact_row, n, DB_INT4, "n"),
	DB_COL(struct intake_contact_row, epoch, DB_BYTES, "epoch"),
	DB_COL(struct intake_contact_row, record, DB_BYTES, "record"),
	DB_COL(struct intake_contact_row, lookup, DB_BYTES, "lookup"),
	DB_COL(struct intake_contact_row, reply_address, DB_TEXT, "reply_address"),
};

static const struct db_col epoch_cols[] = {
	DB_COL(struct intake_epoch_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct intake_epoch_row, epoch, DB_BYTES, "epoch"),
	DB_COL(struct intake_epoch_row, sealed_key, DB_BYTES, "sealed_key"),
};

static const struct db_col attachment_cols[] = {
	DB_COL(struct intake_attachment_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct intake_attachment_row, n, DB_INT4, "n"),
	DB_COL(struct intake_attachment_row, sha256, DB_HASH, "sha256"),
	DB_COL(struct intake_attachment_row, stored_sha256, DB_HASH, "stored_sha256"),
	DB_COL(struct intake_attachment_row, size_bytes, DB_INT8, "size_bytes"),
	DB_COL(struct intake_attachment_row, media_type, DB_TEXT, "media_type"),
	DB_COL(struct intake_attachment_row, name, DB_TEXT, "name"),
};

static const struct db_col refusal_cols[] = {
	DB_COL(struct intake_refusal_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct intake_refusal_row, n, DB_INT4, "n"),
	DB_COL(struct intake_refusal_row, reason, DB_TEXT, "reason"),
	DB_COL(struct intake_refusal_row, sentence, DB_TEXT, "sentence"),
	DB_COL(struct intake_refusal_row, guidance, DB_TEXT, "guidance"),
	DB_COL(struct intake_refusal_row, actor, DB_TEXT, "actor"),
	DB_COL(struct intake_refusal_row, at, DB_INSTANT, "at"),
};

static const struct db_col key_cols[] = {
	DB_COL(struct intake_key_row, public_key, DB_TEXT, "public_key"),
	DB_COL(struct intake_key_row, source, DB_TEXT, "source"),
	DB_COL(struct intake_key_row, channels, DB_TEXT, "channels"),
	DB_COL(struct intake_key_row, is_revoked, DB_BOOL, "is_revoked"),
	DB_COL(struct intake_key_row, valid_for_ms, DB_INT8, "valid_for_ms"),
	DB_COL(struct intake_key_row, quota_per_s, DB_INT4, "quota_per_s"),
	DB_COL(struct intake_key_row, quota_burst, DB_INT4, "quota_burst"),
};

#define PERIOD_COLS(struct_type)                                                                   \
	DB_COL(struct_type, period.valid_from, DB_DAY, "valid_from"),                              \
		DB_COL(struct_type, period.valid_to, DB_DAY, "valid_to")

#define DATED_COLS(struct_type)                                                                    \
	DB_COL(struct_type, valid_from, DB_DAY, "valid_from"),                                     \
		DB_COL(struct_type, valid_to, DB_DAY, "valid_to")

/* Limits as reference data write them, before they are parsed. */
struct type_row {
	struct str type;
	struct str accept;
	int32_t valid_from;
	int32_t valid_to;
};

static const struct db_col code_cols[] = {
	DB_COL(struct intake_code, code, DB_TEXT, "code"),
	DATED_COLS(struct intake_code),
};

static const struct db_col type_cols[] = {
	DB_COL(struct type_row, type, DB_TEXT, "type"),
	DB_COL(struct type_row, accept, DB_TEXT, "accept_due"),
	DATED_COLS(struct type_row),
};

static const struct db_col road_cols[] = {
	DB_COL(struct road_row, step, DB_TEXT, "step"),
	DB_COL(struct road_row, type, DB_TEXT, "type"),
	DB_COL(struct road_row, taken_by, DB_TEXT, "taken_by"),
	DATED_COLS(struct road_row),
};

static const struct db_col article_cols[] = {
	DB_COL(struct intake_article, id, DB_INT8, "id"),
	DB_COL(struct intake_article, words, DB_TEXT, "words"),
	DATED_COLS(struct intake_article),
};

static const struct db_col notice_cols[] = {
	DB_COL(struct workday_notice, day, DB_DAY, "day"),
	DB_COL(struct workday_notice, is_work, DB_BOOL, "is_work"),
	DATED_COLS(struct workday_notice),
};

static const struct db_col category_cols[] = {
	DB_COL(struct classify_category, code, DB_TEXT, "code"),
	DB_COL(struct classify_category, name, DB_TEXT, "level2_zh"),
	PERIOD_COLS(struct classify_category),
};

static const struct db_col word_cols[] = {
	DB_COL(struct classify_word, target, DB_TEXT, "category"),
	DB_COL(struct classify_word, word, DB_TEXT, "word"),
	DB_COL(struct classify_word, weight, DB_INT4, "weight"),
	PERIOD_COLS(struct classify_word),
};

static const struct db_col org_cols[] = {
	DB_COL(struct classify_org, code, DB_TEXT, "code"),
	DB_COL(struct classify_org, name, DB_TEXT, "name_zh"),
	DB_COL(struct classify_org, level, DB_INT2, "level"),
	DB_COL(struct classify_org, parent_code, DB_TEXT, "parent_code"),
	DB_COL(struct classify_org, kind, DB_TEXT, "kind"),
	PERIOD_COLS(struct classify_org),
};

const struct kit_case_table intake_cases = {
	.row_bytes = sizeof(struct intake_row),
	.cols = case_cols,
	.n_cols = COUNT(case_cols),
	.load = &intake_sql_case_load,
	.insert = &intake_sql_case_insert,
	.update = &intake_sql_case_update,
};

const struct kit_table intake_submissions = {
	.insert = &intake_sql_submission_insert,
	.cols = submission_cols,
	.n_cols = COUNT(submission_cols),
	.row_bytes = sizeof(struct intake_submission_row),
	.decides = true,
};

const struct kit_table intake_letters = {
	.insert = &intake_sql_letter_insert,
	.cols = letter_cols,
	.n_cols = COUNT(letter_cols),
	.row_bytes = sizeof(struct intake_letter_row),
};

const struct kit_table intake_contacts = {
	.insert = &intake_sql_contact_insert,
	.cols = contact_cols,
	.n_cols = COUNT(contact_cols),
	.row_bytes = sizeof(struct intake_contact_row),
};

const struct kit_table intake_epochs = {
	.insert = &intake_sql_epoch_insert,
	.cols = epoch_cols,
	.n_cols = COUNT(epoch_cols),
	.row_bytes = sizeof(struct intake_epoch_row),
};

const struct kit_table intake_attachments = {
	.insert = &intake_sql_attachment_insert,
	.cols = attachment_cols,
	.n_cols = COUNT(attachment_cols),
	.row_bytes = sizeof(struct intake_attachment_row),
};

const struct kit_table intake_refusals = {
	.insert = &intake_sql_refusal_insert,
	.cols = refusal_cols,
	.n_cols = COUNT(refusal_cols),
	.row_bytes = sizeof(struct intake_refusal_row),
};

const struct kit_table *const intake_tables[] = {
	&intake_submissions,
	&intake_letters,
	&intake_contacts,
	&intake_epochs,
	&intake_attachments,
	&intake_refusals,
	NULL,
};

const struct db_sql *const intake_statements[] = {
	&intake_sql_case_load,
	&intake_sql_case_insert,
	&intake_sql_case_update,
	&intake_sql_submission_find,
	&intake_sql_submission_insert,
	&intake_sql_letter_insert,
	&intake_sql_contact_insert,
	&intake_sql_epoch_insert,
	&intake_sql_attachment_insert,
	&intake_sql_attachment_referenced,
	&intake_sql_refusal_insert,
	&intake_sql_case_ids,
	&intake_sql_keys_load,
	&intake_sql_key_put,
	&intake_sql_keys_end,
	&intake_sql_keys_revoke,
	&intake_sql_quota_put,
	&intake_sql_state_load,
	&intake_sql_state_sweep,
	&intake_sql_state_use,
	&intake_sql_state_insert,
	&intake_sql_state_update,
	&intake_sql_state_delete,
	&intake_sql_category_load,
	&intake_sql_category_word_load,
	&intake_sql_type_word_load,
	&intake_sql_org_load,
	&intake_sql_category_code_load,
	&intake_sql_area_load,
	&intake_sql_type_load,
	&intake_sql_road_load,
	&intake_sql_article_load,
	&intake_sql_holiday_load,
	NULL,
};

enum res intake_find_submissions(struct db *db, struct arena *mem, const struct str *sources,
	const struct str *source_msg_ids, size_t n, struct intake_submission_row **out_rows,
	size_t *out_n, struct err *err)
{
	struct db_result *result;
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text_array(&params, sources, n);
	db_param_text_array(&params, source_msg_ids, n);
	TRY(db_run(db, &intake_sql_submission_find, &params, &result, err));
	return db_read(result, mem, found_cols, COUNT(found_cols),
		sizeof(struct intake_submission_row), out_rows, out_n, err);
}

enum res intake_find_referenced(struct db *db, struct arena *mem, const struct str *hex, size_t n,
	struct intake_digest_row **out_rows, size_t *out_n, struct err *err)
{
	static const struct db_col cols[] = {
		DB_COL(struct intake_digest_row, sha256, DB_HASH, "sha256"),
	};
	struct db_result *result;
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text_array(&params, hex, n);
	TRY(db_run(db, &intake_sql_attachment_referenced, &params, &result, err));
	return db_read(result, mem, cols, COUNT(cols), sizeof(struct intake_digest_row), out_rows,
		out_n, err);
}

enum res intake_take_numbers(
	struct db *db, struct arena *mem, int64_t *out_numbers, size_t n, struct err *err)
{
	struct db_result *result;
	struct db_params params;

	db_params_init(&params, mem);
	db_param_int4(&params, (int32_t)n);
	TRY(db_run(db, &intake_sql_case_ids, &params, &result, err));
	if (db_rows(result) != n)
		return err_set(err, RES_BUG, "case_ids gave %zu numbers for %zu letters",
			db_rows(result), n);
	for (size_t i = 0; i < n; i++)
		out_numbers[i] = db_get_int(result, i, 0);
	return RES_OK;
}

enum res intake_load_keys(struct db *db, struct arena *mem, struct intake_key_row **out_rows,
	size_t *out_n, struct err *err)
{
	struct db_result *result;
	struct db_params none;

	db_params_init(&none, mem);
	TRY(db_run(db, &intake_sql_keys_load, &none, &result, err));
	return db_read(result, mem, key_cols, COUNT(key_cols), sizeof(struct intake_key_row),
		out_rows, out_n, err);
}

enum res intake_put_key(struct db *db, struct arena *mem, const struct intake_key *key,
	bool is_revoked, struct instant now, struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text(&params, key->public_key);
	db_param_text(&params, key->source);
	db_param_text_array(&params, key->channels, key->n_channels);
	db_param_bool(&params, is_revoked);
	db_param_instant(&params, now);
	return db_run(db, &intake_sql_key_put, &params, NULL, err);
}

enum res intake_end_keys(
	struct db *db, struct arena *mem, const struct intake_rotation *rotation, struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text(&params, rotation->source);
	db_param_text(&params, rotation->public_key);
	db_param_span(&params, SPAN_MS(rotation->overlap_ms));
	return db_run(db, &intake_sql_keys_end, &params, NULL, err);
}

enum res intake_revoke_keys(struct db *db, struct arena *mem, const struct str *public_keys,
	size_t n, struct instant now, struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text_array(&params, public_keys, n);
	db_param_instant(&params, now);
	return db_run(db, &intake_sql_keys_revoke, &params, NULL, err);
}

enum res intake_put_quota(
	struct db *db, struct arena *mem, const struct intake_quota *quota, struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text(&params, quota->source);
	db_param_int4(&params, quota->per_s);
	db_param_int4(&params, quota->burst);
	return db_run(db, &intake_sql_quota_put, &params, NULL, err);
}

/* SQL's null is "still": the far future. */
static void open_end(struct classify_period *period)
{
	if (period->valid_to == INT32_MIN)
		period->valid_to = WORDS_NO_END;
}

/* One table of reference data into mem. */
static enum res load_rows(struct db *db, struct arena *mem, const struct db_sql *sql,
	const struct db_col *cols, size_t n_cols, size_t stride, void *out_rows, size_t *out_n,
	struct err *err)
{
	struct db_result *result;
	struct db_params none;

	db_params_init(&none, mem);
	TRY(db_run(db, sql, &none, &result, err));
	return db_read(result, mem, cols, n_cols, stride, out_rows, out_n, err);
}

static enum res load_category_rows(
	struct db *db, struct arena *mem, struct classify_reference *out, struct err *err)
{
	struct classify_category *rows = NULL;

	TRY(load_rows(db, mem, &intake_sql_category_load, category_cols, COUNT(category_cols),
		sizeof(*rows), &rows, &out->n_categories, err));
	for (size_t i = 0; i < out->n_categories; i++)
		open_end(&rows[i].period);
	out->categories = rows;
	return RES_OK;
}

static enum res load_word_rows(struct db *db, struct arena *mem, const struct db_sql *sql,
	const struct classify_word **out_rows, size_t *out_n, struct err *err)
{
	struct classify_word *rows = NULL;

	TRY(load_rows(db, mem, sql, word_cols, COUNT(word_cols), sizeof(*rows), &rows, out_n, err));
	for (size_t i = 0; i < *out_n; i++)
		open_end(&rows[i].period);
	*out_rows = rows;
	return RES_OK;
}

static enum res load_org_rows(
	struct db *db, struct arena *mem, struct classify_reference *out, struct err *err)
{
	struct classify_org *rows = NULL;

	TRY(load_rows(db, mem, &intake_sql_org_load, org_cols, COUNT(org_cols), sizeof(*rows),
		&rows, &out->n_orgs, err));
	for (size_t i = 0; i < out->n_orgs; i++)
		open_end(&rows[i].period);
	out->orgs = rows;
	return RES_OK;
}

enum res intake_load_words(
	struct db *db, struct arena *mem, struct classify_reference *out, struct err *err)
{
	TRY(load_category_rows(db, mem, out, err));
	TRY(load_word_rows(
		db, mem, &intake_sql_category_word_load, &out->words, &out->n_words, err));
	TRY(load_word_rows(
		db, mem, &intake_sql_type_word_load, &out->type_words, &out->n_type_words, err));
	return load_org_rows(db, mem, out, err);
}

static enum res load_types(
	struct db *db, struct arena *mem, struct intake_reference *out, struct err *err)
{
	struct type_row *rows = NULL;

	TRY(load_rows(db, mem, &intake_sql_type_load, type_cols, COUNT(type_cols), sizeof(*rows),
		&rows, &out->n_types, err));
	struct intake_type *types = arena_new_array(mem, struct intake_type, out->n_types + 1);
	if (types == NULL)
		return err_set(err, RES_TOO_BIG, "no memory for the limits");
	for (size_t i = 0; i < out->n_types; i++) {
		types[i] = (struct intake_type){ .type = rows[i].type,
			.valid_from = rows[i].valid_from,
			.valid_to = rows[i].valid_to };
		TRY(time_limit_parse(rows[i].accept, &types[i].accept, err));
	}
	out->types = types;
	return RES_OK;
}

static enum res load_codes(
	struct db *db, struct arena *mem, struct intake_reference *out, struct err *err)
{
	struct intake_code *categories = NULL, *areas = NULL;

	TRY(load_rows(db, mem, &intake_sql_category_code_load, code_cols, COUNT(code_cols),
		sizeof(*categories), &categories, &out->n_categories, err));
	TRY(load_rows(db, mem, &intake_sql_area_load, code_cols, COUNT(code_cols), sizeof(*areas),
		&areas, &out->n_areas, err));
	out->categories = categories;
	out->areas = areas;
	return RES_OK;
}

enum res intake_load_reference(
	struct db *db, struct arena *mem, struct intake_reference *out, struct err *err)
{
	struct road_row *road = NULL;
	struct intake_article *articles = NULL;
	struct workday_notice *notices = NULL;

	TRY(load_types(db, mem, out, err));
	TRY(load_codes(db, mem, out, err));
	TRY(load_rows(db, mem, &intake_sql_road_load, road_cols, COUNT(road_cols), sizeof(*road),
		&road, &out->n_road, err));
	TRY(load_rows(db, mem, &intake_sql_article_load, article_cols, COUNT(article_cols),
		sizeof(*articles), &articles, &out->n_articles, err));
	TRY(load_rows(db, mem, &intake_sql_holiday_load, notice_cols, COUNT(notice_cols),
		sizeof(*notices), &notices, &out->n_notices, err));
	out->road = road;
	out->articles = articles;
	out->notices = notices;
	return RES_OK;
}

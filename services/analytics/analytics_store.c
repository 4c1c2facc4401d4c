/* Says which column lives in which member, once for writing and reading. Order: sql/analytics.sql.
 */
#include "analytics_store.h"

#include "analytics_merge.h"
#include "analytics_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct db_col case_cols[] = {
	KIT_CASE_COLS(struct analytics_row),
	KIT_SEEN_COL(struct analytics_row, KIT_INTAKE, "seen_intake"),
	KIT_SEEN_COL(struct analytics_row, KIT_DISPATCH, "seen_dispatch"),
	KIT_SEEN_COL(struct analytics_row, KIT_REPLY, "seen_reply"),
	KIT_SEEN_COL(struct analytics_row, KIT_FOLLOWUP, "seen_followup"),
	DB_COL(struct analytics_row, file.state, DB_INT2, "state"),
	DB_COL(struct analytics_row, file.intake, DB_INT2, "intake_part"),
	DB_COL(struct analytics_row, file.dispatch, DB_INT2, "dispatch_part"),
	DB_COL(struct analytics_row, file.reply, DB_INT2, "reply_part"),
	DB_COL(struct analytics_row, file.followup, DB_INT2, "followup_part"),
	DB_COL(struct analytics_row, file.redo, DB_INT2, "redo"),
	DB_COL(struct analytics_row, file.replies, DB_INT2, "replies"),
	DB_COL(struct analytics_row, file.round, DB_INT2, "round"),
	DB_COL(struct analytics_row, file.rejects, DB_INT2, "rejects"),
	DB_COL(struct analytics_row, file.visits, DB_INT2, "visits"),
	DB_COL(struct analytics_row, file.reply_wd, DB_INT2, "reply_wd"),
	DB_COL(struct analytics_row, file.confidence, DB_INT2, "confidence"),
	DB_COL(struct analytics_row, file.solved, DB_INT2, "solved"),
	DB_COL(struct analytics_row, file.satisfaction, DB_INT2, "satisfaction"),
	DB_COL(struct analytics_row, file.contacted, DB_INT2, "contacted"),
	DB_COL(struct analytics_row, file.flags, DB_INT2, "flags"),
	DB_COL(struct analytics_row, file.received_day, DB_DAY, "received_day"),
	DB_COL(struct analytics_row, file.channel, DB_TEXT, "channel"),
	DB_COL(struct analytics_row, file.klass, DB_TEXT, "klass"),
	DB_COL(struct analytics_row, file.type, DB_TEXT, "type"),
	DB_COL(struct analytics_row, file.category, DB_TEXT, "category"),
	DB_COL(struct analytics_row, file.area, DB_TEXT, "area"),
	DB_COL(struct analytics_row, file.unit, DB_TEXT, "unit"),
	DB_COL(struct analytics_row, file.refusal, DB_TEXT, "refusal"),
	DB_COL(struct analytics_row, file.reason, DB_TEXT, "reason"),
	DB_COL(struct analytics_row, file.received_at, DB_INSTANT, "received_at"),
	DB_COL(struct analytics_row, file.accept_due, DB_INSTANT, "accept_due"),
	DB_COL(struct analytics_row, file.accepted_at, DB_INSTANT, "accepted_at"),
	DB_COL(struct analytics_row, file.refused_at, DB_INSTANT, "refused_at"),
	DB_COL(struct analytics_row, file.dispatched_at, DB_INSTANT, "dispatched_at"),
	DB_COL(struct analytics_row, file.sign_due, DB_INSTANT, "sign_due"),
	DB_COL(struct analytics_row, file.signed_at, DB_INSTANT, "signed_at"),
	DB_COL(struct analytics_row, file.contact_due, DB_INSTANT, "contact_due"),
	DB_COL(struct analytics_row, file.contacted_at, DB_INSTANT, "contacted_at"),
	DB_COL(struct analytics_row, file.resolve_due, DB_INSTANT, "resolve_due"),
	DB_COL(struct analytics_row, file.resolved_at, DB_INSTANT, "resolved_at"),
	DB_COL(struct analytics_row, file.redo_due, DB_INSTANT, "redo_due"),
	DB_COL(struct analytics_row, file.submitted_at, DB_INSTANT, "submitted_at"),
	DB_COL(struct analytics_row, file.replied_at, DB_INSTANT, "replied_at"),
	DB_COL(struct analytics_row, file.last_replied_at, DB_INSTANT, "last_replied_at"),
	DB_COL(struct analytics_row, file.delivered_at, DB_INSTANT, "delivered_at"),
	DB_COL(struct analytics_row, file.answered_at, DB_INSTANT, "answered_at"),
	DB_COL(struct analytics_row, file.followed_at, DB_INSTANT, "followed_at"),
	DB_COL(struct analytics_row, file.rated_at, DB_INSTANT, "rated_at"),
	DB_COL(struct analytics_row, file.closed_at, DB_INSTANT, "closed_at"),
};

static const struct db_col cell_cols[] = {
	DB_COL(struct analytics_cell_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct analytics_cell_row, delta.day, DB_DAY, "day"),
	DB_COL(struct analytics_cell_row, delta.dim, DB_TEXT, "dim"),
	DB_COL(struct analytics_cell_row, delta.key, DB_TEXT, "key"),
	DB_COL(struct analytics_cell_row, delta.sub, DB_TEXT, "sub"),
	DB_COL(struct analytics_cell_row, delta.n, DB_INT8, "n"),
};

static const struct db_col figure_cols[] = {
	DB_COL(struct analytics_figure_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct analytics_figure_row, change.day, DB_DAY, "day"),
	DB_COL(struct analytics_figure_row, change.unit, DB_TEXT, "unit"),
	DB_COL(struct analytics_figure_row, change.code, DB_TEXT, "code"),
	DB_COL(struct analytics_figure_row, change.by.num, DB_INT8, "num"),
	DB_COL(struct analytics_figure_row, change.by.den, DB_INT8, "den"),
	DB_COL(struct analytics_figure_row, change.by.excl, DB_INT8, "excl"),
};

static const struct db_col status_cols[] = {
	DB_COL(struct analytics_status_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct analytics_status_row, source, DB_TEXT, "source"),
	DB_COL(struct analytics_status_row, source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct analytics_status_row, version, DB_INT4, "version"),
	DB_COL(struct analytics_status_row, state, DB_INT2, "state"),
	DB_COL(struct analytics_status_row, at, DB_INSTANT, "at"),
};

static const struct db_col status_told_cols[] = {
	DB_COL(struct analytics_told_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct analytics_told_row, version, DB_INT4, "version"),
};

static const struct db_col tell_cols[] = {
	DB_COL(struct analytics_tell_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct analytics_tell_row, source, DB_TEXT, "source"),
	DB_COL(struct analytics_tell_row, source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct analytics_tell_row, version, DB_INT4, "version"),
	DB_COL(struct analytics_tell_row, state, DB_INT2, "state"),
	DB_COL(struct analytics_tell_row, at, DB_INSTANT, "at"),
	DB_COL(struct analytics_tell_row, channel, DB_TEXT, "channel"),
	DB_COL(struct analytics_tell_row, unit, DB_TEXT, "unit"),
	DB_COL(struct analytics_tell_row, unit_name, DB_TEXT, "name_zh"),
	DB_COL(struct analytics_tell_row, due, DB_INSTANT, "due"),
};

static const struct db_col holiday_cols[] = {
	DB_COL(struct analytics_holiday, day, DB_DAY, "day"),
	DB_COL(struct analytics_holiday, is_work, DB_BOOL, "is_work"),
	DB_COL(struct analytics_holiday, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct analytics_holiday, valid_to, DB_DAY, "valid_to"),
};

const struct kit_case_table analytics_cases = {
	.row_bytes = sizeof(struct analytics_row),
	.cols = case_cols,
	.n_cols = COUNT(case_cols),
	.load = &analytics_sql_case_load,
	.insert = &analytics_sql_case_insert,
	.update = &analytics_sql_case_update,
};

/* Winners only: a case whose row was not written adds nothing, it is decided again. */
const struct kit_table analytics_cells = {
	.insert = &analytics_sql_cell_add,
	.cols = cell_cols,
	.n_cols = COUNT(cell_cols),
	.row_bytes = sizeof(struct analytics_cell_row),
	.merge = analytics_merge_cells,
};
const struct kit_table analytics_figures = {
	.insert = &analytics_sql_figure_add,
	.cols = figure_cols,
	.n_cols = COUNT(figure_cols),
	.row_bytes = sizeof(struct analytics_figure_row),
	.merge = analytics_merge_figures,
};

const struct kit_table analytics_statuses = {
	.insert = &analytics_sql_status_note,
	.cols = status_cols,
	.n_cols = COUNT(status_cols),
	.row_bytes = sizeof(struct analytics_status_row),
};
const struct kit_table analytics_tolds = {
	.insert = &analytics_sql_status_told,
	.cols = status_told_cols,
	.n_cols = COUNT(status_told_cols),
	.row_bytes = sizeof(struct analytics_told_row),
};

const struct kit_table *const analytics_tables[] = { &analytics_cells, &analytics_figures,
	&analytics_statuses, &analytics_tolds, NULL };

const struct db_sql *const analytics_projection_statements[] = {
	&analytics_sql_case_load,
	&analytics_sql_case_insert,
	&analytics_sql_cell_add,
	&analytics_sql_figure_add,
	NULL,
};

const struct db_sql *const analytics_statements[] = {
	&analytics_sql_case_load,
	&analytics_sql_case_insert,
	&analytics_sql_case_update,
	&analytics_sql_cell_add,
	&analytics_sql_figure_add,
	&analytics_sql_status_note,
	&analytics_sql_status_told,
	&analytics_sql_status_of,
	&analytics_sql_status_load,
	&analytics_sql_holiday_load,
	NULL,
};

struct analytics_case *analytics_file_of(struct analytics_row *row)
{
	if (row->kit.version == 0 && !row->is_begun) {
		analytics_case_init(&row->file);
		row->is_begun = true;
	}
	return &row->file;
}

enum res analytics_load_calendar(
	struct db *db, struct arena *mem, struct analytics_calendar *out, struct err *err)
{
	struct analytics_holiday *holidays = NULL;
	struct db_params none;
	struct db_result *result;
	size_t n = 0;

	db_params_init(&none, mem);
	TRY(db_run(db, &analytics_sql_holiday_load, &none, &result, err));
	TRY(db_read(result, mem, holiday_cols, COUNT(holiday_cols), sizeof(*holidays), &holidays,
		&n, err));
	db_release(db);
	*out = (struct analytics_calendar){ holidays, n };
	return RES_OK;
}

enum res analytics_load_status(struct db *db, struct arena *mem, const int64_t *case_ids, size_t n,
	struct analytics_tell_row **out_rows, size_t *out_n, struct err *err)
{
	struct db_params params;
	struct db_result *result;

	db_params_init(&params, mem);
	db_param_int8_array(&params, case_ids, n);
	TRY(db_run(db, &analytics_sql_status_load, &params, &result, err));
	return db_read(result, mem, tell_cols, COUNT(tell_cols), sizeof(struct analytics_tell_row),
		out_rows, out_n, err);
}

enum res analytics_load_status_of(struct db *db, struct arena *mem, int64_t case_id,
	struct str *out_source, int32_t *out_version, struct err *err)
{
	struct db_params params;
	struct db_result *result;

	db_params_init(&params, mem);
	db_param_int8(&params, case_id);
	TRY(db_run(db, &analytics_sql_status_of, &params, &result, err));
	*out_source = STR_NONE;
	*out_version = 0;
	if (db_rows(result) == 0)
		return RES_OK;
	*out_source = arena_str(mem, db_get_str(result, 0, 0));
	*out_version = (int32_t)db_get_int(result, 0, 1);
	return RES_OK;
}

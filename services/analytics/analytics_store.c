/* Says which column lives in which member, once for writing and reading. Order: sql/analytics.sql.
 */
#include "analytics_store.h"

#include "analytics_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct db_col case_cols[] = {
	KIT_CASE_COLS(struct analytics_row),
	KIT_SEEN_COL(struct analytics_row, KIT_INTAKE, "seen_intake"),
	KIT_SEEN_COL(struct analytics_row, KIT_DISPATCH, "seen_dispatch"),
	KIT_SEEN_COL(struct analytics_row, KIT_REPLY, "seen_reply"),
	KIT_SEEN_COL(struct analytics_row, KIT_FOLLOWUP, "seen_followup"),
	DB_COL(struct analytics_row, file.state, DB_INT2, "state"),
	DB_COL(struct analytics_row, file.visits, DB_INT2, "visits"),
	DB_COL(struct analytics_row, file.is_on_time, DB_BOOL, "is_on_time"),
	DB_COL(struct analytics_row, file.is_undelivered, DB_BOOL, "is_undelivered"),
	DB_COL(struct analytics_row, file.received_day, DB_DAY, "received_day"),
	DB_COL(struct analytics_row, file.channel, DB_TEXT, "channel"),
	DB_COL(struct analytics_row, file.klass, DB_TEXT, "klass"),
	DB_COL(struct analytics_row, file.type, DB_TEXT, "type"),
	DB_COL(struct analytics_row, file.category, DB_TEXT, "category"),
	DB_COL(struct analytics_row, file.area, DB_TEXT, "area"),
	DB_COL(struct analytics_row, file.unit, DB_TEXT, "unit"),
	DB_COL(struct analytics_row, file.reason, DB_TEXT, "reason"),
	DB_COL(struct analytics_row, file.received_at, DB_INSTANT, "received_at"),
	DB_COL(struct analytics_row, file.accepted_at, DB_INSTANT, "accepted_at"),
	DB_COL(struct analytics_row, file.dispatched_at, DB_INSTANT, "dispatched_at"),
	DB_COL(struct analytics_row, file.signed_at, DB_INSTANT, "signed_at"),
	DB_COL(struct analytics_row, file.contacted_at, DB_INSTANT, "contacted_at"),
	DB_COL(struct analytics_row, file.resolve_due, DB_INSTANT, "resolve_due"),
	DB_COL(struct analytics_row, file.resolved_at, DB_INSTANT, "resolved_at"),
	DB_COL(struct analytics_row, file.submitted_at, DB_INSTANT, "submitted_at"),
	DB_COL(struct analytics_row, file.replied_at, DB_INSTANT, "replied_at"),
	DB_COL(struct analytics_row, file.delivered_at, DB_INSTANT, "delivered_at"),
	DB_COL(struct analytics_row, file.followed_at, DB_INSTANT, "followed_at"),
	DB_COL(struct analytics_row, file.closed_at, DB_INSTANT, "closed_at"),
};

static const struct db_col cell_cols[] = {
	DB_COL(struct analytics_cell_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct analytics_cell_row, delta.day, DB_DAY, "day"),
	DB_COL(struct analytics_cell_row, delta.dim, DB_TEXT, "dim"),
	DB_COL(struct analytics_cell_row, delta.key, DB_TEXT, "key"),
	DB_COL(struct analytics_cell_row, delta.n, DB_INT8, "n"),
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
};

const struct kit_table *const analytics_tables[] = { &analytics_cells, NULL };

const struct db_sql *const analytics_statements[] = {
	&analytics_sql_case_load,
	&analytics_sql_case_insert,
	&analytics_sql_case_update,
	&analytics_sql_cell_add,
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

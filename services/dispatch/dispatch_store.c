/* Says which column lives in which member, once for writing and reading. Order: sql/dispatch.sql.
 */
#include "dispatch_store.h"

#include "dispatch_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Limits as reference data write them, before they are parsed. */
struct sla_row {
	struct str type;
	struct str sign;
	struct str contact;
	struct str resolve;
	struct dispatch_period period;
};

static const struct db_col case_cols[] = {
	KIT_CASE_COLS(struct dispatch_row),
	KIT_SEEN_COL(struct dispatch_row, KIT_INTAKE, "seen_intake"),
	KIT_SEEN_COL(struct dispatch_row, KIT_REPLY, "seen_reply"),
	KIT_SEEN_COL(struct dispatch_row, KIT_FOLLOWUP, "seen_followup"),
	DB_COL(struct dispatch_row, file.state, DB_INT2, "state"),
	DB_COL(struct dispatch_row, file.task, DB_INT4, "task"),
	DB_COL(struct dispatch_row, file.unit, DB_TEXT, "unit"),
	DB_COL(struct dispatch_row, file.type, DB_TEXT, "type"),
	DB_COL(struct dispatch_row, file.category, DB_TEXT, "category"),
	DB_COL(struct dispatch_row, file.area, DB_TEXT, "area"),
	DB_COL(struct dispatch_row, file.dispatched_at, DB_INSTANT, "dispatched_at"),
	DB_COL(struct dispatch_row, file.signed_at, DB_INSTANT, "signed_at"),
	DB_COL(struct dispatch_row, file.contacted_at, DB_INSTANT, "contacted_at"),
	DB_COL(struct dispatch_row, file.resolved_at, DB_INSTANT, "resolved_at"),
	DB_COL(struct dispatch_row, file.sign_due, DB_INSTANT, "sign_due"),
	DB_COL(struct dispatch_row, file.contact_due, DB_INSTANT, "contact_due"),
	DB_COL(struct dispatch_row, file.resolve_due, DB_INSTANT, "resolve_due"),
	DB_COL(struct dispatch_row, file.is_provisional, DB_BOOL, "is_provisional"),
	DB_COL(struct dispatch_row, file.closed_at, DB_INSTANT, "closed_at"),
	DB_COL(struct dispatch_row, file.redo, DB_INT2, "redo"),
	DB_COL(struct dispatch_row, file.is_general_desk, DB_BOOL, "is_general_desk"),
	DB_COL(struct dispatch_row, file.is_report, DB_BOOL, "is_report"),
	DB_COL(struct dispatch_row, file.named_units, DB_TEXT, "named_units"),
	DB_COL(struct dispatch_row, file.is_direct, DB_BOOL, "is_direct"),
	DB_COL(struct dispatch_row, file.no_article, DB_BOOL, "no_article"),
};

static const struct db_col task_cols[] = {
	DB_COL(struct dispatch_task_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct dispatch_task_row, n, DB_INT4, "n"),
	DB_COL(struct dispatch_task_row, unit, DB_TEXT, "unit"),
	DB_COL(struct dispatch_task_row, co_units, DB_TEXT, "co_units"),
	DB_COL(struct dispatch_task_row, reason, DB_TEXT, "reason"),
	DB_COL(struct dispatch_task_row, ref_version, DB_INT4, "ref_version"),
	DB_COL(struct dispatch_task_row, dispatched_at, DB_INSTANT, "dispatched_at"),
	DB_COL(struct dispatch_task_row, sign_due, DB_INSTANT, "sign_due"),
	DB_COL(struct dispatch_task_row, contact_due, DB_INSTANT, "contact_due"),
	DB_COL(struct dispatch_task_row, resolve_due, DB_INSTANT, "resolve_due"),
};

#define PERIOD_COLS(struct_type)                                                                   \
	DB_COL(struct_type, period.valid_from, DB_DAY, "valid_from"),                              \
		DB_COL(struct_type, period.valid_to, DB_DAY, "valid_to")

static const struct db_col duty_cols[] = {
	DB_COL(struct dispatch_duty, category, DB_TEXT, "category"),
	DB_COL(struct dispatch_duty, body, DB_TEXT, "policy_lead_org"),
	DB_COL(struct dispatch_duty, is_district, DB_BOOL, "is_district"),
	PERIOD_COLS(struct dispatch_duty),
};

static const struct db_col org_cols[] = {
	DB_COL(struct dispatch_org, code, DB_TEXT, "code"),
	PERIOD_COLS(struct dispatch_org),
};

static const struct db_col road_cols[] = {
	DB_COL(struct road_row, step, DB_TEXT, "step"),
	DB_COL(struct road_row, type, DB_TEXT, "type"),
	DB_COL(struct road_row, taken_by, DB_TEXT, "taken_by"),
	DB_COL(struct road_row, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct road_row, valid_to, DB_DAY, "valid_to"),
};

static const struct db_col sla_cols[] = {
	DB_COL(struct sla_row, type, DB_TEXT, "type"),
	DB_COL(struct sla_row, sign, DB_TEXT, "sign_due"),
	DB_COL(struct sla_row, contact, DB_TEXT, "contact_due"),
	DB_COL(struct sla_row, resolve, DB_TEXT, "resolve_due"),
	PERIOD_COLS(struct sla_row),
};

static const struct db_col notice_cols[] = {
	DB_COL(struct workday_notice, day, DB_DAY, "day"),
	DB_COL(struct workday_notice, is_work, DB_BOOL, "is_work"),
	DB_COL(struct workday_notice, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct workday_notice, valid_to, DB_DAY, "valid_to"),
};

const struct kit_case_table dispatch_cases = {
	.row_bytes = sizeof(struct dispatch_row),
	.cols = case_cols,
	.n_cols = COUNT(case_cols),
	.load = &dispatch_sql_case_load,
	.insert = &dispatch_sql_case_insert,
	.update = &dispatch_sql_case_update,
};

const struct kit_table dispatch_tasks = {
	.insert = &dispatch_sql_task_insert,
	.cols = task_cols,
	.n_cols = COUNT(task_cols),
	.row_bytes = sizeof(struct dispatch_task_row),
};

const struct kit_table *const dispatch_tables[] = { &dispatch_tasks, NULL };

const struct db_sql *const dispatch_statements[] = {
	&dispatch_sql_case_load,
	&dispatch_sql_case_insert,
	&dispatch_sql_case_update,
	&dispatch_sql_task_insert,
	&dispatch_sql_duty_load,
	&dispatch_sql_area_load,
	&dispatch_sql_sla_load,
	&dispatch_sql_holiday_load,
	&dispatch_sql_org_load,
	&dispatch_sql_road_load,
	NULL,
};

struct dispatch_case *dispatch_file_of(struct dispatch_row *row)
{
	if (row->kit.version == 0 && !row->is_begun) {
		dispatch_case_init(&row->file);
		row->is_begun = true;
	}
	return &row->file;
}

/* One reference table into mem. */
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

/* SQL's null is "still": the far future. */
static struct dispatch_period open_end(struct dispatch_period period)
{
	if (period.valid_to == INT32_MIN)
		period.valid_to = INT32_MAX;
	return period;
}

static enum res load_duties(
	struct db *db, struct arena *mem, struct dispatch_reference *out, struct err *err)
{
	struct dispatch_duty *duties = NULL;

	TRY(load_rows(db, mem, &dispatch_sql_duty_load, duty_cols, COUNT(duty_cols),
		sizeof(*duties), &duties, &out->n_duties, err));
	for (size_t i = 0; i < out->n_duties; i++)
		duties[i].period = open_end(duties[i].period);
	out->duties = duties;
	return RES_OK;
}

static enum res load_orgs(struct db *db, struct arena *mem, const struct db_sql *sql,
	const struct dispatch_org **out, size_t *out_n, struct err *err)
{
	struct dispatch_org *orgs = NULL;

	TRY(load_rows(db, mem, sql, org_cols, COUNT(org_cols), sizeof(*orgs), &orgs, out_n, err));
	for (size_t i = 0; i < *out_n; i++)
		orgs[i].period = open_end(orgs[i].period);
	*out = orgs;
	return RES_OK;
}

static enum res load_road(
	struct db *db, struct arena *mem, struct dispatch_reference *out, struct err *err)
{
	struct road_row *road = NULL;

	TRY(load_rows(db, mem, &dispatch_sql_road_load, road_cols, COUNT(road_cols), sizeof(*road),
		&road, &out->n_road, err));
	out->road = road;
	return RES_OK;
}

static enum res load_slas(
	struct db *db, struct arena *mem, struct dispatch_reference *out, struct err *err)
{
	struct sla_row *rows = NULL;

	TRY(load_rows(db, mem, &dispatch_sql_sla_load, sla_cols, COUNT(sla_cols), sizeof(*rows),
		&rows, &out->n_slas, err));
	struct dispatch_sla *slas = arena_new_array(mem, struct dispatch_sla, out->n_slas + 1);
	if (slas == NULL)
		return err_set(err, RES_TOO_BIG, "no memory for the limits");
	for (size_t i = 0; i < out->n_slas; i++) {
		slas[i].type = rows[i].type;
		slas[i].period = open_end(rows[i].period);
		TRY(time_limit_parse(rows[i].sign, &slas[i].sign, err));
		TRY(time_limit_parse(rows[i].contact, &slas[i].contact, err));
		TRY(time_limit_parse(rows[i].resolve, &slas[i].resolve, err));
	}
	out->slas = slas;
	return RES_OK;
}

static enum res load_notices(
	struct db *db, struct arena *mem, struct dispatch_reference *out, struct err *err)
{
	struct workday_notice *notices = NULL;

	TRY(load_rows(db, mem, &dispatch_sql_holiday_load, notice_cols, COUNT(notice_cols),
		sizeof(*notices), &notices, &out->n_notices, err));
	out->notices = notices;
	return RES_OK;
}

enum res dispatch_load_reference(
	struct db *db, struct arena *mem, struct dispatch_reference *reference, struct err *err)
{
	TRY(load_duties(db, mem, reference, err));
	TRY(load_orgs(
		db, mem, &dispatch_sql_area_load, &reference->areas, &reference->n_areas, err));
	TRY(load_orgs(db, mem, &dispatch_sql_org_load, &reference->orgs, &reference->n_orgs, err));
	TRY(load_road(db, mem, reference, err));
	TRY(load_slas(db, mem, reference, err));
	return load_notices(db, mem, reference, err);
}

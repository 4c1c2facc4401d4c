/* Says which column lives in which member, once for writing and reading. Order: sql/followup.sql.
 */
#include "followup_store.h"

#include "followup_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct db_col case_cols[] = {
	KIT_CASE_COLS(struct followup_row),
	KIT_SEEN_COL(struct followup_row, KIT_REPLY, "seen_reply"),
	DB_COL(struct followup_row, file.state, DB_INT2, "state"),
	DB_COL(struct followup_row, file.plan, DB_INT2, "plan"),
	DB_COL(struct followup_row, file.round, DB_INT2, "round"),
	DB_COL(struct followup_row, file.redo, DB_INT2, "redo"),
	DB_COL(struct followup_row, file.visits, DB_INT2, "visits"),
	DB_COL(struct followup_row, file.planned, DB_INT2, "planned"),
	DB_COL(struct followup_row, file.is_undelivered, DB_BOOL, "is_undelivered"),
	DB_COL(struct followup_row, file.type, DB_TEXT, "type"),
	DB_COL(struct followup_row, file.rating, DB_TEXT, "rating"),
	DB_COL(struct followup_row, file.reason, DB_TEXT, "reason"),
	DB_COL(struct followup_row, file.delivered_at, DB_INSTANT, "delivered_at"),
	DB_COL(struct followup_row, file.next_at, DB_INSTANT, "next_at"),
	DB_COL(struct followup_row, file.closed_at, DB_INSTANT, "closed_at"),
};

static const struct db_col visit_cols[] = {
	DB_COL(struct followup_visit_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct followup_visit_row, n, DB_INT4, "n"),
	DB_COL(struct followup_visit_row, visit, DB_INT2, "visit"),
	DB_COL(struct followup_visit_row, round, DB_INT2, "round"),
	DB_COL(struct followup_visit_row, what, DB_TEXT, "what"),
	DB_COL(struct followup_visit_row, means, DB_TEXT, "means"),
	DB_COL(struct followup_visit_row, at, DB_INSTANT, "at"),
	DB_COL(struct followup_visit_row, solved, DB_TEXT, "solved"),
	DB_COL(struct followup_visit_row, satisfaction, DB_INT2, "satisfaction"),
	DB_COL(struct followup_visit_row, contacted, DB_TEXT, "contacted"),
	DB_COL(struct followup_visit_row, remark, DB_TEXT, "remark"),
};

static const struct db_col road_cols[] = {
	DB_COL(struct road_row, step, DB_TEXT, "step"),
	DB_COL(struct road_row, type, DB_TEXT, "type"),
	DB_COL(struct road_row, taken_by, DB_TEXT, "taken_by"),
	DB_COL(struct road_row, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct road_row, valid_to, DB_DAY, "valid_to"),
};

static const struct db_col limit_cols[] = {
	DB_COL(struct followup_limit, type, DB_TEXT, "type"),
	DB_COL(struct followup_limit, due, DB_TEXT, "followup_due"),
	DB_COL(struct followup_limit, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct followup_limit, valid_to, DB_DAY, "valid_to"),
};

static const struct db_col holiday_cols[] = {
	DB_COL(struct workday_override, day, DB_DAY, "day"),
	DB_COL(struct workday_override, is_work, DB_BOOL, "is_work"),
};

const struct kit_case_table followup_cases = {
	.row_bytes = sizeof(struct followup_row),
	.cols = case_cols,
	.n_cols = COUNT(case_cols),
	.load = &followup_sql_case_load,
	.insert = &followup_sql_case_insert,
	.update = &followup_sql_case_update,
};

const struct kit_table followup_visits = {
	.insert = &followup_sql_visit_insert,
	.cols = visit_cols,
	.n_cols = COUNT(visit_cols),
	.row_bytes = sizeof(struct followup_visit_row),
};

const struct kit_table *const followup_tables[] = { &followup_visits, NULL };

const struct db_sql *const followup_statements[] = {
	&followup_sql_case_load,
	&followup_sql_case_insert,
	&followup_sql_case_update,
	&followup_sql_visit_insert,
	&followup_sql_road_load,
	&followup_sql_limit_load,
	&followup_sql_holiday_load,
	NULL,
};

struct followup_case *followup_file_of(struct followup_row *row)
{
	if (row->kit.version == 0 && !row->is_begun) {
		followup_case_init(&row->file);
		row->is_begun = true;
	}
	return &row->file;
}

/* The years whose calendar has been published: those in which somebody has a day off. */
static void calendar_bounds(struct workday_calendar *calendar)
{
	for (size_t i = 0; i < calendar->n; i++) {
		int16_t year = date_from_days(calendar->overrides[i].day).year;
		if (calendar->overrides[i].is_work)
			continue;
		if (calendar->first_year == 0)
			calendar->first_year = year;
		calendar->last_year = year;
	}
}

enum res followup_load_reference(
	struct db *db, struct arena *mem, struct followup_reference *out, struct err *err)
{
	struct followup_reference made = { 0 };
	struct workday_override *overrides;
	struct db_result *result;
	struct db_params none;

	db_params_init(&none, mem);
	TRY(db_run(db, &followup_sql_road_load, &none, &result, err));
	TRY(db_read(result, mem, road_cols, COUNT(road_cols), sizeof(struct road_row), &made.road,
		&made.n_road, err));
	TRY(db_run(db, &followup_sql_limit_load, &none, &result, err));
	TRY(db_read(result, mem, limit_cols, COUNT(limit_cols), sizeof(struct followup_limit),
		&made.limits, &made.n_limits, err));
	for (size_t i = 0; i < made.n_limits; i++)
		TRY(time_limit_parse(made.limits[i].due, &made.limits[i].limit, err));
	TRY(db_run(db, &followup_sql_holiday_load, &none, &result, err));
	TRY(db_read(result, mem, holiday_cols, COUNT(holiday_cols), sizeof(struct workday_override),
		&overrides, &made.calendar.n, err));
	made.calendar.overrides = overrides;
	calendar_bounds(&made.calendar);
	*out = made;
	return RES_OK;
}

enum followup_plan_name followup_plan_of(
	const struct followup_reference *reference, struct str type, int32_t day)
{
	static const struct time_limit three_days = { LIMIT_WORKDAYS, 3 };

	for (size_t i = 0; i < reference->n_limits; i++) {
		const struct followup_limit *row = &reference->limits[i];
		bool is_over = row->valid_to != INT32_MIN && row->valid_to <= day;
		if (str_eq(row->type, type) && row->valid_from <= day && !is_over)
			return followup_plan_for(row->limit);
	}
	return followup_plan_for(three_days);
}

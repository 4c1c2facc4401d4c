/* One query a table of the report; ranking and scores by the core. */
#include "report_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/workday.h"
#include "db/db.h"
#include "report_sql.h"
#include "visits_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LONG_WD	     5 /* working days after which a late matter weighs on the score */

/* One run: session, memory, what is filled. */
struct loading {
	struct db *db;
	struct arena *mem;
	struct report *report;
	struct str from; /* days as PostgreSQL reads them */
	struct str to;
	struct str due_to;
	struct str before;
};

struct sum_row {
	struct str code;
	struct str unit;
	struct ratio ratio;
};
static const struct db_col sum_cols[] = {
	DB_COL(struct sum_row, code, DB_TEXT, "code"),
	DB_COL(struct sum_row, unit, DB_TEXT, "unit"),
	DB_COL(struct sum_row, ratio.num, DB_INT8, "num"),
	DB_COL(struct sum_row, ratio.den, DB_INT8, "den"),
	DB_COL(struct sum_row, ratio.excl, DB_INT8, "excl"),
};
static const struct db_col day_cols[] = {
	DB_COL(struct report_day, day, DB_DAY, "day"),
	DB_COL(struct report_day, received, DB_INT8, "received"),
	DB_COL(struct report_day, dispatched, DB_INT8, "dispatched"),
	DB_COL(struct report_day, answered, DB_INT8, "answered"),
	DB_COL(struct report_day, closed, DB_INT8, "closed"),
};
static const struct db_col key_cols[] = {
	DB_COL(struct report_key, key, DB_TEXT, "key"),
	DB_COL(struct report_key, name, DB_TEXT, "name"),
	DB_COL(struct report_key, n, DB_INT8, "n"),
	DB_COL(struct report_key, before, DB_INT8, "before"),
};
static const struct db_col org_cols[] = {
	DB_COL(struct report_unit, code, DB_TEXT, "code"),
	DB_COL(struct report_unit, name, DB_TEXT, "name"),
	DB_COL(struct report_unit, group, DB_TEXT, "group"),
};
struct late_row {
	struct str unit;
	int32_t due;
	int32_t answered; /* INT32_MIN: not yet */
	int64_t n;
};
static const struct db_col late_cols[] = {
	DB_COL(struct late_row, unit, DB_TEXT, "unit"),
	DB_COL(struct late_row, due, DB_DAY, "due"),
	DB_COL(struct late_row, answered, DB_DAY, "answered"),
	DB_COL(struct late_row, n, DB_INT8, "n"),
};
static const struct db_col holiday_cols[] = {
	DB_COL(struct workday_override, day, DB_DAY, "day"),
	DB_COL(struct workday_override, is_work, DB_BOOL, "is_work"),
};
static const struct db_col case_cols[] = {
	DB_COL(struct report_case, code, DB_TEXT, "code"),
	DB_COL(struct report_case, case_id, DB_INT8, "case_id"),
	DB_COL(struct report_case, day, DB_DAY, "day"),
	DB_COL(struct report_case, unit, DB_TEXT, "unit"),
	DB_COL(struct report_case, num, DB_INT8, "num"),
	DB_COL(struct report_case, den, DB_INT8, "den"),
	DB_COL(struct report_case, excl, DB_INT8, "excl"),
};

static struct str day_text(struct arena *mem, int32_t day)
{
	char text[DATE_TEXT_MAX];

	return arena_printf(mem, "%s", date_format(day, text));
}

/* Runs a statement whose parameters are texts and reads all its rows. */
static enum res query(struct loading *at, const struct db_sql *sql, const struct str *texts,
	size_t n_texts, const struct db_col *cols, size_t n_cols, size_t stride, void *out_rows,
	size_t *out_n, struct err *err)
{
	struct db_params params;
	struct db_result *result;

	db_params_init(&params, at->mem);
	for (size_t i = 0; i < n_texts; i++)
		db_param_text(&params, texts[i]);
	TRY(db_run(at->db, sql, &params, &result, err));
	TRY(db_read(result, at->mem, cols, n_cols, stride, out_rows, out_n, err));
	db_release(at->db);
	return RES_OK;
}
#define QUERY(at, sql, texts, cols, rows, n, err)                                                  \
	query(at, sql, texts, COUNT(texts), cols, COUNT(cols), sizeof(**(rows)), rows, n, err)

static enum res head_load(struct loading *at, bool *out_has_visits, struct err *err)
{
	struct report *report = at->report;
	struct db_params none;
	struct db_result *result;

	db_params_init(&none, at->mem);
	TRY(db_run(at->db, &report_sql_head, &none, &result, err));
	if (db_rows(result) != 1)
		return err_set(
			err, RES_NOT_FOUND, "the system has no clock yet; ./wangli up makes it");
	report->city = arena_str(at->mem, db_get_str(result, 0, 0));
	report->as_of = db_get_instant(result, 0, 1);
	report->ref_version = (int32_t)db_get_int(result, 0, 2);
	*out_has_visits = db_get_int(result, 0, 3) != 0;
	db_release(at->db);
	int32_t today = instant_shanghai_day(report->as_of);
	report->is_over = today >= report->to;
	report->due_to = today < report->to ? today : report->to;
	at->due_to = day_text(at->mem, report->due_to);
	return RES_OK;
}

static void tally_add(struct report_tallies *tallies, const struct sum_row *row)
{
	for (int i = 0; i < ANALYTICS_FIGURES; i++)
		if (str_eq(row->code, analytics_figure_code((enum analytics_figure)i))) {
			tallies->of[i].num += row->ratio.num;
			tallies->of[i].den += row->ratio.den;
			tallies->of[i].excl += row->ratio.excl;
		}
}

static struct report_unit *unit_find(struct report_unit *units, size_t n, struct str code)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(units[i].code, code))
			return &units[i];
	return NULL;
}

/* The units that some figure speaks of, with name and group; a code that no organisation has stands
 * for itself. */
static enum res units_load(
	struct loading *at, const struct sum_row *sums, size_t n_sums, struct err *err)
{
	const struct str day[] = { at->to };
	struct report_unit *orgs = NULL;
	struct report_unit *units = arena_new_array(at->mem, struct report_unit, n_sums + 1);
	size_t n_orgs = 0;
	size_t n = 0;

	TRY(QUERY(at, &report_sql_orgs, day, org_cols, &orgs, &n_orgs, err));
	if (units == NULL)
		return err_set(err, RES_TOO_BIG, "memory is out");
	for (size_t i = 0; i < n_sums; i++) {
		if (sums[i].unit.n == 0)
			continue;
		struct report_unit *unit = unit_find(units, n, sums[i].unit);
		if (unit == NULL) {
			const struct report_unit *org = unit_find(orgs, n_orgs, sums[i].unit);
			unit = &units[n++];
			*unit = (struct report_unit){ .code = sums[i].unit,
				.name = org != NULL ? org->name : sums[i].unit,
				.group = org != NULL ? org->group : STR("") };
		}
		tally_add(&unit->tallies, &sums[i]);
	}
	at->report->units = units;
	at->report->n_units = n;
	return RES_OK;
}

static enum res figures_load(struct loading *at, struct err *err)
{
	const struct str now[] = { at->from, at->to, at->due_to };
	const struct str before[] = { at->before, at->from, at->from };
	struct sum_row *sums = NULL;
	size_t n = 0;

	TRY(QUERY(at, &report_sql_figures, before, sum_cols, &sums, &n, err));
	for (size_t i = 0; i < n; i++)
		tally_add(&at->report->before, &sums[i]);
	TRY(QUERY(at, &report_sql_figures, now, sum_cols, &sums, &n, err));
	for (size_t i = 0; i < n; i++)
		tally_add(&at->report->now, &sums[i]);
	return units_load(at, sums, n, err);
}

static enum res keys_load(
	struct loading *at, const char *dim, struct report_keys *out, struct err *err)
{
	const struct str texts[] = { at->from, at->to, at->before, str_from_c(dim) };

	return QUERY(at, &report_sql_keys, texts, key_cols, &out->of, &out->n, err);
}

static enum res volumes_load(struct loading *at, struct err *err)
{
	struct report *report = at->report;
	const struct str month[] = { at->from, at->to };
	const struct str three[] = { at->from, at->to, at->before };

	TRY(QUERY(at, &report_sql_days, month, day_cols, &report->days, &report->n_days, err));
	TRY(keys_load(at, "channel", &report->channels, err));
	TRY(keys_load(at, "state", &report->states, err));
	TRY(keys_load(at, "category", &report->categories, err));
	TRY(keys_load(at, "area", &report->areas, err));
	TRY(QUERY(
		at, &report_sql_types, three, key_cols, &report->types.of, &report->types.n, err));
	for (size_t i = 0; i < report->channels.n; i++) {
		report->received += report->channels.of[i].n;
		report->received_before += report->channels.of[i].before;
	}
	return RES_OK;
}

/* Late by more than five working days: answered after that, or still open then. */
static enum res late_load(struct loading *at, struct err *err)
{
	const struct str due[] = { at->from, at->due_to };
	struct workday_calendar calendar = { 0 };
	struct workday_override *overrides = NULL;
	struct late_row *rows = NULL;
	size_t n = 0;

	TRY(query(at, &report_sql_holidays, NULL, 0, holiday_cols, COUNT(holiday_cols),
		sizeof(*overrides), &overrides, &calendar.n, err));
	calendar.overrides = overrides;
	TRY(QUERY(at, &report_sql_late, due, late_cols, &rows, &n, err));
	for (size_t i = 0; i < n; i++) {
		struct report_unit *unit =
			unit_find(at->report->units, at->report->n_units, rows[i].unit);
		int32_t until = rows[i].answered == INT32_MIN
					? instant_shanghai_day(at->report->as_of)
					: rows[i].answered;
		if (unit != NULL && workday_between(&calendar, rows[i].due, until) > LONG_WD)
			unit->late_long += rows[i].n;
	}
	return RES_OK;
}

static struct rank_key key_of(const struct report_unit *unit)
{
	const struct ratio *of = unit->tallies.of;

	return (struct rank_key){
		.composite = unit->careful,
		.solved =
			ratio_has_value(of[ANALYTICS_M10]) ? ratio_percent(of[ANALYTICS_M10]) : -1,
		.satisfied =
			ratio_has_value(of[ANALYTICS_M11]) ? ratio_percent(of[ANALYTICS_M11]) : -1,
		.overdue = report_overdue(&unit->tallies),
		.volume = of[ANALYTICS_M13].den,
		.code = unit->code,
	};
}

/* Groups side by side, the ranked before the others; in no group last. */
static int unit_compare(const void *left, const void *right)
{
	const struct report_unit *a = left;
	const struct report_unit *b = right;
	struct rank_key key_a = key_of(a);
	struct rank_key key_b = key_of(b);

	if ((a->group.n == 0) != (b->group.n == 0))
		return a->group.n == 0 ? 1 : -1;
	if (!str_eq(a->group, b->group))
		return str_compare(a->group, b->group);
	if (a->is_ranked != b->is_ranked)
		return a->is_ranked ? -1 : 1;
	return rank_compare(&key_a, &key_b);
}

static void units_rank(struct report *report)
{
	int rank = 0;

	for (size_t i = 0; i < report->n_units; i++) {
		struct report_unit *unit = &report->units[i];
		const struct ratio *of = unit->tallies.of;
		struct score_input input = { of[ANALYTICS_M12], of[ANALYTICS_M05],
			of[ANALYTICS_M10], of[ANALYTICS_M11], unit->late_long };
		unit->has_score = score_composite(&input, false, &unit->composite) &&
				  score_composite(&input, true, &unit->careful);
		unit->is_ranked = unit->has_score && unit->group.n > 0 &&
				  of[ANALYTICS_M12].den >= REPORT_RANKED_FROM;
		unit->band = unit->is_ranked ? score_band(unit->composite) : BAND_NONE;
	}
	if (report->n_units > 1)
		qsort(report->units, report->n_units, sizeof(*report->units), unit_compare);
	for (size_t i = 0; i < report->n_units; i++) {
		struct report_unit *unit = &report->units[i];
		if (i == 0 || !str_eq(unit->group, report->units[i - 1].group))
			rank = 0;
		unit->rank = unit->is_ranked ? ++rank : 0;
	}
}

/* The portal's table, in a session of its own: where there is none, the statement cannot be
 * prepared. */
static enum res visits_load(struct loading *at, const char *conninfo, struct err *err)
{
	const struct db_options options = { .conninfo = conninfo,
		.application = "wangli-report",
		.statements = visits_sql_all,
		.statement_timeout = SPAN_MIN(1),
		.allow_unsafe = true };
	struct db_params params;
	struct db_result *result;
	struct db *opened = NULL;

	TRY(db_open(&opened, &options, err));
	SCOPED(db)
	struct db *db = opened;
	db_params_init(&params, at->mem);
	db_param_text(&params, at->from);
	db_param_text(&params, at->to);
	TRY(db_run(db, &visits_sql_visits, &params, &result, err));
	at->report->visits = db_get_int(result, 0, 0);
	return RES_OK;
}

static enum res all_load(struct loading *at, bool *out_has_visits, struct err *err)
{
	TRY(db_script(at->db, "begin isolation level repeatable read, read only", err));
	TRY(head_load(at, out_has_visits, err));
	TRY(figures_load(at, err));
	TRY(volumes_load(at, err));
	TRY(late_load(at, err));
	const struct str period[] = { at->from, at->to, at->due_to };
	TRY(QUERY(at, &report_sql_cases, period, case_cols, &at->report->cases,
		&at->report->n_cases, err));
	return db_script(at->db, "commit", err);
}

enum res report_load(
	struct arena *mem, const char *conninfo, struct report *report, struct err *err)
{
	const struct db_options options = { .conninfo = conninfo,
		.application = "wangli-report",
		.statements = report_sql_all,
		.statement_timeout = SPAN_MIN(10),
		.allow_unsafe = true };
	struct db *opened = NULL;
	bool has_visits = false;

	TRY(month_read(report->month, &report->from, &report->to, err));
	TRY(db_open(&opened, &options, err));
	SCOPED(db)
	struct db *db = opened;
	struct loading at = { .db = db,
		.mem = mem,
		.report = report,
		.from = day_text(mem, report->from),
		.to = day_text(mem, report->to),
		.before = day_text(mem, month_before(report->from)) };
	report->visits = -1;
	TRY(all_load(&at, &has_visits, err));
	if (has_visits)
		TRY(visits_load(&at, conninfo, err));
	if (arena_failed(mem))
		return err_set(err, RES_TOO_BIG, "memory is out");
	units_rank(report);
	return RES_OK;
}

int64_t report_overdue(const struct report_tallies *tallies)
{
	return tallies->of[ANALYTICS_M12].den - tallies->of[ANALYTICS_M12].num;
}

bool report_is_empty(const struct report *report)
{
	for (int i = 0; i < ANALYTICS_FIGURES; i++)
		if (report->now.of[i].num != 0 || report->now.of[i].den != 0 ||
			report->now.of[i].excl != 0)
			return false;
	return report->received == 0;
}

#include "portal_store.h"

#include <string.h>

#include "base/check.h"
#include "portal_sql.h"

#define SCHEMA_NUMBER	 1 /* the last of sql/migrations */
#define REFERENCE_MEMORY (16 * 1024 * 1024)
#define COUNT(array)	 (sizeof(array) / sizeof((array)[0]))

static const struct db_col count_cols[] = {
	DB_COL(struct portal_count, what, DB_INT4, "what"),
	DB_COL(struct portal_count, key, DB_TEXT, "key"),
	DB_COL(struct portal_count, all, DB_INT8, "all"),
	DB_COL(struct portal_count, received, DB_INT8, "received"),
	DB_COL(struct portal_count, answered, DB_INT8, "answered"),
	DB_COL(struct portal_count, closed, DB_INT8, "closed"),
	DB_COL(struct portal_count, open, DB_INT8, "open"),
	DB_COL(struct portal_count, overdue, DB_INT8, "overdue"),
	DB_COL(struct portal_count, due_soon, DB_INT8, "due_soon"),
	DB_COL(struct portal_count, on_time, DB_INT8, "on_time"),
	DB_COL(struct portal_count, due, DB_INT8, "due"),
};

static const struct db_col rate_cols[] = {
	DB_COL(struct portal_rate, code, DB_TEXT, "code"),
	DB_COL(struct portal_rate, num, DB_INT8, "num"),
	DB_COL(struct portal_rate, den, DB_INT8, "den"),
};

static const struct db_col version_cols[] = {
	DB_COL(struct portal_version, case_id, DB_INT8, "case_id"),
	DB_COL(struct portal_version, version, DB_INT4, "version"),
};

static const struct db_col case_cols[] = {
	DB_COL(struct portal_case, case_id, DB_INT8, "case_id"),
	DB_COL(struct portal_case, version, DB_INT4, "version"),
	DB_COL(struct portal_case, state, DB_TEXT, "state"),
	DB_COL(struct portal_case, klass, DB_TEXT, "klass"),
	DB_COL(struct portal_case, type, DB_TEXT, "type"),
	DB_COL(struct portal_case, category, DB_TEXT, "category"),
	DB_COL(struct portal_case, area, DB_TEXT, "area"),
	DB_COL(struct portal_case, unit, DB_TEXT, "unit"),
	DB_COL(struct portal_case, channel, DB_TEXT, "channel"),
	DB_COL(struct portal_case, received_at, DB_INSTANT, "received_at"),
	DB_COL(struct portal_case, dispatched_at, DB_INSTANT, "dispatched_at"),
	DB_COL(struct portal_case, resolve_due, DB_INSTANT, "resolve_due"),
	DB_COL(struct portal_case, replied_at, DB_INSTANT, "replied_at"),
	DB_COL(struct portal_case, closed_at, DB_INSTANT, "closed_at"),
};

static const struct db_col entry_cols[] = {
	DB_COL(struct portal_entry, place, DB_INT4, "place"),
	DB_COL(struct portal_entry, seq, DB_INT4, "seq"),
	DB_COL(struct portal_entry, at, DB_INSTANT, "at"),
	DB_COL(struct portal_entry, type, DB_TEXT, "type"),
	DB_COL(struct portal_entry, actor, DB_TEXT, "actor"),
	DB_COL(struct portal_entry, body, DB_BYTES, "body"),
};

static const struct db_col org_cols[] = {
	DB_COL(struct portal_name, code, DB_TEXT, "code"),
	DB_COL(struct portal_name, zh, DB_TEXT, "zh"),
	DB_COL(struct portal_name, en, DB_TEXT, "en"),
	DB_COL(struct portal_name, level, DB_INT2, "level"),
	DB_COL(struct portal_name, kind, DB_TEXT, "kind"),
};

static const struct db_col category_cols[] = {
	DB_COL(struct portal_name, code, DB_TEXT, "code"),
	DB_COL(struct portal_name, zh, DB_TEXT, "zh"),
	DB_COL(struct portal_name, en, DB_TEXT, "en"),
};

static const struct db_col holiday_cols[] = {
	DB_COL(struct chip_holiday, day, DB_DAY, "day"),
	DB_COL(struct chip_holiday, is_work, DB_BOOL, "is_work"),
	DB_COL(struct chip_holiday, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct chip_holiday, valid_to, DB_DAY, "valid_to"),
};

/* Runs one statement and reads its rows; out_rows: address of a `struct row *`. */
static enum res rows_read(struct portal_state *state, const struct db_sql *sql,
	const struct db_params *params, struct arena *mem, const struct db_col *cols, size_t n_cols,
	size_t stride, void *out_rows, size_t *out_n, struct err *err)
{
	struct db_result *result = NULL;
	enum res res = db_run(state->db, sql, params, &result, err);

	if (res == RES_OK)
		res = db_read(result, mem, cols, n_cols, stride, out_rows, out_n, err);
	db_release(state->db);
	return res;
}

/* --- the session --- */

static enum res schema_check(struct portal_state *state, struct err *err)
{
	struct db_result *result = NULL;
	int64_t there;
	int64_t breaking;

	TRY(db_run(state->db, &portal_sql_schema_number, NULL, &result, err));
	there = db_get_int(result, 0, 0);
	breaking = db_get_int(result, 0, 1);
	db_release(state->db);
	if (there < SCHEMA_NUMBER || breaking > SCHEMA_NUMBER)
		return err_set(err, RES_INVALID,
			"schema portal is at migration %lld (breaking: %lld), this program wants "
			"%d",
			(long long)there, (long long)breaking, SCHEMA_NUMBER);
	return RES_OK;
}

enum res portal_store_open(struct portal_state *state, struct err *err)
{
	const struct db_options options = { .conninfo = state->config.pg_conninfo,
		.application = "portal",
		.statements = portal_sql_all,
		.statement_timeout = SPAN_MS(state->config.statement_timeout) };
	enum res res = db_open(&state->db, &options, err);

	if (res == RES_OK)
		res = schema_check(state, err);
	if (res == RES_INVALID || res == RES_DENIED)
		log_event(state->log, db_refused, LOG_TEXT("why", err->text));
	TRY(res);
	log_event(state->log, db_connected, LOG_TEXT("service", "portal"));
	return RES_OK;
}

enum res portal_store_mend(struct portal_state *state, struct err *err)
{
	if (db_is_up(state->db))
		return RES_OK;
	enum res res;
	if (!db_reconnect_turn(state->db, &res, err))
		return err_set(err, RES_RETRY, "connecting to the database");
	TRY(res);
	log_event(state->log, db_connected, LOG_TEXT("service", "portal"));
	return RES_OK;
}

/* --- reference data --- */

static struct map *names_map(struct portal_name *names, size_t n)
{
	struct map *map = map_create();

	for (size_t i = 0; i < n; i++)
		map_put(map, names[i].code, &names[i]);
	return map;
}

static enum res reference_read(
	struct portal_state *state, struct portal_reference *out, struct err *err)
{
	struct portal_name *orgs = NULL;
	struct portal_name *categories = NULL;
	size_t n_orgs;
	size_t n_categories;

	TRY(rows_read(state, &portal_sql_org_load, NULL, out->mem, org_cols, COUNT(org_cols),
		sizeof(*orgs), &orgs, &n_orgs, err));
	TRY(rows_read(state, &portal_sql_category_load, NULL, out->mem, category_cols,
		COUNT(category_cols), sizeof(*categories), &categories, &n_categories, err));
	TRY(rows_read(state, &portal_sql_holiday_load, NULL, out->mem, holiday_cols,
		COUNT(holiday_cols), sizeof(*out->holidays), &out->holidays, &out->n_holidays,
		err));
	out->overrides = arena_new_array(out->mem, struct workday_override, out->n_holidays);
	if (arena_failed(out->mem))
		return err_set(err, RES_TOO_BIG, "the reference data do not fit into memory");
	out->orgs = names_map(orgs, n_orgs);
	out->categories = names_map(categories, n_categories);
	return RES_OK;
}

static void reference_drop(struct portal_reference *reference)
{
	map_destroy(reference->orgs);
	map_destroy(reference->categories);
	arena_destroy(reference->mem);
}

static enum res reference_renew(struct portal_state *state, int32_t version, struct err *err)
{
	struct portal_reference fresh = {
		.mem = arena_create(REFERENCE_MEMORY), .version = version, .calendar_day = INT32_MIN
	};

	CHECK(fresh.mem != NULL);
	enum res res = reference_read(state, &fresh, err);
	if (res != RES_OK) {
		reference_drop(&fresh);
		return res;
	}
	reference_drop(&state->reference);
	state->reference = fresh;
	log_event(state->log, reference_loaded, LOG_INT("version", version));
	return RES_OK;
}

void portal_store_close(struct portal_state *state)
{
	db_close(state->db);
	reference_drop(&state->reference);
}

enum res portal_store_now(struct portal_state *state, struct instant *out, struct err *err)
{
	struct db_result *result = NULL;
	struct instant now;
	int32_t version;

	TRY(db_run(state->db, &portal_sql_clock, NULL, &result, err));
	if (db_rows(result) != 1) {
		db_release(state->db);
		return err_set(err, RES_RETRY, "there is no clock or no reference data yet");
	}
	now = db_get_instant(result, 0, 0);
	version = (int32_t)db_get_int(result, 0, 1);
	db_release(state->db);
	if (version != state->reference.version)
		TRY(reference_renew(state, version, err));
	struct portal_reference *reference = &state->reference;
	if (reference->calendar_day != instant_shanghai_day(now)) {
		reference->calendar_day = instant_shanghai_day(now);
		reference->calendar = chip_calendar(reference->holidays, reference->n_holidays,
			reference->calendar_day, reference->overrides);
	}
	*out = now;
	return RES_OK;
}

const struct portal_name *portal_org(const struct portal_state *state, struct str code)
{
	return state->reference.orgs == NULL ? NULL : map_get(state->reference.orgs, code);
}

const struct portal_name *portal_category(const struct portal_state *state, struct str code)
{
	return state->reference.categories == NULL ? NULL
						   : map_get(state->reference.categories, code);
}

/* --- tries and visits --- */

enum res portal_store_try(struct portal_state *state, struct arena *mem, struct str number_key,
	struct str address_key, struct portal_tries *out, struct err *err)
{
	struct db_result *result = NULL;
	struct db_params params;

	db_params_init(&params, mem);
	db_param_bytes(&params, number_key);
	db_param_bytes(&params, address_key);
	db_param_span(&params, SPAN_MS(state->config.pause));
	db_param_int8(&params, state->config.tries);
	db_param_int8(&params, state->config.tries_address);
	TRY(db_run(state->db, &portal_sql_attempt_count, &params, &result, err));
	for (size_t i = 0; i < db_rows(result); i++) {
		if (db_get_int(result, i, 0) != 0)
			out->number = db_get_int(result, i, 1);
		else
			out->address = db_get_int(result, i, 1);
	}
	db_release(state->db);
	return RES_OK;
}

static enum res run_only(struct portal_state *state, const struct db_sql *sql,
	const struct db_params *params, struct err *err)
{
	struct db_result *result = NULL;
	enum res res = db_run(state->db, sql, params, &result, err);

	db_release(state->db);
	return res;
}

enum res portal_store_forgive(struct portal_state *state, struct arena *mem, struct str number_key,
	struct str address_key, struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_bytes(&params, number_key);
	db_param_bytes(&params, address_key);
	return run_only(state, &portal_sql_attempt_forgive, &params, err);
}

enum res portal_store_sweep(struct portal_state *state, struct err *err)
{
	return run_only(state, &portal_sql_attempt_sweep, NULL, err);
}

enum res portal_store_visits(struct portal_state *state, struct arena *mem, int32_t day,
	int64_t sessions, int64_t views, struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_instant(&params, instant_from_shanghai_day(day));
	db_param_int8(&params, sessions);
	db_param_int8(&params, views);
	return run_only(state, &portal_sql_visit_add, &params, err);
}

/* --- the overview --- */

/* Soon: until the end of the next working day. */
struct portal_period portal_period_of(struct portal_state *state, struct instant now)
{
	int32_t today = instant_shanghai_day(now);
	struct civil_date first = date_from_days(today);

	first.day = 1;
	return (struct portal_period){
		.now = now,
		.today = today,
		.month_begins = date_to_days(first),
		.soon_ends = instant_from_shanghai_day(
			workday_add(&state->reference.calendar, today, 1) + 1),
	};
}

enum res portal_store_overview(struct portal_state *state, struct arena *mem,
	const struct portal_period *period, struct portal_count **out, size_t *out_n,
	struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_instant(&params, instant_from_shanghai_day(period->today));
	db_param_instant(&params, period->now);
	db_param_instant(&params, period->soon_ends);
	db_param_instant(&params, instant_from_shanghai_day(period->month_begins));
	return rows_read(state, &portal_sql_overview, &params, mem, count_cols, COUNT(count_cols),
		sizeof(**out), out, out_n, err);
}

enum res portal_store_rates(struct portal_state *state, struct arena *mem,
	const struct portal_period *period, struct portal_rate **out, size_t *out_n,
	struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_instant(&params, instant_from_shanghai_day(period->month_begins));
	db_param_instant(&params, period->now);
	return rows_read(state, &portal_sql_rates, &params, mem, rate_cols, COUNT(rate_cols),
		sizeof(**out), out, out_n, err);
}

/* --- letters and lists --- */

enum res portal_store_versions(struct portal_state *state, struct arena *mem,
	const int64_t *case_ids, size_t n, struct portal_version **out, size_t *out_n,
	struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_int8_array(&params, case_ids, n);
	return rows_read(state, &portal_sql_versions, &params, mem, version_cols,
		COUNT(version_cols), sizeof(**out), out, out_n, err);
}

enum res portal_store_letter(struct portal_state *state, struct arena *mem, int64_t case_id,
	struct portal_letter *out, struct err *err)
{
	struct portal_letter letter = {
		.reply_text = STR_NONE, .refusal = STR_NONE, .guidance = STR_NONE
	};
	struct portal_case *file = NULL;
	struct db_result *result = NULL;
	struct db_params params;
	size_t n;

	db_params_init(&params, mem);
	db_param_int8(&params, case_id);
	TRY(rows_read(state, &portal_sql_journal, &params, mem, entry_cols, COUNT(entry_cols),
		sizeof(*letter.entries), &letter.entries, &letter.n_entries, err));
	if (letter.n_entries == 0)
		return err_set(err, RES_NOT_FOUND, "no such case");
	TRY(rows_read(state, &portal_sql_letter, &params, mem, case_cols, COUNT(case_cols),
		sizeof(*file), &file, &n, err));
	if (n > 0)
		letter.file = *file;
	TRY(db_run(state->db, &portal_sql_reply_text, &params, &result, err));
	if (db_rows(result) > 0)
		letter.reply_text = arena_str(mem, db_get_str(result, 0, 1));
	db_release(state->db);
	TRY(db_run(state->db, &portal_sql_refusal, &params, &result, err));
	if (db_rows(result) > 0) {
		letter.refusal = arena_str(mem, db_get_str(result, 0, 1));
		letter.guidance = arena_str(mem, db_get_str(result, 0, 2));
	}
	db_release(state->db);
	*out = letter;
	return RES_OK;
}

enum res portal_store_is_followed(
	struct portal_state *state, struct arena *mem, int64_t case_id, bool *out, struct err *err)
{
	struct db_result *result = NULL;
	struct db_params params;

	db_params_init(&params, mem);
	db_param_int8(&params, case_id);
	TRY(db_run(state->db, &portal_sql_is_followed, &params, &result, err));
	*out = db_get_int(result, 0, 0) != 0;
	db_release(state->db);
	return RES_OK;
}

static struct instant day_begins(int32_t day)
{
	return day == INT32_MIN ? INSTANT_NONE : instant_from_shanghai_day(day);
}

/* What both lists narrow by, in the order of their statements. */
static void params_narrow(struct db_params *params, const struct filter *filter)
{
	db_param_instant(params, day_begins(filter->from_day));
	db_param_instant(params, day_begins(filter->to_day));
	db_param_text(params, filter->unit);
	db_param_text(params, filter->area);
	db_param_text(params, filter->category);
	db_param_text(params, filter->channel);
	db_param_text(params, filter->state);
	db_param_text(params, filter->type);
	db_param_int8(params, filter->before);
}

static enum res figure_cases(struct portal_state *state, struct arena *mem,
	const struct filter *filter, struct instant now, struct portal_case **out, size_t *out_n,
	struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text(&params, filter->figure);
	db_param_text(&params, filter->is_numerator ? STR("num") : STR("den"));
	params_narrow(&params, filter);
	db_param_int4(&params, PORTAL_PAGE_CASES + 1);
	db_param_instant(&params, now);
	return rows_read(state, &portal_sql_case_list_figure, &params, mem, case_cols,
		COUNT(case_cols), sizeof(**out), out, out_n, err);
}

enum res portal_store_cases(struct portal_state *state, struct arena *mem,
	const struct filter *filter, const struct portal_period *period, struct portal_case **out,
	size_t *out_n, struct err *err)
{
	struct db_params params;

	if (!str_is_empty(filter->figure))
		return figure_cases(state, mem, filter, period->now, out, out_n, err);
	db_params_init(&params, mem);
	db_param_text(&params, str_from_c(filter_metric_word(filter->metric)));
	params_narrow(&params, filter);
	db_param_instant(&params, period->now);
	db_param_instant(&params, period->soon_ends);
	db_param_int4(&params, PORTAL_PAGE_CASES + 1);
	return rows_read(state, &portal_sql_case_list, &params, mem, case_cols, COUNT(case_cols),
		sizeof(**out), out, out_n, err);
}

/* Reads a page of cases with four queries and folds each in memory. */
#include "fold.h"

#include <string.h>

#include "analytics/analytics_codec.h"
#include "fold_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct entry {
	int64_t place; /* of the case, from 1 */
	int16_t producer;
	int32_t seq;
	struct instant at;
	struct str type;
	struct str body;
};
static const struct db_col entry_cols[] = {
	DB_COL(struct entry, place, DB_INT8, "place"),
	DB_COL(struct entry, producer, DB_INT2, "producer"),
	DB_COL(struct entry, seq, DB_INT4, "seq"),
	DB_COL(struct entry, at, DB_INSTANT, "at"),
	DB_COL(struct entry, type, DB_TEXT, "type"),
	DB_COL(struct entry, body, DB_BYTES, "body"),
};

static const struct db_col holiday_cols[] = {
	DB_COL(struct analytics_holiday, day, DB_DAY, "day"),
	DB_COL(struct analytics_holiday, is_work, DB_BOOL, "is_work"),
	DB_COL(struct analytics_holiday, valid_from, DB_DAY, "valid_from"),
	DB_COL(struct analytics_holiday, valid_to, DB_DAY, "valid_to"),
};

const struct db_sql *const fold_statements[] = {
	&fold_sql_ids,
	&fold_sql_live,
	&fold_sql_entries,
	&fold_sql_in_flight,
	&fold_sql_holidays,
	NULL,
};

static const char *const cursor_names[KIT_PRODUCERS] = { "seen_intake", "seen_dispatch",
	"seen_reply", "seen_followup" };

enum res fold_calendar(
	struct db *db, struct arena *mem, struct analytics_calendar *out, struct err *err)
{
	struct analytics_holiday *holidays = NULL;
	struct db_params none;
	struct db_result *result;
	size_t n = 0;

	db_params_init(&none, mem);
	TRY(db_run(db, &fold_sql_holidays, &none, &result, err));
	TRY(db_read(result, mem, holiday_cols, COUNT(holiday_cols), sizeof(*holidays), &holidays,
		&n, err));
	db_release(db);
	*out = (struct analytics_calendar){ holidays, n };
	return RES_OK;
}

enum res fold_next_ids(struct db *db, struct arena *mem, int64_t after, int64_t **out,
	size_t *out_n, struct err *err)
{
	struct db_params params;
	struct db_result *result;

	db_params_init(&params, mem);
	db_param_int8(&params, after);
	db_param_int4(&params, FOLD_PAGE);
	TRY(db_run(db, &fold_sql_ids, &params, &result, err));
	size_t n = db_rows(result);
	int64_t *ids = arena_new_array(mem, int64_t, n);
	if (ids == NULL)
		return err_set(err, RES_TOO_BIG, "memory is out");
	for (size_t i = 0; i < n; i++)
		ids[i] = db_get_int(result, i, 0);
	db_release(db);
	*out = ids;
	*out_n = n;
	return RES_OK;
}

static enum res ask(struct db *db, struct arena *mem, const struct db_sql *sql,
	const int64_t *case_ids, size_t n, struct db_result **out, struct err *err)
{
	struct db_params params;

	db_params_init(&params, mem);
	db_param_int8_array(&params, case_ids, n);
	return db_run(db, sql, &params, out, err);
}

/* Rows come in any order; the cases are sorted. */
static struct fold_case *case_find(struct fold_case *cases, size_t n, int64_t case_id)
{
	size_t low = 0;

	while (n > 0) {
		size_t half = n / 2;
		if (cases[low + half].case_id < case_id) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return &cases[low];
}

static enum res live_read(struct db *db, struct arena *mem, const int64_t *case_ids, size_t n,
	struct fold_case *cases, struct err *err)
{
	struct analytics_row *rows = NULL;
	struct db_result *result;
	size_t n_rows = 0;

	TRY(ask(db, mem, &fold_sql_live, case_ids, n, &result, err));
	TRY(db_read(result, mem, analytics_cases.cols, analytics_cases.n_cols, sizeof(*rows), &rows,
		&n_rows, err));
	db_release(db);
	for (size_t i = 0; i < n_rows; i++) {
		struct fold_case *one = case_find(cases, n, rows[i].kit.case_id);
		one->is_live = true;
		one->live = rows[i];
	}
	return RES_OK;
}

/* How far each case is folded: where a marker stands, as far as its row has heard. */
static enum res limits_read(struct db *db, struct arena *mem, const int64_t *case_ids, size_t n,
	const struct fold_case *cases, int32_t (*limits)[KIT_PRODUCERS], struct err *err)
{
	struct db_result *result;

	for (size_t i = 0; i < n; i++)
		for (int p = 0; p < KIT_PRODUCERS; p++)
			limits[i][p] = INT32_MAX;
	TRY(ask(db, mem, &fold_sql_in_flight, case_ids, n, &result, err));
	for (size_t row = 0; row < db_rows(result); row++) {
		size_t i = (size_t)(db_get_int(result, row, 0) - 1);
		size_t p = (size_t)db_get_int(result, row, 1);
		limits[i][p] = cases[i].is_live ? cases[i].live.kit.seen[p] : 0;
	}
	db_release(db);
	return RES_OK;
}

/* One entry into the row that is being made; one that nobody can read is told as a difference. */
static void entry_fold(struct arena *mem, const struct entry *entry,
	const struct analytics_calendar *calendar, struct fold_case *one)
{
	struct analytics_event event;
	struct analytics_case after;

	one->is_made = true;
	one->made.kit.seen[entry->producer] = entry->seq;
	if (str_is_empty(entry->type)) /* a person skipped it (law 12) */
		return;
	if (analytics_read(mem, entry->type, entry->at, entry->body, &event, NULL) != RES_OK) {
		one->differs = "an entry of a journal that nobody can read";
		return;
	}
	if (event.kind == ANALYTICS_EVENTS)
		return;
	if (analytics_note(&one->made.file, &event, calendar, &after, NULL) != RES_OK) {
		one->differs = "an entry of a journal without a time";
		return;
	}
	one->made.file = after;
}

static const char *difference(const struct fold_case *one)
{
	const struct kit_case *live = &one->live.kit;
	const struct kit_case *made = &one->made.kit;

	if (one->differs != NULL)
		return one->differs;
	if (one->is_live != one->is_made)
		return one->is_live ? "a row of which no journal speaks" : "no row";
	if (!one->is_live)
		return NULL;
	for (int p = 0; p < KIT_PRODUCERS; p++)
		if (live->seen[p] != made->seen[p])
			return cursor_names[p];
	if (live->seq != 0 || memcmp(live->head, made->head, sizeof(live->head)) != 0)
		return "seq or head, which stay zero";
	return analytics_case_differs(&one->live.file, &one->made.file);
}

enum res fold_cases(struct db *db, struct arena *mem, const struct analytics_calendar *calendar,
	const int64_t *case_ids, size_t n, struct fold_case **out, struct err *err)
{
	struct fold_case *cases = arena_new_array(mem, struct fold_case, n);
	int32_t(*limits)[KIT_PRODUCERS] = arena_array(mem, n, sizeof(*limits));
	struct entry *entries = NULL;
	struct db_result *result;
	size_t n_entries = 0;

	if (arena_failed(mem))
		return err_set(err, RES_TOO_BIG, "memory is out");
	for (size_t i = 0; i < n; i++) {
		cases[i] = (struct fold_case){ .case_id = case_ids[i],
			.made.kit = { .case_id = case_ids[i] } };
		analytics_case_init(&cases[i].made.file);
	}
	TRY(live_read(db, mem, case_ids, n, cases, err));
	TRY(limits_read(db, mem, case_ids, n, cases, limits, err));
	TRY(ask(db, mem, &fold_sql_entries, case_ids, n, &result, err));
	TRY(db_read(result, mem, entry_cols, COUNT(entry_cols), sizeof(*entries), &entries,
		&n_entries, err));
	db_release(db);
	for (size_t i = 0; i < n_entries; i++) {
		size_t at = (size_t)(entries[i].place - 1);
		if (entries[i].seq <= limits[at][entries[i].producer])
			entry_fold(mem, &entries[i], calendar, &cases[at]);
	}
	for (size_t i = 0; i < n; i++)
		cases[i].differs = difference(&cases[i]);
	if (arena_failed(mem))
		return err_set(err, RES_TOO_BIG, "memory is out");
	*out = cases;
	return RES_OK;
}

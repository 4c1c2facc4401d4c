/* What a run begins with: the appeals of the file, and the codes that earlier runs were told. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "csv/csv_core.h"
#include "demo_run.h"
#include "demo_sql.h"
#include "os/os.h"

#define FILE_MAX    (16u << 20)
#define RUN_MEMORY  (128u << 20)
#define TURN_MEMORY (32u << 20)
#define NOTICES_MAX 20000
#define CASES_MODE  0600

/* --- appeals --- */

static enum res rows_read(struct demo_run *run, const char *path, struct demo_row **out,
	size_t *out_n, struct err *err)
{
	struct csv_reader reader;
	struct csv_record record;
	struct demo_header header;
	struct str bytes;
	size_t n = 0, cap = 0;
	struct demo_row *rows = NULL;
	TRY(os_file_read(run->mem, path, FILE_MAX, &bytes, err));
	csv_open(&reader, bytes);
	if (!csv_next(&reader, run->mem, &record) || record.fault != CSV_FINE)
		return err_set(err, RES_INVALID, "%s: no header", path);
	enum res res = demo_header_read(record.fields, record.n, &header, err);
	if (res != RES_OK)
		return err_prefix(err, res, "%s", path);
	while (csv_next(&reader, run->mem, &record)) {
		if (n == cap) {
			rows = arena_grow(run->mem, rows, cap * sizeof rows[0],
				(cap * 2 + 256) * sizeof rows[0]);
			CHECK(rows != NULL);
			cap = cap * 2 + 256;
		}
		if (record.fault != CSV_FINE)
			return err_set(err, RES_INVALID, "%s:%zu: %s", path, record.line,
				csv_fault_text(record.fault));
		res = demo_row_read(&header, record.fields, record.n, &rows[n], err);
		if (res != RES_OK)
			return err_prefix(err, res, "%s:%zu", path, record.line);
		n++;
	}
	*out = rows;
	*out_n = n;
	return RES_OK;
}

static enum res channel_note(struct demo_run *run, struct str channel, struct err *err)
{
	for (size_t i = 0; i < run->n_channels; i++)
		if (str_eq_c(channel, run->channels[i]))
			return RES_OK;
	if (run->n_channels == DEMO_CHANNELS_MAX)
		return err_set(err, RES_TOO_BIG, "more than %d channels", DEMO_CHANNELS_MAX);
	run->channels[run->n_channels++] = arena_c(run->mem, channel);
	return RES_OK;
}

static enum res cases_make(
	struct demo_run *run, const struct demo_row *rows, size_t n, size_t limit, struct err *err)
{
	bool *is_taken = arena_new_array(run->mem, bool, n + 1);
	run->cases = arena_new_array(run->mem, struct demo_case, n + 1);
	CHECK(is_taken != NULL && run->cases != NULL);
	demo_choose(rows, n, limit, is_taken);
	for (size_t i = 0; i < n; i++) {
		if (!is_taken[i])
			continue;
		struct demo_case *subject = &run->cases[run->n++];
		*subject =
			(struct demo_case){ .row = rows[i], .unit = STR(""), .refusal = STR("") };
		if (map_get(run->by_id, rows[i].external_id) != NULL)
			return err_set(err, RES_INVALID, "%.*s stands twice in the file",
				STR_ARG(rows[i].external_id));
		map_put(run->by_id, rows[i].external_id, subject);
		TRY(channel_note(run, rows[i].channel, err));
	}
	return RES_OK;
}

/* --- the calendar --- */

static enum res calendar_read(struct demo_run *run, int32_t day, struct err *err)
{
	struct db_params params;
	struct db_result *result;
	db_params_init(&params, run->mem);
	TRY(demo_ask_db(run, &demo_sql_notices, &params, &result, err));
	size_t n = db_rows(result);
	struct workday_notice *notices = arena_new_array(run->mem, struct workday_notice, n + 1);
	struct workday_override *overrides =
		arena_new_array(run->mem, struct workday_override, n + 1);
	CHECK(notices != NULL && overrides != NULL);
	for (size_t i = 0; i < n; i++)
		notices[i] = (struct workday_notice){
			.day = (int32_t)db_get_int(result, i, 0),
			.is_work = db_get_int(result, i, 1) != 0,
			.valid_from = (int32_t)db_get_int(result, i, 2),
			.valid_to = (int32_t)db_get_int(result, i, 3),
		};
	db_release(run->db);
	run->calendar = workday_calendar_known_on(notices, n, day, overrides);
	run->time.calendar = &run->calendar;
	return RES_OK;
}

/* --- what is there already --- */

static enum res foreign_refuse(struct demo_run *run, struct err *err)
{
	struct db_params params;
	struct db_result *result;
	db_params_init(&params, run->mem);
	TRY(demo_ask_db(run, &demo_sql_cases_count, &params, &result, err));
	int64_t n = db_get_int(result, 0, 0);
	db_release(run->db);
	if (n == 0)
		return RES_OK;
	return err_set(err, RES_CONFLICT,
		"this system has %lld cases and none of the demo's: the demo wants a system of its "
		"own (./wangli up --demo --data FOLDER)",
		(long long)n);
}

/* Day 0 is as it was in the first run, or such that the last day is today. */
static enum res known_read(struct demo_run *run, struct err *err)
{
	struct str *ids = arena_new_array(run->mem, struct str, run->n + 1);
	struct db_params params;
	struct db_result *result;
	CHECK(ids != NULL);
	for (size_t i = 0; i < run->n; i++)
		ids[i] = run->cases[i].row.external_id;
	db_params_init(&params, run->mem);
	db_param_text_array(&params, ids, run->n);
	TRY(demo_ask_db(run, &demo_sql_known, &params, &result, err));
	run->time.first_day = instant_shanghai_day(os_real_now()) - DEMO_DAYS;
	for (size_t i = 0; i < db_rows(result); i++) {
		struct demo_case *subject = map_get(run->by_id, db_get_str(result, i, 0));
		CHECK(subject != NULL);
		subject->case_id = db_get_int(result, i, 1);
		subject->is_replied = db_get_int(result, i, 3) != 0;
		run->time.first_day =
			instant_shanghai_day(db_get_instant(result, i, 2)) - subject->row.day;
		run->counts.letters++;
		run->counts.repeated++;
	}
	db_release(run->db);
	return run->counts.letters == 0 ? foreign_refuse(run, err) : RES_OK;
}

/* --- opening --- */

static enum res connections_open(struct demo_run *run, struct err *err)
{
	struct line_options line;
	struct simclock_options clock = { .conninfo = NULL };
	struct db_options db = { .application = "wangli-demo",
		.statements = demo_sql_all,
		.statement_timeout = SPAN_S(30),
		.allow_unsafe = true };
	TRY(line_setting(run->mem, "PG_CONNINFO", &clock.conninfo, err));
	TRY(line_options_read(run->mem, &line, err));
	TRY(line_open(&run->line, &line, err));
	clock.line = run->line;
	TRY(simclock_open(&run->clock, &clock, err));
	TRY(simclock_require_simulated(run->clock, err));
	db.conninfo = clock.conninfo;
	return db_open(&run->db, &db, err);
}

enum res demo_open(struct demo_run *run, const char *path, size_t limit, struct err *err)
{
	struct demo_row *rows = NULL;
	size_t n = 0;
	const char *data = getenv("DATA_FOLDER");
	run->mem = arena_create(RUN_MEMORY);
	run->turn = arena_create(TURN_MEMORY);
	run->by_id = map_create();
	run->by_asked = map_create();
	CHECK(run->mem != NULL && run->turn != NULL);
	run->clock_at = INSTANT_NONE;
	run->shown_at = os_monotonic_now();
	if (data == NULL)
		return err_set(err, RES_INVALID, "DATA_FOLDER is not set");
	run->folder = arena_printf(run->mem, "%s/demo", data).p;
	TRY(os_folder_create(run->folder, 0700, err));
	TRY(rows_read(run, path, &rows, &n, err));
	TRY(cases_make(run, rows, n, limit, err));
	TRY(connections_open(run, err));
	TRY(known_read(run, err));
	return calendar_read(run, run->time.first_day + DEMO_DAYS, err);
}

void demo_close(struct demo_run *run)
{
	demo_door_close(run);
	simclock_close(run->clock);
	line_close(run->line);
	db_close(run->db);
	map_destroy(run->by_id);
	map_destroy(run->by_asked);
	arena_destroy(run->turn);
	arena_destroy(run->mem);
}

/* --- codes --- */

void demo_code_keep(struct demo_case *subject, struct str number, struct str code)
{
	if (number.n >= sizeof subject->number || code.n >= sizeof subject->code)
		return;
	memcpy(subject->number, number.p, number.n);
	subject->number[number.n] = 0;
	memcpy(subject->code, code.p, code.n);
	subject->code[code.n] = 0;
}

static const char *codes_path(struct demo_run *run)
{
	return arena_printf(run->mem, "%s/cases.csv", run->folder).p;
}

enum res demo_codes_read(struct demo_run *run, struct err *err)
{
	struct csv_reader reader;
	struct csv_record record;
	struct str bytes;
	enum res res = os_file_read(run->mem, codes_path(run), FILE_MAX, &bytes, err);
	if (res == RES_NOT_FOUND)
		return RES_OK;
	TRY(res);
	csv_open(&reader, bytes);
	while (csv_next(&reader, run->mem, &record)) {
		if (record.fault != CSV_FINE || record.n < 3)
			continue;
		struct demo_case *subject = map_get(run->by_id, record.fields[0]);
		if (subject != NULL)
			demo_code_keep(subject, record.fields[1], record.fields[2]);
	}
	return RES_OK;
}

enum res demo_codes_write(struct demo_run *run, struct err *err)
{
	struct buf out = { 0 };
	buf_add_str(&out, STR("external_id,case_number,query_code\n"));
	for (size_t i = 0; i < run->n; i++) {
		const struct demo_case *subject = &run->cases[i];
		if (subject->code[0] == 0)
			continue;
		buf_printf(&out, "%.*s,%s,%s\n", STR_ARG(subject->row.external_id), subject->number,
			subject->code);
	}
	enum res res = os_file_replace(codes_path(run), buf_str(&out), CASES_MODE, err);
	buf_fini(&out);
	return res;
}

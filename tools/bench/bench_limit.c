/* Two threads with a session each take turns at nothing: each does its own batches, commit after
 * commit. See bench_limit.h. */
#include "bench_limit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "db/db.h"
#include "limit_sql.h"
#include "limit_tables_sql.h"
#include "os/os.h"

#define CONNECTIONS   2
#define BATCH	      500
#define COMMITS_MAX   9
#define PIECES_MAX    5
#define WARM_BATCHES  20
#define WORKER_MEMORY (64u << 20)
#define CONNINFO_MAX  1024
#define MSG_ID_MAX    32

/* One case of a batch: each statement takes the columns that it wants. */
struct limit_row {
	int64_t case_id;
	int32_t n;
	int16_t state;
	struct str source_msg_id;
	struct str channel;
	struct str area;
	struct str category;
	struct str unit;
	struct str title;
	struct str body;
	struct str type;
	struct str event;
	struct instant at;
	char msg_id_text[MSG_ID_MAX];
};

#define ID    DB_COL(struct limit_row, case_id, DB_INT8, "case_id")
#define SEQ   DB_COL(struct limit_row, n, DB_INT4, "n")
#define STATE DB_COL(struct limit_row, state, DB_INT2, "state")
#define UNIT  DB_COL(struct limit_row, unit, DB_TEXT, "unit")
#define AT    DB_COL(struct limit_row, at, DB_INSTANT, "at")
#define TYPE  DB_COL(struct limit_row, type, DB_TEXT, "type")
#define BODY  DB_COL(struct limit_row, body, DB_TEXT, "body")
#define AREA  DB_COL(struct limit_row, area, DB_TEXT, "area")
#define CATEG DB_COL(struct limit_row, category, DB_TEXT, "category")

static const struct db_col letter_cols[] = { ID,
	DB_COL(struct limit_row, source_msg_id, DB_TEXT, "source_msg_id"),
	DB_COL(struct limit_row, channel, DB_TEXT, "channel"), AREA, CATEG, STATE,
	DB_COL(struct limit_row, title, DB_TEXT, "title"), BODY, AT };
static const struct db_col out_cols[] = { ID, SEQ, TYPE,
	DB_COL(struct limit_row, event, DB_BYTES, "event") };
static const struct db_col key_cols[] = { ID, SEQ };
static const struct db_col state_cols[] = { ID, STATE };
static const struct db_col closed_cols[] = { ID, STATE, AT };
static const struct db_col unit_cols[] = { ID, STATE, UNIT, AT };
static const struct db_col task_cols[] = { ID, SEQ, UNIT, AT };
static const struct db_col draft_cols[] = { ID, SEQ, BODY, AT };
static const struct db_col rating_cols[] = { ID, STATE, TYPE };
static const struct db_col visit_cols[] = { ID, SEQ, TYPE, AT };
static const struct db_col fact_cols[] = { ID, UNIT, CATEG, AREA, AT };
static const struct db_col at_cols[] = { ID, AT };

struct piece {
	const struct db_sql *sql;
	const struct db_col *cols;
	size_t n_cols;
};
#define PIECE(name, cols)                                                                          \
	{                                                                                          \
		&limit_sql_##name, cols, sizeof(cols) / sizeof((cols)[0])                          \
	}

/* A row a commit. */
static const struct piece intake_program[][PIECES_MAX] = {
	{ PIECE(intake_case_insert, letter_cols), PIECE(intake_out_insert, out_cols) },
};
static const struct piece lifecycle_program[COMMITS_MAX][PIECES_MAX] = {
	{ PIECE(intake_case_insert, letter_cols), PIECE(intake_out_insert, out_cols) },
	{ PIECE(dispatch_case_insert, unit_cols), PIECE(dispatch_task_insert, task_cols),
		PIECE(dispatch_out_insert, out_cols) },
	{ PIECE(intake_out_delete, key_cols) },
	{ PIECE(reply_case_insert, unit_cols), PIECE(reply_draft_insert, draft_cols),
		PIECE(reply_out_insert, out_cols) },
	{ PIECE(dispatch_out_delete, key_cols) },
	{ PIECE(followup_case_insert, rating_cols), PIECE(followup_visit_insert, visit_cols),
		PIECE(followup_case_close, closed_cols), PIECE(intake_case_close, state_cols),
		PIECE(followup_out_insert, out_cols) },
	{ PIECE(reply_out_delete, key_cols) },
	{ PIECE(analytics_fact_insert, fact_cols), PIECE(analytics_fact_close, at_cols),
		PIECE(dispatch_case_close, closed_cols) },
	{ PIECE(followup_out_delete, key_cols) },
};

struct limit {
	enum limit_kind kind;
	char admin[CONNINFO_MAX];
	char conninfo[CONNINFO_MAX];
	int64_t next_id;
};

struct worker {
	struct limit *limit;
	struct db *db;
	struct arena *mem;
	struct limit_row *rows;
	const void **row_at;
	struct instant until;
	int64_t batches_most;
	int64_t done;
	enum res res;
	struct err err;
};

static const char title_text[] = "小区电梯停运三天无人维修请督促处理";
/* 120 characters, ours. */
static const char body_text[] =
	"您好，我住在人民南路一处老小区，楼里的电梯从上周五开始停运，到今天已经三天没有人来维修。"
	"物业电话打了很多次都没有人接，家里老人腿脚不方便，每天上下十二层楼非常困难，"
	"希望有关部门督促物业尽快把电梯修好，并公开维修资金的使用情况，谢谢。";
static const char *const areas[] = { "510104", "510105", "510106", "510107", "510108" };
static const char *const categories[] = { "0103", "0205", "0301", "0402", "0701", "0802", "1001" };
static const char event_bytes[] =
	"\x0a\x04help\x12\x04\x30\x38\x30\x32\x1a\x06"
	"510104 an event of about a hundred bytes, as those of the system "
	"under test are when they are packed";

static void row_fill(struct limit_row *row, int64_t case_id, struct instant at)
{
	snprintf(row->msg_id_text, sizeof row->msg_id_text, "bench-%lld", (long long)case_id);
	row->case_id = case_id;
	row->n = 1;
	row->state = 2;
	row->source_msg_id = str_from_c(row->msg_id_text);
	row->channel = STR("bench");
	row->area = str_from_c(areas[(size_t)case_id % (sizeof areas / sizeof areas[0])]);
	row->category = str_from_c(
		categories[(size_t)case_id % (sizeof categories / sizeof categories[0])]);
	row->unit = STR("D16");
	row->title = str_from_c(title_text);
	row->body = str_from_c(body_text);
	row->type = STR("intake.accepted.v1");
	row->event = STR(event_bytes);
	row->at = at;
}

static enum res commit_run(struct worker *worker, const struct piece *pieces, struct err *err)
{
	struct db_call calls[PIECES_MAX + 2] = { { .sql = &db_begin } };
	size_t n = 1;
	arena_reset(worker->mem);
	db_params_init(&calls[0].params, worker->mem);
	for (size_t i = 0; i < PIECES_MAX && pieces[i].sql != NULL; i++) {
		calls[n].sql = pieces[i].sql;
		db_params_init(&calls[n].params, worker->mem);
		db_param_columns(
			&calls[n].params, pieces[i].cols, pieces[i].n_cols, worker->row_at, BATCH);
		n++;
	}
	calls[n].sql = &db_commit;
	db_params_init(&calls[n].params, worker->mem);
	enum res res = db_round(worker->db, calls, n + 1, err);
	db_release(worker->db);
	return res;
}

static enum res batch_run(struct worker *worker, struct err *err)
{
	struct limit *limit = worker->limit;
	int64_t first = __atomic_fetch_add(&limit->next_id, BATCH, __ATOMIC_RELAXED);
	struct instant at = os_real_now();
	bool is_intake = limit->kind == LIMIT_INTAKE;
	size_t commits = is_intake ? 1 : COMMITS_MAX;
	for (size_t i = 0; i < BATCH; i++)
		row_fill(&worker->rows[i], first + (int64_t)i, at);
	for (size_t c = 0; c < commits; c++)
		TRY(commit_run(worker, is_intake ? intake_program[c] : lifecycle_program[c], err));
	worker->done += BATCH;
	return RES_OK;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	while (worker->res == RES_OK && instant_is_before(os_monotonic_now(), worker->until) &&
		worker->done / BATCH < worker->batches_most)
		worker->res = batch_run(worker, &worker->err);
	return NULL;
}

static enum res worker_open(struct worker *worker, struct limit *limit, struct err *err)
{
	const struct db_options options = {
		.conninfo = limit->conninfo,
		.application = "bench-limit",
		.statements = limit_sql_all,
		.statement_timeout = SPAN_S(60),
	};
	worker->limit = limit;
	worker->mem = arena_create(WORKER_MEMORY);
	worker->rows = calloc(BATCH, sizeof *worker->rows);
	worker->row_at = calloc(BATCH, sizeof *worker->row_at);
	CHECK(worker->mem != NULL && worker->rows != NULL && worker->row_at != NULL);
	for (size_t i = 0; i < BATCH; i++)
		worker->row_at[i] = &worker->rows[i];
	return db_open(&worker->db, &options, err);
}

static void worker_close(struct worker *worker)
{
	db_close(worker->db);
	arena_destroy(worker->mem);
	free(worker->rows);
	free(worker->row_at);
}

/* All workers until `length` is over or each has done batches_most. */
static enum res workers_run(struct limit *limit, struct span length, int64_t batches_most,
	double *out_a_second, struct err *err)
{
	struct worker workers[CONNECTIONS] = { 0 };
	pthread_t threads[CONNECTIONS];
	int64_t done = 0;
	enum res res = RES_OK;
	for (size_t i = 0; i < CONNECTIONS && res == RES_OK; i++)
		res = worker_open(&workers[i], limit, err);
	struct instant begin = os_monotonic_now();
	for (size_t i = 0; i < CONNECTIONS && res == RES_OK; i++) {
		workers[i].until = instant_add(begin, length);
		workers[i].batches_most = batches_most;
		CHECK(pthread_create(&threads[i], NULL, worker_main, &workers[i]) == 0);
	}
	for (size_t i = 0; i < CONNECTIONS && res == RES_OK; i++)
		pthread_join(threads[i], NULL);
	int64_t took_us = instant_since(os_monotonic_now(), begin).us;
	for (size_t i = 0; i < CONNECTIONS; i++) {
		if (res == RES_OK && workers[i].res != RES_OK)
			res = err_set(err, workers[i].res, "%s", workers[i].err.text);
		done += workers[i].done;
		worker_close(&workers[i]);
	}
	if (res == RES_OK && out_a_second != NULL)
		*out_a_second = (double)done * 1e6 / (double)took_us;
	return res;
}

/* Text that is run once, on a session of its own. */
static enum res run_once(const char *conninfo, const char *const *texts, size_t n, struct err *err)
{
	struct db *opened = NULL;
	const struct db_sql *const none[] = { NULL };
	const struct db_options options = {
		.conninfo = conninfo, .application = "bench", .statements = none
	};
	TRY(db_open(&opened, &options, err));
	SCOPED(db)
	struct db *db = opened;
	for (size_t i = 0; i < n; i++)
		TRY(db_script(db, texts[i], err));
	return RES_OK;
}

static enum res tables_make(struct limit *limit, struct err *err)
{
	static const char *const make[] = { "drop database if exists wangli_bench",
		"create database wangli_bench" };
	static const char *const analyse[] = { "vacuum analyze" };
	const char *tables[32];
	size_t n = 0;
	TRY(run_once(limit->admin, make, 2, err));
	for (; limit_tables_sql_all[n] != NULL; n++)
		tables[n] = limit_tables_sql_all[n]->text;
	TRY(run_once(limit->conninfo, tables, n, err));
	TRY(workers_run(limit, SPAN_S(60), WARM_BATCHES, NULL, err));
	return run_once(limit->conninfo, analyse, 1, err);
}

enum res limit_open(struct limit **out, const char *conninfo, enum limit_kind kind, struct err *err)
{
	struct limit *limit = calloc(1, sizeof *limit);
	CHECK(limit != NULL);
	limit->kind = kind;
	limit->next_id = 1;
	snprintf(limit->admin, sizeof limit->admin, "%s dbname=postgres", conninfo);
	snprintf(limit->conninfo, sizeof limit->conninfo, "%s dbname=wangli_bench", conninfo);
	enum res res = tables_make(limit, err);
	if (res != RES_OK) {
		limit_close(limit);
		return res;
	}
	*out = limit;
	return RES_OK;
}

enum res limit_run(struct limit *limit, struct span length, double *out_a_second, struct err *err)
{
	return workers_run(limit, length, INT64_MAX, out_a_second, err);
}

void limit_close(struct limit *limit)
{
	static const char *const drop[] = { "drop database if exists wangli_bench" };
	struct err ignored;
	if (limit == NULL)
		return;
	/* a database that stays is a temporary system's and goes with it */
	(void)!run_once(limit->admin, drop, 1, &ignored);
	free(limit);
}

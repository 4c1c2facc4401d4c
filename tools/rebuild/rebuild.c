/* Passes over the cases, and the exchange at the end. */
#include "rebuild.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/map.h"
#include "fold/fold.h"
#include "os/os.h"
#include "rebuild_sql.h"
#include "sums.h"

#define PAGE_MEMORY   (256u << 20)
#define CELLS_A_ROUND 5000
#define FEW	      500 /* cases that are left for the moment of the lock */
#define PASSES_MAX    8
#define LOCKS_MAX     5 /* tries to get the lock */
#define SHADOW                                                                                     \
	" options='-c search_path=analytics_shadow "                                               \
	"-c idle_in_transaction_session_timeout=0'"

struct rebuild {
	struct db *books;   /* reads journals and the live projection */
	struct db *shadow;  /* writes the shadow with the service's own statements */
	struct arena *mem;  /* lives as long as the run */
	struct arena *page; /* a page of cases */
	struct analytics_calendar calendar;
	struct sums *sums;
	struct map *told; /* cases that were found to differ */
	struct rebuild_report *report;
};

static void offence_add(struct rebuild *at, struct str id, struct str what)
{
	if (at->report->n_shown < REBUILD_SHOWN)
		at->report->offences[at->report->n_shown++] = (struct rebuild_offence){ id, what };
}

/* A case that stays different is seen again in later passes, and told once. */
static void case_tell(struct rebuild *at, const struct fold_case *one)
{
	if (one->differs == NULL || map_get_id(at->told, one->case_id) != NULL)
		return;
	map_put_id(at->told, one->case_id, at);
	at->report->n_differing++;
	offence_add(at, arena_printf(at->mem, "%lld", (long long)one->case_id),
		arena_printf(at->mem, "%s", one->differs));
}

static void cell_tell(void *arg, const char *name, const char *what)
{
	struct rebuild *at = arg;

	offence_add(at, arena_printf(at->mem, "%s", name), arena_printf(at->mem, "%s", what));
}

/* --- the shadow's rows --- */

static enum res shadow_read(struct rebuild *at, const int64_t *case_ids, size_t n,
	struct analytics_row **out, size_t *out_n, struct err *err)
{
	struct db_params params;
	struct db_result *result;

	db_params_init(&params, at->page);
	db_param_int8_array(&params, case_ids, n);
	TRY(db_run(at->shadow, analytics_cases.load, &params, &result, err));
	TRY(db_read(result, at->page, analytics_cases.cols, analytics_cases.n_cols,
		sizeof(struct analytics_row), out, out_n, err));
	db_release(at->shadow);
	return RES_OK;
}

static enum res shadow_remove(
	struct rebuild *at, const struct analytics_row *rows, size_t n, struct err *err)
{
	struct buf text = { 0 };
	enum res res = RES_OK;

	if (n == 0)
		return RES_OK;
	buf_printf(&text, "delete from case_file where case_id in (");
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%lld", i == 0 ? "" : ", ", (long long)rows[i].kit.case_id);
	buf_add(&text, ")", 2);
	res = db_script(at->shadow, text.p, err);
	buf_fini(&text);
	return res;
}

/* The version is another one than the live row's, so that a writer who has read that one decides
 * again. */
static enum res shadow_insert(
	struct rebuild *at, struct fold_case *cases, size_t n, struct err *err)
{
	const void **rows = arena_array(at->page, n, sizeof(*rows));
	struct db_params params;
	struct db_result *result;
	size_t n_rows = 0;

	if (rows == NULL)
		return err_set(err, RES_TOO_BIG, "memory is out");
	for (size_t i = 0; i < n; i++)
		if (cases[i].is_made) {
			cases[i].made.kit.version = cases[i].live.kit.version + 1;
			rows[n_rows++] = &cases[i].made;
		}
	if (n_rows == 0)
		return RES_OK;
	db_params_init(&params, at->page);
	db_param_rows(&params, analytics_cases.cols, analytics_cases.n_cols, rows, n_rows);
	TRY(db_run(at->shadow, analytics_cases.insert, &params, &result, err));
	db_release(at->shadow);
	return RES_OK;
}

/* Folds a page, tells what differs, writes it to the shadow. The sums lose what the shadow's rows
 * counted for before. */
static enum res page_pass(struct rebuild *at, const int64_t *case_ids, size_t n, struct err *err)
{
	struct fold_case *cases = NULL;
	struct analytics_row *old = NULL;
	size_t n_old = 0;

	TRY(fold_cases(at->books, at->page, &at->calendar, case_ids, n, &cases, err));
	TRY(shadow_read(at, case_ids, n, &old, &n_old, err));
	for (size_t i = 0; i < n_old; i++)
		sums_move(at->sums, &old[i].file, NULL);
	for (size_t i = 0; i < n; i++) {
		case_tell(at, &cases[i]);
		if (cases[i].is_made)
			sums_move(at->sums, NULL, &cases[i].made.file);
	}
	TRY(shadow_remove(at, old, n_old, err));
	return shadow_insert(at, cases, n, err);
}

/* --- cells --- */

static enum res cells_expect(struct rebuild *at, struct err *err)
{
	struct db_params none;
	struct db_result *result;

	db_params_init(&none, at->page);
	TRY(db_run(at->books, &rebuild_sql_cells, &none, &result, err));
	const struct kit_table *table = &analytics_cells;
	struct analytics_cell_row *cells = NULL;
	size_t n = 0;
	TRY(db_read(result, at->page, table->cols + 1, table->n_cols - 1, sizeof(*cells), &cells,
		&n, err));
	for (size_t i = 0; i < n; i++)
		sums_expect(at->sums, &cells[i].delta);
	TRY(db_run(at->books, &rebuild_sql_figures, &none, &result, err));
	struct analytics_figure_row *figures = NULL;
	table = &analytics_figures;
	TRY(db_read(result, at->page, table->cols + 1, table->n_cols - 1, sizeof(*figures),
		&figures, &n, err));
	for (size_t i = 0; i < n; i++)
		sums_expect_figure(at->sums, &figures[i].change);
	db_release(at->books);
	return RES_OK;
}

/* Cells are compared as often as there are passes; what the last one says is reported, the first
 * one's names are shown. */
static enum res cells_compare(struct rebuild *at, struct err *err)
{
	arena_reset(at->page);
	TRY(cells_expect(at, err));
	at->report->n_cells_differing = (int64_t)sums_compare(at->sums, cell_tell, at);
	at->report->cells = (int64_t)sums_count(at->sums);
	return RES_OK;
}

static enum res table_add(struct rebuild *at, const struct kit_table *table, const void *rows,
	size_t n, struct err *err)
{
	const void **each = arena_array(at->page, n, sizeof(*each));
	struct db_params params;
	struct db_result *result;

	if (n == 0)
		return RES_OK;
	if (each == NULL)
		return err_set(err, RES_TOO_BIG, "memory is out");
	for (size_t i = 0; i < n; i++)
		each[i] = (const char *)rows + i * table->row_bytes;
	db_params_init(&params, at->page);
	db_param_rows(&params, table->cols, table->n_cols, each, n);
	TRY(db_run(at->shadow, table->insert, &params, &result, err));
	db_release(at->shadow);
	return RES_OK;
}

/* The shadow's cells become what the sums are now. */
static enum res cells_store(struct rebuild *at, struct err *err)
{
	arena_reset(at->page);
	struct analytics_cell_row *cells =
		arena_new_array(at->page, struct analytics_cell_row, CELLS_A_ROUND);
	struct analytics_figure_row *figures =
		arena_new_array(at->page, struct analytics_figure_row, CELLS_A_ROUND);
	size_t n_cells;
	size_t n_figures;

	if (arena_failed(at->page))
		return err_set(err, RES_TOO_BIG, "memory is out");
	while (sums_take(at->sums, cells, &n_cells, figures, &n_figures, CELLS_A_ROUND)) {
		TRY(table_add(at, &analytics_cells, cells, n_cells, err));
		TRY(table_add(at, &analytics_figures, figures, n_figures, err));
	}
	return RES_OK;
}

/* --- passes --- */

static enum res pass_over_all(struct rebuild *at, struct err *err)
{
	int64_t after = INT64_MIN;
	int64_t *ids = NULL;
	size_t n;

	do {
		arena_reset(at->page);
		TRY(fold_next_ids(at->books, at->page, after, &ids, &n, err));
		if (n == 0)
			break;
		after = ids[n - 1];
		TRY(page_pass(at, ids, n, err));
		at->report->cases += (int64_t)n;
	} while (n == FOLD_PAGE);
	return RES_OK;
}

/* The cases whose rows have heard more (or less) than the shadow's. */
static enum res pass_over_changed(struct rebuild *at, size_t *out_n, struct err *err)
{
	struct db_params none;
	struct db_result *result;
	struct buf ids = { 0 };
	enum res res = RES_OK;

	arena_reset(at->page);
	db_params_init(&none, at->page);
	TRY(db_run(at->books, &rebuild_sql_changed, &none, &result, err));
	size_t n = db_rows(result);
	for (size_t i = 0; i < n; i++) {
		int64_t id = db_get_int(result, i, 0);
		buf_add(&ids, &id, sizeof(id));
	}
	db_release(at->books);
	for (size_t i = 0; i < n && res == RES_OK; i += FOLD_PAGE) {
		arena_reset(at->page);
		res = page_pass(at, (const int64_t *)(const void *)ids.p + i,
			n - i < FOLD_PAGE ? n - i : FOLD_PAGE, err);
	}
	buf_fini(&ids);
	*out_n = n;
	return res;
}

/* One pass in a snapshot of its own. */
static enum res pass(struct rebuild *at, size_t *out_n, struct err *err)
{
	bool is_first = at->report->passes++ == 0;

	*out_n = SIZE_MAX;
	TRY(db_script(at->books, "begin isolation level repeatable read, read only", err));
	if (is_first)
		TRY(pass_over_all(at, err));
	else
		TRY(pass_over_changed(at, out_n, err));
	/* names of cells are shown once, numbers are those of the end */
	if (is_first)
		TRY(cells_compare(at, err));
	return db_script(at->books, "commit", err);
}

/* --- the exchange --- */

static enum res swap(struct rebuild *at, struct err *err)
{
	size_t n = 0;

	TRY(db_script(at->books,
		"begin isolation level repeatable read; set local lock_timeout = '10s'; "
		"lock table analytics.case_file, analytics.cell, analytics.figure in access "
		"exclusive mode",
		err));
	struct instant from = os_monotonic_now();
	TRY(pass_over_changed(at, &n, err));
	size_t shown = at->report->n_shown;
	TRY(cells_compare(at, err));
	at->report->n_shown = shown;
	TRY(cells_store(at, err));
	TRY(db_script(at->books, "select analytics.shadow_swap(); commit", err));
	at->report->locked_ms = instant_since(os_monotonic_now(), from).us / 1000;
	at->report->is_swapped = true;
	return RES_OK;
}

/* Somebody may hold the tables, or the lock may cross another one's: then it is tried again. */
static enum res swap_patiently(struct rebuild *at, struct err *err)
{
	enum res res = RES_CONFLICT;

	for (int i = 0; i < LOCKS_MAX && res == RES_CONFLICT; i++) {
		res = swap(at, err);
		if (res == RES_CONFLICT)
			TRY(db_script(at->books, "rollback", NULL));
	}
	return res;
}

static enum res run(struct rebuild *at, bool is_compare_only, struct err *err)
{
	size_t n_changed = SIZE_MAX;

	TRY(fold_calendar(at->books, at->mem, &at->calendar, err));
	TRY(pass(at, &n_changed, err));
	if (is_compare_only)
		return db_script(at->shadow, "drop schema analytics_shadow cascade", err);
	while (n_changed > FEW && at->report->passes < PASSES_MAX)
		TRY(pass(at, &n_changed, err));
	TRY(cells_store(at, err));
	TRY(db_script(at->shadow, "analyze case_file, cell, figure", err));
	return swap_patiently(at, err);
}

static enum res shadow_make(const char *conninfo, struct err *err)
{
	const struct db_options options = { .conninfo = conninfo,
		.application = "wangli-rebuild",
		.statement_timeout = SPAN_MIN(1),
		.allow_unsafe = true };
	struct db *opened = NULL;

	TRY(db_open(&opened, &options, err));
	SCOPED(db)
	struct db *db = opened;
	return db_script(
		db, "set client_min_messages = warning; select analytics.shadow_make()", err);
}

enum res rebuild_run(struct arena *mem, const char *conninfo, bool is_compare_only,
	struct rebuild_report *out, struct err *err)
{
	struct rebuild at = { .mem = mem, .report = out };
	struct db_options options = { .application = "wangli-rebuild",
		.conninfo = arena_c(mem, arena_printf(mem, "%s" SHADOW, conninfo)),
		.statement_timeout = SPAN_HOURS(1),
		.allow_unsafe = true };

	TRY(shadow_make(conninfo, err));
	options.statements = fold_statements;
	options.more_statements = rebuild_sql_all;
	TRY(db_open(&at.books, &options, err));
	SCOPED(db)
	struct db *books = at.books;
	options.statements = analytics_projection_statements;
	options.more_statements = NULL;
	TRY(db_open(&at.shadow, &options, err));
	SCOPED(db)
	struct db *shadow = at.shadow;
	SCOPED(arena)
	struct arena *page = arena_create(PAGE_MEMORY);
	SCOPED(sums)
	struct sums *sums = sums_create();
	SCOPED(map)
	struct map *told = map_create();
	if (page == NULL)
		return err_set(err, RES_RETRY, "memory is out");
	(void)books;
	(void)shadow;
	at.page = page;
	at.sums = sums;
	at.told = told;
	return run(&at, is_compare_only, err);
}

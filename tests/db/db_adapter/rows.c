/* Rows as arrays of a composite type: what arrives, and what is refused before it is sent or by the
 * server. */
#include "fixture.h"
#include "samples.h"

#define BATCH_ROWS 10000
#define SMALL_MEM  64

static const char row_types_text[] =
	"create type db_test.sample_row as (small int2, middle int4, large int8, flag boolean,"
	" text text, bytes bytea, hash bytea, at timestamptz, day date);"
	"create type db_test.other_row as (large int8);"
	"create type db_test.mood as enum ('calm', 'cross')";

#define SAMPLE_ROWS                                                                                \
	"select t.small, t.middle, t.large, t.flag, t.text, t.bytes, t.hash, t.at, t.day "         \
	"from unnest($1::db_test.sample_row[]) with ordinality "                                   \
	"as t(small, middle, large, flag, text, bytes, hash, at, day, place) "

static const struct db_sql rows_echo = { "rows.echo", SAMPLE_ROWS "order by t.place" };
static const struct db_sql rows_above = { "rows.above",
	SAMPLE_ROWS "where t.middle > $2::int4 order by t.place" };
static const struct db_sql rows_text = { "rows.text", "select ($1::db_test.other_row[])::text" };
static const struct db_sql rows_store = { "rows.store",
	"insert into db_test.item (id, label, n) select t.large, t.text, t.middle "
	"from unnest($1::db_test.sample_row[]) as t returning id, label, n" };
static const struct db_sql ids_sum = { "rows.ids_sum",
	"select sum(t.id)::int8 from unnest($1::int8[]) as t(id)" };
static const struct db_sql moods_count = { "rows.moods_count",
	"select cardinality($1::db_test.mood[])" };

static const struct db_sql *const rows_statements[] = { &rows_echo, &rows_above, &rows_text,
	&rows_store, &ids_sum, &moods_count, NULL };

static const struct db_col large_col = DB_COL(struct sample, large, DB_INT8, "large");

static int rows_up(void **state)
{
	struct err err = { 0 };
	fixture_up(state);
	struct fixture *fixture = *state;
	assert_res(RES_OK, db_script(fixture->db, row_types_text, &err), &err);
	db_close(fixture->db);
	fixture->db = fixture_session("postgres", rows_statements);
	return 0;
}

static void sample_params(struct fixture *fixture, struct db_params *out, size_t n)
{
	const void *rows[N_SAMPLES];
	for (size_t i = 0; i < n; i++)
		rows[i] = &samples[i];
	db_params_init(out, fixture->mem);
	db_param_rows(out, sample_cols, N_COLS, n > 0 ? rows : NULL, n);
}

static void assert_samples(struct fixture *fixture, const struct db_result *result,
	const struct sample *want, size_t want_n)
{
	struct err err = { 0 };
	struct sample *got = NULL;
	size_t n = SIZE_MAX;
	assert_res(RES_OK,
		db_read(result, fixture->mem, sample_cols, N_COLS, sizeof(*got), &got, &n, &err),
		&err);
	assert_int_equal(n, want_n);
	for (size_t i = 0; i < n; i++)
		assert_sample(&want[i], &got[i]);
}

/* Every number of rows: none, one, with and without nulls. */
static void rows_of_all_types_come_back_equal(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	for (size_t n = 0; n <= N_SAMPLES; n++) {
		struct db_params params;
		struct db_result *result = NULL;
		sample_params(fixture, &params, n);
		assert_int_equal(params.n, 1);
		assert_res(RES_OK, db_run(fixture->db, &rows_echo, &params, &result, &err), &err);
		assert_samples(fixture, result, samples, n);
		db_release(fixture->db);
	}
}

static void rows_stand_beside_other_parameters(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_params params;
	struct db_result *result = NULL;
	sample_params(fixture, &params, 2);
	db_param_int4(&params, 0);
	assert_res(RES_OK, db_run(fixture->db, &rows_above, &params, &result, &err), &err);
	assert_samples(fixture, result, &samples[1], 1);
}

static void rows_mean_the_same_to_the_server(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_params params;
	struct db_result *result = NULL;
	const void *rows[] = { &samples[1], &samples[3] };
	db_params_init(&params, fixture->mem);
	db_param_rows(&params, &large_col, 1, rows, 2);
	assert_res(RES_OK, db_run(fixture->db, &rows_text, &params, &result, &err), &err);
	assert_str(STR("{(9223372036854775807),(-1)}"), db_get_str(result, 0, 0));

	db_params_init(&params, fixture->mem);
	db_param_rows(&params, &large_col, 1, NULL, 0);
	assert_res(RES_OK, db_run(fixture->db, &rows_text, &params, &result, &err), &err);
	assert_str(STR("{}"), db_get_str(result, 0, 0));
}

static void rows_ten_thousand_are_stored_and_returned(void **state)
{
	static const struct db_col back[] = {
		DB_COL(struct sample, large, DB_INT8, "id"),
		DB_COL(struct sample, text, DB_TEXT, "label"),
		DB_COL(struct sample, middle, DB_INT4, "n"),
	};
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_result *result = NULL;
	struct db_params params;
	struct sample *got = NULL;
	size_t n = 0;
	struct sample *rows = arena_new_array(fixture->mem, struct sample, BATCH_ROWS);
	const void **places = arena_new_array(fixture->mem, const void *, BATCH_ROWS);
	for (int i = 0; i < BATCH_ROWS; i++) {
		rows[i] = (struct sample){ .large = 1000 + i, .middle = i % 7 };
		rows[i].text = arena_printf(fixture->mem, "第 %d 件", i);
		places[i] = &rows[i];
	}
	db_params_init(&params, fixture->mem);
	db_param_rows(&params, sample_cols, N_COLS, places, BATCH_ROWS);
	assert_res(RES_OK, db_run(fixture->db, &rows_store, &params, &result, &err), &err);
	assert_res(
		RES_OK, db_read(result, fixture->mem, back, 3, sizeof(*got), &got, &n, &err), &err);
	assert_int_equal(n, BATCH_ROWS);
	for (size_t i = 0; i < n; i++) {
		assert_true(got[i].large == rows[i].large);
		assert_int_equal(got[i].middle, rows[i].middle);
		assert_str(rows[i].text, got[i].text);
	}
}

/* The same value may go to two statements, and again after a failure. */
static void rows_are_sent_as_often_as_wanted(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call calls[] = { { .sql = &rows_echo }, { .sql = &rows_echo } };
	sample_params(fixture, &calls[0].params, N_SAMPLES);
	calls[1].params = calls[0].params;
	for (int turn = 0; turn < 2; turn++) {
		assert_res(RES_OK, db_round(fixture->db, calls, 2, &err), &err);
		assert_samples(fixture, calls[0].result, samples, N_SAMPLES);
		assert_samples(fixture, calls[1].result, samples, N_SAMPLES);
		db_release(fixture->db);
	}
}

/* The number of a type is another one in each database, and after each restore. */
static void rows_type_made_anew_is_learnt_at_reconnect(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_params params;
	struct db_result *result = NULL;
	const void *rows[] = { &samples[3] };
	db_params_init(&params, fixture->mem);
	db_param_rows(&params, &large_col, 1, rows, 1);
	assert_res(RES_OK, db_run(fixture->db, &rows_text, &params, &result, &err), &err);
	assert_res(RES_OK,
		db_script(fixture->db,
			"drop type db_test.other_row;"
			"create type db_test.other_row as (large int8)",
			&err),
		&err);
	assert_res(RES_OK, db_reconnect(fixture->db, &err), &err);
	assert_res(RES_OK, db_run(fixture->db, &rows_text, &params, &result, &err), &err);
	assert_str(STR("{(-1)}"), db_get_str(result, 0, 0));
}

static void rows_for_a_statement_that_takes_none_are_a_bug(void **state)
{
	static const struct db_sql *const plain[] = { &ids_sum, &moods_count };
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct err err = { 0 };
		struct db_params params;
		sample_params(fixture, &params, 1);
		assert_res(RES_BUG, db_run(fixture->db, plain[i], &params, NULL, &err), &err);
		assert_contains(err.text, plain[i]->name);
		assert_contains(err.text, "$1 is an array of rows, it takes type ");
		assert_true(db_is_up(fixture->db));
	}
}

static void rows_wanted_and_another_value_given_is_a_bug(void **state)
{
	static const int64_t ids[] = { 1 };
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_params params;
	db_params_init(&params, fixture->mem);
	db_param_int8_array(&params, ids, 1);
	assert_res(RES_BUG, db_run(fixture->db, &rows_echo, &params, NULL, &err), &err);
	assert_contains(err.text, "rows.echo: $1 has type 1016, it takes an array of rows (type ");

	const void *rows[] = { &samples[0] };
	db_params_init(&params, fixture->mem);
	db_param_columns(&params, &large_col, 1, rows, 1);
	assert_res(RES_BUG, db_run(fixture->db, &rows_text, &params, NULL, &err), &err);
	assert_contains(err.text, "it takes an array of rows (type ");

	db_params_init(&params, fixture->mem);
	db_param_text(&params, STR_NONE);
	assert_res(RES_BUG, db_run(fixture->db, &rows_text, &params, NULL, &err), &err);
	assert_contains(err.text, "$1 has type 25, it takes an array of rows (type ");
}

/* These the server sees: the type has other columns than we. */
static void rows_of_other_columns_are_a_bug(void **state)
{
	static const struct db_col narrow = DB_COL(struct sample, middle, DB_INT4, "middle");
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_params params;
	const void *rows[] = { &samples[0] };
	db_params_init(&params, fixture->mem);
	db_param_rows(&params, sample_cols, N_COLS, rows, 1);
	assert_res(RES_BUG, db_run(fixture->db, &rows_text, &params, NULL, &err), &err);
	assert_contains(err.text, "[42804]");

	db_params_init(&params, fixture->mem);
	db_param_rows(&params, &narrow, 1, rows, 1);
	assert_res(RES_BUG, db_run(fixture->db, &rows_text, &params, NULL, &err), &err);
	assert_contains(err.text, "[42804]");
}

static void rows_beyond_memory_are_not_sent(void **state)
{
	struct fixture *fixture = *state;
	SCOPED(arena)
	struct arena *small = arena_create(SMALL_MEM);
	struct err err = { 0 };
	struct db_params params;
	const void *rows[] = { &samples[1] };
	db_params_init(&params, small);
	db_param_rows(&params, sample_cols, N_COLS, rows, 1);
	assert_res(RES_TOO_BIG, db_run(fixture->db, &rows_echo, &params, NULL, &err), &err);
	assert_true(db_is_up(fixture->db));
}

#define ROWS_TEST(name) cmocka_unit_test_setup_teardown(name, rows_up, fixture_down)

int run_rows(void)
{
	const struct CMUnitTest tests[] = {
		ROWS_TEST(rows_of_all_types_come_back_equal),
		ROWS_TEST(rows_stand_beside_other_parameters),
		ROWS_TEST(rows_mean_the_same_to_the_server),
		ROWS_TEST(rows_ten_thousand_are_stored_and_returned),
		ROWS_TEST(rows_are_sent_as_often_as_wanted),
		ROWS_TEST(rows_type_made_anew_is_learnt_at_reconnect),
		ROWS_TEST(rows_for_a_statement_that_takes_none_are_a_bug),
		ROWS_TEST(rows_wanted_and_another_value_given_is_a_bug),
		ROWS_TEST(rows_of_other_columns_are_a_bug),
		ROWS_TEST(rows_beyond_memory_are_not_sent),
	};
	return cmocka_run_group_tests_name("db rows", tests, NULL, NULL);
}

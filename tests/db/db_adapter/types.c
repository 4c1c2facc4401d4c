/* Every type there and back, one by one and in arrays; and the readers' refusals. */
#include "fixture.h"
#include "samples.h"

#define BATCH_ROWS 10000
#define BIG_CALLS  100
#define BIG_BYTES  (256 * 1024)
#define SMALL_MEM  64

#define SAMPLE_UNNEST                                                                              \
	"unnest($1::int2[], $2::int4[], $3::int8[], $4::bool[], $5::text[], $6::bytea[], "         \
	"$7::bytea[], $8::timestamptz[], $9::date[]) with ordinality "                             \
	"as t(small, middle, large, flag, text, bytes, hash, at, day, place) "

static const struct db_sql sample_echo = { "types.sample_echo",
	"select t.small, t.middle, t.large, t.flag, t.text, t.bytes, t.hash, t.at, t.day "
	"from " SAMPLE_UNNEST "order by t.place" };
static const struct db_sql scalar_texts = { "types.scalar_texts",
	"select $1::int2::text, $2::int4::text, $3::int8::text, $4::bool::text, $5::text, "
	"encode($6::bytea, 'hex'), $7::timestamptz::text, $8::interval::text" };
static const struct db_sql array_texts = { "types.array_texts",
	"select $1::int8[]::text, $2::int4[]::text, $3::text[]::text" };
static const struct db_sql text_echo = { "types.text_echo", "select $1::text" };
static const struct db_sql text_length = { "types.text_length", "select char_length($1::text)" };
static const struct db_sql literals = { "types.literals",
	"select 7::int2, -7::int4, 7::int8, true, 'name'::name, 'wide'::varchar(9), "
	"'\\x00ff'::bytea, '2019-04-24 16:03:40.000001+08'::timestamptz, null::int4, null::text, "
	"null::timestamptz, '-infinity'::timestamptz, 'infinity'::timestamptz, '{}'::json" };
static const struct db_sql null_number = { "types.null_number", "select 1::int8, null::int4" };
static const struct db_sql short_hash = { "types.short_hash", "select '\\x00'::bytea" };
static const struct db_sql one_day = { "types.one_day",
	"select d from unnest(array['2000-01-01', '1999-12-31', '2024-02-29', null]::date[]) d" };
static const struct db_sql varchar_echo = { "types.varchar_echo", "select $1::varchar" };
static const struct db_sql batch_table = { "types.batch_table",
	"insert into db_test.item (id, label, n) select t.large, t.text, t.middle "
	"from " SAMPLE_UNNEST "returning id, label, n" };

static const struct db_sql *const type_statements[] = { &sample_echo, &scalar_texts, &array_texts,
	&text_echo, &text_length, &literals, &null_number, &short_hash, &one_day, &varchar_echo,
	&batch_table, NULL };

static int types_up(void **state)
{
	fixture_up(state);
	struct fixture *fixture = *state;
	db_close(fixture->db);
	fixture->db = fixture_session("postgres", type_statements);
	return 0;
}

static void types_arrays_of_all_types_come_back_equal(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	const void *rows[N_SAMPLES];
	/* Every number of rows: none, one, with and without nulls. */
	for (size_t n = 0; n <= N_SAMPLES; n++) {
		struct db_params params;
		struct db_result *result = NULL;
		struct sample *got = NULL;
		size_t got_n = SIZE_MAX;
		for (size_t i = 0; i < n; i++)
			rows[i] = &samples[i];
		db_params_init(&params, fixture->mem);
		db_param_columns(&params, sample_cols, N_COLS, n > 0 ? rows : NULL, n);
		assert_res(RES_OK, db_run(fixture->db, &sample_echo, &params, &result, &err), &err);
		assert_res(RES_OK,
			db_read(result, fixture->mem, sample_cols, N_COLS, sizeof(*got), &got,
				&got_n, &err),
			&err);
		db_release(fixture->db); /* the texts were copied */
		assert_int_equal(got_n, n);
		for (size_t i = 0; i < n; i++)
			assert_sample(&samples[i], &got[i]);
	}
}

struct scalar_case {
	int16_t small;
	int32_t middle;
	int64_t large;
	bool flag;
	struct str text;
	struct str bytes;
	struct instant at;
	struct span span;
	const char *want[8]; /* the server's own words; NULL for null */
};

static const struct scalar_case scalar_cases[] = {
	{ INT16_MIN, INT32_MIN, INT64_MIN, true, STR_INIT("诉求"), STR_INIT("\x00\x01"),
		{ 1709210096789012 }, SPAN_HOURS(36),
		{ "-32768", "-2147483648", "-9223372036854775808", "true", "诉求", "0001",
			"2024-02-29 12:34:56.789012+00", "36:00:00" } },
	{ INT16_MAX, INT32_MAX, INT64_MAX, false, STR_INIT(""), STR_INIT(""), { 0 }, { -1500000 },
		{ "32767", "2147483647", "9223372036854775807", "false", "", "",
			"1970-01-01 00:00:00+00", "-00:00:01.5" } },
	{ 0, 0, 0, false, { NULL, 0 }, { NULL, 0 }, { INT64_MIN }, { 0 },
		{ "0", "0", "0", "false", NULL, NULL, NULL, "00:00:00" } },
	{ 0, 0, 0, false, { NULL, 0 }, { NULL, 0 }, { INT64_MAX }, { 1 },
		{ "0", "0", "0", "false", NULL, NULL, "infinity", "00:00:00.000001" } },
	{ 0, 0, 0, false, { NULL, 0 }, { NULL, 0 }, { INT64_MIN + 1 }, { 0 },
		{ "0", "0", "0", "false", NULL, NULL, "-infinity", "00:00:00" } },
};

static void types_scalars_mean_the_same_to_the_server(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof(scalar_cases) / sizeof(scalar_cases[0]); i++) {
		const struct scalar_case *one = &scalar_cases[i];
		struct err err = { 0 };
		struct db_params params;
		struct db_result *result = NULL;
		db_params_init(&params, fixture->mem);
		db_param_int2(&params, one->small);
		db_param_int4(&params, one->middle);
		db_param_int8(&params, one->large);
		db_param_bool(&params, one->flag);
		db_param_text(&params, one->text);
		db_param_bytes(&params, one->bytes);
		db_param_instant(&params, one->at);
		db_param_span(&params, one->span);
		assert_res(
			RES_OK, db_run(fixture->db, &scalar_texts, &params, &result, &err), &err);
		for (int col = 0; col < 8; col++)
			assert_str(str_from_c(one->want[col]), db_get_str(result, 0, col));
	}
}

static void types_plain_arrays_mean_the_same_to_the_server(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_result *result = NULL;
	struct db_params params;
	const int64_t large[] = { 1, -2, INT64_MAX };
	const int32_t middle[] = { 3 };
	const struct str texts[] = { STR_INIT("市政"), { NULL, 0 }, STR_INIT("") };
	db_params_init(&params, fixture->mem);
	db_param_int8_array(&params, large, 3);
	db_param_int4_array(&params, middle, 1);
	db_param_text_array(&params, texts, 3);
	assert_res(RES_OK, db_run(fixture->db, &array_texts, &params, &result, &err), &err);
	assert_str(STR("{1,-2,9223372036854775807}"), db_get_str(result, 0, 0));
	assert_str(STR("{3}"), db_get_str(result, 0, 1));
	assert_str(STR("{市政,NULL,\"\"}"), db_get_str(result, 0, 2));

	db_params_init(&params, fixture->mem);
	db_param_int8_array(&params, NULL, 0);
	db_param_int4_array(&params, NULL, 0);
	db_param_text_array(&params, NULL, 0);
	assert_res(RES_OK, db_run(fixture->db, &array_texts, &params, &result, &err), &err);
	for (int col = 0; col < 3; col++)
		assert_str(STR("{}"), db_get_str(result, 0, col));
}

static void types_literals_are_read_one_by_one(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_result *result = NULL;
	struct instant wanted;
	assert_res(RES_OK, db_run(fixture->db, &literals, NULL, &result, &err), &err);
	assert_int_equal(db_rows(result), 1);
	assert_int_equal(db_get_int(result, 0, 0), 7);
	assert_int_equal(db_get_int(result, 0, 1), -7);
	assert_int_equal(db_get_int(result, 0, 2), 7);
	assert_int_equal(db_get_int(result, 0, 3), 1);
	assert_str(STR("name"), db_get_str(result, 0, 4));
	assert_str(STR("wide"), db_get_str(result, 0, 5));
	assert_str(STR("\x00\xff"), db_get_str(result, 0, 6));
	assert_int_equal(instant_parse(STR("2019-04-24T16:03:40.000001+08:00"), &wanted), RES_OK);
	assert_true(db_get_instant(result, 0, 7).us == wanted.us);
	assert_int_equal(db_get_int(result, 0, 8), 0);
	assert_true(db_is_null(result, 0, 8));
	assert_str(STR_NONE, db_get_str(result, 0, 9));
	assert_true(instant_is_none(db_get_instant(result, 0, 10)));
	assert_true(instant_is_none(db_get_instant(result, 0, 11)));
	assert_true(db_get_instant(result, 0, 12).us == INT64_MAX);
	assert_str(STR("{}"), db_get_str(result, 0, 13));
	assert_false(db_is_null(result, 0, 13));
}

static void types_days_are_counted_from_1970(void **state)
{
	static const struct db_col cols[] = { { "d", DB_DAY, 0 } };
	static const int32_t want[] = { 10957, 10956, 19782, INT32_MIN };
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_result *result = NULL;
	int32_t *got = NULL;
	size_t n = 0;
	assert_res(RES_OK, db_run(fixture->db, &one_day, NULL, &result, &err), &err);
	assert_res(
		RES_OK, db_read(result, fixture->mem, cols, 1, sizeof(*got), &got, &n, &err), &err);
	assert_int_equal(n, 4);
	assert_memory_equal(got, want, sizeof(want));
}

static void types_text_counts_as_characters_on_the_server(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_result *result = NULL;
	struct db_params params;
	db_params_init(&params, fixture->mem);
	db_param_text(&params, STR("网理👍"));
	assert_res(RES_OK, db_run(fixture->db, &text_length, &params, &result, &err), &err);
	assert_int_equal(db_get_int(result, 0, 0), 3);

	db_params_init(&params, fixture->mem);
	db_param_text(&params, STR("varchar takes the same bytes"));
	assert_res(RES_OK, db_run(fixture->db, &varchar_echo, &params, &result, &err), &err);
	assert_str(STR("varchar takes the same bytes"), db_get_str(result, 0, 0));
}

static void types_text_that_is_no_utf8_is_invalid(void **state)
{
	static const struct str bad[] = { STR_INIT("a\x00z"), STR_INIT("\xff"),
		STR_INIT("\xed\xa0\x80") };
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = { 0 };
		struct db_params params;
		db_params_init(&params, fixture->mem);
		db_param_text(&params, bad[i]);
		assert_res(RES_INVALID, db_run(fixture->db, &text_echo, &params, NULL, &err), &err);
		assert_contains(err.text, "[22021]");
	}
}

static void types_batch_of_ten_thousand_rows_is_stored_and_returned(void **state)
{
	static const struct db_col back[] = {
		DB_COL(struct sample, large, DB_INT8, "id"),
		DB_COL(struct sample, text, DB_TEXT, "label"),
		DB_COL(struct sample, middle, DB_INT4, "n"),
	};
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_result *result = NULL;
	struct sample *rows = arena_new_array(fixture->mem, struct sample, BATCH_ROWS);
	const void **places = arena_new_array(fixture->mem, const void *, BATCH_ROWS);
	for (int i = 0; i < BATCH_ROWS; i++) {
		rows[i] = (struct sample){ .large = 1000 + i, .middle = i % 7 };
		rows[i].text = arena_printf(fixture->mem, "第 %d 件", i);
		places[i] = &rows[i];
	}
	struct db_params params;
	db_params_init(&params, fixture->mem);
	db_param_columns(&params, sample_cols, N_COLS, places, BATCH_ROWS);
	assert_res(RES_OK, db_run(fixture->db, &batch_table, &params, &result, &err), &err);
	struct sample *got = NULL;
	size_t n = 0;
	assert_res(
		RES_OK, db_read(result, fixture->mem, back, 3, sizeof(*got), &got, &n, &err), &err);
	assert_int_equal(n, BATCH_ROWS);
	for (size_t i = 0; i < n; i++) {
		assert_true(got[i].large == rows[i].large);
		assert_int_equal(got[i].middle, rows[i].middle);
		assert_str(rows[i].text, got[i].text);
	}
	assert_int_equal(fixture_number("select count(*) from db_test.item"), BATCH_ROWS + 2);
}

/* 25 MiB each way, far beyond what sockets buffer: a client that only wrote would stand still with
 * its server. */
static void round_large_in_both_directions_does_not_stall(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_call calls[BIG_CALLS];
	char *big = arena_alloc(fixture->mem, BIG_BYTES);
	memset(big, 'x', BIG_BYTES);
	for (int i = 0; i < BIG_CALLS; i++) {
		calls[i] = (struct db_call){ .sql = &text_echo };
		db_params_init(&calls[i].params, fixture->mem);
		db_param_text(&calls[i].params, str_of(big, BIG_BYTES - (size_t)i));
	}
	assert_res(RES_OK, db_round(fixture->db, calls, BIG_CALLS, &err), &err);
	for (int i = 0; i < BIG_CALLS; i++)
		assert_int_equal(db_get_str(calls[i].result, 0, 0).n, BIG_BYTES - i);
}

static void read_columns_that_do_not_fit_are_a_bug(void **state)
{
	static const struct db_col number = { "number", DB_INT8, 0 };
	static const struct db_col middle[] = { { "number", DB_INT8, 0 },
		{ "middle", DB_INT4, 8 } };
	static const struct db_col wrong[] = { { "number", DB_INT4, 0 }, { "middle", DB_INT4, 8 } };
	static const struct db_col hash = { "hash", DB_HASH, 0 };
	static const struct {
		const struct db_sql *sql;
		const struct db_col *cols;
		size_t n_cols;
		const char *text;
	} cases[] = {
		{ &null_number, &number, 1, "gives 2 columns, 1 are read" },
		{ &null_number, wrong, 2, "column 1 (int8, read as number) has type 20" },
		{ &null_number, middle, 2, "middle is null in row 0" },
		{ &short_hash, &hash, 1, "hash has 1 bytes in row 0, not 32" },
	};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		struct db_result *result = NULL;
		struct sample *untouched = NULL;
		size_t n = 99;
		assert_res(RES_OK, db_run(fixture->db, cases[i].sql, NULL, &result, &err), &err);
		assert_res(RES_BUG,
			db_read(result, fixture->mem, cases[i].cols, cases[i].n_cols,
				sizeof(*untouched), &untouched, &n, &err),
			&err);
		assert_contains(err.text, cases[i].text);
		assert_contains(err.text, cases[i].sql->name);
		assert_null(untouched);
		assert_int_equal(n, 99);
	}
}

static void read_rows_beyond_memory_are_too_big(void **state)
{
	static const struct db_col text = { "text", DB_TEXT, 0 };
	struct fixture *fixture = *state;
	SCOPED(arena)
	struct arena *small = arena_create(SMALL_MEM);
	struct err err = { 0 };
	struct db_params params;
	struct db_result *result = NULL;
	struct str *rows = NULL;
	size_t n = 0;
	char long_text[4 * SMALL_MEM];
	memset(long_text, 'y', sizeof(long_text));
	db_params_init(&params, fixture->mem);
	db_param_text(&params, str_of(long_text, sizeof(long_text)));
	assert_res(RES_OK, db_run(fixture->db, &text_echo, &params, &result, &err), &err);
	assert_res(RES_TOO_BIG, db_read(result, small, &text, 1, sizeof(*rows), &rows, &n, &err),
		&err);
	assert_null(rows);
}

static void round_parameters_beyond_memory_are_not_sent(void **state)
{
	struct fixture *fixture = *state;
	SCOPED(arena)
	struct arena *small = arena_create(SMALL_MEM);
	struct err err = { 0 };
	struct db_params params;
	char long_text[4 * SMALL_MEM];
	memset(long_text, 'z', sizeof(long_text));
	db_params_init(&params, small);
	db_param_text(&params, str_of(long_text, sizeof(long_text)));
	assert_res(RES_TOO_BIG, db_run(fixture->db, &text_echo, &params, NULL, &err), &err);
	assert_true(db_is_up(fixture->db));
}

static void round_parameters_of_another_type_or_number_are_a_bug(void **state)
{
	struct fixture *fixture = *state;
	struct err err = { 0 };
	struct db_params params;
	db_params_init(&params, fixture->mem);
	db_param_int8(&params, 1);
	assert_res(RES_BUG, db_run(fixture->db, &text_echo, &params, NULL, &err), &err);
	assert_contains(err.text, "types.text_echo: $1 has type 20, it takes type 25");
	assert_res(RES_BUG, db_run(fixture->db, &text_echo, NULL, NULL, &err), &err);
	assert_contains(err.text, "0 parameters given, it takes 1");
	assert_res(RES_BUG, db_run(fixture->db, &item_count, NULL, NULL, &err), &err);
	assert_contains(err.text, "test.item_count: it was not prepared");
}

#define TYPE_TEST(name) cmocka_unit_test_setup_teardown(name, types_up, fixture_down)

int run_types(void)
{
	const struct CMUnitTest tests[] = {
		TYPE_TEST(types_arrays_of_all_types_come_back_equal),
		TYPE_TEST(types_scalars_mean_the_same_to_the_server),
		TYPE_TEST(types_plain_arrays_mean_the_same_to_the_server),
		TYPE_TEST(types_literals_are_read_one_by_one),
		TYPE_TEST(types_days_are_counted_from_1970),
		TYPE_TEST(types_text_counts_as_characters_on_the_server),
		TYPE_TEST(types_text_that_is_no_utf8_is_invalid),
		TYPE_TEST(types_batch_of_ten_thousand_rows_is_stored_and_returned),
		TYPE_TEST(round_large_in_both_directions_does_not_stall),
		TYPE_TEST(read_columns_that_do_not_fit_are_a_bug),
		TYPE_TEST(read_rows_beyond_memory_are_too_big),
		TYPE_TEST(round_parameters_beyond_memory_are_not_sent),
		TYPE_TEST(round_parameters_of_another_type_or_number_are_a_bug),
	};
	return cmocka_run_group_tests_name("db types", tests, NULL, NULL);
}

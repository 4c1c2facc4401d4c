#include "samples.h"

const struct db_col sample_cols[N_COLS] = {
	DB_COL(struct sample, small, DB_INT2, "small"),
	DB_COL(struct sample, middle, DB_INT4, "middle"),
	DB_COL(struct sample, large, DB_INT8, "large"),
	DB_COL(struct sample, flag, DB_BOOL, "flag"),
	DB_COL(struct sample, text, DB_TEXT, "text"),
	DB_COL(struct sample, bytes, DB_BYTES, "bytes"),
	DB_COL(struct sample, hash, DB_HASH, "hash"),
	DB_COL(struct sample, at, DB_INSTANT, "at"),
	DB_COL(struct sample, day, DB_DAY, "day"),
};

const struct sample samples[N_SAMPLES] = {
	{ 0, 0, 0, false, STR_INIT(""), STR_INIT(""), { 0 }, { 0 }, 0 },
	{ INT16_MAX, INT32_MAX, INT64_MAX, true, STR_INIT("占道施工 👷 \xe3\x80\x80 end"),
		STR_INIT("\x00\xff\x00"), { 0xff, 1 }, { 1582588800123456 }, 18316 },
	{ INT16_MIN, INT32_MIN, INT64_MIN, false, { NULL, 0 }, { NULL, 0 }, { 1 }, { INT64_MIN },
		INT32_MIN },
	{ -1, -1, -1, true, STR_INIT("plain"), STR_INIT("\n"), { 2 }, { -1 }, -1 },
	{ 1, 1, 1, true, STR_INIT("{\"quoted\",NULL}"), STR_INIT("NULL"), { 3 }, { INT64_MAX },
		INT32_MAX },
};

void assert_str(struct str want, struct str got)
{
	assert_int_equal(want.p == NULL, got.p == NULL);
	assert_int_equal(want.n, got.n);
	assert_memory_equal(want.p ? want.p : "", got.p ? got.p : "", want.n);
}

void assert_sample(const struct sample *want, const struct sample *got)
{
	assert_int_equal(want->small, got->small);
	assert_int_equal(want->middle, got->middle);
	assert_true(want->large == got->large);
	assert_int_equal(want->flag, got->flag);
	assert_str(want->text, got->text);
	assert_str(want->bytes, got->bytes);
	assert_memory_equal(want->hash, got->hash, HASH_BYTES);
	assert_true(want->at.us == got->at.us);
	assert_int_equal(want->day, got->day);
}

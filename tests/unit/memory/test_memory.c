/* The rows that the kit remembers: what a batch took stays whole while newer rows push older ones
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "kit/kit_internal.h"

#define CASES 100000 /* several generations of rows */
#define FIRST 3000   /* some of an old generation, taken by one batch */

struct row {
	struct kit_case kit;
	struct str unit;
};
static const struct db_col cols[] = { KIT_CASE_COLS(struct row),
	DB_COL(struct row, unit, DB_TEXT, "unit") };
static const struct kit_case_table table = {
	.row_bytes = sizeof(struct row), .cols = cols, .n_cols = sizeof cols / sizeof cols[0]
};
static const struct service_spec spec = { .name = "test", .cases = &table };

static struct str unit_of(struct arena *mem, int64_t case_id)
{
	return arena_printf(mem, "unit of case %lld", (long long)case_id);
}

static struct batch_case *case_make(struct arena *mem, struct batch *batch, int64_t case_id)
{
	struct batch_case *at = arena_new(mem, struct batch_case);
	struct row *row = arena_new(mem, struct row);
	assert_non_null(row);
	*at = (struct batch_case){ .case_id = case_id, .row = row, .is_dirty = true };
	*row = (struct row){ .kit = { .case_id = case_id, .version = 1 } };
	list_add(mem, &batch->cases, at);
	return at;
}

/* As kit_batch.c: a batch makes cases first…last and the kit learns them. */
static void learn_new(struct kit *kit, int64_t first, int64_t last)
{
	struct batch batch = { .mem = kit->batch_mem };
	arena_reset(kit->batch_mem);
	kit->batch = &batch;
	for (int64_t id = first; id <= last; id++)
		((struct row *)case_make(batch.mem, &batch, id)->row)->unit =
			unit_of(batch.mem, id);
	memory_learn(kit, &batch);
}

static void assert_units(struct arena *mem, const struct batch *batch)
{
	for (size_t i = 0; i < batch->cases.n; i++) {
		const struct batch_case *at = batch->cases.items[i];
		assert_true(str_eq(((struct row *)at->row)->unit, unit_of(mem, at->case_id)));
	}
}

static void rows_that_a_batch_took_stay_whole_while_it_pushes_their_generation_out(void **state)
{
	struct kit *kit = calloc(1, sizeof *kit);
	struct batch batch = { 0 };
	int64_t newest;
	size_t taken = 0;

	(void)state;
	assert_non_null(kit);
	kit->spec = &spec;
	kit->memory = memory_create();
	kit->batch_mem = arena_create(64u << 20);
	for (newest = 100; newest <= CASES; newest += 100)
		learn_new(kit, newest - 99, newest);

	arena_reset(kit->batch_mem);
	batch.mem = kit->batch_mem;
	kit->batch = &batch;
	for (int64_t id = CASES; id > 0; id--) { /* all that is remembered, both generations */
		struct batch_case *at = case_make(batch.mem, &batch, id);
		taken += memory_take(kit, at);
		batch.cases.n -= !at->is_remembered;
	}
	assert_true(taken > FIRST && taken < CASES);
	assert_units(batch.mem, &batch);
	memory_learn(
		kit, &batch); /* each is copied into a generation that pushes another one out */
	assert_units(batch.mem, &batch);

	struct batch again = { .mem = batch.mem };
	for (size_t i = 0; i < batch.cases.n; i++) {
		int64_t id = ((struct batch_case *)batch.cases.items[i])->case_id;
		again.cases.n -= !memory_take(kit, case_make(again.mem, &again, id));
	}
	assert_true(again.cases.n > 0);
	assert_units(again.mem, &again);
	arena_destroy(kit->batch_mem);
	memory_destroy(kit->memory);
	free(kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			rows_that_a_batch_took_stay_whole_while_it_pushes_their_generation_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

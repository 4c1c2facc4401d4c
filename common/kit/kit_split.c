/* Markers of transactions whose lease ran out are split into markers of cases, one a case and group
 * that has not answered as far as this process knows; the sweep then finds those. */
#include "kit/kit_internal.h"

#include "kit_sql.h"

#define SPLIT_MOST 32 /* markers of transactions at a time, each of up to some thousand cases */

/* The parts that overdue markers of transactions are split into: one a case and group that has not
 * answered, as far as this process knows. */
struct split {
	struct map *places; /* case → its first part, while its highest upto is looked for */
	int64_t *wholes;
	int64_t *batches;
	size_t n_wholes;
	int64_t *cases;
	int32_t *upto;
	struct str *groups;
	size_t n_parts;
};

static bool split_make(struct kit *kit, struct split *split, size_t n_rows)
{
	struct arena *mem = kit->relay_mem;
	split->wholes = arena_new_array(mem, int64_t, n_rows);
	split->batches = arena_new_array(mem, int64_t, n_rows);
	split->cases = arena_new_array(mem, int64_t, n_rows * KIT_STREAMS_MAX);
	split->upto = arena_new_array(mem, int32_t, n_rows * KIT_STREAMS_MAX);
	split->groups = arena_new_array(mem, struct str, n_rows * KIT_STREAMS_MAX);
	return !arena_failed(mem);
}

/* A case may stand in several markers: its parts are made once, with the highest upto. */
static void split_case(struct kit *kit, struct split *split, int64_t case_id, int32_t upto)
{
	const char *const *groups = NULL;
	size_t missing[KIT_STREAMS_MAX];
	size_t n = track_missing(kit, case_id, upto, missing);
	(void)kit_groups_of(kit->self, &groups);
	for (size_t i = 0; i < n; i++) {
		struct str group = str_from_c(groups[missing[i]]);
		struct str key =
			arena_printf(kit->relay_mem, "%lld/%zu", (long long)case_id, missing[i]);
		uintptr_t place = (uintptr_t)map_get(split->places, key);
		if (place == 0) {
			place = ++split->n_parts;
			map_put(split->places, key, (void *)place);
			split->cases[place - 1] = case_id;
			split->groups[place - 1] = group;
		}
		if (split->upto[place - 1] < upto)
			split->upto[place - 1] = upto;
	}
}

static void split_take(struct kit *kit, struct split *split, const struct db_result *rows)
{
	for (size_t i = 0; i < db_rows(rows); i++) {
		int64_t whole = db_get_int(rows, i, 0), batch = db_get_int(rows, i, 1);
		size_t last = split->n_wholes;
		if (last == 0 || split->wholes[last - 1] != whole ||
			split->batches[last - 1] != batch) {
			split->wholes[last] = whole;
			split->batches[last] = batch;
			split->n_wholes++;
		}
		split_case(kit, split, db_get_int(rows, i, 2), (int32_t)db_get_int(rows, i, 3));
	}
}

static enum res split_write(struct kit *kit, const struct split *split, struct err *err)
{
	struct db_call calls[] = { { .sql = &db_begin }, { .sql = &kit_sql_marker_split },
		{ .sql = &kit_sql_batch_marker_done }, { .sql = &db_commit } };
	for (size_t i = 0; i < 4; i++)
		db_params_init(&calls[i].params, kit->relay_mem);
	db_param_int8_array(&calls[1].params, split->cases, split->n_parts);
	db_param_text_array(&calls[1].params, split->groups, split->n_parts);
	db_param_int4_array(&calls[1].params, split->upto, split->n_parts);
	db_param_int8_array(&calls[2].params, split->wholes, split->n_wholes);
	db_param_int8_array(&calls[2].params, split->batches, split->n_wholes);
	return db_round(kit->db, calls, 4, err);
}

/* Markers of transactions that are overdue become markers of cases, which the claim then finds. */
enum res relay_split_overdue(struct kit *kit, struct err *err)
{
	struct db_params params;
	struct db_result *result = NULL;
	SCOPED(map)
	struct map *places = map_create();
	struct split split = { .places = places };
	db_params_init(&params, kit->relay_mem);
	db_param_int4(&params, SPLIT_MOST);
	TRY(db_run(kit->db, &kit_sql_batch_marker_overdue, &params, &result, err));
	if (db_rows(result) == 0)
		return RES_OK;
	if (!split_make(kit, &split, db_rows(result)))
		return err_set(err, RES_INVALID, "splitting markers needs more than BATCH_MEMORY");
	relay_parts_note(kit);
	split_take(kit, &split, result);
	if (split.n_wholes >= SPLIT_MOST) /* there are more */
		loop_timer_set(kit->sweep_timer, KIT_SWEEP_SOON);
	return split_write(kit, &split, err);
}

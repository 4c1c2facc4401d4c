/* The invariants in order, and how each is asked for. */
#include "check_run.h"

#include "check_projection.h"
#include "check_sql.h"
#include "fold/fold.h"

const struct db_sql *const *const check_statements = check_sql_all;
const struct db_sql *const *const check_more_statements = fold_statements;

const struct invariant check_invariants[CHECK_INVARIANTS] = {
	{ "I1", "every receipt is one case with its digest", &check_sql_i1_count, &check_sql_i1 },
	{ "I2", "one case a source_msg_id", &check_sql_i2_count, &check_sql_i2 },
	{ "I3", "subscribers have seen all, or a marker stands", &check_sql_i3_count,
		&check_sql_i3 },
	{ "I4", "journals are gapless, states reached by their tables", &check_sql_i4_count,
		&check_sql_i4 },
	{ "I5", "every open case has an owner and a time", &check_sql_i5_count, &check_sql_i5 },
	{ "I6", "closed cases have a delivery or a reason", &check_sql_i6_count, &check_sql_i6 },
	{ "I8", "the books agree, in the services and in analytics", &check_sql_i8_count,
		&check_sql_i8, projection_check },
	{ "I9", "the journals' hashes hold", NULL, NULL, chain_check },
	{ "I10", "nobody may write in a foreign schema", &check_sql_i10_count, &check_sql_i10 },
};

static enum res run(struct db *db, struct arena *mem, const struct db_sql *sql,
	struct db_result **out, struct err *err)
{
	struct db_params none;
	db_params_init(&none, mem);
	return db_run(db, sql, &none, out, err);
}

static enum res ask_database(struct db *db, struct arena *mem, const struct invariant *invariant,
	struct finding *out, struct err *err)
{
	struct db_result *result;
	TRY(run(db, mem, invariant->count, &result, err));
	out->looked_at = db_get_int(result, 0, 0);
	TRY(run(db, mem, invariant->offences, &result, err));
	for (size_t i = 0; i < db_rows(result); i++)
		finding_add(out, arena_str(mem, db_get_str(result, i, 0)),
			arena_str(mem, db_get_str(result, i, 1)));
	/* the statement counts those too that it does not show */
	if (db_rows(result) > 0)
		out->n_offences = db_get_int(result, 0, 2);
	db_release(db);
	return RES_OK;
}

enum res check_prove(
	struct db *db, struct arena *mem, size_t at, struct finding *out, struct err *err)
{
	const struct invariant *invariant = &check_invariants[at];
	enum res res = RES_OK;

	if (invariant->count != NULL)
		res = ask_database(db, mem, invariant, out, err);
	if (res == RES_OK && invariant->more != NULL)
		res = invariant->more(db, mem, out, err);
	return res == RES_OK ? RES_OK : err_prefix(err, res, "%s", invariant->name);
}

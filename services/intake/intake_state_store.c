/* Statements of channel_state. */
#include "intake_state_store.h"

#include "intake_sql.h"

/* Columns of state_load. */
enum { STAMP, VERSION, HOLDER, LEASE_UNTIL, PUT_BY, REPLACED, VALUE, AT };

static struct str copied(struct arena *mem, const struct db_result *rows, int col)
{
	return arena_str(mem, db_get_str(rows, 0, col));
}

enum res intake_state_load(struct db *db, struct arena *mem, const struct intake_state_ask *ask,
	struct intake_kept *out, struct instant *out_at, struct err *err)
{
	struct db_result *rows = NULL;
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text(&params, ask->source);
	db_param_text(&params, ask->name);
	TRY(db_run(db, &intake_sql_state_load, &params, &rows, err));
	if (db_rows(rows) != 1)
		return err_set(err, RES_BUG, "state_load gave %zu rows", db_rows(rows));
	*out_at = db_get_instant(rows, 0, AT);
	*out = (struct intake_kept){ .is_there = !db_is_null(rows, 0, STAMP) };
	if (!out->is_there)
		return RES_OK;
	out->stamp = db_get_int(rows, 0, STAMP);
	out->version = db_get_int(rows, 0, VERSION);
	out->holder = copied(mem, rows, HOLDER);
	out->lease_until = db_get_instant(rows, 0, LEASE_UNTIL);
	out->put_by = copied(mem, rows, PUT_BY);
	out->replaced = db_get_int(rows, 0, REPLACED);
	out->value = db_get_str(rows, 0, VALUE); /* borrowed: the batch releases it at its end */
	return RES_OK;
}

enum res intake_state_load_use(struct db *db, struct arena *mem, struct str source,
	struct intake_state_use *out, struct err *err)
{
	struct db_result *rows = NULL;
	struct db_params params;

	db_params_init(&params, mem);
	db_param_text(&params, source);
	TRY(db_run(db, &intake_sql_state_sweep, &params, NULL, err));
	TRY(db_run(db, &intake_sql_state_use, &params, &rows, err));
	out->names = db_get_int(rows, 0, 0);
	out->bytes = db_get_int(rows, 0, 1);
	return RES_OK;
}

static struct str never_null(struct str text)
{
	return text.p != NULL ? text : STR("");
}

static void key_params(struct db_params *params, const struct intake_state_ask *ask, int64_t stamp)
{
	db_param_text(params, ask->source);
	db_param_text(params, ask->name);
	db_param_int8(params, stamp);
}

static void row_params(struct db_params *params, const struct intake_kept *after)
{
	db_param_int8(params, after->version);
	db_param_text(params, never_null(after->holder));
	db_param_instant(params, after->lease_until);
	db_param_text(params, never_null(after->put_by));
	db_param_int8(params, after->replaced);
}

/* Null: without a value, or the one that is there stays. */
static void value_params(struct db_params *params, const struct intake_state_ask *ask,
	const struct intake_kept *after)
{
	bool is_put = ask->kind == INTAKE_STATE_PUT;

	db_param_bytes(params, is_put && after->version != 0 ? never_null(after->value) : STR_NONE);
}

enum res intake_state_write(struct db *db, struct arena *mem, const struct intake_state_ask *ask,
	int64_t stamp, const struct intake_state_decision *decision, bool *out_won, struct err *err)
{
	const struct intake_kept *after = &decision->after;
	const struct db_sql *sql = &intake_sql_state_insert;
	struct db_result *rows = NULL;
	struct db_params params;

	db_params_init(&params, mem);
	switch (decision->deed) {
	case INTAKE_STATE_KEEP:
		*out_won = true;
		return RES_OK;
	case INTAKE_STATE_INSERT:
		key_params(&params, ask, after->stamp);
		row_params(&params, after);
		value_params(&params, ask, after);
		break;
	case INTAKE_STATE_UPDATE:
		sql = &intake_sql_state_update;
		key_params(&params, ask, stamp);
		row_params(&params, after);
		value_params(&params, ask, after);
		break;
	case INTAKE_STATE_DELETE:
		sql = &intake_sql_state_delete;
		key_params(&params, ask, stamp);
		break;
	}
	TRY(db_run(db, sql, &params, &rows, err));
	*out_won = db_rows(rows) == 1;
	return RES_OK;
}

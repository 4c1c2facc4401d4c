/* db.h's parameters: a grid of cells each instead of PostgreSQL's bytes. */
#include <string.h>

#include "sim_store.h"

struct cell cell_int(int64_t n)
{
	return (struct cell){ .n = n };
}

struct cell cell_text(struct str text)
{
	return (struct cell){ .is_null = text.p == NULL, .s = text };
}

struct cell cell_none(void)
{
	return (struct cell){ .is_null = true };
}

const struct cell *grid_at(const struct grid *grid, size_t row, size_t col)
{
	CHECK(row < grid->rows && col < grid->cols);
	return &grid->cells[row * grid->cols + col];
}

struct cell cell_read(enum db_type type, const void *from)
{
	struct instant at;
	struct str text;
	switch (type) {
	case DB_INT2:
		return cell_int(*(const int16_t *)from);
	case DB_INT4:
		return cell_int(*(const int32_t *)from);
	case DB_INT8:
		return cell_int(*(const int64_t *)from);
	case DB_BOOL:
		return cell_int(*(const bool *)from);
	case DB_TEXT:
	case DB_BYTES:
		memcpy(&text, from, sizeof text);
		return cell_text(text);
	case DB_HASH:
		return cell_text(str_of(from, 32));
	case DB_INSTANT:
		memcpy(&at, from, sizeof at);
		return instant_is_none(at) ? cell_none() : cell_int(at.us);
	case DB_DAY:
		return *(const int32_t *)from == INT32_MIN ? cell_none()
							   : cell_int(*(const int32_t *)from);
	}
	return cell_none();
}

void cell_write(enum db_type type, const struct cell *cell, void *to, struct arena *mem)
{
	struct instant at = { cell->n };
	struct str text = cell->is_null ? STR_NONE : arena_str(mem, cell->s);
	switch (type) {
	case DB_INT2:
		*(int16_t *)to = (int16_t)cell->n;
		break;
	case DB_INT4:
		*(int32_t *)to = (int32_t)cell->n;
		break;
	case DB_INT8:
		*(int64_t *)to = cell->n;
		break;
	case DB_BOOL:
		*(bool *)to = cell->n != 0;
		break;
	case DB_TEXT:
	case DB_BYTES:
		memcpy(to, &text, sizeof text);
		break;
	case DB_HASH:
		CHECK(cell->s.n == 32);
		memcpy(to, cell->s.p, 32);
		break;
	case DB_INSTANT:
		if (cell->is_null)
			at = INSTANT_NONE;
		memcpy(to, &at, sizeof at);
		break;
	case DB_DAY:
		*(int32_t *)to = cell->is_null ? INT32_MIN : (int32_t)cell->n;
		break;
	}
}

void db_params_init(struct db_params *params, struct arena *mem)
{
	params->mem = mem;
	params->n = 0;
}

static struct grid *grid_add(struct db_params *params, size_t rows, size_t cols)
{
	struct grid *grid = arena_new(params->mem, struct grid);
	CHECK(grid != NULL && params->n < DB_PARAMS_MAX);
	*grid = (struct grid){ rows, cols,
		arena_new_array(params->mem, struct cell, rows * cols + 1) };
	CHECK(grid->cells != NULL);
	params->values[params->n++] = (char *)grid;
	return grid;
}

static void add_one(struct db_params *params, struct cell cell)
{
	grid_add(params, 1, 1)->cells[0] = cell;
}

void db_param_int2(struct db_params *params, int16_t value)
{
	add_one(params, cell_int(value));
}

void db_param_int4(struct db_params *params, int32_t value)
{
	add_one(params, cell_int(value));
}

void db_param_int8(struct db_params *params, int64_t value)
{
	add_one(params, cell_int(value));
}

void db_param_bool(struct db_params *params, bool value)
{
	add_one(params, cell_int(value));
}

void db_param_text(struct db_params *params, struct str value)
{
	add_one(params, cell_text(arena_str(params->mem, value)));
}

void db_param_bytes(struct db_params *params, struct str value)
{
	db_param_text(params, value);
}

void db_param_instant(struct db_params *params, struct instant value)
{
	add_one(params, cell_read(DB_INSTANT, &value));
}

void db_param_span(struct db_params *params, struct span value)
{
	add_one(params, cell_int(value.us));
}

void db_param_int8_array(struct db_params *params, const int64_t *values, size_t n)
{
	struct grid *grid = grid_add(params, n, 1);
	for (size_t i = 0; i < n; i++)
		grid->cells[i] = cell_int(values[i]);
}

void db_param_int4_array(struct db_params *params, const int32_t *values, size_t n)
{
	struct grid *grid = grid_add(params, n, 1);
	for (size_t i = 0; i < n; i++)
		grid->cells[i] = cell_int(values[i]);
}

void db_param_text_array(struct db_params *params, const struct str *values, size_t n)
{
	struct grid *grid = grid_add(params, n, 1);
	for (size_t i = 0; i < n; i++)
		grid->cells[i] = cell_text(arena_str(params->mem, values[i]));
}

/* What a parameter says is said when it is made, as when bytes are packed. */
static struct cell cell_copied(struct db_params *params, const struct db_col *col, const void *row)
{
	struct cell cell = cell_read(col->type, (const char *)row + col->offset);
	if (cell.s.p != NULL)
		cell.s = arena_str(params->mem, cell.s);
	return cell;
}

void db_param_rows(struct db_params *params, const struct db_col *cols, size_t n_cols,
	const void *const *rows, size_t n)
{
	struct grid *grid = grid_add(params, n, n_cols);
	for (size_t r = 0; r < n; r++)
		for (size_t c = 0; c < n_cols; c++)
			grid->cells[r * n_cols + c] = cell_copied(params, &cols[c], rows[r]);
}

void db_param_columns(struct db_params *params, const struct db_col *cols, size_t n_cols,
	const void *const *rows, size_t n)
{
	for (size_t c = 0; c < n_cols; c++) {
		struct grid *grid = grid_add(params, n, 1);
		for (size_t r = 0; r < n; r++)
			grid->cells[r] = cell_copied(params, &cols[c], rows[r]);
	}
}

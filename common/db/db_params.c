/* Parameters in PostgreSQL's binary form: big-endian numbers, time since 2000, arrays with a header
 * of five words (src/backend/utils/adt/arrayfuncs.c, array_recv), rows column by column with the
 * type of each (rowtypes.c, record_recv). When memory runs out the arena is marked, and db_round
 * refuses to send. */
#include "db/db_internal.h"

#include <endian.h>
#include <limits.h>
#include <string.h>

#include "base/check.h"

#define ARRAY_EMPTY_BYTES  12 /* dimensions, has-null flag, element type */
#define ARRAY_HEADER_BYTES 20 /* and length, lower bound */
#define ARRAY_TYPE_AT	   8
#define HASH_BYTES	   32

/* By enum db_type. width 0: as long as the value. */
static const struct {
	uint32_t element;
	uint32_t array;
	int32_t width;
} type_table[] = {
	[DB_INT2] = { OID_INT2, 1005, 2 },
	[DB_INT4] = { OID_INT4, 1007, 4 },
	[DB_INT8] = { OID_INT8, 1016, 8 },
	[DB_BOOL] = { OID_BOOL, 1000, 1 },
	[DB_TEXT] = { OID_TEXT, 1009, 0 },
	[DB_BYTES] = { OID_BYTEA, 1001, 0 },
	[DB_HASH] = { OID_BYTEA, 1001, HASH_BYTES },
	[DB_INSTANT] = { OID_TIMESTAMPTZ, 1185, 8 },
	[DB_DAY] = { OID_DATE, 1182, 4 },
};

static char *put_32(char *to, int32_t value)
{
	uint32_t big = htobe32((uint32_t)value);
	memcpy(to, &big, sizeof(big));
	return to + sizeof(big);
}

static char *put_64(char *to, int64_t value)
{
	uint64_t big = htobe64((uint64_t)value);
	memcpy(to, &big, sizeof(big));
	return to + sizeof(big);
}

static char *put_16(char *to, int16_t value)
{
	uint16_t big = htobe16((uint16_t)value);
	memcpy(to, &big, sizeof(big));
	return to + sizeof(big);
}

/* The ends of the scale are PostgreSQL's infinities; what is too early for it becomes -infinity. */
static int64_t instant_to_pg(struct instant at)
{
	if (at.us == INT64_MAX)
		return INT64_MAX;
	return at.us < INT64_MIN + DB_EPOCH_US ? INT64_MIN : at.us - DB_EPOCH_US;
}

static int32_t day_to_pg(int32_t day)
{
	if (day == INT32_MAX)
		return INT32_MAX;
	return day < INT32_MIN + DB_EPOCH_DAYS ? INT32_MIN : day - DB_EPOCH_DAYS;
}

/* The next parameter, of `bytes` bytes; NULL when memory is out. */
static char *param_add(struct db_params *params, uint32_t oid, size_t bytes)
{
	CHECK(params->n < DB_PARAMS_MAX);
	CHECK(bytes <= INT_MAX);
	char *at = arena_alloc(params->mem, bytes);
	params->types[params->n] = oid;
	params->values[params->n] = at;
	params->lengths[params->n] = (int)bytes;
	params->n++;
	return at;
}

static void param_add_null(struct db_params *params, uint32_t oid)
{
	CHECK(params->n < DB_PARAMS_MAX);
	params->types[params->n] = oid;
	params->values[params->n] = NULL;
	params->lengths[params->n] = 0;
	params->n++;
}

static void param_add_str(struct db_params *params, uint32_t oid, struct str value)
{
	if (value.p == NULL) {
		param_add_null(params, oid);
		return;
	}
	char *at = param_add(params, oid, value.n);
	if (at && value.n > 0)
		memcpy(at, value.p, value.n);
}

void db_params_init(struct db_params *params, struct arena *mem)
{
	params->mem = mem;
	params->n = 0;
}

void db_param_int2(struct db_params *params, int16_t value)
{
	char *at = param_add(params, OID_INT2, 2);
	if (at)
		put_16(at, value);
}

void db_param_int4(struct db_params *params, int32_t value)
{
	char *at = param_add(params, OID_INT4, 4);
	if (at)
		put_32(at, value);
}

void db_param_int8(struct db_params *params, int64_t value)
{
	char *at = param_add(params, OID_INT8, 8);
	if (at)
		put_64(at, value);
}

void db_param_bool(struct db_params *params, bool value)
{
	char *at = param_add(params, OID_BOOL, 1);
	if (at)
		*at = value;
}

void db_param_text(struct db_params *params, struct str value)
{
	param_add_str(params, OID_TEXT, value);
}

void db_param_bytes(struct db_params *params, struct str value)
{
	param_add_str(params, OID_BYTEA, value);
}

void db_param_instant(struct db_params *params, struct instant value)
{
	if (instant_is_none(value)) {
		param_add_null(params, OID_TIMESTAMPTZ);
		return;
	}
	char *at = param_add(params, OID_TIMESTAMPTZ, 8);
	if (at)
		put_64(at, instant_to_pg(value));
}

void db_param_span(struct db_params *params, struct span value)
{
	char *at = param_add(params, OID_INTERVAL, 16);
	if (at)
		put_32(put_32(put_64(at, value.us), 0), 0); /* microseconds, days, months */
}

/* Length of one element's data, -1 for null. */
static int32_t element_bytes(enum db_type type, const void *at)
{
	struct str text;
	struct instant instant;
	int32_t day;
	switch (type) {
	case DB_TEXT:
	case DB_BYTES:
		memcpy(&text, at, sizeof(text));
		CHECK(text.n <= INT32_MAX);
		return text.p ? (int32_t)text.n : -1;
	case DB_INSTANT:
		memcpy(&instant, at, sizeof(instant));
		return instant_is_none(instant) ? -1 : type_table[type].width;
	case DB_DAY:
		memcpy(&day, at, sizeof(day));
		return day == INT32_MIN ? -1 : type_table[type].width;
	case DB_INT2:
	case DB_INT4:
	case DB_INT8:
	case DB_BOOL:
	case DB_HASH:
		break;
	}
	return type_table[type].width;
}

static void put_element(char *to, enum db_type type, const void *at)
{
	switch (type) {
	case DB_INT2:
		put_16(to, *(const int16_t *)at);
		break;
	case DB_INT4:
		put_32(to, *(const int32_t *)at);
		break;
	case DB_INT8:
		put_64(to, *(const int64_t *)at);
		break;
	case DB_BOOL:
		*to = *(const bool *)at;
		break;
	case DB_TEXT:
	case DB_BYTES:
		if (((const struct str *)at)->n > 0)
			memcpy(to, ((const struct str *)at)->p, ((const struct str *)at)->n);
		break;
	case DB_HASH:
		memcpy(to, at, HASH_BYTES);
		break;
	case DB_INSTANT:
		put_64(to, instant_to_pg(*(const struct instant *)at));
		break;
	case DB_DAY:
		put_32(to, day_to_pg(*(const int32_t *)at));
		break;
	}
}

/* Where the elements of an array parameter lie: in structs apart from each other, or side by side.
 */
struct elements {
	enum db_type type;
	size_t n;
	const void *const *rows; /* or NULL: */
	const char *side_by_side;
	size_t offset; /* within a row, or from one to the next */
};

static const void *element_at(const struct elements *from, size_t i)
{
	if (from->rows)
		return (const char *)from->rows[i] + from->offset;
	return from->side_by_side + i * from->offset;
}

static size_t elements_bytes(const struct elements *from, bool *out_has_null)
{
	size_t bytes = 0;
	*out_has_null = false;
	for (size_t i = 0; i < from->n; i++) {
		int32_t one = element_bytes(from->type, element_at(from, i));
		bytes += sizeof(int32_t) + (one < 0 ? 0 : (size_t)one);
		*out_has_null = *out_has_null || one < 0;
	}
	return bytes;
}

/* What stands before the elements of an array. */
static char *put_array_header(char *at, size_t n, bool has_null, uint32_t element_type)
{
	at = put_32(at, n > 0); /* dimensions */
	at = put_32(at, has_null);
	at = put_32(at, (int32_t)element_type);
	if (n == 0)
		return at;
	at = put_32(at, (int32_t)n);
	return put_32(at, 1); /* lower bound */
}

/* One value with its length before it. */
static char *put_value(char *at, enum db_type type, const void *value)
{
	int32_t bytes = element_bytes(type, value);
	at = put_32(at, bytes);
	if (bytes < 0)
		return at;
	put_element(at, type, value);
	return at + bytes;
}

static void param_add_array(struct db_params *params, const struct elements *from)
{
	bool has_null;
	CHECK(from->n <= INT32_MAX);
	size_t bytes = elements_bytes(from, &has_null);
	bytes += from->n == 0 ? ARRAY_EMPTY_BYTES : ARRAY_HEADER_BYTES;
	char *at = param_add(params, type_table[from->type].array, bytes);
	if (at == NULL)
		return;
	at = put_array_header(at, from->n, has_null, type_table[from->type].element);
	for (size_t i = 0; i < from->n; i++)
		at = put_value(at, from->type, element_at(from, i));
}

void db_param_int8_array(struct db_params *params, const int64_t *values, size_t n)
{
	param_add_array(params, &(struct elements){ .type = DB_INT8,
					.n = n,
					.side_by_side = (const char *)values,
					.offset = sizeof(*values) });
}

void db_param_int4_array(struct db_params *params, const int32_t *values, size_t n)
{
	param_add_array(params, &(struct elements){ .type = DB_INT4,
					.n = n,
					.side_by_side = (const char *)values,
					.offset = sizeof(*values) });
}

void db_param_text_array(struct db_params *params, const struct str *values, size_t n)
{
	param_add_array(params, &(struct elements){ .type = DB_TEXT,
					.n = n,
					.side_by_side = (const char *)values,
					.offset = sizeof(*values) });
}

void db_param_columns(struct db_params *params, const struct db_col *cols, size_t n_cols,
	const void *const *rows, size_t n)
{
	static const void *const no_rows[1] = { NULL };
	CHECK(rows != NULL || n == 0);
	for (size_t i = 0; i < n_cols; i++)
		param_add_array(params, &(struct elements){ .type = cols[i].type,
						.n = n,
						.rows = rows ? rows : no_rows,
						.offset = cols[i].offset });
}

static size_t row_bytes(const struct db_col *cols, size_t n_cols, const void *row)
{
	size_t bytes = sizeof(int32_t); /* how many columns */
	for (size_t i = 0; i < n_cols; i++) {
		int32_t one = element_bytes(cols[i].type, (const char *)row + cols[i].offset);
		bytes += 2 * sizeof(int32_t) + (one < 0 ? 0 : (size_t)one);
	}
	return bytes;
}

static char *put_row(char *at, const struct db_col *cols, size_t n_cols, const void *row)
{
	at = put_32(at, (int32_t)n_cols);
	for (size_t i = 0; i < n_cols; i++) {
		at = put_32(at, (int32_t)type_table[cols[i].type].element);
		at = put_value(at, cols[i].type, (const char *)row + cols[i].offset);
	}
	return at;
}

void db_param_rows(struct db_params *params, const struct db_col *cols, size_t n_cols,
	const void *const *rows, size_t n)
{
	CHECK(rows != NULL || n == 0);
	CHECK(n <= INT32_MAX);
	size_t bytes = n == 0 ? ARRAY_EMPTY_BYTES : ARRAY_HEADER_BYTES;
	for (size_t i = 0; i < n; i++)
		bytes += sizeof(int32_t) + row_bytes(cols, n_cols, rows[i]);
	char *at = param_add(params, OID_RECORD_ARRAY, bytes);
	if (at == NULL)
		return;
	at = put_array_header(at, n, false, 0); /* the type of a row: db_param_rows_address */
	for (size_t i = 0; i < n; i++) {
		char *length = at;
		at = put_row(at + sizeof(int32_t), cols, n_cols, rows[i]);
		put_32(length, (int32_t)(at - length - (ptrdiff_t)sizeof(int32_t)));
	}
}

void db_param_rows_address(char *value, uint32_t row_type)
{
	put_32(value + ARRAY_TYPE_AT, (int32_t)row_type);
}

/* Rows in PostgreSQL's binary form, read into structs or one by one. Rows belong to the session
 * until db_release. */
#include "db/db_internal.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define HASH_BYTES 32

/* Which types of the server a column of ours may be; 0 ends a row. */
static const Oid accepted_types[][6] = {
	[DB_INT2] = { OID_INT2 },
	[DB_INT4] = { OID_INT4 },
	[DB_INT8] = { OID_INT8 },
	[DB_BOOL] = { OID_BOOL },
	[DB_TEXT] = { OID_TEXT, OID_VARCHAR, OID_BPCHAR, OID_NAME, OID_JSON },
	[DB_BYTES] = { OID_BYTEA },
	[DB_HASH] = { OID_BYTEA },
	[DB_INSTANT] = { OID_TIMESTAMPTZ },
	[DB_DAY] = { OID_DATE },
};

/* Bytes of a member of a struct. */
static const size_t member_bytes[] = {
	[DB_INT2] = sizeof(int16_t),
	[DB_INT4] = sizeof(int32_t),
	[DB_INT8] = sizeof(int64_t),
	[DB_BOOL] = sizeof(bool),
	[DB_TEXT] = sizeof(struct str),
	[DB_BYTES] = sizeof(struct str),
	[DB_HASH] = HASH_BYTES,
	[DB_INSTANT] = sizeof(struct instant),
	[DB_DAY] = sizeof(int32_t),
};

static int16_t get_16(const char *from)
{
	uint16_t big;
	memcpy(&big, from, sizeof(big));
	return (int16_t)be16toh(big);
}

static int32_t get_32(const char *from)
{
	uint32_t big;
	memcpy(&big, from, sizeof(big));
	return (int32_t)be32toh(big);
}

static int64_t get_64(const char *from)
{
	uint64_t big;
	memcpy(&big, from, sizeof(big));
	return (int64_t)be64toh(big);
}

/* -infinity is before everything, as INSTANT_NONE is; infinity stays the end of the scale. */
static struct instant instant_from_pg(int64_t us)
{
	if (us == INT64_MIN)
		return INSTANT_NONE;
	if (us > INT64_MAX - DB_EPOCH_US)
		return (struct instant){ INT64_MAX };
	return (struct instant){ us + DB_EPOCH_US };
}

static int32_t day_from_pg(int32_t day)
{
	if (day == INT32_MIN)
		return INT32_MIN;
	return day > INT32_MAX - DB_EPOCH_DAYS ? INT32_MAX : day + DB_EPOCH_DAYS;
}

struct db_result *db_result_keep(struct db *db, PGresult *pg, const struct db_sql *sql)
{
	struct db_result *result = calloc(1, sizeof(*result));
	CHECK(result != NULL);
	*result = (struct db_result){ .next = db->results, .pg = pg, .sql = sql };
	db->results = result;
	return result;
}

void db_release(struct db *db)
{
	while (db->results) {
		struct db_result *gone = db->results;
		db->results = gone->next;
		PQclear(gone->pg);
		free(gone);
	}
}

size_t db_rows(const struct db_result *result)
{
	return (size_t)PQntuples(result->pg);
}

static bool is_accepted(enum db_type type, Oid oid)
{
	for (const Oid *at = accepted_types[type]; *at != 0; at++)
		if (*at == oid)
			return true;
	return false;
}

static enum res columns_fit(
	const struct db_result *result, const struct db_col *cols, size_t n_cols, struct err *err)
{
	size_t there = (size_t)PQnfields(result->pg);
	if (there != n_cols)
		return err_set(err, RES_BUG, "statement %s: it gives %zu columns, %zu are read",
			result->sql->name, there, n_cols);
	for (size_t i = 0; i < n_cols; i++)
		if (!is_accepted(cols[i].type, PQftype(result->pg, (int)i)))
			return err_set(err, RES_BUG,
				"statement %s: column %zu (%s, read as %s) has type %u",
				result->sql->name, i + 1, PQfname(result->pg, (int)i), cols[i].name,
				(unsigned)PQftype(result->pg, (int)i));
	return RES_OK;
}

/* A null of a type that knows no null, or a hash of another length: the statement and the struct do
 * not fit. */
static enum res value_fits(
	const struct db_result *result, const struct db_col *col, int row, int at, struct err *err)
{
	bool may_be_null = col->type == DB_TEXT || col->type == DB_BYTES ||
			   col->type == DB_INSTANT || col->type == DB_DAY;
	if (!may_be_null && PQgetisnull(result->pg, row, at))
		return err_set(err, RES_BUG, "statement %s: %s is null in row %d",
			result->sql->name, col->name, row);
	if (col->type == DB_HASH && PQgetlength(result->pg, row, at) != HASH_BYTES)
		return err_set(err, RES_BUG, "statement %s: %s has %d bytes in row %d, not 32",
			result->sql->name, col->name, PQgetlength(result->pg, row, at), row);
	return RES_OK;
}

static struct str value_str(const PGresult *pg, int row, int col)
{
	if (PQgetisnull(pg, row, col))
		return STR_NONE;
	return str_of(PQgetvalue(pg, row, col), (size_t)PQgetlength(pg, row, col));
}

static struct instant value_instant(const PGresult *pg, int row, int col)
{
	if (PQgetisnull(pg, row, col))
		return INSTANT_NONE;
	return instant_from_pg(get_64(PQgetvalue(pg, row, col)));
}

static void read_value(
	const PGresult *pg, int row, int col, enum db_type type, struct arena *mem, void *to)
{
	const char *value = PQgetvalue(pg, row, col);
	switch (type) {
	case DB_INT2:
		*(int16_t *)to = get_16(value);
		break;
	case DB_INT4:
		*(int32_t *)to = get_32(value);
		break;
	case DB_INT8:
		*(int64_t *)to = get_64(value);
		break;
	case DB_BOOL:
		*(bool *)to = value[0] != 0;
		break;
	case DB_TEXT:
	case DB_BYTES:
		*(struct str *)to = arena_str(mem, value_str(pg, row, col));
		break;
	case DB_HASH:
		memcpy(to, value, HASH_BYTES);
		break;
	case DB_INSTANT:
		*(struct instant *)to = value_instant(pg, row, col);
		break;
	case DB_DAY:
		*(int32_t *)to = PQgetisnull(pg, row, col) ? INT32_MIN : day_from_pg(get_32(value));
		break;
	}
}

enum res db_read(const struct db_result *result, struct arena *mem, const struct db_col *cols,
	size_t n_cols, size_t stride, void *out_rows, size_t *out_n, struct err *err)
{
	TRY(columns_fit(result, cols, n_cols, err));
	for (size_t i = 0; i < n_cols; i++)
		CHECK(cols[i].offset + member_bytes[cols[i].type] <= stride);
	size_t n = db_rows(result);
	char *rows = arena_array(mem, n, stride);
	for (size_t row = 0; rows && row < n; row++) {
		for (size_t i = 0; i < n_cols; i++) {
			TRY(value_fits(result, &cols[i], (int)row, (int)i, err));
			read_value(result->pg, (int)row, (int)i, cols[i].type, mem,
				rows + row * stride + cols[i].offset);
		}
	}
	if (arena_failed(mem))
		return err_set(err, RES_TOO_BIG,
			"statement %s: %zu rows are more than memory holds", result->sql->name, n);
	memcpy(out_rows, &rows, sizeof(rows)); /* the address of a pointer to any struct */
	*out_n = n;
	return RES_OK;
}

/* A programming error only: statements and their readers are fixed at build. */
static void check_place(const struct db_result *result, size_t row, int col)
{
	CHECK(row < db_rows(result));
	CHECK(col >= 0 && col < PQnfields(result->pg));
}

bool db_is_null(const struct db_result *result, size_t row, int col)
{
	check_place(result, row, col);
	return PQgetisnull(result->pg, (int)row, col) != 0;
}

int64_t db_get_int(const struct db_result *result, size_t row, int col)
{
	if (db_is_null(result, row, col))
		return 0;
	const char *value = PQgetvalue(result->pg, (int)row, col);
	Oid type = PQftype(result->pg, col);
	CHECK(type == OID_BOOL || type == OID_INT2 || type == OID_INT4 || type == OID_INT8);
	if (type == OID_BOOL)
		return value[0] != 0;
	if (type == OID_INT2)
		return get_16(value);
	return type == OID_INT4 ? get_32(value) : get_64(value);
}

struct str db_get_str(const struct db_result *result, size_t row, int col)
{
	check_place(result, row, col);
	CHECK(is_accepted(DB_TEXT, PQftype(result->pg, col)) ||
		PQftype(result->pg, col) == OID_BYTEA);
	return value_str(result->pg, (int)row, col);
}

struct instant db_get_instant(const struct db_result *result, size_t row, int col)
{
	check_place(result, row, col);
	CHECK(PQftype(result->pg, col) == OID_TIMESTAMPTZ);
	return value_instant(result->pg, (int)row, col);
}

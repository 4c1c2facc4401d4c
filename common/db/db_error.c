/* Failures of PostgreSQL, turned into what the caller should do. The text never carries a row's
 * data (law 13): the server's DETAIL quotes keys and whole rows in the classes 22 and 23, so there
 * the constraint's name must do. */
#include "db/db_internal.h"

#include <string.h>

/* First match wins; what is missing is RES_BUG. SQLSTATEs: PostgreSQL manual, appendix A. */
static const struct {
	const char *prefix;
	enum res res;
} state_table[] = {
	{ "40001", RES_CONFLICT }, /* serialization failure */
	{ "40P01", RES_CONFLICT }, /* deadlock */
	{ "55P03", RES_CONFLICT }, /* lock_timeout: somebody holds the row */
	{ "40003", RES_RETRY },	   /* completion unknown */
	{ "22", RES_INVALID }, { "23", RES_INVALID }, { "54", RES_INVALID },
	{ "P0001", RES_INVALID }, { "42501", RES_DENIED }, { "28", RES_DENIED },
	{ "08", RES_RETRY },	/* connection */
	{ "53", RES_RETRY },	/* out of connections, disk, memory */
	{ "57", RES_RETRY },	/* shutting down, starting, cancelled, statement_timeout */
	{ "58", RES_RETRY },	/* the server's disk or system */
	{ "25P03", RES_RETRY }, /* idle_in_transaction_session_timeout */
};

static const char *field(const PGresult *pg, int code)
{
	const char *text = PQresultErrorField(pg, code);
	return text ? text : "";
}

/* Prepared before a migration changed a table: a new session prepares anew. */
static bool is_plan_outdated(const PGresult *pg, const char *sqlstate)
{
	return strcmp(sqlstate, "0A000") == 0 &&
	       strcmp(field(pg, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0;
}

bool db_is_write_refused(const PGresult *pg)
{
	return strcmp(field(pg, PG_DIAG_SQLSTATE), "25006") == 0;
}

static bool is_detail_data(enum res res)
{
	return res == RES_INVALID;
}

enum res db_state_res(const char *sqlstate)
{
	for (size_t i = 0; i < sizeof(state_table) / sizeof(state_table[0]); i++) {
		const char *prefix = state_table[i].prefix;
		if (strncmp(sqlstate, prefix, strlen(prefix)) == 0)
			return state_table[i].res;
	}
	return RES_BUG;
}

enum res db_result_failure(const PGresult *pg, const char *statement, struct err *err)
{
	const char *sqlstate = field(pg, PG_DIAG_SQLSTATE);
	const char *primary = field(pg, PG_DIAG_MESSAGE_PRIMARY);
	if (sqlstate[0] == '\0') { /* libpq's own words: the connection broke */
		const char *text = PQresultErrorMessage(pg);
		return err_set(err, RES_RETRY, "statement %s: %.*s", statement,
			(int)strcspn(text, "\n"), text);
	}
	enum res res = is_plan_outdated(pg, sqlstate) ? RES_RETRY : db_state_res(sqlstate);
	const char *detail = is_detail_data(res) ? field(pg, PG_DIAG_CONSTRAINT_NAME)
						 : field(pg, PG_DIAG_MESSAGE_DETAIL);
	if (detail[0] == '\0')
		return err_set(err, res, "statement %s: %s [%s]", statement, primary, sqlstate);
	return err_set(
		err, res, "statement %s: %s (%s) [%s]", statement, primary, detail, sqlstate);
}

enum res db_lost(struct db *db, bool has_cause, struct err *err)
{
	const char *text = db->conn ? PQerrorMessage(db->conn) : "";
	int n = (int)strcspn(text, "\n");
	if (has_cause)
		err_prefix(err, RES_RETRY, "connection to the database lost");
	else if (n == 0)
		err_set(err, RES_RETRY, "connection to the database lost");
	else
		err_set(err, RES_RETRY, "connection to the database lost: %.*s", n, text);
	PQfinish(db->conn);
	db->conn = NULL;
	return RES_RETRY;
}

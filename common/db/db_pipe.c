/* Waiting for PostgreSQL. libpq is non-blocking here: while a large batch goes out, answers are
 * read, so that neither side can stand still with full buffers. A server that is silent for longer
 * than all its statements may take counts as lost. */
#include "db/db_internal.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#define GRACE_MS 10000 /* beyond statement_timeout: the network, and a commit's flush to disk */

static int64_t monotonic_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t db_limit(const struct db *db, size_t n_statements)
{
	if (db->statement_timeout.us <= 0)
		return DB_NO_LIMIT;
	return monotonic_ms() + (int64_t)n_statements * (db->statement_timeout.us / 1000) +
	       GRACE_MS;
}

/* One sleep of poll. False: the limit has come. */
static bool wait_socket(PGconn *conn, bool has_unsent, int64_t limit_ms)
{
	struct pollfd at = { .fd = PQsocket(conn), .events = POLLIN };
	int wait_ms = -1;
	if (has_unsent)
		at.events |= POLLOUT;
	if (limit_ms != DB_NO_LIMIT) {
		int64_t left = limit_ms - monotonic_ms();
		if (left <= 0)
			return false;
		wait_ms = left > INT32_MAX ? INT32_MAX : (int)left;
	}
	/* A time-out or a signal is found by the next look at the clock. */
	return poll(&at, 1, wait_ms) >= 0 || errno == EINTR;
}

enum res db_next(struct db *db, int64_t limit_ms, PGresult **out)
{
	for (;;) {
		int unsent = PQflush(db->conn);
		if (unsent < 0)
			return RES_RETRY;
		if (!PQisBusy(db->conn))
			break;
		if (!wait_socket(db->conn, unsent > 0, limit_ms))
			return RES_RETRY;
		/* Reading failed: what had arrived before, the server's last words, is still
		 * parsed. */
		if (PQconsumeInput(db->conn) == 0 && PQisBusy(db->conn))
			return RES_RETRY;
	}
	*out = PQgetResult(db->conn);
	return RES_OK;
}

enum res db_take_sync(struct db *db, int64_t limit_ms, enum res *failure, struct err *err)
{
	PGresult *pg = NULL;
	for (int ends = 0; ends < 2;) {
		TRY(db_next(db, limit_ms, &pg));
		ExecStatusType status = PQresultStatus(pg);
		if (pg == NULL)
			ends++;
		else if (status != PGRES_PIPELINE_SYNC && *failure == RES_OK)
			*failure = db_result_failure(pg, "(end of round)", err);
		PQclear(pg);
		if (status == PGRES_PIPELINE_SYNC)
			return RES_OK;
	}
	return RES_RETRY;
}

static bool is_success(ExecStatusType status)
{
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
	       status == PGRES_EMPTY_QUERY;
}

enum res db_simple(
	struct db *db, const char *text, int64_t limit_ms, PGresult **out_last, struct err *err)
{
	enum res res = RES_OK;
	PGresult *last = NULL;
	bool is_alive = PQsendQuery(db->conn, text) == 1;
	while (is_alive) {
		PGresult *pg = NULL;
		is_alive = db_next(db, limit_ms, &pg) == RES_OK;
		if (!is_alive || pg == NULL)
			break;
		ExecStatusType status = PQresultStatus(pg);
		if (is_success(status)) {
			PQclear(last);
			last = pg;
			continue;
		}
		/* COPY would wait for data that nobody sends. */
		is_alive = status == PGRES_FATAL_ERROR && PQstatus(db->conn) == CONNECTION_OK;
		if (res == RES_OK)
			res = db_result_failure(pg, "(script)", err);
		PQclear(pg);
	}
	if (!is_alive)
		res = db_lost(db, res != RES_OK, err);
	if (res != RES_OK || out_last == NULL) {
		PQclear(last);
		return res;
	}
	*out_last = last;
	return RES_OK;
}

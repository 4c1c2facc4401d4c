/* An attempt to connect that no loop waits for: looking up names, hosts that swallow packets and a
 * server that is slow to start cost seconds, and heartbeats must go on meanwhile. The thread works
 * on a session of its own, which is handed over when it stands. */
#include "db/db_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

struct db_attempt {
	pthread_t thread;
	struct db fresh; /* its texts are borrowed */
	enum res res;
	struct err err;
	atomic_bool is_over; /* from then on the thread touches nothing */
};

static void *attempt_main(void *context)
{
	struct db_attempt *attempt = context;
	attempt->res = db_connect(&attempt->fresh, &attempt->err);
	atomic_store_explicit(&attempt->is_over, true, memory_order_release);
	return NULL;
}

static struct db_prepared *prepared_copy(const struct db *db)
{
	struct db_prepared *copy = calloc(db->n_prepared, sizeof(*copy));
	CHECK(copy != NULL);
	memcpy(copy, db->prepared, db->n_prepared * sizeof(*copy));
	return copy;
}

static enum res attempt_begin(struct db *db, struct err *err)
{
	struct db_attempt *attempt = calloc(1, sizeof(*attempt));
	CHECK(attempt != NULL);
	attempt->fresh = (struct db){
		.conninfo = db->conninfo,
		.application = db->application,
		.statement_timeout = db->statement_timeout,
		.allow_unsafe = db->allow_unsafe,
		.prepared = prepared_copy(db),
		.n_prepared = db->n_prepared,
	};
	db->attempt = attempt;
	if (pthread_create(&attempt->thread, NULL, attempt_main, attempt) == 0)
		return RES_OK;
	free(attempt->fresh.prepared);
	free(attempt);
	db->attempt = NULL;
	return err_set(err, RES_RETRY, "no thread can be started to connect to the database");
}

void db_attempt_end(struct db *db)
{
	struct db_attempt *attempt = db->attempt;
	if (attempt == NULL)
		return;
	pthread_join(attempt->thread, NULL);
	PQfinish(attempt->fresh.conn);
	free(attempt->fresh.prepared);
	free(attempt);
	db->attempt = NULL;
}

bool db_reconnect_turn(struct db *db, enum res *out, struct err *err)
{
	if (db->attempt == NULL) {
		*out = attempt_begin(db, err);
		return *out != RES_OK;
	}
	if (!atomic_load_explicit(&db->attempt->is_over, memory_order_acquire))
		return false;
	*out = db->attempt->res;
	if (*out == RES_OK) {
		db_release(db);
		db_adopt(db, &db->attempt->fresh);
	} else if (err != NULL) {
		*err = db->attempt->err;
	}
	db_attempt_end(db);
	return true;
}

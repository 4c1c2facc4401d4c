/* The invariants of docs/reliability.md, proved one by one in the transaction that is open. */
#ifndef WL_CHECK_CHECK_RUN_H
#define WL_CHECK_CHECK_RUN_H

#include "check_chain.h"
#include "db/db.h"

#define CHECK_INVARIANTS 9

struct invariant {
	const char *name;
	const char *title;
	const struct db_sql *count; /* NULL: nothing that SQL can tell */
	const struct db_sql *offences;
	/* What no statement can tell; NULL: the statement says all. */
	enum res (*more)(
		struct db *db, struct arena *mem, struct finding *finding, struct err *err);
};
extern const struct invariant check_invariants[CHECK_INVARIANTS];
extern const struct db_sql *const *const check_statements;	/* that the session must prepare */
extern const struct db_sql *const *const check_more_statements; /* likewise */

/* out: zeroed; texts live in mem. */
enum res check_prove(struct db *db, struct arena *mem, size_t at, struct finding *out,
	struct err *err) must_check;

#endif

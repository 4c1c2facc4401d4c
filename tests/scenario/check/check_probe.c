/* check_probe: damages, one a line of standard input, each in a transaction of its own that is
 * rolled back. Answers with one line a damage: the invariant that it offends ("I4"), "database"
 * when it is not even possible, "nothing" when nobody sees it. PG_CONNINFO as superuser. Asking
 * within the damage's own transaction is what makes thousands of them possible; that wangli-check
 * itself sees a damage that was committed, its caller looks at too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "crypto/crypto.h"

#define MEMORY_MAX (16u << 20)

static enum res bracket(struct db *db, struct arena *mem, const struct db_sql *sql, struct err *err)
{
	struct db_params none;

	db_params_init(&none, mem);
	return db_run(db, sql, &none, NULL, err);
}

static enum res first_offended(struct db *db, struct arena *mem, const char **out, struct err *err)
{
	*out = "nothing";
	for (size_t i = 0; i < CHECK_INVARIANTS && strcmp(*out, "nothing") == 0; i++) {
		struct finding finding = { .looked_at = 0 };
		TRY(check_prove(db, mem, i, &finding, err));
		if (finding.n_offences > 0)
			*out = check_invariants[i].name;
	}
	return RES_OK;
}

static enum res probe(struct db *db, struct arena *mem, const char *damage, struct err *err)
{
	const char *by = "database";
	struct err refused;

	TRY(bracket(db, mem, &db_begin, err));
	if (db_script(db, damage, &refused) == RES_OK)
		TRY(first_offended(db, mem, &by, err));
	TRY(bracket(db, mem, &db_rollback, err));
	db_release(db);
	printf("%s%s%s\n", by, strcmp(by, "database") == 0 ? " " : "",
		strcmp(by, "database") == 0 ? refused.text : "");
	fflush(stdout);
	return RES_OK;
}

static enum res probe_all(struct arena *mem, struct err *err)
{
	const struct db_options options = {
		.conninfo = getenv("PG_CONNINFO"),
		.application = "check_probe",
		.statements = check_statements,
		.more_statements = check_more_statements,
		.statement_timeout = SPAN_MIN(1),
		.allow_unsafe = true,
	};
	struct db *opened = NULL;
	char *line = NULL;
	size_t cap = 0;
	enum res res = RES_OK;

	TRY(crypto_start(err));
	TRY(db_open(&opened, &options, err));
	SCOPED(db)
	struct db *db = opened;
	while (res == RES_OK && getline(&line, &cap, stdin) > 0) {
		arena_reset(mem);
		res = probe(db, mem, line, err);
	}
	free(line);
	return res;
}

int main(void)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	struct err err = { .text = "" };

	if (mem != NULL && probe_all(mem, &err) == RES_OK)
		return EXIT_SUCCESS;
	fprintf(stderr, "check_probe: %s\n", err.text);
	return EXIT_FAILURE;
}

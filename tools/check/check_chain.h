/* I9: the hash chains of a service's journal, entry by entry, in the snapshot that is open. */
#ifndef WL_CHECK_CHECK_CHAIN_H
#define WL_CHECK_CHECK_CHAIN_H

#include "base/arena.h"
#include "base/err.h"
#include "db/db.h"

#define OFFENCES_SHOWN 20

struct offence {
	struct str id;
	struct str what;
};

/* What an invariant came to. */
struct finding {
	int64_t looked_at;
	int64_t n_offences;
	struct offence offences[OFFENCES_SHOWN]; /* the first ones */
	size_t n_shown;
};
void finding_add(struct finding *finding, struct str id, struct str what);

/* Adds what all journals come to; texts live in mem. */
enum res chain_check(
	struct db *db, struct arena *mem, struct finding *finding, struct err *err) must_check;

#endif

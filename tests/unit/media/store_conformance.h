/* What every store must do, whatever it keeps things in (store.h): one table of cases, run on each
 * kind. The store must be empty; FOLDER/tmp is where files are made. */
#ifndef WL_STORE_CONFORMANCE_H
#define WL_STORE_CONFORMANCE_H

#include "store.h"

/* The number of cases that failed; each is printed with what was wanted. */
int store_conform(struct store *store, const char *folder);
/* Every call on a store that is away: RES_RETRY, and nothing written to what is handed out. */
int store_conform_away(struct store *store, const char *folder);

#endif

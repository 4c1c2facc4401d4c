/* The table channel_state. Everything here runs inside the batch's transaction.
 * The statements are listed with the others, in intake_store.c. */
#ifndef WL_INTAKE_STATE_STORE_H
#define WL_INTAKE_STATE_STORE_H

#include "db/db.h"
#include "intake_state_core.h"

/* The row of that name, and the real time of the look. Values live as long as the batch. */
enum res intake_state_load(struct db *db, struct arena *mem, const struct intake_state_ask *ask,
	struct intake_kept *out, struct instant *out_at, struct err *err) must_check;
/* What the source has; names without a value whose lease ran out are thrown away first. */
enum res intake_state_load_use(struct db *db, struct arena *mem, struct str source,
	struct intake_state_use *out, struct err *err) must_check;
/* *out_won: false when somebody else changed the row since it had that stamp. */
enum res intake_state_write(struct db *db, struct arena *mem, const struct intake_state_ask *ask,
	int64_t stamp, const struct intake_state_decision *decision, bool *out_won,
	struct err *err) must_check;

#endif

/* Private to the SDK: what must survive this process. In the spool folder:
 *   lock              held by the one process that works here
 *   letters           os_log of LETTER (id, fingerprint, message) and ANSWERED (id)
 *   channel           on whose behalf the letters are sent, for an heir (sdk_adopt.h)
 *   outcomes-NNNN     os_log of OUTCOME (delivery id, code, reason), one file for each 30 days of
 *                     real time; files that ended more than 90 days ago are deleted at opening
 * `letters` is rewritten with what is unanswered when most of it is history. */
#ifndef WL_SDK_SPOOL_H
#define WL_SDK_SPOOL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "sdk/sdk_outbox.h"

struct spool;

struct spool_outcome {
	bool is_delivered;
	struct str reason;
	bool is_kept; /* durable; until then the platform must not hear of it */
};

/* Reads the folder's letters into outbox (initialised, empty). now: real time, for the outcomes'
 * age. */
enum res spool_open(struct spool **out, const char *folder, struct outbox *outbox,
	struct instant now, struct err *err) must_check;
void spool_close(struct spool *spool);

/* Appends; durable after spool_sync. */
void spool_add_letter(struct spool *spool, const struct outbox_letter *letter);
void spool_add_answered(struct spool *spool, struct str id);
/* Makes letters durable; compacts when it pays. */
enum res spool_sync(struct spool *spool, const struct outbox *outbox, struct err *err) must_check;

/* NULL: this delivery was never answered. */
const struct spool_outcome *spool_find_outcome(const struct spool *spool, struct str delivery_id);
/* All outcomes, in no order, until `each` returns false. */
void spool_walk_outcomes(const struct spool *spool,
	bool (*each)(void *arg, struct str delivery_id, const struct spool_outcome *outcome),
	void *arg);
/* Adds an outcome that is not kept yet. */
void spool_add_outcome(
	struct spool *spool, struct str delivery_id, bool is_delivered, struct str reason);
/* Makes all of them durable and kept. On failure none of the new ones is known any more. */
enum res spool_keep_outcomes(struct spool *spool, struct instant now, struct err *err) must_check;
/* Forgets those that are not kept. */
void spool_drop_outcomes(struct spool *spool);

#endif

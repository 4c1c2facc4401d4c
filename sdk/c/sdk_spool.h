/* Private to the SDK: what must survive this process. In the spool folder:
 *   lock              held by the one process that works here
 *   letters           os_log of LETTER (id, fingerprint, message) and ANSWERED (id)
 *   channel           on whose behalf the letters are sent, for an heir (sdk_adopt.h)
 *   outcomes-NNNN     os_log of OUTCOME (delivery id, code, reason, fence) and CLAIM (delivery id,
 *                     claim id, stage, fence), one file for each 30 days of real time; files that
 *                     ended more than 90 days ago are deleted at opening
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
	bool is_kept;  /* durable; until then the platform must not hear of it */
	int32_t fence; /* of the claim under which it came about; 0: none */
};

/* A delivery that was claimed and has no outcome yet. */
enum spool_stage {
	SPOOL_ASKED = 'a',   /* the provider is not called under this claim */
	SPOOL_CALLING = 'c', /* it is, or was: a process that finds this at its start cannot know */
	SPOOL_DOUBTED = 'd', /* nobody knows, and the platform was told */
};
#define SPOOL_CLAIM_ID 32
struct spool_claim {
	char id[SPOOL_CLAIM_ID + 1];
	enum spool_stage stage;
	int32_t fence; /* of the GO; 0: none yet */
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
	struct spool *spool, struct str delivery_id, const struct spool_outcome *outcome);
/* Makes all of them durable and kept. On failure none of the new ones is known any more. */
enum res spool_keep_outcomes(struct spool *spool, struct instant now, struct err *err) must_check;
/* Forgets those that are not kept. */
void spool_drop_outcomes(struct spool *spool);

/* NULL: not claimed, or it has its outcome. */
const struct spool_claim *spool_find_claim(const struct spool *spool, struct str delivery_id);
void spool_walk_claims(const struct spool *spool,
	bool (*each)(void *arg, struct str delivery_id, const struct spool_claim *claim),
	void *arg);
/* In place of what there was; durable after spool_keep_claims. */
void spool_put_claim(struct spool *spool, struct str delivery_id, const struct spool_claim *claim);
/* Gone, from this process alone: who finds it on disk asks again and is refused again. */
void spool_forget_claim(struct spool *spool, struct str delivery_id);
enum res spool_keep_claims(struct spool *spool, struct instant now, struct err *err) must_check;

#endif

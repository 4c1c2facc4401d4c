/* What reply does with each message, and the messages of its own that go to channels. */
#ifndef WL_REPLY_HANDLERS_H
#define WL_REPLY_HANDLERS_H

#include "kit/kit.h"
#include "reply_store.h"

/* Timers of a case. */
#define REPLY_TIMER_CLAIM  "claim"  /* a claim has had no word for too long */
#define REPLY_TIMER_VERIFY "verify" /* a delivery in doubt is still not verified */

struct reply_service {
	struct str case_prefix;
	struct span claim_for;
	struct span verify_within;
	struct arena *mem; /* of the reference data */
	struct reply_reference reference;
};

extern const struct kit_handler reply_handlers[];

/* For service_spec.make_deliver. */
enum res reply_make_deliver(void *service, struct db *db, struct arena *mem,
	const int64_t *case_ids, const int32_t *seqs, size_t n, struct wire_msg *out,
	struct err *err) must_check;

#endif

/* Status of cases whose letter asked for it: raised with a change of the state, told to the group
 * status/<channel>, done with DONE (decision 0014). */
#ifndef WL_ANALYTICS_STATUS_H
#define WL_ANALYTICS_STATUS_H

#include "analytics_core.h"
#include "kit/kit.h"

#define ANALYTICS_STATUS_PREFIX "status/"

/* After an event: raises the marker when what people see has changed for a case that asked. */
void analytics_status_note(struct kit_turn *turn, const struct analytics_event *event,
	const struct analytics_case *before, const struct analytics_case *after);
/* DONE status.done.v1, as kit_handler.handle. */
enum res analytics_status_done(struct kit_turn *turn, struct err *err) must_check;
/* For service_spec.make_deliver. */
enum res analytics_make_status(void *service, struct db *db, struct arena *mem,
	const int64_t *case_ids, const int32_t *seqs, size_t n, struct wire_msg *out,
	struct err *err) must_check;

#endif

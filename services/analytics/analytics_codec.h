/* Bodies of the other services' events to what the core speaks of. The only part that sees
 * generated protobuf code. Texts borrow from `mem` or from the body. */
#ifndef WL_ANALYTICS_CODEC_H
#define WL_ANALYTICS_CODEC_H

#include "analytics_core.h"
#include "base/arena.h"

/* Reads the body of an event of that type (analytics_events.def). kind is ANALYTICS_EVENTS for one
 * that changes nothing that is counted. RES_INVALID: the body is not that   RES_NOT_FOUND: no such
 * type is known here */
enum res analytics_read(struct arena *mem, struct str type, struct instant at, struct str body,
	struct analytics_event *out, struct err *err) must_check;

struct analytics_status { /* body of status.v1 */
	struct str case_number;
	struct str state;
	struct instant at;
	int32_t version;
	struct str unit;
	struct instant due; /* none: nobody resolves it by then */
};
struct str analytics_write_status(struct arena *mem, const struct analytics_status *status);
enum res analytics_read_status_done(
	struct arena *mem, struct str body, int32_t *out_version, struct err *err) must_check;

#endif

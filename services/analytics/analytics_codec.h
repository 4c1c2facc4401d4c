/* Bodies of the other services' events to what the core speaks of. The only part that sees
 * generated protobuf code. Texts borrow from `mem` or from the body. */
#ifndef WL_ANALYTICS_CODEC_H
#define WL_ANALYTICS_CODEC_H

#include "analytics_core.h"
#include "base/arena.h"

/* Each fills what its type says beside kind and time. RES_INVALID: the body is not that. */
enum res analytics_read_received(struct arena *mem, struct str body, struct analytics_event *out,
	struct err *err) must_check;
enum res analytics_read_accepted(struct arena *mem, struct str body, struct analytics_event *out,
	struct err *err) must_check;
enum res analytics_read_dispatched(struct arena *mem, struct str body, struct analytics_event *out,
	struct err *err) must_check;
enum res analytics_read_resolved(struct arena *mem, struct str body, struct analytics_event *out,
	struct err *err) must_check;
enum res analytics_read_visited(struct arena *mem, struct str body, struct analytics_event *out,
	struct err *err) must_check;
enum res analytics_read_closed(struct arena *mem, struct str body, struct analytics_event *out,
	struct err *err) must_check;

#endif

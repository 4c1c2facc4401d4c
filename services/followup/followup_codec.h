/* Bodies of messages to and from what the core speaks of. The only part that sees generated
 * protobuf code. Texts that are read borrow from `mem` or from the body. */
#ifndef WL_FOLLOWUP_CODEC_H
#define WL_FOLLOWUP_CODEC_H

#include "base/arena.h"
#include "followup_core.h"

/* reply.delivered.v1 and reply.undeliverable.v1. RES_INVALID when the body is not that. */
enum res followup_read_delivered(
	struct arena *mem, struct str body, struct str *out_type, struct err *err) must_check;

enum res followup_read_rate(struct arena *mem, struct str body, struct followup_rating *out,
	struct err *err) must_check;

/* first_at: of the round's first visit. */
struct str followup_write_started(
	struct arena *mem, const struct followup_case *file, struct instant first_at);
struct str followup_write_visited(
	struct arena *mem, const struct followup_case *file, int16_t visit, const char *means);
struct str followup_write_silent(
	struct arena *mem, const struct followup_case *file, int16_t visit);
struct str followup_write_rated(struct arena *mem, const struct followup_case *file,
	const struct followup_rating *rating, int16_t visit, const char *means);
struct str followup_write_redo(
	struct arena *mem, const struct followup_case *file, const char *reason);
struct str followup_write_closed(struct arena *mem, const struct followup_case *file);

#endif

/* Reads and writes the bodies of dispatch's messages; the only file here that knows protobuf. Texts
 * live in mem. */
#ifndef WL_DISPATCH_CODEC_H
#define WL_DISPATCH_CODEC_H

#include "base/arena.h"
#include "base/err.h"
#include "dispatch_core.h"

/* intake.accepted.v1 → type and question; kind, at and the day are the caller's. */
enum res dispatch_read_accepted(
	struct arena *mem, struct str body, struct dispatch_event *out, struct err *err) must_check;

struct str dispatch_write_dispatched(
	struct arena *mem, const struct dispatch_decision *decision, int32_t ref_version);
struct str dispatch_write_signed(struct arena *mem, const struct dispatch_case *file);
struct str dispatch_write_contacted(struct arena *mem, const struct dispatch_case *file);
struct str dispatch_write_resolved(struct arena *mem, const struct dispatch_decision *decision);

#endif

/* Reads and writes the bodies of dispatch's messages; the only file here that knows protobuf. Texts
 * live in mem. */
#ifndef WL_DISPATCH_CODEC_H
#define WL_DISPATCH_CODEC_H

#include "base/arena.h"
#include "base/err.h"
#include "dispatch_core.h"

/* Each reads one body into the event; kind, actor, at and the day are the caller's, but that an
 * accepted case with an article is ON_ANSWERABLE. */
typedef enum res dispatch_reader(
	struct arena *mem, struct str body, struct dispatch_event *out, struct err *err);

dispatch_reader dispatch_read_accepted;
dispatch_reader dispatch_read_replied;
dispatch_reader dispatch_read_redo;
dispatch_reader dispatch_read_dispatch;
dispatch_reader dispatch_read_contact;

/* The entry that a deed makes. note and means: of the command, when a person did it. */
struct dispatch_entry {
	const struct dispatch_case *file;
	const struct dispatch_done *done;
	struct str note;
	struct str means;
	int32_t ref_version;
};
struct str dispatch_write_dispatched(struct arena *mem, const struct dispatch_entry *entry);
struct str dispatch_write_signed(struct arena *mem, const struct dispatch_entry *entry);
struct str dispatch_write_contacted(struct arena *mem, const struct dispatch_entry *entry);
struct str dispatch_write_resolved(struct arena *mem, const struct dispatch_entry *entry);

#endif

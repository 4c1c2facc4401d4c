/* What a client did and heard, durable before it goes on: one os_log of
 *   invoke(id)                       handed to the door, or about to be
 *   ok(id, case number, digest)      a receipt
 *   refused(id)                      the platform will never take it
 * An invoke that nothing follows is "unknown": it may be in, or not. */
#ifndef WL_HISTORY_HISTORY_LOG_H
#define WL_HISTORY_HISTORY_LOG_H

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "os/os.h"

#define HISTORY_DIGEST 32

enum history_end { HISTORY_UNKNOWN, HISTORY_OK, HISTORY_REFUSED };

struct history_letter {
	struct str id;
	enum history_end end;
	struct str case_number;
	uint8_t digest[HISTORY_DIGEST];
	bool is_contradicted; /* two receipts that differ, a receipt and a refusal, an answer
				 without an invoke */
	/* filled by verify */
	int64_t n_found;
	bool is_other;
};

/* Appends; durable after os_log_sync. */
void history_invoke(struct os_log *log, struct str id);
void history_ok(struct os_log *log, struct str id, struct str case_number, struct str digest);
void history_refused(struct os_log *log, struct str id);

struct history {
	struct map *by_id; /* id → struct history_letter, in the order of their invokes */
	size_t damaged;	   /* records that are none of these */
};
/* RES_NOT_FOUND: there is no such file. */
enum res history_read(struct history *out, const char *path, struct err *err) must_check;
void history_fini(struct history *history);

#endif

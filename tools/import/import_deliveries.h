/* The importer's record of what it handed over: DATA/import/<channel>/deliveries.csv, one row a
 * delivery, RFC 4180. It is the truth about what was delivered: a delivery_id stands in it once,
 * whenever the process was killed. */
#ifndef WL_IMPORT_IMPORT_DELIVERIES_H
#define WL_IMPORT_IMPORT_DELIVERIES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

struct deliveries;

/* Reads what is there; a torn last row is cut off. RES_INVALID: the file is damaged elsewhere. */
enum res deliveries_open(struct deliveries **out, const char *path, struct err *err) must_check;
void deliveries_close(struct deliveries *deliveries);

struct delivered {
	struct str external_id;
	struct str delivery_id;
	struct str case_number;
	struct instant at;
	struct str text;
};
bool deliveries_has(const struct deliveries *deliveries, struct str delivery_id);
bool deliveries_has_letter(const struct deliveries *deliveries, struct str external_id);
/* Appends a row; durable after deliveries_sync. On failure the file is as before. */
enum res deliveries_add(struct deliveries *deliveries, const struct delivered *delivered,
	struct err *err) must_check;
enum res deliveries_sync(struct deliveries *deliveries, struct err *err) must_check;

#endif

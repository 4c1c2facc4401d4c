/* A message as JSON with personal data masked, by tap_shown.def. Pure but for the key of its
 * hashes. */
#ifndef WL_TAP_TAP_SHOW_H
#define WL_TAP_TAP_SHOW_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/crypto.h"
#include "wire/wire.h"

#define TAP_REPORTS_MAX 4096

/* One session of looking. */
struct tap_view {
	uint8_t key[CRYPTO_SHORT_KEY_BYTES]; /* of MASK; another one in each session */
	int64_t reports[TAP_REPORTS_MAX];    /* cases known to be 举报, the newest */
	size_t n_reports;
};
void tap_view_init(struct tap_view *view);

struct tap_passed {
	struct wire_record record; /* as it passed, stamped */
	struct str outcome;	   /* "forwarded", "refused", "dropped" */
	int64_t lost;		   /* copies that were lost since the one before */
};
/* One line of JSON in mem, without a line break. RES_INVALID: the header cannot be read. A body
 * that cannot be read is shown by its length. Of a 举报 (klass "report", or a case that had it
 * before) nothing is shown but kind, type and length. */
enum res tap_show(struct tap_view *view, struct arena *mem, const struct tap_passed *passed,
	struct str *out, struct err *err) must_check;

enum tap_how { TAP_SHOW, TAP_MASK, TAP_SIZE };
struct tap_field {
	const char *message; /* "Submit" */
	const char *field;
	enum tap_how how;
};
/* tap_shown.def; MASK where nobody decided. */
enum tap_how tap_how_of(const char *message, const char *field);
const struct tap_field *tap_fields(size_t *out_n);
/* tap_types.def; NULL: the type is not known. */
const ProtobufCMessageDescriptor *tap_type_of(enum wire_kind kind, struct str type);

#endif

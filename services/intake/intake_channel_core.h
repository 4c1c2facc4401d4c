/* What becomes of integrators' keys: which ones a revocation means, and whether a source may have
 * one more. Pure. */
#ifndef WL_INTAKE_CHANNEL_CORE_H
#define WL_INTAKE_CHANNEL_CORE_H

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define INTAKE_KEY_SHOWN_LEAST	8	/* characters of a public key that may stand for it */
#define INTAKE_ROTATE_KEYS_MOST 2	/* keys of a source that hold at the same time */
#define INTAKE_QUOTA_MOST	1000000 /* letters a second, and at once */
#define INTAKE_OVERLAP_MOST	SPAN_DAYS(365)

struct intake_key_row { /* of channel_key */
	struct str public_key;
	struct str source;
	struct str channels;  /* joined by commas */
	bool is_revoked;      /* or has ended */
	int64_t valid_for_ms; /* 0: without an end */
	int32_t quota_per_s;  /* 0: what the door gives to all */
	int32_t quota_burst;
};

/* RES_INVALID everywhere: no, with the reason in words. These commands belong to no case, so asking
 * again would lead to the same answer. */

/* A revoked key never comes back. */
enum res intake_channel_may_add(const struct intake_key_row *rows, size_t n, struct str public_key,
	struct err *err) must_check;

/* The keys that `name` means and that hold still: all of a source, or the one that begins so.
 * out: room for n. No: no such source or key, several keys begin so, or it is revoked already. */
enum res intake_channel_revoked(const struct intake_key_row *rows, size_t n, struct str name,
	struct str *out, size_t *out_n, struct err *err) must_check;

/* The row whose channels a further key of the source gets. No: no such source, none of its keys
 * holds, it has two already, the key is another source's or a revoked one, or the overlap is no
 * such time. Asked again with the key that it led to: the same answer. */
struct intake_rotation {
	struct str source;
	struct str public_key;
	int64_t overlap_ms;
};
enum res intake_channel_rotated(const struct intake_key_row *rows, size_t n,
	const struct intake_rotation *asked, const struct intake_key_row **out,
	struct err *err) must_check;

struct intake_quota {
	struct str source;
	int32_t per_s;
	int32_t burst;
};
/* No: no such source, or no such figures. */
enum res intake_channel_limited(const struct intake_key_row *rows, size_t n,
	const struct intake_quota *asked, struct err *err) must_check;

#endif

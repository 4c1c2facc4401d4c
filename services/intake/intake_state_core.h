/* An integrator's own state: values under names, versioned, with a lease that at most one replica
 * holds. Times are real ones, the database's. Pure. */
#ifndef WL_INTAKE_STATE_CORE_H
#define WL_INTAKE_STATE_CORE_H

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define INTAKE_STATE_NAME_MAX	  100	/* bytes */
#define INTAKE_STATE_HOLDER_MAX	  64	/* bytes */
#define INTAKE_STATE_VALUE_MAX	  65536 /* bytes */
#define INTAKE_STATE_LEASE_LEAST  1000	/* ms */
#define INTAKE_STATE_LEASE_MOST	  600000
#define INTAKE_STATE_NAMES_MOST	  1000		     /* a source */
#define INTAKE_STATE_SOURCE_BYTES (16 * 1024 * 1024) /* of values, a source */

struct intake_kept {	 /* of channel_state */
	bool is_there;	 /* the row; the rest is empty without it */
	int64_t stamp;	 /* of the row's last change, rising: what a write is decided on */
	int64_t version; /* of the value; 0: there is none */
	struct str value;
	struct str holder; /* who has, or had, the lease */
	struct instant lease_until;
	struct str put_by; /* who put the value, and the version that it replaced: so that a */
	int64_t replaced;  /* repeat of that put is known */
};

struct intake_state_use { /* of the source, without what has lapsed */
	int64_t names;
	int64_t bytes;
};

enum intake_state_kind { INTAKE_STATE_GET, INTAKE_STATE_PUT, INTAKE_STATE_LEASE };
struct intake_state_ask {
	enum intake_state_kind kind;
	struct str source;
	struct str name;
	struct str holder;
	struct str value; /* put: never none */
	int64_t if_version;
	bool is_removed;
	int32_t lease_ms;
};

enum intake_state_deed {
	INTAKE_STATE_KEEP,   /* nothing to write */
	INTAKE_STATE_INSERT, /* `after` as a new row */
	INTAKE_STATE_UPDATE, /* `after` over the row with the stamp that was read */
	INTAKE_STATE_DELETE, /* the row with the stamp that was read */
};
struct intake_state_decision {
	enum intake_state_deed deed;
	struct intake_kept after;
	bool shows_value; /* the one that is there goes into the answer */
};

/* RES_INVALID: a name, holder, value or span out of bounds. */
enum res intake_state_check(const struct intake_state_ask *ask, struct err *err) must_check;

/* RES_CONFLICT: no, err says why; out->shows_value says whether the present value is told, and
 * nothing else of *out counts. row: as read at `now`. */
enum res intake_state_decide(const struct intake_kept *row, const struct intake_state_ask *ask,
	const struct intake_state_use *use, struct instant now, struct intake_state_decision *out,
	struct err *err) must_check;

/* Nobody's lease has 0 ms left. */
int32_t intake_state_lease_left_ms(const struct intake_kept *row, struct instant now);

#endif

/* The life of a service. A service is a struct service_spec and one call, kit_main(). The kit takes
 * messages from the bus in batches, reads the rows of all their cases (no lock), calls one handler
 * a message with the row in memory, writes each row once and versioned, appends the journal entries
 * of the winners, raises markers, answers, and relays. Laws 2 to 5.
 *
 * A handler decides by calling its pure core, changes the row in memory and emits: journal entries,
 * rows of child tables, timers, an answer. Nothing that it emits exists before the commit; if it
 * fails, all that it did is undone by the kit. */
#ifndef WL_KIT_KIT_H
#define WL_KIT_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/actor.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"
#include "config/config.h"
#include "db/db.h"
#include "log/log.h"
#include "wire/wire.h"

/* Who produces events, in the order of streams.def. */
enum kit_producer { KIT_INTAKE, KIT_DISPATCH, KIT_REPLY, KIT_FOLLOWUP, KIT_PRODUCERS };
const char *kit_producer_name(enum kit_producer producer);

/* First member of every service's case row. Tables list these columns with KIT_CASE_COLS. */
struct kit_case {
	int64_t case_id;
	int32_t version;	     /* as read; 0: not stored yet */
	int32_t seq;		     /* of the last journal entry */
	uint8_t head[32];	     /* hash of the last journal entry; zeros before the first */
	int32_t seen[KIT_PRODUCERS]; /* cursors; only those that the service subscribes to are
					stored */
};
#define KIT_CASE_COLS(struct_type)                                                                 \
	DB_COL(struct_type, kit.case_id, DB_INT8, "case_id"),                                      \
		DB_COL(struct_type, kit.version, DB_INT4, "version"),                              \
		DB_COL(struct_type, kit.seq, DB_INT4, "seq"),                                      \
		DB_COL(struct_type, kit.head, DB_HASH, "head")
#define KIT_SEEN_COL(struct_type, producer, name)                                                  \
	DB_COL(struct_type, kit.seen[producer], DB_INT4, name)

/* The service's case table. All three statements take or give the columns in the order of cols.
 * Rows are one parameter, $1::case_row[]: the composite type that a migration made of cols.
 *   load    $1::int8[] of case ids → rows
 *   insert  rows → insert … select … from unnest … on conflict do nothing returning case_id
 *   update  rows → update … where case_id = … and version = … returning case_id (version + 1) */
struct kit_case_table {
	size_t row_bytes;
	const struct db_col *cols;
	size_t n_cols;
	const struct db_sql *load;
	const struct db_sql *insert;
	const struct db_sql *update;
};

/* A child table: rows are inserted by one statement, which takes them as $1::<table>_row[]. With
 * `decides`, the statement runs before the case rows are written and returns case_id of the rows
 * that went in: a case whose row did not go in has lost and is decided again. */
struct kit_table {
	const struct db_sql *insert;
	const struct db_col *cols; /* the first one is case_id */
	size_t n_cols;
	size_t row_bytes;
	bool decides;
	/* For tables of sums: makes few rows of the winners' many before they travel, in mem; the
	 * given ones stay as they are. Returns how many of rows are left. NULL: every row travels.
	 */
	size_t (*merge)(struct arena *mem, void **rows, size_t n);
};

struct kit;

/* One message being decided. Handlers read it and change *row; the rest goes through the functions
 * below. */
struct kit_turn {
	struct kit *kit;
	const struct wire_msg *message;
	void *row;	     /* the service's case row; NULL for commands without a case */
	struct instant now;  /* business time of this batch (law 15) */
	int32_t ref_version; /* of the reference data in use */
	struct arena *mem;   /* lives until the batch is answered */
	void *service;	     /* what service_spec.start made */
	void *admitted;	     /* what service_spec.admit left for this message, or NULL */
};

/* Handlers by kind and type. An event that only moves the cursor has a handler too, which gives a
 * new row its first values. Results of a handler:
 *   RES_OK        taken; ACK, or the RESULT, RECEIPT or GO that it emitted
 *   RES_INVALID   wrong and stays wrong: NACK INVALID, or RESULT INVALID for a command (kept under
 * its command_id) RES_CONFLICT  the state does not allow it: RESULT REFUSED for a command (kept),
 * NACK CONFLICT for a CLAIM; for others: decided again in the next batch RES_DENIED    NACK
 * FORBIDDEN, or RESULT FORBIDDEN (kept) RES_NOT_FOUND or RES_RETRY   not known here yet: NACK BUSY
 * RES_BUG       logged, NACK INVALID */
#define KIT_TIMER                                                                                  \
	100 /* pseudo kind: a timer of this service came due; type is the timer's name             \
	     */
struct kit_handler {
	int kind; /* enum wire_kind or KIT_TIMER */
	const char *type;
	enum res (*handle)(struct kit_turn *turn, struct err *err);
	bool no_case; /* a command that belongs to no case */
	/* an event that only moves the cursor, or notes what nobody waits for: it may wait SHELF in
	 * memory for the next message of its case, so that both are one write. Its producer's
	 * marker stands meanwhile, so nothing is lost with this process. */
	bool is_lazy;
	/* the same, where the message itself says whether somebody waits; NULL: is_lazy counts */
	bool (*may_wait)(struct arena *mem, const struct wire_msg *message);
};

struct kit_submit { /* one SUBMIT, for service_spec.admit */
	const struct wire_msg *message;
	int64_t case_id;    /* out: the id for a new case, or 0 when refused or answered */
	void *admitted;	    /* out: handed to the handler */
	enum res refused;   /* out: RES_OK, or why it is NACKed (INVALID, CONFLICT, TOO_BIG, RETRY:
			       again in the next batch; NOT_FOUND: NACK BUSY, its sender must
			       do something first) */
	const char *reason; /* out: text for the NACK */
	struct str receipt; /* out: p != NULL: answered with this receipt at once (a repeat) */
};

struct service_spec {
	const char *name;      /* schema, group, log name: "dispatch" */
	int32_t schema_number; /* number of the last migration that this build knows */
	const struct kit_case_table *cases;
	const struct kit_table *const
		*tables; /* child tables, NULL-terminated, in order of insertion */
	const struct kit_handler *handlers;	/* closed by an entry with kind 0 */
	const struct db_sql *const *statements; /* the service's own, NULL-terminated */
	bool rows_are_swapped; /* its tables are replaced under it: rows are always read */
	int32_t batch_most;    /* BATCH_MOST where the environment gives none; 0: 1000 */
	const struct config_setting *settings; /* its own settings, or NULL */
	size_t n_settings;
	size_t settings_bytes;

	/* Makes the service's own state from its settings. Called once. */
	enum res (*start)(
		struct kit *kit, const void *settings, void **out_service, struct err *err);
	void (*stop)(void *service);
	/* Reads reference data (again); called at the start and whenever ref.version has changed,
	 * never inside a transaction. What is read must live in the service's own memory. NULL when
	 * it needs none. */
	enum res (*load_reference)(
		void *service, struct db *db, int32_t ref_version, struct err *err);
	/* Intake only: looks SUBMITs up by (source, source_msg_id) and gives new ones their case
	 * ids. Inside the batch's transaction. */
	enum res (*admit)(void *service, struct db *db, struct arena *mem, struct instant now,
		struct kit_submit *submits, size_t n, struct err *err);
	/* For services that send DELIVER to channels: the prefix of the groups that they raise
	 * markers for, "deliver/", or NULL. */
	const char *deliver_prefix;
	/* Makes the DELIVER messages for markers of those groups. For each i fills out[i] (kind,
	 * head, body), or leaves kind 0 when there is nothing to deliver any more (the marker is
	 * then dropped). Outside a transaction. */
	enum res (*make_deliver)(void *service, struct db *db, struct arena *mem,
		const int64_t *case_ids, const int32_t *seqs, size_t n, struct wire_msg *out,
		struct err *err);
};

/* Reads settings from the environment, connects and serves until SIGTERM. --help prints all
 * settings, --version the version. */
int kit_main(const struct service_spec *spec, int argc, char **argv);

/* --- what a handler emits --- */

/* Appends an entry to the journal of the case, with markers for every group of streams.def. type:
 * "dispatch.signed.v1"; body: packed. */
void kit_journal(struct kit_turn *turn, const char *type, struct str actor, struct str body);
/* A row of a child table; *row is copied (its texts must live in turn->mem or longer). */
void kit_insert(struct kit_turn *turn, const struct kit_table *table, const void *row);
/* Sets (or moves) the case's timer of that name to business time `due`; INSTANT_NONE clears it. A
 * timer that fires is gone unless set again. */
void kit_timer_set(struct kit_turn *turn, const char *name, struct instant due);
/* Raises a marker for a group of deliver_prefix, "deliver/<channel>". upto: a number that grows
 * with what is to be told of the case; the last entry of the journal, or the service's own. */
void kit_marker_raise(struct kit_turn *turn, struct str group, int32_t upto);
/* Everything up to there is answered for that group: a marker that stands for no more than that
 * goes with this commit. */
void kit_marker_done(struct kit_turn *turn, struct str group, int32_t upto);
/* The body of the RESULT (commands), RECEIPT (SUBMIT) or GO (CLAIM). */
void kit_answer(struct kit_turn *turn, struct str body);
/* Text for the RESULT beside its code (what came of it). */
void kit_answer_text(struct kit_turn *turn, struct str text);
/* The handler only answers: the row need not be written for it. An answer from a remembered row is
 * given on the row as it stands (decision 0010). */
void kit_row_unchanged(struct kit_turn *turn);
/* Reply only: counts what became of a claim, once it is committed. */
enum kit_claim {
	KIT_CLAIM_NONE,
	KIT_CLAIM_GRANTED,
	KIT_CLAIM_REPEATED,
	KIT_CLAIM_DOUBTED,
	KIT_CLAIM_RESENT,
	KIT_CLAIM_DOUBLE,
	KIT_CLAIMS
};
void kit_count_claim(struct kit_turn *turn, enum kit_claim what);
/* After the commit, sends a COMMAND without waiting for its RESULT; only for hints whose loss is
 * harmless. */
void kit_hint(struct kit_turn *turn, const char *group, const char *type);

/* Who gave this command: header.actor, which only portal and cli may name. Borrows from the
 * message. RES_DENIED: another sender   RES_INVALID: no actor, or one that nobody can read */
enum res kit_actor(const struct kit_turn *turn, struct actor *out, struct err *err) must_check;

/* --- for start and helpers --- */
/* The batch's database session, inside its transaction: only for messages that are rare, of no case
 * or with more to look at than the case's row. From then on a handler that fails fails the batch.
 */
struct db *kit_turn_db(struct kit_turn *turn);
struct log *kit_log(struct kit *kit);
const char *kit_setting_instance(struct kit *kit);
/* One field of kit_case-based rows that tests look at. */
static inline struct kit_case *kit_case_of(void *row)
{
	return (struct kit_case *)row;
}

#endif

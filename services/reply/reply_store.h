/* Reply's rows in PostgreSQL: column tables and named statements. */
#ifndef WL_REPLY_STORE_H
#define WL_REPLY_STORE_H

#include "base/road.h"
#include "kit/kit.h"
#include "reply_core.h"
#include "reply_kb_core.h"

struct reply_row {
	struct kit_case kit;
	struct reply_case file;
	bool is_begun; /* in memory only: a new row has been given its first values */
};

struct reply_addressee_row {
	int64_t case_id;
	int32_t n;
	struct str source;
	struct str source_msg_id;
	struct str channel;
};

struct reply_draft_row {
	int64_t case_id;
	int32_t n;
	struct str text;
	struct str actor;
	struct instant at;
	struct str text_digest;
};

struct reply_rejection_row {
	int64_t case_id;
	int32_t n; /* of the draft */
	int16_t stage;
	struct str reason;
	struct str actor;
	struct instant at;
};

struct reply_delivery_row {
	int64_t case_id;
	int32_t n;
	struct str delivery_id;
	struct str channel;
	struct str unit; /* who answers; no value: a notice */
	struct instant at;
};

struct reply_verification_row {
	int64_t case_id;
	int32_t n;     /* of the delivery */
	int32_t fence; /* of the claim that was in doubt */
	bool was_delivered;
	struct str note;
	struct str actor;
	struct instant at;
};

struct reply_deliver_row { /* what a DELIVER needs, read for many cases at once */
	int64_t case_id;
	int16_t state; /* enum reply_state: what is delivered */
	struct str delivery_id;
	struct str channel;
	struct str unit;
	struct instant replied_at;
	struct str text;     /* of the draft; no value: a notice */
	struct str sentence; /* of a notice: on which ground the letter was refused */
	struct str guidance; /* of a notice: where to turn instead */
	struct str source;
	struct str source_msg_id;
	struct str reply_address; /* no value: intake holds none */
	struct str unit_name;	  /* no value: the unit is not in ref.org */
};

/* Reference data of one version, and the knowledge base, which counts it up when it changes. */
struct reply_reference {
	struct road_row *road;
	size_t n_road;
	struct reply_kb kb;
	struct reply_codes categories; /* what articles are put for, and by */
	struct reply_codes units;
};

extern const struct kit_case_table reply_cases;
extern const struct kit_table reply_addressees;
extern const struct kit_table reply_drafts;
extern const struct kit_table reply_rejections;
extern const struct kit_table reply_deliveries;
extern const struct kit_table reply_verifications;
extern const struct kit_table *const reply_tables[];
extern const struct db_sql *const reply_statements[];

/* The core's part of a row; a row that is not stored yet begins here, whichever event comes first.
 */
struct reply_case *reply_file_of(struct reply_row *row);

/* The deliveries that are still under way among these cases, in no order. */
enum res reply_load_deliver(struct db *db, struct arena *mem, const int64_t *case_ids, size_t n,
	struct reply_deliver_row **out_rows, size_t *out_n, struct err *err) must_check;

/* Everything read lives in mem. */
enum res reply_load_reference(
	struct db *db, struct arena *mem, struct reply_reference *out, struct err *err) must_check;
/* Who approves answers to letters of that type on that day. */
struct reply_rules reply_rules_of(
	const struct reply_reference *reference, struct str type, int32_t day);

/* Keeps an article; id 0 becomes the number of the one with that category and title, or a new one.
 */
enum res reply_put_article(struct db *db, struct arena *mem, struct reply_kb_article *article,
	struct str actor, struct instant now, struct err *err) must_check;

#endif

/* What intake keeps, and the only file that names its statements. */
#ifndef WL_INTAKE_STORE_H
#define WL_INTAKE_STORE_H

#include "intake_classify_core.h"
#include "intake_codec.h"
#include "intake_core.h"
#include "kit/kit.h"

struct intake_row {
	struct kit_case kit;
	struct intake_case file;
};
struct intake_submission_row {
	int64_t case_id;
	struct str source;
	struct str source_msg_id;
	uint8_t digest[32];
	struct instant received_at;
};
struct intake_letter_row {
	int64_t case_id;
	int32_t n;
	struct str title;
	struct str body;
	struct instant written_at;
	int32_t likes;
};
struct intake_contact_row {
	int64_t case_id;
	int32_t n;
	struct str epoch;
	struct str record;
	struct str lookup;
	struct str reply_address;
};
struct intake_epoch_row {
	int64_t case_id;
	struct str epoch;
	struct str sealed_key;
};

struct intake_attachment_row {
	int64_t case_id;
	int32_t n;
	uint8_t sha256[32];
	uint8_t stored_sha256[32];
	int64_t size_bytes;
	struct str media_type;
	struct str name;
};
struct intake_refusal_row {
	int64_t case_id;
	int32_t n;
	struct str reason;
	struct str sentence;
	struct str guidance;
	struct str actor;
	struct instant at;
};

extern const struct kit_case_table intake_cases;
extern const struct kit_table intake_submissions; /* decides */
extern const struct kit_table intake_letters;
extern const struct kit_table intake_contacts;
extern const struct kit_table intake_epochs;
extern const struct kit_table intake_attachments;
extern const struct kit_table intake_refusals;
extern const struct kit_table *const intake_tables[];
extern const struct db_sql *const intake_statements[];

/* What is there under these keys, in no order. */
enum res intake_find_submissions(struct db *db, struct arena *mem, const struct str *sources,
	const struct str *source_msg_ids, size_t n, struct intake_submission_row **out_rows,
	size_t *out_n, struct err *err) must_check;
/* n fresh numbers; the cell's bits are the caller's. */
enum res intake_take_numbers(struct db *db, struct arena *mem, int64_t *out_numbers, size_t n,
	struct err *err) must_check;

struct intake_digest_row {
	uint8_t sha256[32];
};
/* Those of these digests (in hex) of kept files that a letter names. */
enum res intake_find_referenced(struct db *db, struct arena *mem, const struct str *hex, size_t n,
	struct intake_digest_row **out_rows, size_t *out_n, struct err *err) must_check;
enum res intake_load_keys(struct db *db, struct arena *mem, struct intake_key_row **out_rows,
	size_t *out_n, struct err *err) must_check;
enum res intake_put_key(struct db *db, struct arena *mem, const struct intake_key *key,
	bool is_revoked, struct instant now, struct err *err) must_check;
/* The other keys of the source end when the overlap is over. */
enum res intake_end_keys(struct db *db, struct arena *mem, const struct intake_rotation *rotation,
	struct err *err) must_check;
enum res intake_revoke_keys(struct db *db, struct arena *mem, const struct str *public_keys,
	size_t n, struct instant now, struct err *err) must_check;
enum res intake_put_quota(struct db *db, struct arena *mem, const struct intake_quota *quota,
	struct err *err) must_check;

/* The rows that the classifier is made of; mem is only needed until it is made. The settings' part
 * of *out is left alone. */
enum res intake_load_words(struct db *db, struct arena *mem, struct classify_reference *out,
	struct err *err) must_check;
/* The rows that decisions look at, into mem; the settings' part of *out is left alone. */
enum res intake_load_reference(
	struct db *db, struct arena *mem, struct intake_reference *out, struct err *err) must_check;

#endif

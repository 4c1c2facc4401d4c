/* Reads and writes the bodies of intake's messages; the only file here that knows protobuf. Texts
 * live in mem. */
#ifndef WL_INTAKE_CODEC_H
#define WL_INTAKE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "intake_channel_core.h"
#include "intake_classify_core.h"
#include "intake_core.h"
#include "intake_review_core.h"
#include "intake_state_core.h"

struct intake_sealed { /* contact data as they came */
	struct str epoch;
	struct str sealed_key;
	struct str record;
};
struct intake_contact { /* opened: never stored, never logged */
	struct str name;
	struct str phone;
	struct str address;
	struct str account;
};
struct intake_attachment {
	struct str ticket; /* as it came */
	struct str name;
};
struct intake_submit {
	struct intake_letter letter;
	bool has_contact;
	struct intake_sealed contact;
	const struct intake_attachment *attachments;
	size_t n_attachments;
};

enum res intake_read_submit(
	struct arena *mem, struct str body, struct intake_submit *out, struct err *err) must_check;
enum res intake_read_contact(struct arena *mem, struct str plain, struct intake_contact *out,
	struct err *err) must_check;

/* Who thinks so, and by which words; none for a person. */
struct intake_grounds {
	const char *classifier;
	const struct str *words;
	size_t n_words;
};
struct str intake_write_received(struct arena *mem, const struct intake_case *file,
	const struct intake_submit *submit, const struct intake_grounds *grounds,
	struct str digest);
struct intake_acceptance {
	struct intake_grounds grounds;
	struct str note;
	int32_t ref_version;
};
struct str intake_write_accepted(struct arena *mem, const struct intake_case *file,
	const struct intake_acceptance *acceptance);
struct str intake_write_refused(
	struct arena *mem, const struct intake_case *file, const struct intake_refuse *refuse);

enum res intake_read_accept(
	struct arena *mem, struct str body, struct intake_accept *out, struct err *err) must_check;
enum res intake_read_refuse(
	struct arena *mem, struct str body, struct intake_refuse *out, struct err *err) must_check;

struct intake_open { /* COMMAND intake.open.v1 */
	int64_t case_id;
	struct str query_code;
};
enum res intake_read_open(
	struct arena *mem, struct str body, struct intake_open *out, struct err *err) must_check;

struct intake_receipt {
	const char *case_number;
	const char *query_code;
	struct str digest;
	struct instant received_at;
	bool is_repeat;
};
struct str intake_write_receipt(struct arena *mem, const struct intake_receipt *receipt);

enum res intake_read_key(struct arena *mem, struct str body, struct intake_key *out,
	bool *out_is_revoked, struct err *err) must_check;
enum res intake_read_rotation(struct arena *mem, struct str body, struct intake_rotation *out,
	struct err *err) must_check;
enum res intake_read_revocation(
	struct arena *mem, struct str body, struct str *out_name, struct err *err) must_check;
enum res intake_read_quota(
	struct arena *mem, struct str body, struct intake_quota *out, struct err *err) must_check;
/* why_not: empty for "done" */
struct str intake_write_channel_answer(struct arena *mem, struct str why_not);
struct str intake_write_keys(struct arena *mem, const struct intake_key_row *rows, size_t n);

/* type: "state.get.v1", "state.put.v1", "state.lease.v1"; the source is the caller's to fill in. */
enum res intake_read_state_ask(struct arena *mem, struct str type, struct str body,
	struct intake_state_ask *out, struct err *err) must_check;
struct intake_state_answer {
	struct str why_not; /* empty for "done" */
	int64_t version;
	struct str value;
	struct str holder;
	int32_t lease_left_ms;
};
struct str intake_write_state_answer(struct arena *mem, const struct intake_state_answer *answer);

#endif

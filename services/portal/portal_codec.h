/* The only file of the portal that sees generated protobuf code: what the entries of all journals
 * say, in one shape, and the bodies of the commands that the portal asks. */
#ifndef WL_PORTAL_CODEC_H
#define WL_PORTAL_CODEC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define FACT_CO_UNITS_MAX 8

/* What is not said is "", 0, none or -1 (is_on_time). */
struct portal_fact {
	struct str note; /* the sentence for the citizen */
	struct str type;
	struct str category;
	struct str area;
	struct str unit;
	struct str co_units[FACT_CO_UNITS_MAX];
	size_t n_co_units;
	struct str reason; /* of a dispatch, a refusal, a redo, a closing, an undeliverable reply */
	struct str channel;
	struct str means;
	struct str role;
	struct str solved;
	int32_t satisfaction;
	int32_t n; /* draft, task, or visit */
	int32_t stage;
	int32_t visits;
	int32_t round;
	int32_t redo;
	int32_t is_on_time; /* 0, 1; -1 unsaid */
	int64_t kb_article;
	struct instant accept_due;
	struct instant sign_due;
	struct instant contact_due;
	struct instant resolve_due;
	struct instant first_at;
	bool is_provisional;
	bool is_general_desk;
};

/* type: "intake.accepted.v1". RES_NOT_FOUND: a type that is not known here (yet). RES_INVALID: its
 * body cannot be read. Texts live in mem. */
enum res portal_fact_read(struct arena *mem, struct str type, struct str body,
	struct portal_fact *out, struct err *err) must_check;
/* All types that it knows, for tests and documentation; NULL after the last. */
const char *portal_fact_type(size_t at);

struct str portal_write_open(struct arena *mem, int64_t case_id, const char *code);
struct str portal_write_rate(struct arena *mem, struct str solved, int32_t satisfaction,
	struct str contacted, struct str remark);

#endif

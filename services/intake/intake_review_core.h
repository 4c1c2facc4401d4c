/* What people may say about a letter, against the reference data of the day: accepting it with a
 * type, a category and an area, or refusing it on a lawful ground with guidance. Pure. */
#ifndef WL_INTAKE_REVIEW_CORE_H
#define WL_INTAKE_REVIEW_CORE_H

#include "base/road.h"
#include "intake_article_core.h"
#include "intake_core.h"

#define INTAKE_GUIDANCE_CHARS_MAX 500
#define INTAKE_NO_AREA		  "-"
#define INTAKE_TYPE_CONSULT	  "consult"

enum intake_reason {
#define REASON(name, word, zh) INTAKE_REASON_##name,
#include "intake_reasons.def"
#undef REASON
	INTAKE_REASONS
};
const char *intake_reason_word(enum intake_reason reason);
const char *intake_reason_zh(enum intake_reason reason);

/* Dated rows; valid_to is exclusive, INT32_MIN (SQL null): still. */
struct intake_code {
	struct str code;
	int32_t valid_from;
	int32_t valid_to;
};
struct intake_type {
	struct str type;
	struct time_limit accept;
	int32_t valid_from;
	int32_t valid_to;
};

/* Reference data in use; borrowed by every decision. */
struct intake_reference {
	const struct intake_code *categories;
	size_t n_categories;
	const struct intake_code *areas; /* county-level units */
	size_t n_areas;
	const struct intake_type *types;
	size_t n_types;
	const struct road_row *road;
	size_t n_road;
	const struct intake_article *articles;
	size_t n_articles;
	const struct workday_notice *notices; /* sorted by day */
	size_t n_notices;
	struct str general_category;
	struct str default_type; /* whose limits hold for types without limits of their own */
};

/* Until when a letter of that type, received now, is accepted or refused. */
struct due_time intake_accept_due(const struct intake_reference *reference,
	const struct workday_calendar *calendar, struct str type, struct instant now);

/* The article that answers the matter at once (直接答复): its kb_article, when it is a consult, the
 * road leaves answering to the system and the article holds on the day; else 0. */
int64_t intake_direct_article(
	const struct intake_reference *reference, const struct intake_matter *matter, int32_t day);

struct intake_accept { /* COMMAND intake.accept.v1; empty: as suggested */
	struct str type;
	struct str category;
	struct str area; /* INTAKE_NO_AREA: none */
	struct str note;
	bool no_article;
};
/* The matter as accepted. RES_INVALID names what is wrong. A report stays a report. */
enum res intake_review_accept(const struct intake_reference *reference,
	const struct intake_matter *suggested, const struct intake_accept *asked, int32_t day,
	struct intake_matter *out, struct err *err) must_check;

struct intake_refuse { /* COMMAND intake.refuse.v1 */
	struct str reason;
	struct str guidance;
	struct str note;
};
enum res intake_review_refuse(
	const struct intake_refuse *asked, enum intake_reason *out, struct err *err) must_check;

#endif

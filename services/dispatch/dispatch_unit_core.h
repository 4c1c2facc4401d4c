/* Chooses who leads a case and who helps, by the duty catalogue (派单目录), the area, and, for
 * reports, by whom the letter names; or takes a dispatcher's own choice, if it may be. Rows are
 * dated: those that hold on the day of the decision count. */
#ifndef WL_DISPATCH_UNIT_CORE_H
#define WL_DISPATCH_UNIT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/road.h"
#include "base/str.h"
#include "base/workday.h"

#define DISPATCH_CO_UNITS_MAX 4
#define DISPATCH_DESKS_MAX    8

enum dispatch_reason {
#define REASON(name, meaning) DISPATCH_##name,
#include "dispatch_reasons.def"
#undef REASON
	DISPATCH_REASONS
};
const char *dispatch_reason_name(enum dispatch_reason reason);

struct dispatch_period {
	int32_t valid_from; /* days since 1970, inclusive */
	int32_t valid_to;   /* exclusive; INT32_MAX: still */
};

struct dispatch_duty {
	struct str category;
	struct str body;  /* policy body */
	bool is_district; /* the county-level unit of the case leads */
	struct dispatch_period period;
};
struct dispatch_org {
	struct str code;
	struct dispatch_period period;
};
struct dispatch_sla {
	struct str type;
	struct time_limit sign;
	struct time_limit contact;
	struct time_limit resolve;
	struct dispatch_period period;
};

/* Reference data in use; borrowed by every decision. */
struct dispatch_reference {
	int32_t version;
	const struct dispatch_duty *duties; /* sorted by nothing: found by looking at all */
	size_t n_duties;
	const struct dispatch_org *areas; /* county-level units */
	size_t n_areas;
	const struct dispatch_org *orgs; /* everybody */
	size_t n_orgs;
	const struct road_row *road;
	size_t n_road;
	const struct dispatch_sla *slas;
	size_t n_slas;
	const struct workday_notice *notices; /* sorted by day */
	size_t n_notices;
	struct time_limit redo;	     /* of a case that is taken again */
	struct str general_category; /* whose policy body is the general desk */
	struct str default_type;     /* for types that sla does not know */
	/* Who takes reports that name their lead: the first that is not named; the last at any
	 * rate. */
	struct str report_desks[DISPATCH_DESKS_MAX];
	size_t n_report_desks;
};

struct dispatch_question {
	struct str category;
	struct str area;
	bool is_general_desk;
	bool is_report;
	struct str named_units; /* that the letter names, joined by commas */
	int32_t day;		/* of the decision, days since 1970 */
};
struct dispatch_choice {
	struct str unit;
	struct str co_units[DISPATCH_CO_UNITS_MAX];
	size_t n_co_units;
	enum dispatch_reason reason;
};

/* What a dispatcher wants. */
struct dispatch_wish {
	struct str unit; /* "": as the catalogue says */
	const struct str *co_units;
	size_t n_co_units;
};

/* RES_NOT_FOUND: not even the general desk is in the catalogue on that day. */
enum res dispatch_choose_unit(const struct dispatch_reference *reference,
	const struct dispatch_question *question, struct dispatch_choice *out,
	struct err *err) must_check;

/* The same for a dispatcher's own choice; an empty unit takes the catalogue's, with its co-units
 * unless others are wished for. RES_INVALID: an unknown unit, one twice, too many, or one that a
 * report names. */
enum res dispatch_choose_wished(const struct dispatch_reference *reference,
	const struct dispatch_question *question, const struct dispatch_wish *wish,
	struct dispatch_choice *out, struct err *err) must_check;

/* The limits of a type on a day; unknown types have those of the default type. RES_NOT_FOUND:
 * neither has any. */
enum res dispatch_find_sla(const struct dispatch_reference *reference, struct str type, int32_t day,
	const struct dispatch_sla **out, struct err *err) must_check;

#endif

/* Followup's rows in PostgreSQL and the reference data that it decides by. */
#ifndef WL_FOLLOWUP_STORE_H
#define WL_FOLLOWUP_STORE_H

#include "base/road.h"
#include "followup_core.h"
#include "kit/kit.h"

struct followup_row {
	struct kit_case kit;
	struct followup_case file;
	bool is_begun; /* in memory only: a new row has been given its first values */
};

struct followup_visit_row {
	int64_t case_id;
	int32_t n; /* 2k-1: visit k was made; 2k: what came of it */
	int16_t visit;
	int16_t round;
	struct str what;
	struct str means;
	struct instant at;
	/* rated only */
	struct str solved;
	int16_t satisfaction; /* 0: none */
	struct str contacted;
	struct str remark;
};

/* Reference data of one version. */
struct followup_limit {
	struct str type;
	struct str due; /* as sla.csv has it */
	int32_t valid_from;
	int32_t valid_to; /* INT32_MIN: still */
	struct time_limit limit;
};
struct followup_reference {
	struct road_row *road;
	size_t n_road;
	struct followup_limit *limits;
	size_t n_limits;
	struct workday_calendar calendar;
};

extern const struct kit_case_table followup_cases;
extern const struct kit_table followup_visits;
extern const struct kit_table *const followup_tables[];
extern const struct db_sql *const followup_statements[];

/* The core's part of a row; a row that is not stored yet begins here, whichever event comes first.
 */
struct followup_case *followup_file_of(struct followup_row *row);

/* Everything read lives in mem. RES_INVALID: a limit that nobody can read. */
enum res followup_load_reference(struct db *db, struct arena *mem, struct followup_reference *out,
	struct err *err) must_check;
/* The limit of a type on a day; one that is not in the table is followed up like three days. */
enum followup_plan_name followup_plan_of(
	const struct followup_reference *reference, struct str type, int32_t day);

#endif

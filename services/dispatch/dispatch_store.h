/* What dispatch keeps, and the only file that names its statements. */
#ifndef WL_DISPATCH_STORE_H
#define WL_DISPATCH_STORE_H

#include "dispatch_core.h"
#include "kit/kit.h"

struct dispatch_row {
	struct kit_case kit;
	struct dispatch_case file;
	bool is_begun; /* not stored: a row that is made in this batch has its first values */
};
struct dispatch_task_row {
	int64_t case_id;
	int32_t n;
	struct str unit;
	struct str co_units;
	struct str reason;
	int32_t ref_version;
	struct instant dispatched_at;
	struct instant sign_due;
	struct instant contact_due;
	struct instant resolve_due;
};

/* The core's row, with its first values when the database has none yet. */
struct dispatch_case *dispatch_file_of(struct dispatch_row *row);

extern const struct kit_case_table dispatch_cases;
extern const struct kit_table dispatch_tasks;
extern const struct kit_table *const dispatch_tables[];
extern const struct db_sql *const dispatch_statements[];

struct dispatch_service {
	struct arena *mem; /* of the reference data */
	struct dispatch_reference reference;
	/* The calendar as known on calendar_day; made anew when the day of decisions changes. */
	int32_t calendar_day;
	struct workday_override *overrides;
	struct workday_calendar calendar;
};

/* Reads all rows into mem; the settings' part of *reference is left alone. */
enum res dispatch_load_reference(struct db *db, struct arena *mem,
	struct dispatch_reference *reference, struct err *err) must_check;

#endif

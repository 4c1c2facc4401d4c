/* Analytics' rows in PostgreSQL: column tables and named statements. */
#ifndef WL_ANALYTICS_STORE_H
#define WL_ANALYTICS_STORE_H

#include "analytics_cells_core.h"
#include "analytics_core.h"
#include "kit/kit.h"

/* What main.c makes: the calendar that working days are counted by, and the memory that it lies in.
 */
struct analytics_service {
	struct arena *mem;
	struct analytics_calendar calendar;
};

struct analytics_row {
	struct kit_case kit;
	struct analytics_case file;
	bool is_begun; /* in memory only: a new row has been given its first values */
};

struct analytics_cell_row {
	int64_t case_id; /* whose change it is; not stored */
	struct analytics_delta delta;
};

struct analytics_figure_row {
	int64_t case_id; /* likewise */
	struct analytics_change change;
};

extern const struct kit_case_table analytics_cases;
extern const struct kit_table analytics_cells;
extern const struct kit_table analytics_figures;
extern const struct kit_table *const analytics_tables[];
extern const struct db_sql *const analytics_statements[];

/* The core's part of a row; a row that is not stored yet begins here, whichever event comes first.
 */
struct analytics_case *analytics_file_of(struct analytics_row *row);

enum res analytics_load_calendar(struct db *db, struct arena *mem, struct analytics_calendar *out,
	struct err *err) must_check;

#endif

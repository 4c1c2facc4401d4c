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
	struct str case_prefix;
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

struct analytics_status_row { /* what is to be told; the letter's names with its first event */
	int64_t case_id;
	struct str source;
	struct str source_msg_id;
	int32_t version;
	int16_t state;
	struct instant at;
};

struct analytics_told_row {
	int64_t case_id;
	int32_t version;
};

struct analytics_tell_row { /* what a DELIVER says */
	int64_t case_id;
	struct str source;
	struct str source_msg_id;
	int32_t version;
	int16_t state;
	struct instant at;
	struct str channel;
	struct str unit;
	struct str unit_name;
	struct instant due;
};

extern const struct kit_case_table analytics_cases;
extern const struct kit_table analytics_cells;
extern const struct kit_table analytics_figures;
extern const struct kit_table analytics_statuses;
extern const struct kit_table analytics_tolds;
extern const struct kit_table *const analytics_tables[];
extern const struct db_sql *const analytics_statements[];
/* Those of them that write the projection alone: a rebuild runs them where nothing else is. */
extern const struct db_sql *const analytics_projection_statements[];

/* The core's part of a row; a row that is not stored yet begins here, whichever event comes first.
 */
struct analytics_case *analytics_file_of(struct analytics_row *row);

enum res analytics_load_calendar(struct db *db, struct arena *mem, struct analytics_calendar *out,
	struct err *err) must_check;

/* Those of the cases that asked, in no order. */
enum res analytics_load_status(struct db *db, struct arena *mem, const int64_t *case_ids, size_t n,
	struct analytics_tell_row **out_rows, size_t *out_n, struct err *err) must_check;
/* Whose letter it is, and the version that is to be told; 0 without a row. */
enum res analytics_load_status_of(struct db *db, struct arena *mem, int64_t case_id,
	struct str *out_source, int32_t *out_version, struct err *err) must_check;

#endif

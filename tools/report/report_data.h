/* What the month's report tells, read in one snapshot as wl_check. Texts live in the arena. */
#ifndef WL_REPORT_REPORT_DATA_H
#define WL_REPORT_REPORT_DATA_H

#include "analytics/analytics_cells_core.h"
#include "base/arena.h"
#include "report_core.h"

enum report_format { REPORT_HTML = 1, REPORT_XLSX = 2, REPORT_CSV = 4 };

struct report_tallies {
	struct ratio of[ANALYTICS_FIGURES];
};

struct report_day {
	int32_t day;
	int64_t received;
	int64_t dispatched;
	int64_t answered;
	int64_t closed;
};

struct report_key {
	struct str key;
	struct str name;
	int64_t n;
	int64_t before; /* in the month before */
};
struct report_keys {
	struct report_key *of;
	size_t n;
};

struct report_unit {
	struct str code;
	struct str name;
	struct str group; /* "": in none */
	struct report_tallies tallies;
	int64_t late_long;
	bool has_score;
	bool is_ranked;
	int rank; /* in its group, from 1 */
	double composite;
	double careful; /* by which it is ordered */
	enum band band;
};

struct report_case {
	struct str code;
	int64_t case_id;
	int32_t day;
	struct str unit;
	int64_t num;
	int64_t den;
	int64_t excl;
};

struct report {
	struct str month; /* "2026-10" */
	int32_t from;
	int32_t to;	/* the first day after it */
	int32_t due_to; /* due times before this day have passed */
	bool is_over;	/* the month is */
	struct str city;
	struct instant as_of;
	int32_t ref_version;
	struct str base; /* address of the pages; "" none */
	struct str case_prefix;
	int64_t visits; /* -1: nobody counts them */
	int64_t received;
	struct report_tallies now;
	struct report_tallies before;
	int64_t received_before;
	struct report_day *days;
	size_t n_days;
	struct report_keys channels;
	struct report_keys states;
	struct report_keys categories;
	struct report_keys areas;
	struct report_keys types;
	struct report_unit *units; /* by group, ranked ones first in their order */
	size_t n_units;
	struct report_case *cases; /* by figure */
	size_t n_cases;
};

/* month, base and case_prefix are set. */
enum res report_load(
	struct arena *mem, const char *conninfo, struct report *report, struct err *err) must_check;

/* Nothing was received, dispatched, due, answered or closed in it. */
bool report_is_empty(const struct report *report);
/* M19: due in the period, not answered in time. */
int64_t report_overdue(const struct report_tallies *tallies);

#endif

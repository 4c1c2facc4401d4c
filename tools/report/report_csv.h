/* The report as files for spreadsheets. */
#ifndef WL_REPORT_REPORT_CSV_H
#define WL_REPORT_REPORT_CSV_H

#include "base/buf.h"
#include "report_data.h"

/* One row a figure of the city and of each unit, with numerator, denominator, exclusions. */
void report_csv_figures(struct arena *mem, const struct report *report, struct buf *out);
/* One row a case and figure that counts it. */
void report_csv_cases(struct arena *mem, const struct report *report, struct buf *out);

/* How a case stands in a figure: 分子, 分母, 不计. */
const char *report_counted_as(const struct report_case *one);

/* The workbook, written whole to path. */
enum res report_xlsx_write(struct arena *mem, const struct report *report, const char *path,
	struct err *err) must_check;

#endif

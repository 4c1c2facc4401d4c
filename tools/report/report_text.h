/* How figures are written for people, the same in all formats. Texts live in the arena. */
#ifndef WL_REPORT_REPORT_TEXT_H
#define WL_REPORT_REPORT_TEXT_H

#include "report_data.h"

struct figure_text {
	struct str code;
	struct str zh;
	struct str en;
	struct str unit;
	struct str numerator;
	struct str denominator; /* "": a count */
	struct str exclusions;
	struct str source;
};
/* Every figure of analytics_figures.def, stored and derived, by code. */
extern const struct figure_text report_figures[];
extern const size_t report_figures_n;
const struct figure_text *report_figure(const char *code);

/* One figure of the month: its ratio (a count has only num), or none. */
struct figure_value {
	const struct figure_text *text;
	bool is_known; /* false: nobody counts it */
	bool is_count;
	bool is_mean;
	struct ratio now;
	struct ratio before;
};
/* The figures of the city, in the order of the catalogue: those that a table of the report has. */
struct figure_value *report_values(struct arena *mem, const struct report *report, size_t *out_n);
struct figure_value report_value(const struct report *report, const char *code);

struct str text_count(struct arena *mem, int64_t n); /* 12,345 */
/* "96.8%", "4.24 个工作日", "6,583 件"; "无数据" without a denominator. */
struct str text_value(struct arena *mem, const struct figure_value *value);
/* "412/426" with what was left out; "" for a count. */
struct str text_parts(struct arena *mem, const struct figure_value *value);
/* Against the month before: "+1.2个百分点", "−3.1%", "上月无数据". */
struct str text_change(struct arena *mem, const struct figure_value *value);
struct str text_percent(struct arena *mem, struct ratio ratio);
/* "10月21日" */
struct str text_day(struct arena *mem, int32_t day);
/* "2026年10月" */
struct str text_month(struct arena *mem, int32_t from);
struct str text_instant(struct arena *mem, struct instant at);
struct str text_channel(struct str channel);
const char *text_band(enum band band); /* 优 良 中 差 */
struct str text_case(struct arena *mem, const struct report *report, int64_t case_id);
/* The portal's list of what a figure counts: "" where there are no pages. */
struct str text_link(
	struct arena *mem, const struct report *report, const char *metric, const char *more);

#endif

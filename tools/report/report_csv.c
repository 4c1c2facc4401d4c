/* UTF-8 with a mark at its front, so that spreadsheets read it as such; RFC 4180. */
#include "report_csv.h"

#include <inttypes.h>
#include <string.h>

#include "report_text.h"

static void cell(struct buf *out, struct str text, bool is_last)
{
	bool is_quoted = memchr(text.p, ',', text.n) != NULL ||
			 memchr(text.p, '"', text.n) != NULL ||
			 memchr(text.p, '\n', text.n) != NULL;

	if (is_quoted)
		buf_add(out, "\"", 1);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			buf_add(out, "\"", 1);
		buf_add(out, &text.p[i], 1);
	}
	if (is_quoted)
		buf_add(out, "\"", 1);
	buf_add_str(out, is_last ? STR("\r\n") : STR(","));
}

static void figure_row(struct arena *mem, struct buf *out, struct str level, struct str code,
	struct str name, const struct figure_value *value)
{
	cell(out, level, false);
	cell(out, code, false);
	cell(out, name, false);
	cell(out, value->text->code, false);
	cell(out, value->text->zh, false);
	cell(out, text_value(mem, value), false);
	cell(out, value->text->unit, false);
	buf_printf(out, value->is_known ? "%" PRId64 "," : ",", value->now.num);
	if (value->is_count)
		buf_add(out, ",,", 2);
	else
		buf_printf(out, "%" PRId64 ",%" PRId64 ",", value->now.den, value->now.excl);
	cell(out, value->text->numerator, false);
	cell(out, value->text->denominator, false);
	cell(out, value->text->exclusions, true);
}

void report_csv_figures(struct arena *mem, const struct report *report, struct buf *out)
{
	size_t n;
	const struct figure_value *values = report_values(mem, report, &n);

	buf_printf(out, "\xEF\xBB\xBF层级,单位代码,单位,指标代码,指标,数值,计量,分子,分母,不计,"
			"分子口径,分母口径,不计口径\r\n");
	for (size_t i = 0; i < n; i++)
		figure_row(mem, out, STR("全市"), STR(""), report->city, &values[i]);
	for (size_t u = 0; u < report->n_units; u++)
		for (int f = 0; f < ANALYTICS_FIGURES; f++) {
			struct ratio ratio = report->units[u].tallies.of[f];
			const char *code =
				arena_c(mem, analytics_figure_code((enum analytics_figure)f));
			struct figure_value value = report_value(report, code);
			if (ratio.num == 0 && ratio.den == 0 && ratio.excl == 0)
				continue;
			value.now = ratio;
			figure_row(mem, out, STR("单位"), report->units[u].code,
				report->units[u].name, &value);
		}
}

const char *report_counted_as(const struct report_case *one)
{
	if (one->excl > 0)
		return "不计";
	if (one->den == 0)
		return "计数";
	return one->num > 0 ? "分子、分母" : "分母";
}

void report_csv_cases(struct arena *mem, const struct report *report, struct buf *out)
{
	buf_printf(out, "\xEF\xBB\xBF指标代码,指标,件号,日期,单位代码,计入,数值\r\n");
	for (size_t i = 0; i < report->n_cases; i++) {
		const struct report_case *one = &report->cases[i];
		const struct figure_text *figure = report_figure(arena_c(mem, one->code));
		char day[DATE_TEXT_MAX];
		cell(out, one->code, false);
		cell(out, figure != NULL ? figure->zh : STR(""), false);
		cell(out, text_case(mem, report, one->case_id), false);
		cell(out, str_from_c(date_format(one->day, day)), false);
		cell(out, one->unit, false);
		cell(out, str_from_c(report_counted_as(one)), false);
		buf_printf(out, "%" PRId64 "\r\n", one->num);
	}
}

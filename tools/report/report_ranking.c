/* Each peer group's table; who has too few matters stands below, hatched and without a place. */
#include <inttypes.h>

#include "report_html.h"
#include "report_text.h"

static void rate_cell(struct arena *mem, const struct report *report,
	const struct report_unit *unit, enum analytics_figure figure, const char *metric,
	struct buf *out)
{
	struct ratio ratio = unit->tallies.of[figure];

	buf_add_str(out, STR("<td class='n'>"));
	if (!ratio_has_value(ratio)) {
		buf_add_str(out, STR("<span class='none'>无数据</span></td>"));
		return;
	}
	html_text(out, text_percent(mem, ratio));
	buf_add_str(out, STR("<small>"));
	struct str more = arena_printf(mem, "&unit=%.*s", STR_ARG(unit->code));
	html_link(mem, report, out, metric, arena_c(mem, more),
		arena_printf(mem, "%" PRId64 "/%" PRId64, ratio.num, ratio.den));
	buf_add_str(out, STR("</small></td>"));
}

static void unit_row(struct arena *mem, const struct report *report, const struct report_unit *unit,
	struct buf *out)
{
	buf_add_str(out, STR("<tr>"));
	if (unit->is_ranked)
		buf_printf(out, "<td class='n'>%d</td>", unit->rank);
	else
		buf_printf(out, "<td class='few'>%s</td>", unit->group.n > 0 ? "样本少" : "不排名");
	buf_add_str(out, STR("<td>"));
	html_text(out, unit->name);
	buf_add_str(out, STR("</td><td class='band'>"));
	if (unit->is_ranked) {
		html_glyph(out, unit->band);
		buf_printf(out, " %s", text_band(unit->band));
	}
	buf_add_str(out, STR("</td><td class='n'>"));
	if (unit->is_ranked)
		buf_printf(out, "%.1f<small>排序%.1f</small>", unit->composite, unit->careful);
	else
		buf_add_str(out, STR("—"));
	buf_add_str(out, STR("</td>"));
	rate_cell(mem, report, unit, ANALYTICS_M12, "M12", out);
	rate_cell(mem, report, unit, ANALYTICS_M05, "M05", out);
	rate_cell(mem, report, unit, ANALYTICS_M10, "M10", out);
	rate_cell(mem, report, unit, ANALYTICS_M11, "M11", out);
	struct str more = arena_printf(mem, "&unit=%.*s", STR_ARG(unit->code));
	buf_add_str(out, STR("<td class='n'>"));
	html_link(mem, report, out, "late", arena_c(mem, more),
		text_count(mem, report_overdue(&unit->tallies)));
	if (unit->late_long > 0)
		buf_printf(out, "<small>超5日 %" PRId64 "</small>", unit->late_long);
	buf_add_str(out, STR("</td><td class='n'>"));
	html_link(mem, report, out, "dispatched", arena_c(mem, more),
		text_count(mem, unit->tallies.of[ANALYTICS_M13].den));
	buf_add_str(out, STR("</td></tr>\n"));
}

void html_ranking(struct arena *mem, const struct report *report, struct buf *out)
{
	for (size_t i = 0; i < report->n_units; i++) {
		const struct report_unit *unit = &report->units[i];
		bool is_first = i == 0 || !str_eq(unit->group, report->units[i - 1].group);
		if (is_first) {
			if (i > 0)
				buf_add_str(out, STR("</tbody></table></div>\n"));
			buf_add_str(out, STR("<h3>"));
			html_text(out, unit->group.n > 0 ? unit->group : STR("未分组的单位"));
			buf_add_str(
				out, STR("</h3><div class='scroll'><table><thead><tr><th "
					 "class='n'>名次</th><th>单位</th><th>档</th>"
					 "<th class='n'>综合得分</th><th "
					 "class='n'>按时办结率</th><th class='n'>按时签收率</th>"
					 "<th class='n'>解决率</th><th class='n'>满意率</th><th "
					 "class='n'>逾期</th><th class='n'>派单</th>"
					 "</tr></thead><tbody>\n"));
		}
		unit_row(mem, report, unit, out);
	}
	if (report->n_units > 0)
		buf_add_str(out, STR("</tbody></table></div>\n"));
}

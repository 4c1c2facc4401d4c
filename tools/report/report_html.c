/* The page from its head to its foot. Every figure stands with numerator and denominator, and opens
 * the list of its cases. */
#include "report_html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report_text.h"

#define TOP_KEYS 10

void html_link(struct arena *mem, const struct report *report, struct buf *out, const char *metric,
	const char *more, struct str text)
{
	struct str link = text_link(mem, report, metric, more);

	if (link.n > 0) {
		buf_add_str(out, STR("<a href=\""));
		html_text(out, link);
		buf_add_str(out, STR("\">"));
	}
	html_text(out, text);
	if (link.n > 0)
		buf_add_str(out, STR("</a>"));
}

/* The word under which the pages list what a figure counts. */
static const char *metric_of(struct str code)
{
	static const struct {
		const char *code;
		const char *word;
	} words[] = { { "M19", "late" }, { "M27", "all" }, { "M29", "dispatched" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq_c(code, words[i].code))
			return words[i].word;
	return code.p;
}

static void head(struct arena *mem, const struct report *report, struct buf *out)
{
	struct str month = text_month(mem, report->from);

	buf_add_str(out, STR("<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
			     "<meta name=\"viewport\" "
			     "content=\"width=device-width,initial-scale=1\"><title>"));
	html_text(out, report->city);
	buf_printf(out, "网络理政办理情况月报 %.*s</title>\n", STR_ARG(month));
	html_style(out);
	buf_add_str(out, STR("</head><body><main>\n<header><p class='org'>"));
	html_text(out, report->city);
	buf_printf(out,
		" · 网络理政</p><h1>%.*s办理情况月报</h1>\n<p class='meta'>数据截至%.*s · %s · "
		"参考数据第%d版</p></header>\n",
		STR_ARG(month), STR_ARG(text_instant(mem, report->as_of)),
		report->is_over ? "全月" : "本月未结束，到期指标只计期限已过的件",
		report->ref_version);
}

/* "96.8%（412/426）" with the ratio as the way to its cases */
static void inline_value(struct arena *mem, const struct report *report, const char *code,
	const char *unit, struct buf *out)
{
	struct figure_value value = report_value(report, code);
	struct str parts = text_parts(mem, &value);

	buf_add_str(out, STR("<b class='nb'>"));
	if (parts.n == 0)
		html_link(
			mem, report, out, metric_of(value.text->code), "", text_value(mem, &value));
	else
		html_text(out, text_value(mem, &value));
	buf_printf(out, "%s</b>", value.is_count || ratio_has_value(value.now) ? unit : "");
	if (parts.n > 0) {
		buf_add_str(out, STR("<span class='nb'>（"));
		html_link(mem, report, out, metric_of(value.text->code), "", parts);
		buf_add_str(out, STR("）</span>"));
	}
}

static void summary(struct arena *mem, const struct report *report, struct buf *out)
{
	buf_add_str(out, STR("<p class='lead'>本月收到来件"));
	inline_value(mem, report, "M27", "件", out);
	buf_add_str(out, STR("，派到承办单位"));
	inline_value(mem, report, "M29", "件", out);
	buf_add_str(out, STR("，直接答复或送达市民"));
	inline_value(mem, report, "M28", "件", out);
	buf_add_str(out, STR("。到期的件按时办结率"));
	inline_value(mem, report, "M12", "", out);
	buf_add_str(out, STR("，平均回复周期"));
	inline_value(mem, report, "M18", "个工作日", out);
	buf_add_str(out, STR("，市民满意率"));
	inline_value(mem, report, "M11", "", out);
	buf_add_str(out, STR("，解决率"));
	inline_value(mem, report, "M10", "", out);
	buf_add_str(out, STR("。</p>\n"));
}

/* What rose most among those that are many. */
static const struct report_key *key_risen(const struct report_keys *keys)
{
	const struct report_key *best = NULL;

	for (size_t i = 0; i < keys->n; i++) {
		const struct report_key *key = &keys->of[i];
		if (key->key.n == 0 || key->n <= key->before)
			continue;
		if (best == NULL || key->n - key->before > best->n - best->before)
			best = key;
	}
	return best;
}

static const struct report_unit *unit_most_overdue(const struct report *report)
{
	const struct report_unit *most = NULL;

	for (size_t i = 0; i < report->n_units; i++)
		if (report_overdue(&report->units[i].tallies) > 0 &&
			(most == NULL || report_overdue(&report->units[i].tallies) >
						 report_overdue(&most->tallies)))
			most = &report->units[i];
	return most;
}

static void point_begin(enum band band, struct buf *out)
{
	buf_add_str(out, STR("<li>"));
	html_glyph(out, band);
}

/* Three matters for the meeting, where there are such. */
static void points(struct arena *mem, const struct report *report, struct buf *out)
{
	const struct report_unit *late = unit_most_overdue(report);
	const struct report_key *risen = key_risen(&report->categories);
	struct figure_value redo = report_value(report, "M15");

	buf_add_str(out, STR("<ul class='points'>\n"));
	if (late != NULL) {
		struct str more = arena_printf(mem, "&unit=%.*s", STR_ARG(late->code));
		point_begin(BAND_POOR, out);
		buf_add_str(out, STR("逾期共"));
		inline_value(mem, report, "M19", "件", out);
		buf_add_str(out, STR("，最多的是<span class='nb'>"));
		html_text(out, late->name);
		buf_add_str(out, STR("</span>，"));
		html_link(mem, report, out, "late", arena_c(mem, more),
			arena_printf(mem, "%" PRId64 "件", report_overdue(&late->tallies)));
		buf_add_str(out, STR("。</li>\n"));
	}
	if (risen != NULL) {
		struct str more = arena_printf(mem, "&category=%.*s", STR_ARG(risen->key));
		point_begin(BAND_FAIR, out);
		buf_add_str(out, STR("来件增加最多的事项是<span class='nb'>"));
		html_text(out, risen->name);
		buf_add_str(out, STR("</span>：本月"));
		html_link(mem, report, out, "all", arena_c(mem, more),
			arena_printf(mem, "%" PRId64 "件", risen->n));
		buf_printf(out, "，上月%" PRId64 "件。</li>\n", risen->before);
	}
	if (ratio_has_value(redo.now) && redo.now.num > 0) {
		point_begin(BAND_GOOD, out);
		buf_add_str(out, STR("市民不满意而重办的件，重办率"));
		inline_value(mem, report, "M15", "", out);
		buf_add_str(out, STR("。</li>\n"));
	}
	buf_add_str(out, STR("</ul>\n"));
}

static void card(struct arena *mem, const struct report *report, const char *code, struct buf *out)
{
	struct figure_value value = report_value(report, code);
	struct str parts = text_parts(mem, &value);
	bool has_value = value.is_known && (value.is_count || ratio_has_value(value.now));

	buf_printf(out, "<div class='card'><p class='name'>%.*s</p><p class='value%s'>%.*s",
		STR_ARG(value.text->zh), has_value ? "" : " none",
		STR_ARG(text_value(mem, &value)));
	if (has_value && !str_eq_c(value.text->unit, "%"))
		buf_printf(out, "<small>%.*s</small>", STR_ARG(value.text->unit));
	buf_add_str(out, STR("</p><p class='parts'>"));
	html_link(mem, report, out, metric_of(value.text->code), "",
		parts.n > 0 ? parts : STR("看件"));
	struct str change = text_change(mem, &value);
	bool is_compared = change.n > 0 && !str_starts(change, STR("上月"));
	buf_printf(out, "</p><p class='change'>%s%.*s</p></div>\n", is_compared ? "较上月" : "",
		STR_ARG(change));
}

static void cards(struct arena *mem, const struct report *report, struct buf *out)
{
	static const char *const codes[] = { "M12", "M18", "M11", "M10", "M27", "M19" };

	buf_add_str(out, STR("<section class='cards'>\n"));
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		card(mem, report, codes[i], out);
	buf_add_str(out, STR("</section>\n"));
}

static void volumes(struct arena *mem, const struct report *report, struct buf *out)
{
	buf_add_str(out,
		STR("<h2>来了多少，答了多少</h2><p "
		    "class='note'>按北京时间的日历日；在线答复指直接答复或送达市民的件。</p>\n"));
	html_days(mem, report, out);
	buf_add_str(out, STR("<div class='two'><div><h3>渠道</h3>\n"));
	html_bars(mem, report, &report->channels, "channel", TOP_KEYS, out);
	buf_add_str(out, STR("</div><div><h3>诉求类型</h3>\n"));
	html_bars(mem, report, &report->types, "type", TOP_KEYS, out);
	buf_add_str(out, STR("</div></div>\n"));
}

/* The month's letters by where they stand now. */
static void states(struct arena *mem, const struct report *report, struct buf *out)
{
	buf_add_str(out, STR("<p class='note where'>本月来件到截至时：<span>"));
	for (size_t i = 0, shown = 0; i < report->states.n; i++) {
		const struct report_key *key = &report->states.of[i];
		struct str more = arena_printf(mem, "&state=%.*s", STR_ARG(key->key));
		struct str name = STR("未知");
#define STATE(name_, number_, rank_, zh_, meaning_)                                                \
	if (str_eq_c(key->key, #name_))                                                            \
		name = STR(zh_);
#include "analytics/analytics_states.def"
#undef STATE
		if (key->n == 0)
			continue;
		buf_add_str(out, shown++ > 0 ? STR("、") : STR(""));
		buf_printf(out, "<span class='nb'>%.*s", STR_ARG(name));
		html_link(mem, report, out, "all", arena_c(mem, more), text_count(mem, key->n));
		buf_add_str(out, STR("</span>"));
	}
	buf_add_str(out, STR("</span>。</p>\n"));
}

static void places(struct arena *mem, const struct report *report, struct buf *out)
{
	buf_add_str(out, STR("<h2>说的什么，在哪里</h2><p "
			     "class='note'>事项按市级分类；来信里没有写明地方的记为（未定）。</p>"
			     "<div class='two'><div><h3>事项前十</h3>\n"));
	html_bars(mem, report, &report->categories, "category", TOP_KEYS, out);
	buf_add_str(out, STR("</div><div><h3>区域前十</h3>\n"));
	html_bars(mem, report, &report->areas, "area", TOP_KEYS, out);
	buf_add_str(out, STR("</div></div>\n"));
}

static void open_figures(struct arena *mem, const struct report *report, struct buf *out)
{
	static const char *const codes[] = { "M26", "M27", "M28", "M29" };
	int64_t n_days = report->n_days;

	/* of a month that runs, the days that have begun */
	if (!report->is_over)
		n_days = report->due_to >= report->from ? report->due_to - report->from + 1 : 0;
	buf_add_str(
		out, STR("<h2>公开指标</h2><p "
			 "class='note'>向社会公开的四个总量。</p><table><thead><tr><th>指标</th>"
			 "<th class='n'>本月</th><th class='n'>日均</th><th "
			 "class='n'>较上月</th><th class='def'>口径</th></tr></thead><tbody>\n"));
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct figure_value value = report_value(report, codes[i]);
		buf_printf(out, "<tr><td>%.*s</td><td class='n'>", STR_ARG(value.text->zh));
		if (!value.is_known)
			buf_add_str(out, STR("<span class='none'>无数据</span>"));
		else if (i == 0)
			html_text(out, text_value(mem, &value));
		else
			html_link(mem, report, out, metric_of(value.text->code), "",
				text_value(mem, &value));
		buf_add_str(out, STR("</td><td class='n'>"));
		if (value.is_known && n_days > 0)
			buf_printf(out, "%.1f", (double)value.now.num / (double)n_days);
		else
			buf_add_str(out, STR("—"));
		buf_printf(out, "</td><td class='n'>%.*s</td><td class='def'>%.*s</td></tr>\n",
			STR_ARG(text_change(mem, &value)), STR_ARG(value.text->numerator));
	}
	buf_add_str(out, STR("</tbody></table>\n"));
}

static void all_figures(struct arena *mem, const struct report *report, struct buf *out)
{
	size_t n;
	const struct figure_value *values = report_values(mem, report, &n);

	buf_add_str(out, STR("<h2>全部指标和口径</h2><p class='note'>分母为零写“无数据”，不写 "
			     "100%。“不计”是按规定不进分母的件。"
			     "</p><table><thead><tr><th>指标</th><th class='n'>数值</th><th "
			     "class='n'>较上月</th><th class='def'>分子 ÷ 分母</th>"
			     "</tr></thead><tbody>\n"));
	for (size_t i = 0; i < n; i++) {
		const struct figure_value *value = &values[i];
		struct str parts = text_parts(mem, value);
		bool is_known = value->is_known && (value->is_count || ratio_has_value(value->now));
		buf_printf(out, "<tr><td>%.*s<small>%.*s</small></td><td class='n%s'>%.*s<small>",
			STR_ARG(value->text->zh), STR_ARG(value->text->code),
			is_known ? "" : " none", STR_ARG(text_value(mem, value)));
		if (is_known && !str_eq_c(value->text->code, "M26"))
			html_link(mem, report, out, metric_of(value->text->code), "",
				parts.n > 0 ? parts : STR("看件"));
		buf_printf(out, "</small></td><td class='n'>%.*s</td><td class='def'>%.*s",
			STR_ARG(text_change(mem, value)), STR_ARG(value->text->numerator));
		if (value->text->denominator.n > 0)
			buf_printf(out, " ÷ %.*s", STR_ARG(value->text->denominator));
		if (!str_eq_c(value->text->exclusions, "无"))
			buf_printf(out, "；不计：%.*s", STR_ARG(value->text->exclusions));
		buf_add_str(out, STR("</td></tr>\n"));
	}
	buf_add_str(out, STR("</tbody></table>\n"));
}

static void foot(struct arena *mem, const struct report *report, struct buf *out)
{
	buf_printf(out,
		"<footer><p>每个数字下的分子和分母可以点开看件；全部件号在同名的 XLSX 和 CSV "
		"里（%.*s行）。",
		STR_ARG(text_count(mem, (int64_t)report->n_cases)));
	if (report->base.n > 0) {
		buf_add_str(out, STR("件的清单在"));
		html_text(out, report->base);
		buf_add_str(out, STR("/cases"));
	}
	buf_add_str(out, STR("</p><p>举报件的内容和被举报单位不在本报告中。</p></footer>\n"));
}

void report_html_write(struct arena *mem, const struct report *report, struct buf *out)
{
	head(mem, report, out);
	if (report_is_empty(report)) {
		buf_printf(out, "<p class='empty'>%.*s没有数据。</p>\n",
			STR_ARG(text_month(mem, report->from)));
		buf_add_str(out, STR("</main></body></html>\n"));
		return;
	}
	summary(mem, report, out);
	points(mem, report, out);
	cards(mem, report, out);
	volumes(mem, report, out);
	states(mem, report, out);
	places(mem, report, out);
	buf_printf(out,
		"<h2 class='page'>同组排名</h2><p class='note'>只在同组内比较。本月到期不足 %d "
		"件的单位“样本少”，不排名；到期不足%d件的，"
		"排序用比率的威尔逊下界。先后依次看：综合得分、解决率、满意率、逾期少、派单多、代码"
		"。档：",
		REPORT_RANKED_FROM, REPORT_CERTAIN_FROM);
	for (int band = BAND_EXCELLENT; band <= BAND_POOR; band++) {
		html_glyph(out, (enum band)band);
		buf_printf(out, " %s%s", text_band((enum band)band),
			band == BAND_POOR ? "（90、80、70 分为界）。" : "、");
	}
	buf_printf(out, "综合得分 = %.*s。</p>\n", STR_ARG(report_figure("M31")->numerator));
	html_ranking(mem, report, out);
	open_figures(mem, report, out);
	all_figures(mem, report, out);
	foot(mem, report, out);
	buf_add_str(out, STR("</main></body></html>\n"));
}

/* Words and numbers; the catalogue is analytics_figures.def. */
#include "report_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct figure_text report_figures[] = {
#define FIGURE(code_, zh_, en_, dated_, unit_told_, is_count_, unit_, num_, den_, excl_, source_)  \
	{ STR_INIT(#code_), STR_INIT(zh_), STR_INIT(en_), STR_INIT(unit_), STR_INIT(num_),         \
		STR_INIT(den_), STR_INIT(excl_), STR_INIT(source_) },
#define DERIVED(code_, zh_, en_, unit_, num_, den_, excl_, source_)                                \
	{ STR_INIT(#code_), STR_INIT(zh_), STR_INIT(en_), STR_INIT(unit_), STR_INIT(num_),         \
		STR_INIT(den_), STR_INIT(excl_), STR_INIT(source_) },
#include "analytics/analytics_figures.def"
#undef FIGURE
#undef DERIVED
};
const size_t report_figures_n = COUNT(report_figures);

/* Where a figure's value comes from: a cell's ratio, the numerator or denominator of one, or what
 * is counted otherwise. */
enum origin { RATIO, MEAN, NUMERATOR, DENOMINATOR, OVERDUE, RECEIVED, VISITS };
static const struct {
	const char *code;
	enum origin origin;
	enum analytics_figure figure;
} origins[] = {
	{ "M27", RECEIVED, 0 },
	{ "M29", DENOMINATOR, ANALYTICS_M13 },
	{ "M28", NUMERATOR, ANALYTICS_M28 },
	{ "M26", VISITS, 0 },
	{ "M12", RATIO, ANALYTICS_M12 },
	{ "M19", OVERDUE, ANALYTICS_M12 },
	{ "M18", MEAN, ANALYTICS_M18 },
	{ "M05", RATIO, ANALYTICS_M05 },
	{ "M08", RATIO, ANALYTICS_M08 },
	{ "M03", RATIO, ANALYTICS_M03 },
	{ "M13", RATIO, ANALYTICS_M13 },
	{ "M09", RATIO, ANALYTICS_M09 },
	{ "M10", RATIO, ANALYTICS_M10 },
	{ "M11", RATIO, ANALYTICS_M11 },
	{ "M15", RATIO, ANALYTICS_M15 },
	{ "M16", RATIO, ANALYTICS_M16 },
};

const struct figure_text *report_figure(const char *code)
{
	for (size_t i = 0; i < report_figures_n; i++)
		if (str_eq_c(report_figures[i].code, code))
			return &report_figures[i];
	return NULL;
}

static struct ratio counted(int64_t n)
{
	return (struct ratio){ .num = n };
}

static struct ratio ratio_from(const struct report_tallies *tallies, enum origin origin,
	enum analytics_figure figure, int64_t received, int64_t visits)
{
	switch (origin) {
	case RATIO:
	case MEAN:
		return tallies->of[figure];
	case NUMERATOR:
		return counted(tallies->of[figure].num);
	case DENOMINATOR:
		return counted(tallies->of[figure].den);
	case OVERDUE:
		return counted(report_overdue(tallies));
	case RECEIVED:
		return counted(received);
	case VISITS:
		break;
	}
	return counted(visits);
}

static struct figure_value value_at(const struct report *report, size_t i)
{
	return (struct figure_value){
		.text = report_figure(origins[i].code),
		.is_known = origins[i].origin != VISITS || report->visits >= 0,
		.is_count = origins[i].origin > MEAN,
		.is_mean = origins[i].origin == MEAN,
		.now = ratio_from(&report->now, origins[i].origin, origins[i].figure,
			report->received, report->visits),
		.before = ratio_from(&report->before, origins[i].origin, origins[i].figure,
			report->received_before, 0),
	};
}

struct figure_value *report_values(struct arena *mem, const struct report *report, size_t *out_n)
{
	struct figure_value *values = arena_new_array(mem, struct figure_value, COUNT(origins));

	if (values == NULL) {
		*out_n = 0;
		return NULL;
	}
	for (size_t i = 0; i < COUNT(origins); i++)
		values[i] = value_at(report, i);
	*out_n = COUNT(origins);
	return values;
}

struct figure_value report_value(const struct report *report, const char *code)
{
	for (size_t i = 0; i < COUNT(origins); i++)
		if (strcmp(origins[i].code, code) == 0)
			return value_at(report, i);
	return (struct figure_value){ .text = report_figure(code) };
}

struct str text_count(struct arena *mem, int64_t n)
{
	char digits[24];
	char out[40];
	size_t at = 0;
	int n_digits = snprintf(digits, sizeof(digits), "%" PRId64, n < 0 ? -n : n);

	if (n < 0)
		out[at++] = '-';
	for (int i = 0; i < n_digits; i++) {
		if (i > 0 && (n_digits - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	return arena_str(mem, str_of(out, at));
}

struct str text_percent(struct arena *mem, struct ratio ratio)
{
	if (!ratio_has_value(ratio))
		return STR("无数据");
	return arena_printf(mem, "%.1f%%", ratio_percent(ratio));
}

struct str text_value(struct arena *mem, const struct figure_value *value)
{
	if (!value->is_known || (!value->is_count && !ratio_has_value(value->now)))
		return STR("无数据");
	if (value->is_count)
		return text_count(mem, value->now.num);
	if (value->is_mean)
		return arena_printf(mem, "%.2f", ratio_mean(value->now));
	return text_percent(mem, value->now);
}

struct str text_parts(struct arena *mem, const struct figure_value *value)
{
	if (value->is_count)
		return STR("");
	if (value->now.excl == 0)
		return arena_printf(mem, "%.*s/%.*s", STR_ARG(text_count(mem, value->now.num)),
			STR_ARG(text_count(mem, value->now.den)));
	return arena_printf(mem, "%.*s/%.*s，不计%.*s", STR_ARG(text_count(mem, value->now.num)),
		STR_ARG(text_count(mem, value->now.den)),
		STR_ARG(text_count(mem, value->now.excl)));
}

static struct str text_signed(struct arena *mem, double by, int decimals, const char *unit)
{
	/* what rounds to nothing has no sign */
	double least = decimals == 2 ? 0.005 : 0.05;

	if (by < least && by > -least)
		return STR("持平");
	return arena_printf(mem, "%s%.*f%s", by > 0 ? "+" : "−", decimals, by > 0 ? by : -by, unit);
}

struct str text_change(struct arena *mem, const struct figure_value *value)
{
	if (!value->is_known || value->text == report_figure("M26"))
		return STR("");
	if (value->is_count) {
		if (value->before.num == 0)
			return STR("上月为0");
		return text_signed(mem,
			100.0 * (double)(value->now.num - value->before.num) /
				(double)value->before.num,
			1, "%");
	}
	if (!ratio_has_value(value->now))
		return STR("");
	if (!ratio_has_value(value->before))
		return STR("上月无数据");
	if (value->is_mean)
		return text_signed(
			mem, ratio_mean(value->now) - ratio_mean(value->before), 2, "个工作日");
	return text_signed(
		mem, ratio_percent(value->now) - ratio_percent(value->before), 1, "个百分点");
}

struct str text_day(struct arena *mem, int32_t day)
{
	struct civil_date date = date_from_days(day);

	return arena_printf(mem, "%d月%d日", date.month, date.day);
}

struct str text_month(struct arena *mem, int32_t from)
{
	struct civil_date date = date_from_days(from);

	return arena_printf(mem, "%d年%d月", date.year, date.month);
}

/* instant_format gives 2026-11-01T09:30:00+08:00 */
struct str text_instant(struct arena *mem, struct instant at)
{
	char text[INSTANT_TEXT_MAX];

	instant_format(at, text);
	return arena_printf(mem, "%.10s %.5s", text, text + 11);
}

struct str text_channel(struct str channel)
{
	static const struct {
		const char *code;
		struct str zh;
	} names[] = {
		{ "app", STR_INIT("手机应用") },
		{ "forum", STR_INIT("网站论坛") },
		{ "hotline", STR_INIT("12345 热线") },
		{ "mailbox", STR_INIT("领导信箱") },
		{ "mail", STR_INIT("邮件") },
		{ "media", STR_INIT("媒体转办") },
		{ "wechat", STR_INIT("微信") },
		{ "weibo", STR_INIT("微博") },
		{ "sms", STR_INIT("短信") },
		{ "open311", STR_INIT("Open311") },
		{ "web", STR_INIT("网页") },
		{ "feed", STR_INIT("转送") },
		{ "webhook", STR_INIT("网络接口") },
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq_c(channel, names[i].code))
			return names[i].zh;
	return channel;
}

const char *text_band(enum band band)
{
	static const char *const names[] = { "", "优", "良", "中", "差" };

	return names[band];
}

struct str text_case(struct arena *mem, const struct report *report, int64_t case_id)
{
	char number[CASE_NUMBER_MAX];

	if (case_number_format(report->case_prefix, case_id, number, NULL) != RES_OK)
		return arena_printf(mem, "%" PRId64, case_id);
	return arena_str(mem, str_from_c(number));
}

struct str text_link(
	struct arena *mem, const struct report *report, const char *metric, const char *more)
{
	if (report->base.n == 0)
		return STR("");
	return arena_printf(mem, "%.*s/cases?month=%.*s&metric=%s%s", STR_ARG(report->base),
		STR_ARG(report->month), metric, more);
}

/* Drawings as SVG, told in numbers beside them. */
#include <inttypes.h>

#include "report_html.h"
#include "report_text.h"

#define WIDTH  748.0
#define HEIGHT 230.0
#define LEFT   44.0
#define TOP    14.0
#define BOTTOM 196.0
#define LINES  4

/* The scale ends at a round number above the highest. */
static int64_t scale_top(const struct report *report)
{
	int64_t most = 1;
	int64_t step = 1;

	for (size_t i = 0; i < report->n_days; i++) {
		const struct report_day *day = &report->days[i];
		const int64_t numbers[] = { day->received, day->answered, day->closed };
		for (int k = 0; k < 3; k++)
			if (numbers[k] > most)
				most = numbers[k];
	}
	static const int64_t factors[] = { 1, 2, 5 };
	for (;; step *= 10)
		for (int i = 0; i < 3; i++)
			if (LINES * step * factors[i] >= most)
				return LINES * step * factors[i];
}

static double y_of(int64_t n, int64_t top)
{
	return BOTTOM - (BOTTOM - TOP) * (double)n / (double)top;
}

static void frame(
	struct arena *mem, const struct report *report, int64_t top, double step, struct buf *out)
{
	for (size_t i = 0; i < report->n_days; i++)
		if (date_weekday(report->days[i].day) >= 5)
			buf_printf(out,
				"<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' "
				"fill='#EFECE4'/>",
				LEFT + step * (double)i, TOP, step, BOTTOM - TOP);
	for (int i = 0; i <= LINES; i++) {
		int64_t n = top / LINES * i;
		buf_printf(out, "<path d='M%.1f %.1fH%.1f' stroke='%s' stroke-width='1'/>", LEFT,
			y_of(n, top), WIDTH, i == 0 ? "#1B2A30" : "#DDD8CC");
		buf_printf(out,
			"<text x='%.1f' y='%.1f' font-size='11' text-anchor='end'>%.*s</text>",
			LEFT - 6, y_of(n, top) + 4, STR_ARG(text_count(mem, n)));
	}
	for (size_t i = 0; i < report->n_days; i++) {
		int day = date_from_days(report->days[i].day).day;
		if (day == 1 || day % 5 == 0)
			buf_printf(out,
				"<text x='%.1f' y='%.1f' font-size='11' "
				"text-anchor='middle'>%d日</text>",
				LEFT + step * ((double)i + 0.5), BOTTOM + 16, day);
	}
}

static void line(
	const struct report *report, int64_t top, double step, bool is_closed, struct buf *out)
{
	const char *colour = is_closed ? "#7A4B00" : "#1B2A30";

	buf_printf(out, "<path fill='none' stroke='%s' stroke-width='1.8'%s d='", colour,
		is_closed ? " stroke-dasharray='5 4'" : "");
	for (size_t i = 0; i < report->n_days; i++) {
		int64_t n = is_closed ? report->days[i].closed : report->days[i].answered;
		buf_printf(out, "%c%.1f %.1f", i == 0 ? 'M' : 'L', LEFT + step * ((double)i + 0.5),
			y_of(n, top));
	}
	buf_add_str(out, STR("'/>"));
	for (size_t i = 0; i < report->n_days; i++) {
		int64_t n = is_closed ? report->days[i].closed : report->days[i].answered;
		double x = LEFT + step * ((double)i + 0.5);
		double y = y_of(n, top);
		if (is_closed)
			buf_printf(out, "<path d='M%.1f %.1fl3.4 3.4-3.4 3.4-3.4-3.4z' fill='%s'/>",
				x, y - 3.4, colour);
		else
			buf_printf(out, "<circle cx='%.1f' cy='%.1f' r='2.6' fill='%s'/>", x, y,
				colour);
	}
}

void html_days(struct arena *mem, const struct report *report, struct buf *out)
{
	double step = (WIDTH - LEFT) / (double)(report->n_days == 0 ? 1 : report->n_days);
	int64_t top = scale_top(report);

	buf_printf(out,
		"<figure><svg viewBox='0 0 %.0f %.0f' role='img' "
		"aria-label='每日收到、在线答复和办结的件数'>",
		WIDTH, HEIGHT);
	frame(mem, report, top, step, out);
	for (size_t i = 0; i < report->n_days; i++) {
		double y = y_of(report->days[i].received, top);
		buf_printf(out,
			"<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='#B5D3D8' "
			"stroke='#14586A' stroke-width='.8'/>",
			LEFT + step * ((double)i + 0.18), y, step * 0.64, BOTTOM - y);
	}
	line(report, top, step, false, out);
	line(report, top, step, true, out);
	buf_printf(out,
		"<g transform='translate(%.0f,%.0f)' font-size='12'>"
		"<rect y='-9' width='12' height='10' fill='#B5D3D8' stroke='#14586A' "
		"stroke-width='.8'/><text x='18'>收到</text>"
		"<path d='M70 -4h26' stroke='#1B2A30' stroke-width='1.8'/><circle cx='83' cy='-4' "
		"r='2.6' fill='#1B2A30'/>"
		"<text x='102'>在线答复</text>"
		"<path d='M176 -4h26' stroke='#7A4B00' stroke-width='1.8' stroke-dasharray='5 4'/>"
		"<path d='M189 -7.4l3.4 3.4-3.4 3.4-3.4-3.4z' fill='#7A4B00'/><text "
		"x='208'>办结</text>"
		"<rect x='260' y='-9' width='12' height='10' fill='#EFECE4'/><text "
		"x='278'>周六、周日</text></g>",
		LEFT, HEIGHT - 6);
	buf_add_str(out, STR("</svg></figure>\n"));
}

static void bar(struct buf *out, int64_t n, int64_t most)
{
	buf_printf(out,
		"<td class='bar'><svg viewBox='0 0 200 14' preserveAspectRatio='none' "
		"aria-hidden='true'>"
		"<rect x='0.5' y='2' width='%.1f' height='10' fill='#8FB7C1' stroke='#14586A' "
		"stroke-width='.7'/></svg></td>",
		most == 0 ? 0.0 : 198.0 * (double)n / (double)most);
}

static struct str key_name(const struct report_key *key, const char *parameter)
{
	if (key->key.n == 0)
		return STR("（未定）");
	return parameter[0] == 'c' && parameter[1] == 'h' ? text_channel(key->key) : key->name;
}

static void key_row(struct arena *mem, const struct report *report, const struct report_key *key,
	const char *parameter, int64_t most, struct buf *out)
{
	struct str more = arena_printf(mem, "&%s=%.*s", parameter, STR_ARG(key->key));

	buf_add_str(out, STR("<tr><td>"));
	html_text(out, key_name(key, parameter));
	buf_add_str(out, STR("</td>"));
	bar(out, key->n, most);
	buf_add_str(out, STR("<td class='n'>"));
	if (key->key.n > 0)
		html_link(mem, report, out, "all", arena_c(mem, more), text_count(mem, key->n));
	else
		html_text(out, text_count(mem, key->n));
	buf_add_str(out, STR("</td><td class='n'>"));
	html_text(out, text_count(mem, key->before));
	buf_add_str(out, STR("</td></tr>\n"));
}

void html_bars(struct arena *mem, const struct report *report, const struct report_keys *keys,
	const char *parameter, size_t n_max, struct buf *out)
{
	int64_t rest = 0;
	int64_t rest_before = 0;
	size_t n_rest = 0;

	buf_add_str(out, STR("<table><thead><tr><th></th><th></th><th class='n'>本月</th><th "
			     "class='n'>上月</th></tr></thead><tbody>\n"));
	for (size_t i = 0; i < keys->n; i++) {
		if (i < n_max && keys->of[i].n > 0) {
			key_row(mem, report, &keys->of[i], parameter, keys->of[0].n, out);
			continue;
		}
		n_rest++;
		rest += keys->of[i].n;
		rest_before += keys->of[i].before;
	}
	if (n_rest > 0)
		buf_printf(out,
			"<tr><td class='def'>其余%zu项</td><td></td><td class='n'>%.*s</td><td "
			"class='n'>%.*s</td></tr>\n",
			n_rest, STR_ARG(text_count(mem, rest)),
			STR_ARG(text_count(mem, rest_before)));
	buf_add_str(out, STR("</tbody></table>\n"));
}

/* The workbook by libxlsxwriter: figures, ranking, days, categories and areas, and the cases of
 * each figure. */
#include <xlsxwriter.h>

#include "report_csv.h"
#include "report_text.h"

#define SHEET_ROWS_MAX 1048575

struct book {
	struct arena *mem;
	const struct report *report;
	lxw_workbook *file;
	lxw_format *head;
	lxw_format *title;
	lxw_format *wrapped;
	lxw_format *number;
	lxw_format *percent;
	lxw_format *mean;
};

static void put(struct book *book, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
	struct str text, lxw_format *format)
{
	worksheet_write_string(sheet, row, col, arena_c(book->mem, text), format);
}

static lxw_worksheet *sheet_begin(
	struct book *book, const char *name, const char *const *heads, const double *widths, int n)
{
	lxw_worksheet *sheet = workbook_add_worksheet(book->file, name);

	worksheet_set_paper(sheet, 9); /* A4 */
	worksheet_fit_to_pages(sheet, 1, 0);
	worksheet_freeze_panes(sheet, 1, 0);
	worksheet_repeat_rows(sheet, 0, 0);
	for (int i = 0; i < n; i++) {
		worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i, widths[i], NULL);
		worksheet_write_string(sheet, 0, (lxw_col_t)i, heads[i], book->head);
	}
	return sheet;
}
#define SHEET(book, name, heads, widths)                                                           \
	sheet_begin(book, name, heads, widths, (int)(sizeof(heads) / sizeof((heads)[0])))

static void put_ratio(struct book *book, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
	struct ratio ratio, bool is_mean)
{
	if (!ratio_has_value(ratio))
		worksheet_write_string(sheet, row, col, "无数据", NULL);
	else if (is_mean)
		worksheet_write_number(sheet, row, col, ratio_mean(ratio), book->mean);
	else
		worksheet_write_number(sheet, row, col, ratio_percent(ratio) / 100, book->percent);
}

static void figures_sheet(struct book *book)
{
	static const char *const heads[] = { "代码", "指标", "数值", "计量", "分子", "分母", "不计",
		"较上月", "分子口径", "分母口径", "不计口径", "来源" };
	static const double widths[] = { 7, 16, 12, 8, 10, 10, 8, 16, 40, 34, 22, 24 };
	lxw_worksheet *sheet = SHEET(book, "指标", heads, widths);
	size_t n;
	const struct figure_value *values = report_values(book->mem, book->report, &n);

	for (size_t i = 0; i < n; i++) {
		const struct figure_value *value = &values[i];
		lxw_row_t row = (lxw_row_t)(i + 1);
		put(book, sheet, row, 0, value->text->code, NULL);
		put(book, sheet, row, 1, value->text->zh, NULL);
		if (value->is_count && value->is_known)
			worksheet_write_number(sheet, row, 2, (double)value->now.num, book->number);
		else
			put_ratio(book, sheet, row, 2, value->now, value->is_mean);
		put(book, sheet, row, 3, value->text->unit, NULL);
		if (!value->is_count) {
			worksheet_write_number(sheet, row, 4, (double)value->now.num, book->number);
			worksheet_write_number(sheet, row, 5, (double)value->now.den, book->number);
			worksheet_write_number(
				sheet, row, 6, (double)value->now.excl, book->number);
		}
		put(book, sheet, row, 7, text_change(book->mem, value), NULL);
		put(book, sheet, row, 8, value->text->numerator, book->wrapped);
		put(book, sheet, row, 9, value->text->denominator, book->wrapped);
		put(book, sheet, row, 10, value->text->exclusions, book->wrapped);
		put(book, sheet, row, 11, value->text->source, book->wrapped);
	}
}

static void ranking_sheet(struct book *book)
{
	static const char *const heads[] = { "同组", "名次", "单位", "代码", "档", "综合得分",
		"排序分", "按时办结率", "到期", "按时签收率", "响应率", "解决率", "满意率", "逾期",
		"超 5 个工作日", "派单" };
	static const double widths[] = { 18, 6, 26, 10, 6, 10, 10, 11, 8, 11, 9, 9, 9, 8, 14, 8 };
	lxw_worksheet *sheet = SHEET(book, "排名", heads, widths);

	for (size_t i = 0; i < book->report->n_units; i++) {
		const struct report_unit *unit = &book->report->units[i];
		const struct ratio *of = unit->tallies.of;
		lxw_row_t row = (lxw_row_t)(i + 1);
		put(book, sheet, row, 0, unit->group.n > 0 ? unit->group : STR("（未分组）"), NULL);
		if (unit->is_ranked)
			worksheet_write_number(sheet, row, 1, unit->rank, book->number);
		else
			worksheet_write_string(
				sheet, row, 1, unit->group.n > 0 ? "样本少" : "不排名", NULL);
		put(book, sheet, row, 2, unit->name, NULL);
		put(book, sheet, row, 3, unit->code, NULL);
		worksheet_write_string(sheet, row, 4, text_band(unit->band), NULL);
		if (unit->has_score) {
			worksheet_write_number(sheet, row, 5, unit->composite, book->mean);
			worksheet_write_number(sheet, row, 6, unit->careful, book->mean);
		}
		put_ratio(book, sheet, row, 7, of[ANALYTICS_M12], false);
		worksheet_write_number(sheet, row, 8, (double)of[ANALYTICS_M12].den, book->number);
		put_ratio(book, sheet, row, 9, of[ANALYTICS_M05], false);
		put_ratio(book, sheet, row, 10, of[ANALYTICS_M09], false);
		put_ratio(book, sheet, row, 11, of[ANALYTICS_M10], false);
		put_ratio(book, sheet, row, 12, of[ANALYTICS_M11], false);
		worksheet_write_number(
			sheet, row, 13, (double)report_overdue(&unit->tallies), book->number);
		worksheet_write_number(sheet, row, 14, (double)unit->late_long, book->number);
		worksheet_write_number(sheet, row, 15, (double)of[ANALYTICS_M13].den, book->number);
	}
}

static void days_sheet(struct book *book)
{
	static const char *const heads[] = { "日期", "收到", "派单", "在线答复", "办结" };
	static const double widths[] = { 12, 10, 10, 10, 10 };
	lxw_worksheet *sheet = SHEET(book, "每日", heads, widths);

	for (size_t i = 0; i < book->report->n_days; i++) {
		const struct report_day *day = &book->report->days[i];
		const int64_t numbers[] = { day->received, day->dispatched, day->answered,
			day->closed };
		char text[DATE_TEXT_MAX];
		worksheet_write_string(
			sheet, (lxw_row_t)(i + 1), 0, date_format(day->day, text), NULL);
		for (int k = 0; k < 4; k++)
			worksheet_write_number(sheet, (lxw_row_t)(i + 1), (lxw_col_t)(k + 1),
				(double)numbers[k], book->number);
	}
}

static void keys_sheet(
	struct book *book, const char *name, const struct report_keys *keys, bool is_channel)
{
	static const char *const heads[] = { "代码", "名称", "本月", "上月" };
	static const double widths[] = { 12, 30, 10, 10 };
	lxw_worksheet *sheet = SHEET(book, name, heads, widths);

	for (size_t i = 0; i < keys->n; i++) {
		lxw_row_t row = (lxw_row_t)(i + 1);
		put(book, sheet, row, 0, keys->of[i].key, NULL);
		put(book, sheet, row, 1,
			keys->of[i].key.n == 0 ? STR("（未定）")
			: is_channel	       ? text_channel(keys->of[i].key)
					       : keys->of[i].name,
			NULL);
		worksheet_write_number(sheet, row, 2, (double)keys->of[i].n, book->number);
		worksheet_write_number(sheet, row, 3, (double)keys->of[i].before, book->number);
	}
}

/* What does not fit on a sheet goes on on the next one. */
static void cases_sheets(struct book *book)
{
	static const char *const heads[] = { "指标代码", "指标", "件号", "日期", "单位代码", "计入",
		"数值" };
	static const double widths[] = { 10, 16, 16, 12, 12, 14, 8 };
	const struct report *report = book->report;
	lxw_worksheet *sheet = NULL;

	for (size_t i = 0; i < report->n_cases || i == 0; i++) {
		lxw_row_t row = (lxw_row_t)(i % SHEET_ROWS_MAX + 1);
		if (row == 1) {
			size_t n = report->n_cases - i < SHEET_ROWS_MAX ? report->n_cases - i
									: SHEET_ROWS_MAX;
			struct str name = i == 0 ? STR("件号清单")
						 : arena_printf(book->mem, "件号清单 %zu",
							   i / SHEET_ROWS_MAX + 1);
			sheet = SHEET(book, arena_c(book->mem, name), heads, widths);
			worksheet_autofilter(sheet, 0, 0, (lxw_row_t)n, 6);
		}
		if (i == report->n_cases)
			break;
		const struct report_case *one = &report->cases[i];
		const struct figure_text *figure = report_figure(arena_c(book->mem, one->code));
		char day[DATE_TEXT_MAX];
		put(book, sheet, row, 0, one->code, NULL);
		put(book, sheet, row, 1, figure != NULL ? figure->zh : STR(""), NULL);
		put(book, sheet, row, 2, text_case(book->mem, report, one->case_id), NULL);
		worksheet_write_string(sheet, row, 3, date_format(one->day, day), NULL);
		put(book, sheet, row, 4, one->unit, NULL);
		worksheet_write_string(sheet, row, 5, report_counted_as(one), NULL);
		worksheet_write_number(sheet, row, 6, (double)one->num, book->number);
	}
}

static void cover_sheet(struct book *book)
{
	const struct report *report = book->report;
	lxw_worksheet *sheet = workbook_add_worksheet(book->file, "封面");

	worksheet_set_column(sheet, 0, 0, 90, NULL);
	put(book, sheet, 0, 0,
		arena_printf(book->mem, "%.*s网络理政办理情况月报 %.*s", STR_ARG(report->city),
			STR_ARG(text_month(book->mem, report->from))),
		book->title);
	put(book, sheet, 1, 0,
		arena_printf(book->mem, "数据截至 %.*s（参考数据第 %d 版）",
			STR_ARG(text_instant(book->mem, report->as_of)), report->ref_version),
		NULL);
	if (report_is_empty(report))
		put(book, sheet, 2, 0, STR("本月没有数据。"), NULL);
	put(book, sheet, 3, 0,
		STR("每个指标都有分子、分母和不计的件；分母为零写“无数据”；到期不足 20 "
		    "件的单位写“样本少”，不参加排名；到期不足 200 件的，"
		    "排序用威尔逊下界。每个指标的件号见“件号清单”。"),
		book->wrapped);
}

enum res report_xlsx_write(
	struct arena *mem, const struct report *report, const char *path, struct err *err)
{
	/* rows go to a file as they come: a month of a city has a million of them */
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	struct book book = {
		.mem = mem, .report = report, .file = workbook_new_opt(path, &options)
	};

	if (book.file == NULL)
		return err_set(err, RES_RETRY, "memory is out");
	book.head = workbook_add_format(book.file);
	format_set_bold(book.head);
	format_set_bg_color(book.head, 0xE3EFF1);
	format_set_bottom(book.head, LXW_BORDER_THIN);
	book.title = workbook_add_format(book.file);
	format_set_bold(book.title);
	format_set_font_size(book.title, 18);
	book.wrapped = workbook_add_format(book.file);
	format_set_text_wrap(book.wrapped);
	format_set_align(book.wrapped, LXW_ALIGN_VERTICAL_TOP);
	book.number = workbook_add_format(book.file);
	format_set_num_format(book.number, "#,##0");
	book.percent = workbook_add_format(book.file);
	format_set_num_format(book.percent, "0.0%");
	book.mean = workbook_add_format(book.file);
	format_set_num_format(book.mean, "0.00");
	cover_sheet(&book);
	figures_sheet(&book);
	ranking_sheet(&book);
	days_sheet(&book);
	keys_sheet(&book, "渠道", &report->channels, true);
	keys_sheet(&book, "诉求类型", &report->types, false);
	keys_sheet(&book, "事项", &report->categories, false);
	keys_sheet(&book, "区域", &report->areas, false);
	cases_sheets(&book);
	lxw_error failed = workbook_close(book.file);
	return failed == LXW_NO_ERROR
		       ? RES_OK
		       : err_set(err, RES_RETRY, "%s: %s", path, lxw_strerror(failed));
}

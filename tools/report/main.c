/* wangli-report month YYYY-MM [--format html,xlsx,csv] [--out DIR] [--base URL]: the report for the
 * mayor's meeting, read in one snapshot as wl_check. Prints the files that it wrote. Exit codes: 0
 * written, 2 not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "report_csv.h"
#include "report_html.h"

#define MEMORY_MAX  (4096u * 1024 * 1024ul)
#define FOLDER_MODE 0755
#define FILE_MODE   0644
#define EXIT_CANNOT 2

struct options {
	struct str month;
	unsigned formats; /* enum report_format */
	const char *folder;
	const char *base;
	const char *case_prefix;
};

static enum res formats_read(struct str list, unsigned *out, struct err *err)
{
	static const struct {
		const char *name;
		unsigned format;
	} names[] = { { "html", REPORT_HTML }, { "xlsx", REPORT_XLSX }, { "csv", REPORT_CSV } };
	unsigned formats = 0;
	struct str word;

	while (str_split(&list, ',', &word)) {
		unsigned found = 0;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (str_eq_c(word, names[i].name))
				found = names[i].format;
		if (found == 0)
			return err_set(err, RES_INVALID, "format '%.*s': want html, xlsx, csv",
				STR_ARG(word));
		formats |= found;
	}
	if (formats == 0)
		return err_set(err, RES_INVALID, "--format wants html, xlsx, csv");
	*out = formats;
	return RES_OK;
}

static enum res options_read(int argc, char **argv, struct options *out, struct err *err)
{
	struct options read = {
		.formats = REPORT_HTML, .folder = ".", .base = "", .case_prefix = "CD"
	};
	int32_t from, to;

	if (argc < 3 || strcmp(argv[1], "month") != 0)
		return err_set(err, RES_INVALID,
			"usage: report month YYYY-MM [--format html,xlsx,csv] [--out DIR]");
	read.month = str_from_c(argv[2]);
	TRY(month_read(read.month, &from, &to, err));
	for (int i = 3; i < argc; i += 2) {
		if (i + 1 == argc)
			return err_set(
				err, RES_INVALID, "'%s' is unknown or wants a value", argv[i]);
		const char *value = argv[i + 1];
		if (strcmp(argv[i], "--format") == 0)
			TRY(formats_read(str_from_c(value), &read.formats, err));
		else if (strcmp(argv[i], "--out") == 0)
			read.folder = value;
		else if (strcmp(argv[i], "--base") == 0)
			read.base = value;
		else if (strcmp(argv[i], "--case-prefix") == 0)
			read.case_prefix = value;
		else
			return err_set(err, RES_INVALID, "report does not know '%s'", argv[i]);
	}
	*out = read;
	return RES_OK;
}

static struct str path_of(struct arena *mem, const struct options *options, const char *end)
{
	return arena_printf(mem, "%s/report-%.*s%s", options->folder, STR_ARG(options->month), end);
}

typedef void write_text(struct arena *mem, const struct report *report, struct buf *out);

static enum res text_file(struct arena *mem, const struct options *options,
	const struct report *report, const char *end, write_text *write, struct err *err)
{
	struct str path = path_of(mem, options, end);
	struct buf text = { 0 };

	write(mem, report, &text);
	enum res res = os_file_replace(arena_c(mem, path), buf_str(&text), FILE_MODE, err);
	buf_fini(&text);
	if (res == RES_OK)
		printf("%.*s\n", STR_ARG(path));
	return res;
}

/* Written beside its place first: nobody opens half a workbook. */
static enum res workbook(struct arena *mem, const struct options *options,
	const struct report *report, struct err *err)
{
	const char *path = arena_c(mem, path_of(mem, options, ".xlsx"));
	const char *part = arena_c(mem, path_of(mem, options, ".xlsx.part"));

	TRY(report_xlsx_write(mem, report, part, err));
	if (rename(part, path) != 0)
		return err_set(err, RES_RETRY, "%s cannot be put in place", path);
	printf("%s\n", path);
	return RES_OK;
}

static enum res run(struct arena *mem, const struct options *options, struct err *err)
{
	struct report report = { .month = options->month,
		.base = str_from_c(options->base),
		.case_prefix = str_from_c(options->case_prefix) };
	const char *conninfo = getenv("PG_CONNINFO");

	if (conninfo == NULL)
		return err_set(err, RES_INVALID, "PG_CONNINFO is not set");
	TRY(report_load(mem, conninfo, &report, err));
	TRY(os_folder_create(options->folder, FOLDER_MODE, err));
	if (report_is_empty(&report))
		fprintf(stderr, "wangli-report: %.*s has no data; the report says so\n",
			STR_ARG(report.month));
	if (options->formats & REPORT_HTML)
		TRY(text_file(mem, options, &report, ".html", report_html_write, err));
	if (options->formats & REPORT_CSV) {
		TRY(text_file(mem, options, &report, "-figures.csv", report_csv_figures, err));
		TRY(text_file(mem, options, &report, "-cases.csv", report_csv_cases, err));
	}
	if (options->formats & REPORT_XLSX)
		TRY(workbook(mem, options, &report, err));
	return arena_failed(mem) ? err_set(err, RES_TOO_BIG, "memory is out") : RES_OK;
}

int main(int argc, char **argv)
{
	struct err err = { .text = "" };
	struct options options;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(WANGLI_VERSION);
		return 0;
	}
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	enum res res = options_read(argc, argv, &options, &err);
	if (res == RES_OK)
		res = mem == NULL ? err_set(&err, RES_RETRY, "memory is out")
				  : run(mem, &options, &err);
	if (res == RES_OK)
		return 0;
	fprintf(stderr, "wangli-report: %s\n", err.text);
	return EXIT_CANNOT;
}

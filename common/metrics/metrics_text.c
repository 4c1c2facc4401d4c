/* The text format: HELP and TYPE once a metric, then all of its lines together. */
#include <math.h>

#include "metrics_internal.h"

static const char *const type_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

/* component "": a name of the field's own. */
static void name_write(struct buf *out, const char *component, const struct metric *metric)
{
	if (component[0] != '\0')
		buf_printf(out, "wangli_%s_", component);
	buf_printf(out, "%s%s%s%s", metric->name, metric->unit[0] != '\0' ? "_" : "", metric->unit,
		metric->type == METRIC_COUNTER ? "_total" : "");
}

/* In HELP a quote stands for itself, in a label's value it does not. */
static void escaped_write(struct buf *out, const char *text, bool is_label)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			buf_printf(out, "\\n");
		else if (*text == '\\' || (*text == '"' && is_label))
			buf_printf(out, "\\%c", *text);
		else
			buf_add(out, text, 1);
	}
}

static void head_write(struct buf *out, const char *component, const struct metric *metric)
{
	buf_printf(out, "# HELP ");
	name_write(out, component, metric);
	buf_printf(out, " ");
	escaped_write(out, metric->help, false);
	buf_printf(out, "\n# TYPE ");
	name_write(out, component, metric);
	buf_printf(out, " %s\n", type_names[metric->type]);
}

static void value_write(struct buf *out, double value)
{
	if (isnan(value))
		buf_printf(out, " NaN\n");
	else if (isinf(value))
		buf_printf(out, value > 0 ? " +Inf\n" : " -Inf\n");
	else
		buf_printf(out, " %.15g\n", value);
}

static void label_write(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, ",%s=\"", name);
	escaped_write(out, value, true);
	buf_printf(out, "\"");
}

/* name{service="…" and the labels; what comes behind the name: "_bucket". */
static void line_begin(struct buf *out, const struct metrics *metrics, const struct metric *metric,
	const char *behind)
{
	name_write(out, metrics->component, metric);
	buf_printf(out, "%s{service=\"", behind);
	escaped_write(out, metrics->service, true);
	buf_printf(out, "\"");
}

/* The value of label i at a cell; NULL: there is no such number. */
static const char *label_at(const struct series *series, size_t cell, size_t i)
{
	for (size_t k = series->n_labels; k > i + 1; k--)
		cell /= series->labels[k - 1]->n;
	return series->labels[i]->values[cell % series->labels[i]->n];
}

static void line_labels(struct buf *out, const struct series *series, size_t cell)
{
	for (size_t i = 0; i < series->n_labels; i++)
		label_write(out, series->labels[i]->name, label_at(series, cell, i));
}

static void line_end(struct buf *out, double value)
{
	buf_printf(out, "}");
	value_write(out, value);
}

/* Of pairs only those that have happened: most of them never do. */
static bool is_shown(const struct series *series, size_t cell)
{
	if (series->n_labels == METRIC_LABELS_MAX && series->cells[cell] == 0)
		return false;
	for (size_t i = 0; i < series->n_labels; i++)
		if (label_at(series, cell, i) == NULL)
			return false;
	return true;
}

static void cells_write(const struct metrics *metrics, size_t at, struct buf *out)
{
	const struct series *series = &metrics->series[at];

	for (size_t i = 0; i < series->n_cells; i++) {
		if (!is_shown(series, i))
			continue;
		line_begin(out, metrics, &metrics->list[at], "");
		line_labels(out, series, i);
		line_end(out, series->cells[i]);
	}
}

static void histogram_write(
	const struct metrics *metrics, size_t at, const double *cells, size_t cell, struct buf *out)
{
	const struct metric *metric = &metrics->list[at];
	const struct series *series = &metrics->series[at];
	const double *bounds;
	size_t n = metric_bounds(metric, &bounds);
	double count = 0;

	for (size_t i = 0; i <= n; i++) {
		count += cells[i];
		line_begin(out, metrics, metric, "_bucket");
		line_labels(out, series, cell);
		if (i < n)
			buf_printf(out, ",le=\"%.15g\"", bounds[i]);
		else
			buf_printf(out, ",le=\"+Inf\"");
		line_end(out, count);
	}
	line_begin(out, metrics, metric, "_sum");
	line_labels(out, series, cell);
	line_end(out, cells[n + 1]);
	line_begin(out, metrics, metric, "_count");
	line_labels(out, series, cell);
	line_end(out, count);
}

static void named_write(const struct metrics *metrics, size_t at, struct buf *out)
{
	const struct series *series = &metrics->series[at];

	for (size_t i = 0; i < series->n_named; i++) {
		line_begin(out, metrics, &metrics->list[at], "");
		label_write(out, series->labels[0]->name, series->named[i].name);
		line_end(out, series->named[i].value);
	}
}

static void process_write(const struct metrics *metrics, struct buf *out)
{
	static const struct metric build = { .name = "wangli_build_info",
		.type = METRIC_GAUGE,
		.unit = "",
		.help = "1; the version of the program stands in its label" };
	const struct metrics as_process = { .component = "", .service = metrics->service };
	double values[PROCESS_METRICS];

	head_write(out, "", &build);
	line_begin(out, &as_process, &build, "");
	label_write(out, "version", metrics->version);
	line_end(out, 1);
	process_measure(values);
	for (size_t i = 0; i < PROCESS_METRICS; i++) {
		if (values[i] < 0)
			continue;
		head_write(out, "", &process_metrics[i]);
		line_begin(out, &as_process, &process_metrics[i], "");
		line_end(out, values[i]);
	}
}

void metrics_write(const struct metrics *metrics, struct buf *out)
{
	for (size_t at = 0; at < metrics->n; at++) {
		const struct series *series = &metrics->series[at];
		head_write(out, metrics->component, &metrics->list[at]);
		if (series->named != NULL)
			named_write(metrics, at, out);
		else if (metrics->list[at].type != METRIC_HISTOGRAM)
			cells_write(metrics, at, out);
		for (size_t i = 0; metrics->list[at].type == METRIC_HISTOGRAM &&
				   i * series->stride < series->n_cells;
			i++)
			histogram_write(metrics, at, &series->cells[i * series->stride], i, out);
	}
	process_write(metrics, out);
}

/* The values. Everything is allocated at the start. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "metrics_internal.h"

static const double seconds_bounds[] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
	0.5, 1, 2.5, 5, 10, 30, 60, 300 };
static const double number_bounds[] = { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000 };

#define N(array) (sizeof(array) / sizeof((array)[0]))

size_t metric_bounds(const struct metric *metric, const double **out)
{
	bool is_time = strcmp(metric->unit, "seconds") == 0;

	*out = is_time ? seconds_bounds : number_bounds;
	return is_time ? N(seconds_bounds) : N(number_bounds);
}

static const struct metric_label *label_find(const struct metrics_options *options, struct str name)
{
	for (size_t i = 0; i < options->n_labels; i++)
		if (str_eq_c(name, options->labels[i].name))
			return &options->labels[i];
	return NULL;
}

static void labels_find(
	const struct metrics_options *options, const struct metric *metric, struct series *out)
{
	struct str rest = metric->labels[0] == '\0' ? STR_NONE : str_from_c(metric->labels);
	struct str name;

	while (str_split(&rest, ',', &name)) {
		CHECK(out->n_labels < METRIC_LABELS_MAX);
		out->labels[out->n_labels] = label_find(options, name);
		CHECK(out->labels[out->n_labels] != NULL);
		out->n_labels++;
	}
}

static void series_init(
	struct series *series, const struct metrics_options *options, const struct metric *metric)
{
	const double *bounds;

	labels_find(options, metric, series);
	series->stride = 1;
	if (metric->type == METRIC_HISTOGRAM)
		series->stride = metric_bounds(metric, &bounds) + 2;
	if (series->n_labels > 0 && series->labels[0]->values == NULL) {
		CHECK(series->n_labels == 1 && metric->type != METRIC_HISTOGRAM);
		series->named = calloc(METRICS_NAMED_MAX, sizeof(*series->named));
		CHECK(series->named != NULL);
		return;
	}
	series->n_cells = series->stride;
	for (size_t i = 0; i < series->n_labels; i++) {
		CHECK(series->labels[i]->values != NULL && series->labels[i]->n > 0);
		series->n_cells *= series->labels[i]->n;
	}
	series->cells = calloc(series->n_cells, sizeof(*series->cells));
	CHECK(series->cells != NULL);
}

struct metrics *metrics_create(const struct metrics_options *options)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	CHECK(metrics != NULL);
	*metrics = (struct metrics){ .component = options->component,
		.service = options->service,
		.version = options->version,
		.list = options->list,
		.n = options->n };
	metrics->series = calloc(options->n, sizeof(*metrics->series));
	CHECK(metrics->series != NULL);
	for (size_t i = 0; i < options->n; i++)
		series_init(&metrics->series[i], options, &options->list[i]);
	return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	for (size_t i = 0; i < metrics->n; i++) {
		free(metrics->series[i].cells);
		free(metrics->series[i].named);
	}
	free(metrics->series);
	free(metrics);
}

static struct series *series_at(struct metrics *metrics, int metric)
{
	CHECK(metric >= 0 && (size_t)metric < metrics->n);
	return &metrics->series[metric];
}

/* The first cell of a pair of label values; NULL: beyond the lists. */
static double *cell_at(struct metrics *metrics, int metric, size_t first, size_t second)
{
	struct series *series = series_at(metrics, metric);
	const size_t at[METRIC_LABELS_MAX] = { first, second };
	size_t cell = 0;

	CHECK(series->cells != NULL);
	for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
		size_t n = i < series->n_labels ? series->labels[i]->n : 1;
		if (at[i] >= n)
			return NULL;
		cell = cell * n + at[i];
	}
	return &series->cells[cell * series->stride];
}

void metrics_add_at(struct metrics *metrics, int metric, size_t first, size_t second, double n)
{
	double *cell = cell_at(metrics, metric, first, second);

	if (cell != NULL)
		*cell += n;
}

void metrics_add(struct metrics *metrics, int metric, double n)
{
	metrics_add_at(metrics, metric, 0, 0, n);
}

void metrics_set_at(struct metrics *metrics, int metric, size_t first, size_t second, double value)
{
	double *cell = cell_at(metrics, metric, first, second);

	if (cell != NULL)
		*cell = value;
}

void metrics_set(struct metrics *metrics, int metric, double value)
{
	metrics_set_at(metrics, metric, 0, 0, value);
}

void metrics_observe(struct metrics *metrics, int metric, size_t first, double value)
{
	double *cells = cell_at(metrics, metric, first, 0);
	const double *bounds;
	size_t n, at = 0;

	CHECK(metrics->list[metric].type == METRIC_HISTOGRAM);
	if (cells == NULL)
		return;
	n = metric_bounds(&metrics->list[metric], &bounds);
	while (at < n && value > bounds[at])
		at++;
	cells[at] += 1;
	cells[n + 1] += value;
}

void metrics_set_named(struct metrics *metrics, int metric, struct str name, double value)
{
	struct series *series = series_at(metrics, metric);
	struct named_value *last;

	CHECK(series->named != NULL);
	for (size_t i = 0; i < series->n_named; i++)
		if (str_eq_c(name, series->named[i].name)) {
			series->named[i].value = value;
			return;
		}
	last = &series->named[METRICS_NAMED_MAX - 1];
	if (series->n_named < METRICS_NAMED_MAX - 1) {
		last = &series->named[series->n_named++];
		snprintf(last->name, sizeof(last->name), "%.*s", STR_ARG(name));
		last->value = value;
		return;
	}
	if (series->n_named < METRICS_NAMED_MAX) {
		series->n_named++;
		*last = (struct named_value){ .name = "other" };
	}
	last->value += value;
}

void metrics_forget(struct metrics *metrics, int metric)
{
	series_at(metrics, metric)->n_named = 0;
}

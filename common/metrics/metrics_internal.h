/* What the files of the adapter share. metrics.c keeps the values · metrics_text.c writes them ·
 * metrics_process.c asks the kernel about this process. */
#ifndef WL_METRICS_METRICS_INTERNAL_H
#define WL_METRICS_METRICS_INTERNAL_H

#include "metrics/metrics.h"

#define METRIC_LABELS_MAX 2
#define METRIC_NAME_MAX	  65 /* bytes of a name given at run time, with its NUL */

struct named_value {
	char name[METRIC_NAME_MAX];
	double value;
};

/* One metric's values. A histogram has a cell a bucket, one for +Inf and one for the sum, a value
 * of its label. */
struct series {
	const struct metric_label *labels[METRIC_LABELS_MAX];
	size_t n_labels;
	double *cells;
	size_t n_cells;
	size_t stride; /* cells a value of the last label: 1, or a histogram's */
	struct named_value *named;
	size_t n_named;
};

struct metrics {
	const char *component;
	const char *service;
	const char *version;
	const struct metric *list;
	size_t n;
	struct series *series;
};

/* Upper bounds of a histogram's buckets, without +Inf. */
size_t metric_bounds(const struct metric *metric, const double **out);

enum process_metric {
#define METRIC(name, type, unit, labels, help) PROCESS_##name,
#include "metrics/process_metrics.def"
#undef METRIC
	PROCESS_METRICS
};
extern const struct metric process_metrics[PROCESS_METRICS];
void process_measure(double out[PROCESS_METRICS]); /* negative: the kernel does not say */

#endif

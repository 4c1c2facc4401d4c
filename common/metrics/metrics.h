/* Counters, gauges and histograms of one process in Prometheus' text format (0.0.4). A component
 * lists what it measures in <component>_metrics.def, which is its documentation too:
 *
 *   METRIC(name, type, unit, labels, "help")
 *   METRIC(messages, COUNTER, "", "kind,outcome", "messages dealt with")
 *
 * and is exposed as wangli_<component>_<name>[_<unit>][_total]. Labels take their values from fixed
 * lists, by number; one that has no list ("group") takes names at run time, up to METRICS_NAMED_MAX
 * of them. Buckets go by the unit: "seconds", or a number of things.
 *
 * Life: metrics_create → metrics_add, metrics_observe where it happens (no lock, no allocation) →
 * metrics_set just before metrics_write for what is kept elsewhere → metrics_destroy. */
#ifndef WL_METRICS_METRICS_H
#define WL_METRICS_METRICS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/scoped.h"
#include "base/str.h"

#define METRICS_NAMED_MAX    128 /* the rest is summed up as "other" */
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric {
	const char *name;
	enum metric_type type;
	const char *unit;   /* "seconds", "bytes", "messages", or "" */
	const char *labels; /* "", "kind" or "kind,outcome" */
	const char *help;
};
#define METRIC_ROW(name_, type_, unit_, labels_, help_)                                            \
	{                                                                                          \
		.name = #name_, .type = METRIC_##type_, .unit = unit_, .labels = labels_,          \
		.help = help_                                                                      \
	}

struct metric_label {
	const char *name;
	const char *const *values; /* NULL: named at run time; a NULL in it: no such number */
	size_t n;
};

struct metrics_options {
	const char *component; /* "kit": the second word of every name */
	const char *service;   /* label `service` of every line: which process this is */
	const char *version;
	const struct metric *list;
	size_t n;
	const struct metric_label *labels; /* every label that the list uses */
	size_t n_labels;
};

struct metrics;

struct metrics *metrics_create(const struct metrics_options *options);
void metrics_destroy(struct metrics *metrics);
SCOPED_DEFINE(metrics, struct metrics *, metrics_destroy)

/* metric: its place in the list. first, second: places in the lists of its labels; 0 where it has
 * none. Places beyond a list are counted nowhere: a message's kind comes from outside. */
void metrics_add(struct metrics *metrics, int metric, double n);
void metrics_add_at(struct metrics *metrics, int metric, size_t first, size_t second, double n);
void metrics_set(struct metrics *metrics, int metric, double value);
void metrics_set_at(struct metrics *metrics, int metric, size_t first, size_t second, double value);
void metrics_observe(struct metrics *metrics, int metric, size_t first, double value);

/* A label without a list. metrics_forget: names that are not set again are gone. */
void metrics_set_named(struct metrics *metrics, int metric, struct str name, double value);
void metrics_forget(struct metrics *metrics, int metric);

/* All of them, wangli_build_info, and the usual process_* of this process. */
void metrics_write(const struct metrics *metrics, struct buf *out);

#endif

/* GET /metrics of watch: watch_metrics.def is the list. What the database said is set when it said
 * it; files and the kernel are looked at when somebody asks. */
#ifndef WL_WATCH_METRICS_H
#define WL_WATCH_METRICS_H

#include "base/arena.h"
#include "base/str.h"
#include "metrics/metrics.h"

struct watch_state;

enum watch_metric {
#define METRIC(name, type, unit, labels, help) WATCH_METRIC_##name,
#include "watch_metrics.def"
#undef METRIC
};

/* Places of the label `outcome`. */
enum watch_relay_outcome { WATCH_RELAY_ANSWERED, WATCH_RELAY_FAILED };

void watch_metrics_open(struct watch_state *state);
void watch_metrics_close(struct watch_state *state);
struct str watch_metrics_text(struct watch_state *state, struct arena *mem);

#endif

/* What a service measures of itself and shows at GET /metrics; kit_metrics.def is the list. */
#ifndef WL_KIT_KIT_METRICS_H
#define WL_KIT_KIT_METRICS_H

#include "base/arena.h"
#include "base/instant.h"
#include "metrics/metrics.h"

struct kit;
struct batch;

enum kit_metric {
#define METRIC(name, type, unit, labels, help) KIT_METRIC_##name,
#include "kit/kit_metrics.def"
#undef METRIC
	KIT_METRICS
};

/* Phases of a batch, label `phase`. */
enum kit_phase {
	KIT_PHASE_LOAD,
	KIT_PHASE_DECIDE,
	KIT_PHASE_WRITE,
	KIT_PHASE_ANSWER,
	KIT_PHASE_WHOLE,
	KIT_PHASES
};

struct kit_metrics {
	struct metrics *values;
	struct instant phase_at;   /* where the last phase ended; monotonic */
	struct instant batch_at;   /* where the batch began */
	struct instant backlog_at; /* when the backlog was read */
};

void kit_metrics_init(struct kit *kit);
void kit_metrics_fini(struct kit *kit);
void kit_metrics_begin(struct kit *kit);		       /* a batch begins */
void kit_metrics_phase(struct kit *kit, enum kit_phase phase); /* ends here */
/* After the commit, before the answers: the batch still knows what became of everything. */
void kit_metrics_batch(struct kit *kit, const struct batch *batch);
/* The whole text; asks the database for the backlog when what is known of it is old. */
struct str kit_metrics_text(struct kit *kit, struct arena *mem);

#endif

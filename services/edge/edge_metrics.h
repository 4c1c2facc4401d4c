/* GET /metrics of the door: edge_metrics.def is the list. All of it is mirrored from what /health
 * shows too. */
#ifndef WL_EDGE_METRICS_H
#define WL_EDGE_METRICS_H

#include "base/arena.h"
#include "base/str.h"

struct edge_state;

void edge_metrics_open(struct edge_state *state);
void edge_metrics_close(struct edge_state *state);
struct str edge_metrics_text(struct edge_state *state, struct arena *mem);

#endif

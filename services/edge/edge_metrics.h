/* GET /metrics of the door: edge_metrics.def is the list. All of it but the time to receipt is
 * mirrored from what /health shows too. */
#ifndef WL_EDGE_METRICS_H
#define WL_EDGE_METRICS_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/str.h"

struct edge_state;

void edge_metrics_open(struct edge_state *state);
void edge_metrics_close(struct edge_state *state);
void edge_metrics_receipt(struct edge_state *state, struct span took);
struct str edge_metrics_text(struct edge_state *state, struct arena *mem);

#endif

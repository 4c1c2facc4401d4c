/* GET /metrics: the portal's figures in Prometheus' text format; portal_figures.def documents them.
 */
#ifndef WL_PORTAL_METRICS_H
#define WL_PORTAL_METRICS_H

#include "portal_state.h"

void portal_metrics_open(struct portal_state *state);
void portal_metrics_close(struct portal_state *state);
struct str portal_metrics_text(struct portal_state *state, struct arena *mem);

#endif

/* GET /metrics of the broker: bus_metrics.def is the list. Most is mirrored from what /health shows
 * too. */
#ifndef WL_BUS_METRICS_H
#define WL_BUS_METRICS_H

#include "base/arena.h"
#include "base/str.h"
#include "wire/wire.h"

struct bus_state;

void bus_metrics_open(struct bus_state *state);
void bus_metrics_close(struct bus_state *state);
void bus_metrics_forwarded(struct bus_state *state, enum wire_kind kind);
struct str bus_metrics_text(struct bus_state *state, struct arena *mem);

#endif

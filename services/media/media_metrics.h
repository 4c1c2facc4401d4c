/* GET /metrics of media: media_metrics.def is the list. All of it is mirrored from what /health
 * shows too. */
#ifndef WL_MEDIA_METRICS_H
#define WL_MEDIA_METRICS_H

#include "base/arena.h"
#include "base/str.h"

struct media_state;

void media_metrics_open(struct media_state *state);
void media_metrics_close(struct media_state *state);
struct str media_metrics_text(struct media_state *state, struct arena *mem);

#endif

/* What analytics does with each event. */
#ifndef WL_ANALYTICS_HANDLERS_H
#define WL_ANALYTICS_HANDLERS_H

#include "kit/kit.h"

extern const struct kit_handler analytics_handlers[];

#endif

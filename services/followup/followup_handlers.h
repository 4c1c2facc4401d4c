/* What followup does with each message and timer. */
#ifndef WL_FOLLOWUP_HANDLERS_H
#define WL_FOLLOWUP_HANDLERS_H

#include "followup_store.h"
#include "kit/kit.h"

struct followup_service {
	struct arena *mem; /* holds the reference data of this version */
	struct followup_reference reference;
};

extern const struct kit_handler followup_handlers[];

#endif

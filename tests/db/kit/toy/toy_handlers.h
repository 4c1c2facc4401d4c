#ifndef WL_TOY_HANDLERS_H
#define WL_TOY_HANDLERS_H

#include "kit/kit.h"

struct toy_service {
	int64_t most;
};

extern const struct kit_handler toy_handlers[];
extern const struct kit_handler toy_newer_handlers[];

#endif

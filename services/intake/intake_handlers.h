/* What intake does with each message. */
#ifndef WL_INTAKE_HANDLERS_H
#define WL_INTAKE_HANDLERS_H

#include "kit/kit.h"

extern const struct kit_handler intake_handlers[]; /* closed by kind 0 */

#endif

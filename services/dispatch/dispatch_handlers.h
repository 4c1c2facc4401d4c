/* What dispatch does with each message. */
#ifndef WL_DISPATCH_HANDLERS_H
#define WL_DISPATCH_HANDLERS_H

#include "kit/kit.h"

extern const struct kit_handler dispatch_handlers[]; /* closed by kind 0 */

#endif

/* What media asks about the files that letters name. */
#ifndef WL_INTAKE_OBJECTS_H
#define WL_INTAKE_OBJECTS_H

#include "kit/kit.h"

enum res intake_objects_referenced(struct kit_turn *turn, struct err *err) must_check;

#endif

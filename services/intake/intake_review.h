/* What people do with a letter: accept it, refuse it, ask whether a query code fits. */
#ifndef WL_INTAKE_REVIEW_H
#define WL_INTAKE_REVIEW_H

#include "kit/kit.h"

/* As kit_handler.handle. */
enum res intake_accept_command(struct kit_turn *turn, struct err *err) must_check;
enum res intake_refuse_command(struct kit_turn *turn, struct err *err) must_check;
/* Without a case: a wrong code and a case that does not exist are answered alike. */
enum res intake_open_command(struct kit_turn *turn, struct err *err) must_check;

#endif

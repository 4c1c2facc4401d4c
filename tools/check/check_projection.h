/* I8, row by row: the rows of analytics are what the four journals say, in the snapshot that is
 * open. */
#ifndef WL_CHECK_CHECK_PROJECTION_H
#define WL_CHECK_CHECK_PROJECTION_H

#include "check_chain.h"

/* Adds what all cases come to; texts live in mem. */
enum res projection_check(
	struct db *db, struct arena *mem, struct finding *finding, struct err *err) must_check;

#endif

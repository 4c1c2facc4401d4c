/* What was asked for by `case NO [ACT] …`. No I/O: a file that is named is read by the caller. */
#ifndef WL_OPERATOR_CASE_ARGUMENTS_H
#define WL_OPERATOR_CASE_ARGUMENTS_H

#include "acts/acts.h"

#define CASE_VALUES_MAX 16

struct case_arguments {
	struct str number; /* as given */
	int64_t case_id;
	bool is_json;
	bool has_act;
	enum act act;
	struct str as;	       /* "" as the step needs it */
	struct str command_id; /* "" a new one */
	struct act_value values[CASE_VALUES_MAX];
	size_t n;
};

/* RES_INVALID: wrong use, in one sentence. */
enum res case_arguments_read(
	int argc, char **argv, struct case_arguments *out, struct err *err) must_check;

#endif

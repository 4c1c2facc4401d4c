/* wangli-operator's commands: one file each, the table that lists them stands in main.c. */
#ifndef WL_OPERATOR_OPERATOR_H
#define WL_OPERATOR_OPERATOR_H

#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

/* argv[0] is the first word after the command's own name. RES_INVALID: wrong use. */
enum res operator_channel(struct arena *mem, int argc, char **argv, struct err *err) must_check;
enum res operator_clock(struct arena *mem, int argc, char **argv, struct err *err) must_check;
enum res operator_case(struct arena *mem, int argc, char **argv, struct err *err) must_check;
enum res operator_parked(struct arena *mem, int argc, char **argv, struct err *err) must_check;
enum res operator_kb(struct arena *mem, int argc, char **argv, struct err *err) must_check;
enum res operator_channel_list(struct arena *mem, bool is_json, struct err *err) must_check;
enum res operator_channel_state(
	struct arena *mem, struct str source, bool is_json, struct err *err) must_check;
/* "90s", "30min", "2h", "3d" */
enum res operator_span_read(struct str text, struct span *out) must_check;
/* The name of the calling user. */
struct str operator_user(void);
void operator_case_help(FILE *to);

#endif

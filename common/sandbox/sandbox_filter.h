/* Private to this folder: a filter from its first rule to its being in force. */
#ifndef WL_SANDBOX_SANDBOX_FILTER_H
#define WL_SANDBOX_SANDBOX_FILTER_H

#include <seccomp.h>
#include <stdint.h>

#include "base/err.h"

/* otherwise: what becomes of a call that no rule of rules_add allows. For all threads, for good.
 * rules_add: 0, or minus an errno. RES_INVALID: the kernel, or a rule, refuses. */
enum res sandbox_filter_load(
	uint32_t otherwise, int (*rules_add)(scmp_filter_ctx filter), struct err *err) must_check;

#endif

/* See sandbox_filter.h. */
#include "sandbox/sandbox_filter.h"

#include <errno.h>
#include <string.h>

enum res sandbox_filter_load(
	uint32_t otherwise, int (*rules_add)(scmp_filter_ctx filter), struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(otherwise);
	int res = filter == NULL ? -ENOMEM : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (res == 0)
		res = rules_add(filter);
	if (res == 0)
		res = seccomp_load(filter);
	if (filter != NULL)
		seccomp_release(filter);
	if (res != 0)
		return err_set(err, RES_INVALID, "seccomp: %s", strerror(-res));
	return RES_OK;
}

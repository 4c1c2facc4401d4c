/* errno → what the caller should do. What is not listed is the outside world being away. */
#include "os/os_fault.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
	int number;
	enum res res;
} faults[] = {
	{ ENOENT, RES_NOT_FOUND },
	{ ENOTDIR, RES_NOT_FOUND },
	{ EACCES, RES_DENIED },
	{ EPERM, RES_DENIED },
	{ EROFS, RES_DENIED },
	{ EISDIR, RES_INVALID },
	{ ENAMETOOLONG, RES_INVALID },
	{ ELOOP, RES_INVALID },
	{ EEXIST, RES_CONFLICT },
};

enum res os_fault(struct err *err, const char *path, const char *doing)
{
	int number = errno;
	enum res res = RES_RETRY;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].number == number)
			res = faults[i].res;
	return err_set(err, res, "%s: %s: %s", path, doing, strerror(number));
}

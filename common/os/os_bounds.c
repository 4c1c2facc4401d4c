/* What a process may have and do, said by itself. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/os.h"

int os_descriptor_next(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return INT_MAX;
	close(fd);
	return fd;
}

int os_descriptors_most(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
		return INT_MAX;
	return (int)limit.rlim_cur;
}

enum res os_memory_bound(int64_t bytes, struct err *err)
{
	struct rlimit limit = { (rlim_t)bytes, (rlim_t)bytes };

	if (setrlimit(RLIMIT_DATA, &limit) != 0)
		return err_set(err, RES_INVALID, "the bound of memory: %s", strerror(errno));
	return RES_OK;
}

enum res os_privileges_bound(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(err, RES_INVALID, "no_new_privs: %s", strerror(errno));
	return RES_OK;
}

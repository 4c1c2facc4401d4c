/* Clocks, random bytes, the lock of a process. Files are in os_file.c, durable logs in os_log.c. */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "os/os_fault.h"

static struct instant clock_read(clockid_t clock)
{
	struct timespec at;

	CHECK(clock_gettime(clock, &at) == 0);
	return (struct instant){ (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000 };
}

struct instant os_real_now(void)
{
	return clock_read(CLOCK_REALTIME);
}

struct instant os_monotonic_now(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

void os_random(void *out, size_t bytes)
{
	char *at = out;

	while (bytes > 0) {
		ssize_t n = getrandom(at, bytes, 0);
		CHECK(n > 0 || errno == EINTR);
		if (n > 0) {
			at += n;
			bytes -= (size_t)n;
		}
	}
}

void os_instance_name(char *out, size_t room, const char *prefix)
{
	uint64_t number;

	os_random(&number, sizeof(number));
	int n = snprintf(out, room, "%s/%016llx", prefix, (unsigned long long)number);
	CHECK(n > 0 && (size_t)n < room);
}

struct os_lock {
	int fd;
};

enum res os_lock_take(struct os_lock **out, const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return os_fault(err, path, "open");
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		bool is_taken = errno == EWOULDBLOCK;
		enum res res = os_fault(err, path, "lock");
		close(fd);
		return is_taken ? err_set(err, RES_CONFLICT, "%s: somebody has it", path) : res;
	}
	struct os_lock *lock = calloc(1, sizeof *lock);
	CHECK(lock != NULL);
	lock->fd = fd;
	*out = lock;
	return RES_OK;
}

void os_lock_release(struct os_lock *lock)
{
	if (lock == NULL)
		return;
	close(lock->fd);
	free(lock);
}

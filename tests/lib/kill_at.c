/* Loaded into a program by LD_PRELOAD, kills it (SIGKILL, itself) at its n-th file operation below
 *a folder: what a process may be doing when the machine takes it away. Each operation has three
 *moments: before it, with half of it written (where it writes), and after it. WANGLI_KILL_AT=n 3 ×
 *operation + moment, from 0; unset: nothing is killed WANGLI_KILL_UNDER=DIR  operations on files
 *below DIR count, and no others Counted: write, pwrite, fsync, fdatasync, ftruncate, rename,
 *unlink. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define PATH_BYTES 4096

enum moment { BEFORE, HALF, AFTER, MOMENTS };

static long steps; /* moments passed so far */

static void step(enum moment moment)
{
	static long at = -2;
	const char *text = getenv("WANGLI_KILL_AT");

	if (at == -2)
		at = text == NULL ? -1 : strtol(text, NULL, 10);
	if (at >= 0 && steps + (long)moment == at)
		kill(getpid(), SIGKILL);
}

static bool path_counts(const char *path)
{
	const char *under = getenv("WANGLI_KILL_UNDER");

	return under != NULL && strncmp(path, under, strlen(under)) == 0;
}

static bool file_counts(int fd)
{
	char name[64];
	char path[PATH_BYTES];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = 0;
	return path_counts(path);
}

/* The function that this one stands before. */
#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

#define AROUND(counts, call)                                                                       \
	do {                                                                                       \
		bool is_counted = (counts);                                                        \
		if (is_counted)                                                                    \
			step(BEFORE);                                                              \
		__typeof__(call) result = (call);                                                  \
		if (is_counted) {                                                                  \
			step(HALF);                                                                \
			step(AFTER);                                                               \
			steps += MOMENTS;                                                          \
		}                                                                                  \
		return result;                                                                     \
	} while (0)

ssize_t write(int fd, const void *bytes, size_t n)
{
	if (!file_counts(fd))
		return REAL(write)(fd, bytes, n);
	step(BEFORE);
	ssize_t half = REAL(write)(fd, bytes, n / 2);
	step(HALF);
	if (half == (ssize_t)(n / 2))
		half += REAL(write)(fd, (const char *)bytes + half, n - (size_t)half);
	step(AFTER);
	steps += MOMENTS;
	return half;
}

static ssize_t pwrite_in_halves(int fd, const void *bytes, size_t n, off_t at)
{
	step(BEFORE);
	ssize_t half = REAL(pwrite)(fd, bytes, n / 2, at);
	step(HALF);
	if (half == (ssize_t)(n / 2))
		half += REAL(pwrite)(fd, (const char *)bytes + half, n - (size_t)half, at + half);
	step(AFTER);
	steps += MOMENTS;
	return half;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	return file_counts(fd) ? pwrite_in_halves(fd, bytes, n, at)
			       : REAL(pwrite)(fd, bytes, n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
	return file_counts(fd) ? pwrite_in_halves(fd, bytes, n, at)
			       : REAL(pwrite)(fd, bytes, n, at);
}

int fsync(int fd)
{
	AROUND(file_counts(fd), REAL(fsync)(fd));
}

int fdatasync(int fd)
{
	AROUND(file_counts(fd), REAL(fdatasync)(fd));
}

int ftruncate(int fd, off_t length)
{
	AROUND(file_counts(fd), REAL(ftruncate)(fd, length));
}

int ftruncate64(int fd, off64_t length)
{
	AROUND(file_counts(fd), REAL(ftruncate)(fd, length));
}

int rename(const char *from, const char *to)
{
	AROUND(path_counts(to), REAL(rename)(from, to));
}

int unlink(const char *path)
{
	AROUND(path_counts(path), REAL(unlink)(path));
}

/* /proc and a file. See bench_machine.h. */
#include "bench_machine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/instant.h"
#include "os/os.h"

#define FLUSH_BYTES 8192
#define PATH_MOST   4096
#define STAT_BYTES  2048

static enum res flushes_count(int fd, const char *path, double *out_a_second, struct err *err)
{
	static const char page[FLUSH_BYTES];
	struct instant begin = os_monotonic_now();
	struct span took = { 0 };
	int64_t n = 0;
	for (; took.us < SPAN_S(1).us; n++) {
		if (pwrite(fd, page, sizeof page, 0) != (ssize_t)sizeof page || fdatasync(fd) != 0)
			return err_set(err, RES_RETRY, "%s: %s", path, strerror(errno));
		took = instant_since(os_monotonic_now(), begin);
	}
	*out_a_second = (double)n * 1e6 / (double)took.us;
	return RES_OK;
}

enum res machine_flushes(const char *folder, double *out_a_second, struct err *err)
{
	char path[PATH_MOST];
	snprintf(path, sizeof path, "%s/flushes", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, RES_RETRY, "%s: %s", path, strerror(errno));
	enum res res = flushes_count(fd, path, out_a_second, err);
	close(fd);
	(void)unlink(path);
	return res;
}

/* A small file of /proc, with a NUL behind it; empty when it cannot be read. */
static void file_read(const char *path, char out[STAT_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, STAT_BYTES - 1);
	out[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
}

/* "cpu  user nice system idle iowait irq softirq steal …": idle and waiting are not busy. */
struct machine_busy machine_busy(void)
{
	char text[STAT_BYTES];
	struct machine_busy busy = { 0 };
	file_read("/proc/stat", text);
	char *at = text + strcspn(text, " ");
	for (int field = 0; field < 8 && *at == ' '; field++) {
		int64_t ticks = strtoll(at, &at, 10);
		busy.all += ticks;
		if (field != 3 && field != 4)
			busy.busy += ticks;
	}
	return busy;
}

double machine_busy_pct(struct machine_busy from, struct machine_busy to)
{
	int64_t all = to.all - from.all;
	return all > 0 ? (double)(to.busy - from.busy) * 100 / (double)all : 0;
}

double machine_busy_now(void)
{
	const struct timespec second = { .tv_sec = 1 };
	struct machine_busy from = machine_busy();
	nanosleep(&second, NULL);
	return machine_busy_pct(from, machine_busy());
}

/* The fields of /proc/PID/stat behind the name, which may hold anything: the first one is field 3.
 */
static size_t stat_read(pid_t pid, int64_t *out, size_t most)
{
	char path[64], text[STAT_BYTES];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file_read(path, text);
	char *at = strrchr(text, ')');
	size_t n = 0;
	if (at == NULL || strlen(at) < 4)
		return 0;
	at += 3; /* ") S": the state is no number */
	out[n++] = 0;
	while (n < most && *at == ' ')
		out[n++] = strtoll(at, &at, 10);
	return n;
}

int64_t machine_cpu_us(pid_t pid, bool has_children)
{
	int64_t fields[16]; /* 3 state … 14 utime 15 stime 16 cutime 17 cstime */
	if (pid <= 0 || stat_read(pid, fields, 16) < 15)
		return 0;
	int64_t ticks = fields[11] + fields[12] + (has_children ? fields[13] + fields[14] : 0);
	return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

size_t machine_children(pid_t parent, pid_t *out, size_t most)
{
	DIR *folder = opendir("/proc");
	size_t n = 0;
	if (folder == NULL)
		return 0;
	for (const struct dirent *entry; n < most && (entry = readdir(folder)) != NULL;) {
		int64_t fields[2]; /* 3 state 4 parent */
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (stat_read(pid, fields, 2) == 2 && fields[1] == parent)
			out[n++] = pid;
	}
	closedir(folder);
	return n;
}

/* What the kernel says of this process: /proc and the process's own clock. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "metrics_internal.h"

#define STAT_BYTES_MAX	  1024
#define STAT_VSIZE	  23 /* fields of /proc/self/stat, counted from 1 as in proc(5) */
#define STAT_START	  22
#define STAT_FIRST_BEHIND 3	      /* the field behind the command's name in brackets */
#define LIMIT_NONE	  (1LL << 60) /* cgroup v1 says "none" by a number about this large */

const struct metric process_metrics[PROCESS_METRICS] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "metrics/process_metrics.def"
#undef METRIC
};

static double cpu_seconds(void)
{
	struct timespec used;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
		return -1;
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static double resident_bytes(void)
{
	char text[STAT_BYTES_MAX];
	FILE *file = fopen("/proc/self/statm", "re");
	char *second = NULL;

	if (file == NULL)
		return -1;
	if (fgets(text, sizeof(text), file) != NULL)
		second = strchr(text, ' ');
	fclose(file);
	return second != NULL ? strtod(second, NULL) * (double)sysconf(_SC_PAGESIZE) : -1;
}

/* A numeric field of /proc/self/stat; the command's name may hold blanks, so counting begins behind
 * its bracket. */
static double stat_field(int number)
{
	char text[STAT_BYTES_MAX];
	FILE *file = fopen("/proc/self/stat", "re");
	char *at = NULL;

	if (file == NULL)
		return -1;
	if (fgets(text, sizeof(text), file) != NULL)
		at = strrchr(text, ')');
	fclose(file);
	if (at == NULL)
		return -1;
	at++;
	for (int i = STAT_FIRST_BEHIND; i < number && at != NULL; i++)
		at = strchr(at + 1, ' ');
	return at == NULL ? -1 : strtod(at, NULL);
}

/* Seconds since 1970 at which the kernel started. */
static double boot_seconds(void)
{
	char line[STAT_BYTES_MAX];
	FILE *file = fopen("/proc/stat", "re");
	double seconds = -1;

	if (file == NULL)
		return -1;
	while (seconds < 0 && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "btime ", strlen("btime ")) == 0)
			seconds = strtod(line + strlen("btime "), NULL);
	fclose(file);
	return seconds;
}

static double start_seconds(void)
{
	double ticks = stat_field(STAT_START);
	double boot = boot_seconds();

	return ticks < 0 || boot < 0 ? -1 : boot + ticks / (double)sysconf(_SC_CLK_TCK);
}

static double open_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	double n = 0;

	if (folder == NULL)
		return -1;
	while ((entry = readdir(folder)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(folder);
	return n - 1; /* the folder's own */
}

static double max_fds(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (double)limit.rlim_cur : -1;
}

/* Inside a container its own group stands at the root of both trees (v2, v1). */
static double memory_limit(void)
{
	static const char *const paths[] = { "/sys/fs/cgroup/memory.max",
		"/sys/fs/cgroup/memory/memory.limit_in_bytes" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char text[STAT_BYTES_MAX] = "";
		FILE *file = fopen(paths[i], "re");
		double limit;

		if (file == NULL)
			continue;
		limit = fgets(text, sizeof(text), file) != NULL ? strtod(text, NULL) : 0;
		fclose(file);
		return limit > 0 && limit < (double)LIMIT_NONE ? limit : -1;
	}
	return -1;
}

static double clock_seconds(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void process_measure(double out[PROCESS_METRICS])
{
	out[PROCESS_process_cpu] = cpu_seconds();
	out[PROCESS_process_resident_memory] = resident_bytes();
	out[PROCESS_process_virtual_memory] = stat_field(STAT_VSIZE);
	out[PROCESS_process_start_time] = start_seconds();
	out[PROCESS_process_open_fds] = open_fds();
	out[PROCESS_process_max_fds] = max_fds();
	out[PROCESS_process_clock] = clock_seconds();
	out[PROCESS_process_memory_limit] = memory_limit();
}

/* Disks by statvfs, memory by /proc, and the files that ./wangli backup and ./wangli check leave
 * when they have ended. */
#include "watch_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "os/os.h"
#include "watch_metrics.h"

#define STATUS_BYTES_MAX 65536
#define LINE_MAX_BYTES	 256
#define GOOD		 "result=ok"

static void disk_measure(struct watch_state *state, struct arena *mem, struct str disk)
{
	struct statvfs about;
	struct str name;

	if (!str_split(&disk, '=', &name) || str_is_empty(disk) ||
		statvfs(arena_c(mem, disk), &about) != 0)
		return;
	metrics_set_named(state->metrics, WATCH_METRIC_disk_free, name,
		(double)about.f_bavail * (double)about.f_frsize);
	metrics_set_named(state->metrics, WATCH_METRIC_disk_size, name,
		(double)about.f_blocks * (double)about.f_frsize);
}

static void disks_measure(struct watch_state *state, struct arena *mem)
{
	struct str rest = str_from_c(state->config.disks);
	struct str disk;

	metrics_forget(state->metrics, WATCH_METRIC_disk_free);
	metrics_forget(state->metrics, WATCH_METRIC_disk_size);
	while (str_split(&rest, ',', &disk))
		disk_measure(state, mem, disk);
}

static void memory_measure(struct watch_state *state)
{
	static const struct {
		const char *name;
		enum watch_metric metric;
	} rows[] = { { "MemTotal:", WATCH_METRIC_memory_size },
		{ "MemAvailable:", WATCH_METRIC_memory_available } };
	char line[LINE_MAX_BYTES];
	FILE *file = fopen("/proc/meminfo", "re");

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (strncmp(line, rows[i].name, strlen(rows[i].name)) == 0)
				metrics_set(state->metrics, rows[i].metric,
					strtod(line + strlen(rows[i].name), NULL) * 1024);
	fclose(file);
}

/* Whether one of the lines is result=ok. */
static bool says_good(struct arena *mem, const char *path)
{
	struct str rest, line;

	if (os_file_read(mem, path, STATUS_BYTES_MAX, &rest, NULL) != RES_OK)
		return false;
	while (str_split(&rest, '\n', &line))
		if (str_eq_c(str_trim(line), GOOD))
			return true;
	return false;
}

static void status_measure(struct watch_state *state, struct arena *mem, const char *path,
	enum watch_metric age, enum watch_metric good)
{
	struct stat about;
	bool is_there = path[0] != '\0' && stat(path, &about) == 0;
	double written = is_there ? (double)about.st_mtim.tv_sec : 0;
	double now = (double)os_real_now().us / 1e6;

	metrics_set(state->metrics, age, !is_there ? -1 : now > written ? now - written : 0);
	metrics_set(state->metrics, good, is_there && says_good(mem, path));
}

void watch_machine_measure(struct watch_state *state, struct arena *mem)
{
	disks_measure(state, mem);
	memory_measure(state);
	status_measure(state, mem, state->config.backup_status, WATCH_METRIC_backup_age,
		WATCH_METRIC_backup_good);
	status_measure(state, mem, state->config.check_status, WATCH_METRIC_check_age,
		WATCH_METRIC_check_good);
}

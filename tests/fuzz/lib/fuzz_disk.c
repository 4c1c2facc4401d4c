/* The folders of a target's files. */
#include "fuzz_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "os/os.h"

#define IN_MEMORY "/dev/shm"

static char root[64];

int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

static void folder_empty(const char *path)
{
	DIR *folder = opendir(path);

	if (folder == NULL)
		return;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
}

static void root_remove(void)
{
	DIR *folder = opendir(root);

	CHECK(folder != NULL);
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		folder_empty(fuzz_path(entry->d_name));
		rmdir(fuzz_path(entry->d_name));
	}
	closedir(folder);
	rmdir(root);
}

const char *fuzz_path(const char *name)
{
	static char paths[4][128];
	static unsigned at;
	char *path = paths[at++ % 4];

	if (root[0] == '\0') {
		snprintf(root, sizeof(root), "%s/wangli-fuzz-XXXXXX",
			access(IN_MEMORY, W_OK) == 0 ? IN_MEMORY : ".");
		CHECK(mkdtemp(root) != NULL);
		atexit(root_remove);
	}
	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

void fuzz_folder_make(const char *name)
{
	const char *path = fuzz_path(name);

	CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
	folder_empty(path);
}

void fuzz_file_write(const char *name, struct str bytes)
{
	int fd = open(fuzz_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	close(fd);
}

void fuzz_log_write(const char *name, struct str bytes)
{
	struct os_log *log = NULL;

	CHECK(os_log_open(&log, fuzz_path(name), NULL) == RES_OK);
	while (bytes.n > 0) {
		struct str record = str_slice(bytes, 1, (uint8_t)bytes.p[0]);

		if (record.n > 0)
			os_log_append(log, record);
		bytes = str_slice(bytes, 1 + record.n, bytes.n);
	}
	CHECK(os_log_sync(log, NULL) == RES_OK);
	os_log_close(log);
}

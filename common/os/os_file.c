/* Whole files and folders. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_fault.h"

static void fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
SCOPED_DEFINE(fd, int, fd_close)

static enum res all_read(
	int fd, const char *path, size_t max_bytes, struct buf *out, struct err *err)
{
	while (out->n <= max_bytes) {
		size_t before = out->n;
		char *at = buf_extend(out, 64 * 1024);
		ssize_t n = read(fd, at, 64 * 1024);
		out->n = before + (n > 0 ? (size_t)n : 0);
		if (n == 0)
			return RES_OK;
		if (n < 0 && errno != EINTR)
			return os_fault(err, path, "read");
	}
	return err_set(err, RES_TOO_BIG, "%s: more than %zu bytes", path, max_bytes);
}

enum res os_file_read(
	struct arena *mem, const char *path, size_t max_bytes, struct str *out, struct err *err)
{
	SCOPED(fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf content = { 0 };

	if (fd < 0)
		return os_fault(err, path, "open");
	enum res res = all_read(fd, path, max_bytes, &content, err);
	if (res == RES_OK && content.n > max_bytes)
		res = err_set(err, RES_TOO_BIG, "%s: more than %zu bytes", path, max_bytes);
	if (res == RES_OK) {
		struct str copy = arena_str(mem, buf_str(&content));
		if (copy.p == NULL)
			res = err_set(
				err, RES_TOO_BIG, "%s: no memory for %zu bytes", path, content.n);
		else
			*out = copy;
	}
	buf_fini(&content);
	return res;
}

enum res os_folder_sync(const char *path, struct err *err)
{
	char folder[PATH_MAX];

	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return err_set(err, RES_INVALID, "%s: the path is too long", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		slash[slash == folder] = '\0'; /* the root keeps its slash */
	SCOPED(fd)
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return os_fault(err, folder, "open");
	return fsync(fd) == 0 ? RES_OK : os_fault(err, folder, "fsync");
}

enum res os_all_write(int fd, const char *path, struct str bytes, off_t at, struct err *err)
{
	while (bytes.n > 0) {
		ssize_t n = pwrite(fd, bytes.p, bytes.n, at);
		if (n < 0 && errno != EINTR)
			return os_fault(err, path, "write");
		if (n > 0) {
			bytes = str_slice(bytes, (size_t)n, bytes.n);
			at += n;
		}
	}
	return RES_OK;
}

static enum res content_put(
	int fd, const char *path, struct str content, unsigned mode, struct err *err)
{
	TRY(os_all_write(fd, path, content, 0, err));
	if (fchmod(fd, (mode_t)mode) != 0)
		return os_fault(err, path, "chmod");
	return fsync(fd) == 0 ? RES_OK : os_fault(err, path, "fsync");
}

enum res os_file_replace(const char *path, struct str content, unsigned mode, struct err *err)
{
	char fresh[PATH_MAX];

	if (snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >= (int)sizeof(fresh))
		return err_set(err, RES_INVALID, "%s: the path is too long", path);
	SCOPED(fd)
	int fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return os_fault(err, path, "create");
	enum res res = content_put(fd, path, content, mode, err);
	if (res == RES_OK && rename(fresh, path) != 0)
		res = os_fault(err, path, "rename");
	if (res != RES_OK) {
		unlink(fresh);
		return res;
	}
	return os_folder_sync(path, err);
}

static enum res one_folder_create(const char *path, unsigned mode, struct err *err)
{
	struct stat about;

	if (mkdir(path, (mode_t)mode) == 0)
		return os_folder_sync(path, err);
	if (errno != EEXIST)
		return os_fault(err, path, "mkdir");
	if (stat(path, &about) != 0)
		return os_fault(err, path, "stat");
	return S_ISDIR(about.st_mode) ? RES_OK
				      : err_set(err, RES_INVALID, "%s: is no folder", path);
}

enum res os_folder_create(const char *path, unsigned mode, struct err *err)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return err_set(err, RES_INVALID, "%s: the path is too long", path);
	for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		TRY(one_folder_create(part, mode, err));
		*slash = '/';
	}
	return one_folder_create(part, mode, err);
}

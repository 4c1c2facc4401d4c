/* A disk that loses its power: a file system (FUSE) that passes everything through to BACK/live and
 * remembers what no fsync has made durable. After SIGUSR1 nothing works any longer; when it is
 * unmounted then, all that was not synced is gone, and what went is printed as JSON.
 *
 *   power_fs BACK MOUNT [names] [torn=SEED] [lie]
 *
 * names: changes of folders since their last fsync are lost too (stricter than a journalling file
 * system, as strict as POSIX). torn: each 512-byte sector not synced has reached the disk by lot.
 * lie: fsync does nothing, for the proof that the tests can fail. Unmounted with the power on, all
 * stays.
 * Not lost: modes, owners and times; folders that were moved or removed; symbolic links. */
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/check.h"
#include "power_data.h"
#include "power_names.h"

static struct {
	int live;
	struct data *data;
	struct names *names; /* NULL: folders are durable at once */
	bool is_lie;
	struct power_cut cut;
} disk;

static volatile sig_atomic_t is_off;

static void power_off(int number)
{
	(void)number;
	is_off = 1;
}

/* FUSE's paths begin with a slash; ours are relative to `live`. */
static const char *inside(const char *path)
{
	return path[1] == 0 ? "." : path + 1;
}

static int answer(long result)
{
	return result < 0 ? -errno : (int)result;
}

#define NEEDS_POWER                                                                                \
	do {                                                                                       \
		if (is_off)                                                                        \
			return -EIO;                                                               \
	} while (0)

static void name_changes(const char *path)
{
	if (disk.names != NULL)
		names_before_change(disk.names, inside(path));
}

/* --- what is known of a file --- */

static int do_getattr(const char *path, struct stat *out, struct fuse_file_info *info)
{
	NEEDS_POWER;
	if (info != NULL)
		return answer(fstat((int)info->fh, out));
	return answer(fstatat(disk.live, inside(path), out, AT_SYMLINK_NOFOLLOW));
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *info)
{
	NEEDS_POWER;
	if (info != NULL)
		return answer(fchmod((int)info->fh, mode));
	return answer(fchmodat(disk.live, inside(path), mode, 0));
}

static int do_chown(const char *path, uid_t user, gid_t group, struct fuse_file_info *info)
{
	NEEDS_POWER;
	if (info != NULL)
		return answer(fchown((int)info->fh, user, group));
	return answer(fchownat(disk.live, inside(path), user, group, AT_SYMLINK_NOFOLLOW));
}

static int do_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info)
{
	NEEDS_POWER;
	if (info != NULL)
		return answer(futimens((int)info->fh, times));
	return answer(utimensat(disk.live, inside(path), times, AT_SYMLINK_NOFOLLOW));
}

static int do_statfs(const char *path, struct statvfs *out)
{
	(void)path;
	NEEDS_POWER;
	return answer(fstatvfs(disk.live, out));
}

/* --- contents --- */

static int opened(int fd, struct fuse_file_info *info)
{
	info->fh = (uint64_t)fd;
	return fd < 0 ? -errno : 0;
}

static int do_open(const char *path, struct fuse_file_info *info)
{
	NEEDS_POWER;
	/* O_APPEND: the kernel says where to write. */
	return opened(
		openat(disk.live, inside(path), info->flags & ~(O_APPEND | O_NOFOLLOW)), info);
}

static int do_read(const char *path, char *out, size_t bytes, off_t at, struct fuse_file_info *info)
{
	(void)path;
	NEEDS_POWER;
	return answer(pread((int)info->fh, out, bytes, at));
}

static int do_write(
	const char *path, const char *from, size_t bytes, off_t at, struct fuse_file_info *info)
{
	int fd = (int)info->fh;

	(void)path;
	NEEDS_POWER;
	data_before_write(disk.data, fd, at, bytes);
	ssize_t n = pwrite(fd, from, bytes, at);
	if (n > 0 && (info->flags & (O_SYNC | O_DSYNC)) != 0 && !disk.is_lie)
		data_written_through(disk.data, fd, at, (size_t)n);
	return answer(n);
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *info)
{
	NEEDS_POWER;
	int fd = info != NULL ? (int)info->fh
			      : openat(disk.live, inside(path), O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	data_before_truncate(disk.data, fd, size);
	int result = answer(ftruncate(fd, size));
	if (info == NULL)
		close(fd);
	return result;
}

static int do_fsync(const char *path, int is_data_only, struct fuse_file_info *info)
{
	(void)path;
	(void)is_data_only;
	NEEDS_POWER;
	if (!disk.is_lie)
		data_synced(disk.data, (int)info->fh);
	return 0;
}

static int do_release(const char *path, struct fuse_file_info *info)
{
	(void)path;
	return answer(close((int)info->fh));
}

/* --- names --- */

static void own(const char *path)
{
	const struct fuse_context *caller = fuse_get_context();

	(void)!fchownat(disk.live, inside(path), caller->uid, caller->gid, AT_SYMLINK_NOFOLLOW);
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *info)
{
	NEEDS_POWER;
	name_changes(path);
	int result = opened(openat(disk.live, inside(path), info->flags & ~O_APPEND, mode), info);
	if (result == 0)
		own(path);
	return result;
}

static int do_mkdir(const char *path, mode_t mode)
{
	NEEDS_POWER;
	name_changes(path);
	int result = answer(mkdirat(disk.live, inside(path), mode));
	if (result == 0)
		own(path);
	return result;
}

static int do_unlink(const char *path)
{
	NEEDS_POWER;
	name_changes(path);
	return answer(unlinkat(disk.live, inside(path), 0));
}

static int do_rmdir(const char *path)
{
	NEEDS_POWER;
	int result = answer(unlinkat(disk.live, inside(path), AT_REMOVEDIR));
	if (result == 0 && disk.names != NULL)
		names_below_forget(disk.names, inside(path));
	return result;
}

static int do_link(const char *from, const char *to)
{
	NEEDS_POWER;
	name_changes(to);
	return answer(linkat(disk.live, inside(from), disk.live, inside(to), 0));
}

static int do_rename(const char *from, const char *to, unsigned flags)
{
	struct stat info;

	NEEDS_POWER;
	if (fstatat(disk.live, inside(from), &info, AT_SYMLINK_NOFOLLOW) != 0)
		return -errno;
	if (S_ISDIR(info.st_mode) && disk.names != NULL) {
		names_below_forget(disk.names, inside(from));
	} else {
		name_changes(from);
		name_changes(to);
	}
	return answer(renameat2(disk.live, inside(from), disk.live, inside(to), flags));
}

struct folder {
	DIR *dir;
	char path[];
};

static int do_opendir(const char *path, struct fuse_file_info *info)
{
	NEEDS_POWER;
	int fd = openat(disk.live, inside(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size_t n = strlen(inside(path)) + 1;
	struct folder *folder = calloc(1, sizeof(*folder) + n);
	CHECK(folder != NULL);
	memcpy(folder->path, inside(path), n);
	folder->dir = fdopendir(fd);
	CHECK(folder->dir != NULL);
	info->fh = (uint64_t)(uintptr_t)folder;
	return 0;
}

static struct folder *folder_of(const struct fuse_file_info *info)
{
	return (struct folder *)(uintptr_t)info->fh;
}

static int do_readdir(const char *path, void *out, fuse_fill_dir_t fill, off_t at,
	struct fuse_file_info *info, enum fuse_readdir_flags flags)
{
	DIR *dir = folder_of(info)->dir;
	struct dirent *entry;

	(void)path;
	(void)at;
	(void)flags;
	NEEDS_POWER;
	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL)
		if (fill(out, entry->d_name, NULL, 0, 0) != 0)
			return -ENOMEM;
	return 0;
}

static int do_releasedir(const char *path, struct fuse_file_info *info)
{
	struct folder *folder = folder_of(info);

	(void)path;
	closedir(folder->dir);
	free(folder);
	return 0;
}

static int do_fsyncdir(const char *path, int is_data_only, struct fuse_file_info *info)
{
	(void)path;
	(void)is_data_only;
	NEEDS_POWER;
	if (disk.names != NULL && !disk.is_lie)
		names_synced(disk.names, folder_of(info)->path);
	return 0;
}

static void *do_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
	/* A file that is opened and cut off must come as two steps. */
	connection->want &= ~(unsigned)FUSE_CAP_ATOMIC_O_TRUNC;
	config->use_ino = 1;
	config->hard_remove = 1; /* no name for what is open and removed */
	config->nullpath_ok = 1;
	config->kernel_cache = 1;
	return NULL;
}

static const struct fuse_operations operations = {
	.init = do_init,
	.getattr = do_getattr,
	.chmod = do_chmod,
	.chown = do_chown,
	.utimens = do_utimens,
	.statfs = do_statfs,
	.open = do_open,
	.read = do_read,
	.write = do_write,
	.truncate = do_truncate,
	.fsync = do_fsync,
	.release = do_release,
	.create = do_create,
	.mkdir = do_mkdir,
	.unlink = do_unlink,
	.rmdir = do_rmdir,
	.link = do_link,
	.rename = do_rename,
	.opendir = do_opendir,
	.readdir = do_readdir,
	.releasedir = do_releasedir,
	.fsyncdir = do_fsyncdir,
};

/* --- the program --- */

static int folder_make(int at, const char *name)
{
	if (mkdirat(at, name, 0755) != 0 && errno != EEXIST)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool disk_open(const char *back, bool has_names)
{
	int at = open(back, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int keep = folder_make(at, "keep");

	disk.live = folder_make(at, "live");
	disk.data = data_create();
	if (has_names)
		disk.names = names_create(disk.live, keep);
	return at >= 0 && keep >= 0 && disk.live >= 0;
}

static bool option_read(const char *text, bool *out_names)
{
	bool is_torn = strncmp(text, "torn=", 5) == 0;

	if (is_torn)
		disk.cut = (struct power_cut){ true, strtoull(text + 5, NULL, 10) };
	else if (strcmp(text, "lie") == 0)
		disk.is_lie = true;
	else if (strcmp(text, "names") == 0)
		*out_names = true;
	else
		return false;
	return true;
}

/* A descriptor for each file that is open, and one for each that is not synced. */
static void descriptors_raise(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void drop_and_tell(void)
{
	struct power_count count = { 0 };

	data_drop(disk.data, &disk.cut, &count);
	if (disk.names != NULL)
		names_drop(disk.names, &count);
	printf("{\"files\": %zu, \"blocks\": %zu, \"sectors_kept\": %zu, \"names\": %zu}\n",
		count.files, count.blocks, count.sectors, count.names);
}

int main(int argc, char **argv)
{
	bool has_names = false;
	bool is_fine = argc >= 3;

	for (int i = 3; i < argc; i++)
		is_fine = option_read(argv[i], &has_names) && is_fine;
	if (!is_fine || !disk_open(argv[1], has_names)) {
		fputs("usage: power_fs BACK MOUNT [names] [torn=SEED] [lie]\n", stderr);
		return 2;
	}
	umask(0);
	descriptors_raise();
	const struct sigaction action = { .sa_handler = power_off, .sa_flags = SA_RESTART };
	sigaction(SIGUSR1, &action, NULL);
	struct fuse_args arguments = FUSE_ARGS_INIT(0, NULL);
	const char *const words[] = { argv[0], argv[2], "-f", "-s", "-o",
		"allow_other,default_permissions,fsname=power" };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		CHECK(fuse_opt_add_arg(&arguments, words[i]) == 0);
	int status = fuse_main(arguments.argc, arguments.argv, &operations, NULL);
	fuse_opt_free_args(&arguments);
	if (is_off)
		drop_and_tell();
	return status;
}

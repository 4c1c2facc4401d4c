/* FOLDER/<kind>/ab/cd/<hex>, FOLDER/tmp. A file is written under a
 * name of its own in tmp, fsynced, renamed, and its folder fsynced; its age is its mtime. Several
 * processes may share a folder: every step is one rename, and the same name is the same content. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "os/os.h"
#include "store.h"

#define FOLDER_MODE	0700
#define SCRATCH_STALE_S (24 * 3600) /* longer than any upload may take */
#define HEX_CHARS	64

struct folder {
	struct store store;
	char path[STORE_PATH_MAX];
};

static struct folder *folder_of(struct store *store)
{
	return (struct folder *)store;
}

static enum res fault(const char *path, const char *doing, struct err *err)
{
	int number = errno;

	return err_set(err, number == ENOENT ? RES_NOT_FOUND : RES_RETRY, "%s: %s: %s", path, doing,
		strerror(number));
}

/* --- scratch files --- */

enum res scratch_make(const char *folder, struct scratch *out, struct err *err)
{
	uint64_t random;

	os_random(&random, sizeof(random));
	if (snprintf(out->path, sizeof(out->path), "%s/tmp/%016llx", folder,
		    (unsigned long long)random) >= (int)sizeof(out->path))
		return err_set(err, RES_INVALID, "OBJECTS_DIR is too long");
	out->fd = open(out->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return out->fd >= 0 ? RES_OK : fault(out->path, "make", err);
}

void scratch_drop(struct scratch *scratch)
{
	if (scratch->fd < 0)
		return;
	close(scratch->fd);
	unlink(scratch->path);
	scratch->fd = -1;
}

/* What a killed process left behind; what another one is just writing is younger. */
static void scratches_sweep(const char *folder)
{
	char tmp[STORE_PATH_MAX + 8];
	struct stat info;
	struct dirent *entry;

	snprintf(tmp, sizeof(tmp), "%s/tmp", folder);
	DIR *dir = opendir(tmp);
	if (dir == NULL)
		return;
	int64_t now_s = os_real_now().us / 1000000;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' && fstatat(dirfd(dir), entry->d_name, &info, 0) == 0 &&
			info.st_mtim.tv_sec + SCRATCH_STALE_S < now_s)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

enum res scratch_folder_open(const char *folder, struct err *err)
{
	char tmp[STORE_PATH_MAX + 32];

	if (strlen(folder) > STORE_PATH_MAX - 128)
		return err_set(err, RES_INVALID, "OBJECTS_DIR is too long");
	snprintf(tmp, sizeof(tmp), "%s/tmp", folder);
	TRY(os_folder_create(tmp, FOLDER_MODE, err));
	scratches_sweep(folder);
	return RES_OK;
}

/* --- names --- */

struct place {
	char path[2 * STORE_PATH_MAX];
};

static struct place place_of(const struct folder *folder, const char *kind, struct str hex)
{
	struct place place;

	CHECK(hex.n == HEX_CHARS);
	snprintf(place.path, sizeof(place.path), "%s/%s/%.2s/%.2s/%.*s", folder->path, kind, hex.p,
		hex.p + 2, STR_ARG(hex));
	return place;
}

/* fsync of the folders above it, as deep as names may be new. */
static enum res names_sync(const struct place *place, struct err *err)
{
	struct place at = *place;

	for (int depth = 0; depth < 3; depth++) {
		char *slash = strrchr(at.path, '/');
		CHECK(slash != NULL);
		*slash = 0;
		int fd = open(at.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return fault(at.path, "open", err);
		int failed = fsync(fd);
		close(fd);
		if (failed != 0)
			return fault(at.path, "fsync", err);
	}
	return RES_OK;
}

static enum res names_make(const struct place *place, struct err *err)
{
	struct place at = *place;

	*strrchr(at.path, '/') = 0;
	return os_folder_create(at.path, FOLDER_MODE, err);
}

static enum res move(const struct place *from, const struct place *to, struct err *err)
{
	TRY(names_make(to, err));
	if (rename(from->path, to->path) != 0)
		return fault(to->path, "rename", err);
	return names_sync(to, err);
}

static enum res age_renew(const struct place *place, struct err *err)
{
	return utimensat(AT_FDCWD, place->path, NULL, 0) == 0 ? RES_OK
							      : fault(place->path, "touch", err);
}

/* --- the table --- */

static enum res folder_touch(struct store *store, const char *kind, struct str hex, struct err *err)
{
	struct place here = place_of(folder_of(store), kind, hex);

	return age_renew(&here, err);
}

static enum res folder_put(struct store *store, const char *kind, struct str hex,
	struct scratch *from, struct err *err)
{
	struct place to = place_of(folder_of(store), kind, hex);
	struct place at;
	enum res res = RES_OK;

	snprintf(at.path, sizeof(at.path), "%s", from->path);
	if (fsync(from->fd) != 0)
		res = fault(from->path, "fsync", err);
	if (res == RES_OK)
		res = move(&at, &to, err);
	scratch_drop(from); /* its name is gone when it was moved */
	return res;
}

static enum res folder_open(struct store *store, const char *kind, struct str hex, int *out_fd,
	uint64_t *out_bytes, struct err *err)
{
	struct place here = place_of(folder_of(store), kind, hex);
	struct stat info;
	int fd = open(here.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return fault(here.path, "open", err);
	if (fstat(fd, &info) != 0) {
		close(fd);
		return fault(here.path, "stat", err);
	}
	*out_fd = fd;
	*out_bytes = (uint64_t)info.st_size;
	return RES_OK;
}

static int64_t walked_bytes; /* nftw has no argument of its own */

static int walk_step(const char *path, const struct stat *info, int what, struct FTW *at)
{
	(void)path;
	(void)at;
	walked_bytes += what == FTW_F ? info->st_size : 0;
	return 0;
}

static enum res folder_used(struct store *store, int64_t *out_bytes, struct err *err)
{
	char path[STORE_PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/objects", folder_of(store)->path);
	walked_bytes = 0;
	if (nftw(path, walk_step, 8, FTW_PHYS) != 0)
		return fault(path, "walk", err);
	*out_bytes = walked_bytes;
	return RES_OK;
}

static void folder_close(struct store *store)
{
	free(folder_of(store));
}

static const struct store folder_table = {
	.put = folder_put,
	.open = folder_open,
	.touch = folder_touch,
	.used = folder_used,
	.close = folder_close,
};

enum res store_folder_open(struct store **out, const char *path, struct err *err)
{
	static const char *const parts[] = { "objects", "index" };
	char name[STORE_PATH_MAX + 32];
	struct folder *folder;

	TRY(scratch_folder_open(path, err));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", path, parts[i]);
		TRY(os_folder_create(name, FOLDER_MODE, err));
	}
	folder = calloc(1, sizeof(*folder));
	CHECK(folder != NULL);
	folder->store = folder_table;
	snprintf(folder->path, sizeof(folder->path), "%s", path);
	*out = &folder->store;
	return RES_OK;
}

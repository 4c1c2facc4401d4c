/* FOLDER/<kind>/ab/cd/<hex>, FOLDER/aside/<kind>/ab/cd/<hex>, FOLDER/tmp. A file is written under a
 * name of its own in tmp, fsynced, renamed, and its folder fsynced; its age is its mtime. Several
 * processes may share a folder: the same name is the same content, and FOLDER/lock is held while
 * an age is looked at and acted upon. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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
		TRY(os_folder_sync(at.path, err));
		char *slash = strrchr(at.path, '/');
		CHECK(slash != NULL);
		*slash = 0;
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

static struct place aside_of(const struct folder *folder, const char *kind, struct str hex)
{
	char aside[32];

	snprintf(aside, sizeof(aside), "aside/%s", kind);
	return place_of(folder, aside, hex);
}

/* Held until the descriptor is closed. */
static enum res lock_take(const struct folder *folder, int *out_fd, struct err *err)
{
	char path[STORE_PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/lock", folder->path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault(path, "open", err);
	while (flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		close(fd);
		return fault(path, "lock", err);
	}
	*out_fd = fd;
	return RES_OK;
}

static enum res folder_touch(struct store *store, const char *kind, struct str hex, struct err *err)
{
	struct place here = place_of(folder_of(store), kind, hex);
	struct place aside = aside_of(folder_of(store), kind, hex);
	int lock;

	TRY(lock_take(folder_of(store), &lock, err));
	enum res res = age_renew(&here, err);
	if (res == RES_NOT_FOUND) {
		res = age_renew(&aside, err);
		if (res == RES_OK)
			res = move(&aside, &here, err);
	}
	close(lock);
	return res;
}

static enum res put_locked(
	const struct place *at, const struct place *to, const struct place *aside, struct err *err)
{
	/* An upload may have lain finished for a while: it counts from now. */
	TRY(age_renew(at, err));
	TRY(move(at, to, err));
	unlink(aside->path);
	return RES_OK;
}

static enum res folder_put(struct store *store, const char *kind, struct str hex,
	struct scratch *from, struct err *err)
{
	struct place to = place_of(folder_of(store), kind, hex);
	struct place aside = aside_of(folder_of(store), kind, hex);
	struct place at;
	enum res res = RES_OK;
	int lock;

	snprintf(at.path, sizeof(at.path), "%s", from->path);
	if (fsync(from->fd) != 0)
		res = fault(from->path, "fsync", err);
	if (res == RES_OK)
		res = lock_take(folder_of(store), &lock, err);
	if (res == RES_OK) {
		res = put_locked(&at, &to, &aside, err);
		close(lock);
	}
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

static struct instant touched_at(const struct stat *info)
{
	return (struct instant){ (int64_t)info->st_mtim.tv_sec * 1000000 +
				 info->st_mtim.tv_nsec / 1000 };
}

/* Touched first: who dies in between leaves a young object, not one that is purged at once. */
static enum res aside_locked(
	const struct place *here, const struct place *aside, struct instant before, struct err *err)
{
	struct stat info;

	if (stat(here->path, &info) != 0)
		return fault(here->path, "stat", err);
	if (!instant_is_before(touched_at(&info), before))
		return err_set(err, RES_CONFLICT, "%s: touched since", here->path);
	TRY(age_renew(here, err));
	TRY(move(here, aside, err));
	return names_sync(here, err);
}

static enum res folder_set_aside(struct store *store, const char *kind, struct str hex,
	struct instant before, struct err *err)
{
	struct place here = place_of(folder_of(store), kind, hex);
	struct place aside = aside_of(folder_of(store), kind, hex);
	int lock;

	TRY(lock_take(folder_of(store), &lock, err));
	enum res res = aside_locked(&here, &aside, before, err);
	close(lock);
	return res;
}

/* nftw has no argument of its own. */
static struct {
	int64_t bytes;
	struct instant before;
	size_t left;
	void (*each)(void *arg, struct str hex, struct instant touched_at);
	void *arg;
	size_t purged;
} walk;

static int used_step(const char *path, const struct stat *info, int what, struct FTW *at)
{
	(void)path;
	(void)at;
	walk.bytes += what == FTW_F ? info->st_size : 0;
	return 0;
}

static int old_step(const char *path, const struct stat *info, int what, struct FTW *at)
{
	struct str name = str_from_c(path + at->base);

	if (what != FTW_F || name.n != HEX_CHARS ||
		!instant_is_before(touched_at(info), walk.before))
		return 0;
	if (walk.left == 0)
		return 1;
	walk.left--;
	walk.each(walk.arg, name, touched_at(info));
	return 0;
}

static int purge_step(const char *path, const struct stat *info, int what, struct FTW *at)
{
	(void)at;
	if (what == FTW_F && instant_is_before(touched_at(info), walk.before) && unlink(path) == 0)
		walk.purged++;
	return 0;
}

static enum res walk_over(const struct folder *folder, const char *prefix, const char *kind,
	int (*step)(const char *, const struct stat *, int, struct FTW *), struct err *err)
{
	char path[STORE_PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s%s", folder->path, prefix, kind);
	return nftw(path, step, 8, FTW_PHYS) >= 0 ? RES_OK : fault(path, "walk", err);
}

static enum res folder_list_old(struct store *store, const char *kind, struct instant before,
	size_t most, void (*each)(void *arg, struct str hex, struct instant touched_at), void *arg,
	struct err *err)
{
	walk.before = before;
	walk.left = most;
	walk.each = each;
	walk.arg = arg;
	return walk_over(folder_of(store), "", kind, old_step, err);
}

/* Under the lock, so that what is being brought back is not deleted. */
static enum res folder_purge(struct store *store, const char *kind, struct instant before,
	size_t *out_n, struct err *err)
{
	int lock;

	TRY(lock_take(folder_of(store), &lock, err));
	walk.before = before;
	walk.purged = 0;
	enum res res = walk_over(folder_of(store), "aside/", kind, purge_step, err);
	close(lock);
	*out_n = walk.purged;
	return res;
}

static enum res folder_used(struct store *store, int64_t *out_bytes, struct err *err)
{
	walk.bytes = 0;
	TRY(walk_over(folder_of(store), "", STORE_OBJECTS, used_step, err));
	TRY(walk_over(folder_of(store), "aside/", STORE_OBJECTS, used_step, err));
	*out_bytes = walk.bytes;
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
	.list_old = folder_list_old,
	.set_aside = folder_set_aside,
	.purge = folder_purge,
	.used = folder_used,
	.close = folder_close,
};

enum res store_folder_open(struct store **out, const char *path, struct err *err)
{
	static const char *const parts[] = { "objects", "index", "aside/objects", "aside/index" };
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

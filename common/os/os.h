/* The operating system: real time, files that must survive a power cut, random bytes, the process
 * itself. */
#ifndef WL_OS_OS_H
#define WL_OS_OS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/scoped.h"
#include "base/str.h"

struct instant os_real_now(void);      /* wall clock; never for business decisions (law 15) */
struct instant os_monotonic_now(void); /* leases, heartbeats, time-outs: never jumps */

void os_random(void *out, size_t bytes); /* getrandom(2); cannot fail after boot */
/* "<prefix>/<16 hex>": what a process calls itself, another name in each life. room: 19 bytes more
 * than the prefix. */
void os_instance_name(char *out, size_t room, const char *prefix);

/* Whole file into the arena with a NUL behind it. RES_NOT_FOUND, RES_DENIED, RES_TOO_BIG (over
 * max_bytes), RES_RETRY. */
enum res os_file_read(struct arena *mem, const char *path, size_t max_bytes, struct str *out,
	struct err *err) must_check;
/* Makes the name of `path` durable: fsync of the folder that holds it. */
enum res os_folder_sync(const char *path, struct err *err) must_check;
/* All bytes at offset `at`, none of them durable yet; path is for the error. */
enum res os_all_write(
	int fd, const char *path, struct str bytes, off_t at, struct err *err) must_check;
/* New content under the old name, all or nothing: temporary file, fsync, rename, fsync of the
 * folder. mode as in chmod. */
enum res os_file_replace(
	const char *path, struct str content, unsigned mode, struct err *err) must_check;

/* An append-only file whose records are durable after os_log_sync. Opening cuts a torn tail off
 * (see os_log_read). */
struct os_log;
enum res os_log_open(struct os_log **out, const char *path, struct err *err) must_check;
void os_log_close(struct os_log *log);
/* Record: u32 length LE, u32 CRC-32 of the bytes LE, bytes. Buffered until os_log_sync.
 * An empty record is a CHECK: zeros at the end of a file must not look like records. */
void os_log_append(struct os_log *log, struct str record);
enum res os_log_sync(struct os_log *log,
	struct err *err) must_check; /* write + fdatasync of what was appended */
/* Calls `each` for every whole record from the start; a torn or damaged tail ends the walk and is
 * cut off at open. */
enum res os_log_read(const char *path, void (*each)(void *arg, struct str record), void *arg,
	struct err *err) must_check;

/* --- the process's own bounds --- */
/* The lowest descriptor that is free: all below it are in use. INT_MAX: none is free. */
int os_descriptor_next(void);
int os_descriptors_most(void); /* how many it may have */
/* The process may not have more than so many bytes of private memory; an allocation over it fails.
 */
enum res os_memory_bound(int64_t bytes, struct err *err) must_check;
/* No program that it starts gets more rights than it has (set-user-id, file capabilities). */
enum res os_privileges_bound(struct err *err) must_check;

/* A program beside us that has descriptors 0, 1 and 2 from fds, a bare environment and no signal
 * blocked. argv[0] is its path, NULL closes the list. */
#define OS_CHILD_FDS 3
struct os_child {
	int pid;
	int fd; /* readable when it has ended */
};
enum res os_child_start(const char *const *argv, const int fds[OS_CHILD_FDS], struct os_child *out,
	struct err *err) must_check;
void os_child_kill(const struct os_child *child);
/* Waits until it has ended and forgets it. Its exit code, or minus the signal that ended it. */
int os_child_end(struct os_child *child);

enum res os_folder_create(const char *path, unsigned mode,
	struct err *err) must_check; /* with parents; existing is OK */
/* Takes an exclusive lock on path (created when missing); it goes with os_lock_release or with the
 * process. RES_CONFLICT: somebody has it, here or in another process. */
struct os_lock;
enum res os_lock_take(struct os_lock **out, const char *path, struct err *err) must_check;
void os_lock_release(struct os_lock *lock);
SCOPED_DEFINE(os_lock, struct os_lock *, os_lock_release)

#endif

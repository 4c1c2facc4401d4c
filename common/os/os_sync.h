/* Steps of a durable write that os_file.c and os_log.c share. For the files of this folder only. */
#ifndef WL_OS_OS_SYNC_H
#define WL_OS_OS_SYNC_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* All bytes at offset `at`. */
enum res os_all_write(
	int fd, const char *path, struct str bytes, off_t at, struct err *err) must_check;

#endif

/* A process that is about to read what a stranger made gives everything up (libseccomp): new
 * privileges, memory without end, files, other processes, the network. There is no way back. */
#ifndef WL_SANDBOX_JAIL_H
#define WL_SANDBOX_JAIL_H

#include <stdint.h>

#include "base/err.h"

struct jail_limits {
	int64_t memory_bytes; /* of address space; not set where a sanitizer needs it all */
	int64_t cpu_seconds;
	int64_t file_bytes; /* that it may write */
};

/* Closes every descriptor but 0, 1 and 2. Own namespaces where the kernel lets us; without them the
 * filter holds alone. Any system call that is not listed ends the process. Call when all libraries
 * are loaded. */
enum res jail_enter(const struct jail_limits *limits, struct err *err) must_check;

#endif

/* errno → what the caller should do. For the files of this folder only. */
#ifndef WL_OS_OS_FAULT_H
#define WL_OS_OS_FAULT_H

#include "base/err.h"

/* Reads errno; "path: doing: reason" goes to err. */
enum res os_fault(struct err *err, const char *path, const char *doing);

#endif

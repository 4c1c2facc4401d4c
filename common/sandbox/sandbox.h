/* What a process may still ask of the kernel once it has started (libseccomp). For one that serves
 * sockets and owns nothing: no file may be opened for writing, no program or process started, no
 * other process touched, no memory made executable, no raw socket opened. What is not on the list
 * fails with EPERM: a library that tries something else goes on without it, where ending the
 * process would hand whoever found the way a means to stop the service. For all threads, for good.
 */
#ifndef WL_SANDBOX_SANDBOX_H
#define WL_SANDBOX_SANDBOX_H

#include "base/err.h"

/* After everything that is opened once is open. RES_INVALID: the kernel refuses filters. */
enum res sandbox_enter(struct err *err) must_check;

#endif

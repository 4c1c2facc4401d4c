/* Order: limits and namespaces need calls that the filter then forbids. */
#include "sandbox/jail.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox_filter.h"

/* What a decoder needs that has its input open: memory, clocks, threads of its own (libvips has
 * some), and its end. */
static const int allowed[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(pread64), SCMP_SYS(readv),
	SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(close),
	SCMP_SYS(dup), SCMP_SYS(fcntl), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(gettid), SCMP_SYS(getpid),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(getrandom), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(getrusage),
	SCMP_SYS(exit), SCMP_SYS(exit_group) };

#define FILES	  16 /* duplicates of the three */
#define FILES_OLD 4096

/* A kernel without close_range gets them closed one by one. */
static void files_close(void)
{
	if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
		return;
	for (int fd = 3; fd < FILES_OLD; fd++)
		close(fd);
}

static enum res limit(int what, int64_t most, struct err *err)
{
	struct rlimit both = { (rlim_t)most, (rlim_t)most };

	return setrlimit(what, &both) == 0 ? RES_OK
					   : err_set(err, RES_RETRY, "limit: %s", strerror(errno));
}

static enum res limits_set(const struct jail_limits *limits, struct err *err)
{
#ifndef WANGLI_SANITIZED
	TRY(limit(RLIMIT_AS, limits->memory_bytes, err));
#endif
	TRY(limit(RLIMIT_CPU, limits->cpu_seconds, err));
	TRY(limit(RLIMIT_FSIZE, limits->file_bytes, err));
	TRY(limit(RLIMIT_CORE, 0, err));
	return limit(RLIMIT_NOFILE, FILES, err);
}

static int rules_add(scmp_filter_ctx filter)
{
	const unsigned long thread = CLONE_VM | CLONE_THREAD;
	int fault = 0;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && fault == 0; i++)
		fault = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (fault == 0) /* threads, never processes; the newer call hides its flags */
		fault = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	if (fault == 0)
		fault = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* Asked for and done without. */
	static const int harmless[] = { SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(prctl),
		SCMP_SYS(readlink), SCMP_SYS(sysinfo), SCMP_SYS(ioctl) };
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]) && fault == 0; i++)
		fault = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), harmless[i], 0);
	return fault;
}

enum res jail_enter(const struct jail_limits *limits, struct err *err)
{
	files_close();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return err_set(err, RES_RETRY, "prctl: %s", strerror(errno));
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
		errno = 0; /* not every kernel lets us; the filter forbids the same */
	TRY(limits_set(limits, err));
	return sandbox_filter_load(SCMP_ACT_KILL_PROCESS, rules_add, err);
}

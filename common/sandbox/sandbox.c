/* The list. Looking a name up (the bus by tcp) opens files for reading, datagram and netlink
 * sockets. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "sandbox/sandbox_filter.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define WRITES	 (O_ACCMODE | O_CREAT | O_TRUNC)
#define KIND	 (~(unsigned)(SOCK_CLOEXEC | SOCK_NONBLOCK)) /* of a socket's type */

static const int always[] = {
	/* sockets and descriptors */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg), SCMP_SYS(sendfile), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2), SCMP_SYS(signalfd4), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(pipe2), SCMP_SYS(socketpair), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt),
	SCMP_SYS(shutdown), SCMP_SYS(close), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(lseek),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(statx),
	SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(pread64), SCMP_SYS(access),
	/* time, chance, threads that are there already (the last of libzmq may still be setting
	   itself up) */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom), SCMP_SYS(futex),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setscheduler), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(getrusage), SCMP_SYS(getcpu), SCMP_SYS(restart_syscall),
	/* memory, signals, the end */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(membarrier),
	SCMP_SYS(mlock), SCMP_SYS(munlock), /* libsodium keeps keys out of the swap */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack), SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group)
};

struct when {
	int call;
	struct scmp_arg_cmp first;
	struct scmp_arg_cmp second; /* op 0: none */
};

#define IS(arg, value)                                                                             \
	{                                                                                          \
		arg, SCMP_CMP_EQ, value, 0                                                         \
	}
#define HAS(arg, mask, value)                                                                      \
	{                                                                                          \
		arg, SCMP_CMP_MASKED_EQ, mask, value                                               \
	}
#define SOCKET(family, type)                                                                       \
	{                                                                                          \
		SCMP_SYS(socket), IS(0, family), HAS(1, KIND, type)                                \
	}

static const struct when when[] = {
	SOCKET(AF_UNIX, SOCK_STREAM),
	SOCKET(AF_INET, SOCK_STREAM),
	SOCKET(AF_INET6, SOCK_STREAM),
	SOCKET(AF_UNIX, SOCK_DGRAM),
	SOCKET(AF_INET, SOCK_DGRAM),
	SOCKET(AF_INET6, SOCK_DGRAM),
	SOCKET(AF_NETLINK, SOCK_RAW),
	{ SCMP_SYS(openat), HAS(2, WRITES, O_RDONLY), { 0 } },
	{ SCMP_SYS(open), HAS(1, WRITES, O_RDONLY), { 0 } },
	{ SCMP_SYS(mmap), HAS(2, PROT_EXEC, 0), { 0 } },
	{ SCMP_SYS(mprotect), HAS(2, PROT_EXEC, 0), { 0 } },
	{ SCMP_SYS(ioctl), IS(1, FIONBIO), { 0 } },
	{ SCMP_SYS(ioctl), IS(1, FIONREAD), { 0 } },
	{ SCMP_SYS(prlimit64), IS(2, 0), { 0 } }, /* looked at, not changed */
	{ SCMP_SYS(getrlimit), HAS(0, 0, 0), { 0 } },
	{ SCMP_SYS(prctl), IS(0, PR_SET_NAME), { 0 } },
};

static int list_add(scmp_filter_ctx filter)
{
	int res = 0;

	for (size_t i = 0; i < N(always) && res == 0; i++)
		res = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, always[i], 0, NULL);
	for (size_t i = 0; i < N(when) && res == 0; i++) {
		const struct scmp_arg_cmp conditions[] = { when[i].first, when[i].second };

		res = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, when[i].call,
			when[i].second.op == 0 ? 1 : 2, conditions);
	}
	return res;
}

enum res sandbox_enter(struct err *err)
{
	return sandbox_filter_load(SCMP_ACT_ERRNO(EPERM), list_add, err);
}

/* A child enters the sandbox and tries: what it may still do, and what it may not. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

static bool can_write(void)
{
	return open("/tmp/wangli-sandbox", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
}

static bool can_rewrite(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC) >= 0;
}

static bool can_execute(void)
{
	char *const none[] = { NULL };

	execve("/bin/true", none, none);
	return errno != EPERM; /* the new program would end with 0 as well */
}

static bool can_fork(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0;
}

static bool can_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool can_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 || errno != EPERM;
}

static bool can_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) >= 0 || errno != EPERM;
}

static bool can_run_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static bool can_unlink(void)
{
	return unlink("/nowhere/at/all") == 0 || errno != EPERM;
}

static bool can_signal_others(void)
{
	return kill(getppid(), 0) == 0;
}

static bool can_mount(void)
{
	return syscall(SYS_mount, "none", "/", "tmpfs", 0, 0) == 0 || errno != EPERM;
}

static bool can_loosen(void)
{
	struct rlimit limit = { 1024, 1024 };

	return setrlimit(RLIMIT_CORE, &limit) == 0 || errno != EPERM;
}

static bool can_read(void)
{
	return open("/proc/self/status", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool can_listen(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1) == 0;
}

static bool can_take_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static const struct {
	const char *what;
	bool (*can)(void);
	bool may;
} rows[] = {
	{ "open for writing", can_write, false },
	{ "open for both", can_rewrite, false },
	{ "execve", can_execute, false },
	{ "fork", can_fork, false },
	{ "ptrace", can_trace, false },
	{ "a raw socket", can_raw, false },
	{ "a packet socket", can_packet, false },
	{ "executable memory", can_run_memory, false },
	{ "unlink", can_unlink, false },
	{ "a signal to another", can_signal_others, false },
	{ "mount", can_mount, false },
	{ "a looser limit", can_loosen, false },
	{ "open for reading", can_read, true },
	{ "listen", can_listen, true },
	{ "memory", can_take_memory, true },
};

static void only_what_is_listed_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = 0;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			if (sandbox_enter(NULL) != RES_OK)
				_exit(2);
			_exit(rows[i].can() == rows[i].may ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("%s: status %x", rows[i].what, (unsigned)status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_what_is_listed_is_allowed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

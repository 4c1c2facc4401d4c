/* posix_spawn, so that no other thread's locks are copied, and a pidfd to wait by. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "os/os.h"
#include "os/os_fault.h"

static const char *const environment[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8",
	/* The leak checker needs ptrace, which no jailed program may use. */
	"ASAN_OPTIONS=detect_leaks=0", NULL };

/* The child begins with no signal blocked, whatever the loop blocked here. */
static int attributes_init(posix_spawnattr_t *attributes)
{
	sigset_t none;
	int fault = posix_spawnattr_init(attributes);

	sigemptyset(&none);
	if (fault == 0)
		fault = posix_spawnattr_setsigmask(attributes, &none);
	if (fault == 0)
		fault = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK);
	return fault;
}

enum res os_child_start(
	const char *const *argv, const int fds[OS_CHILD_FDS], struct os_child *out, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid = 0;

	CHECK(attributes_init(&attributes) == 0);
	CHECK(posix_spawn_file_actions_init(&actions) == 0);
	for (int i = 0; i < OS_CHILD_FDS; i++)
		CHECK(posix_spawn_file_actions_adddup2(&actions, fds[i], i) == 0);
	errno = posix_spawn(&pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv,
		(char *const *)(uintptr_t)environment);
	int fault = errno;
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	errno = fault;
	if (fault != 0)
		return os_fault(err, argv[0], "start");
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0) {
		enum res res = os_fault(err, argv[0], "watch");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return res;
	}
	*out = (struct os_child){ .pid = pid, .fd = fd };
	return RES_OK;
}

void os_child_kill(const struct os_child *child)
{
	kill(child->pid, SIGKILL);
}

int os_child_end(struct os_child *child)
{
	int status = 0;
	pid_t ended;

	do
		ended = waitpid(child->pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	close(child->fd);
	if (ended < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

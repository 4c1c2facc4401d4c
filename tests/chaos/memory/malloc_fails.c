/* One allocation of our own code fails (the linker's --wrap; what libraries allocate inside of
 * themselves does not count): the n-th with MALLOC_FAILS_AT=n, the n-th from now on at a SIGUSR2
 * that was queued with the number n. Said on standard error, with the places that asked for it. */
#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FRAMES 12

extern const char __executable_start;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t n, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_reallocarray(void *old, size_t n, size_t bytes);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_reallocarray(void *old, size_t n, size_t bytes);
char *__wrap_strdup(const char *text);

static atomic_int left; /* the allocation that fails is so many away; 0: none does */

static void armed(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	left = info->si_value.sival_int;
}

__attribute__((constructor)) static void begin(void)
{
	const struct sigaction action = { .sa_sigaction = armed,
		.sa_flags = SA_SIGINFO | SA_RESTART };
	const char *at = getenv("MALLOC_FAILS_AT");
	void *first;

	backtrace(&first, 1); /* allocates the first time */
	sigaction(SIGUSR2, &action, NULL);
	if (at != NULL)
		left = (int)strtol(at, NULL, 10);
}

static void say(void)
{
	void *frames[FRAMES];
	char line[64 + FRAMES * 20];
	int n = backtrace(frames, FRAMES);
	int used = snprintf(line, sizeof(line), "an allocation fails at");

	for (int i = 2; i < n; i++) /* after this function and the one that is wrapped */
		used += snprintf(line + used, sizeof(line) - (size_t)used, " %#jx",
			(uintmax_t)((const char *)frames[i] - &__executable_start));
	line[used] = '\n';
	(void)!write(STDERR_FILENO, line, (size_t)used + 1);
}

static bool fails(void)
{
	if (left == 0 || atomic_fetch_sub(&left, 1) != 1)
		return false;
	say();
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t bytes)
{
	return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t n, size_t bytes)
{
	return fails() ? NULL : __real_calloc(n, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
	return fails() ? NULL : __real_realloc(old, bytes);
}

void *__wrap_reallocarray(void *old, size_t n, size_t bytes)
{
	return fails() ? NULL : __real_reallocarray(old, n, bytes);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

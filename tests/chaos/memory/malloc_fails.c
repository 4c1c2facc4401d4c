/* The n-th allocation of our own code fails (the linker's --wrap; what libraries allocate inside of
 * themselves does not count). MALLOC_FAILS_AT=n; said on standard error when it did. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t n, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
	static const char said[] = "an allocation fails\n";
	static long calls;
	const char *at = getenv("MALLOC_FAILS_AT");

	if (at == NULL || ++calls != strtol(at, NULL, 10))
		return false;
	(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
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

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

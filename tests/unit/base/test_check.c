/* CHECK ends the process with file, line and message id: seen from outside, in a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

/* Runs a failing CHECK in a child (claim NULL), or one with that claim; gives what it wrote. */
static int child_run(size_t place, int64_t case_id, const char *claim, char *text, size_t room)
{
	int ends[2];
	int status;
	ssize_t n;
	size_t used = 0;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		const struct rlimit none = { 0, 0 };
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		check_at_message(place, case_id);
		if (claim != NULL)
			check_failed(__FILE__, __LINE__, claim);
		CHECK(child > 0);
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], text + used, room - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void check_failed_aborts_and_names_the_message(void **state)
{
	char text[2048];
	char long_claim[900];

	(void)state;
	int status = child_run(17, 4711, NULL, text, sizeof(text));
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, "test_check.c:"));
	assert_non_null(strstr(text, "message 17, case 4711)"));
	child_run(0, 0, NULL, text, sizeof(text));
	assert_non_null(strstr(text, "message 0, case 0)"));
	memset(long_claim, 'x', sizeof(long_claim));
	long_claim[sizeof(long_claim) - 1] = '\0';
	child_run(1, 1, long_claim, text, sizeof(text));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void check_true_claim_goes_on(void **state)
{
	(void)state;
	CHECK(1 + 1 == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_failed_aborts_and_names_the_message),
		cmocka_unit_test(check_true_claim_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Names and what they stand for, with a name server that the test plays; and the resolver itself by
 * the one name that every machine knows. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "os/os.h"
#include "peer/peer_targets.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_looked = PTHREAD_COND_INITIALIZER;
static const char *answer; /* addresses, separated by spaces; NULL: not found */
static unsigned looks;

static bool look(const char *name, struct os_addresses *out)
{
	char text[256];
	char *rest = text;

	pthread_mutex_lock(&lock);
	snprintf(text, sizeof(text), "%s", answer == NULL ? "" : answer);
	looks++;
	pthread_cond_broadcast(&is_looked);
	pthread_mutex_unlock(&lock);
	assert_string_equal(name, "bus");
	for (char *one; (one = strsep(&rest, " ")) != NULL && *one != 0;)
		snprintf(out->texts[out->n++], OS_ADDRESS_TEXT, "%s", one);
	snprintf(out->why, sizeof(out->why), "nobody of this name");
	return out->n > 0;
}

/* The name server says this from now on, and what it says is known. */
static void say(struct targets *targets, const char *addresses)
{
	uint64_t rounds;

	pthread_mutex_lock(&lock);
	answer = addresses;
	pthread_mutex_unlock(&lock);
	rounds = os_resolver_rounds(targets->resolver);
	while (os_resolver_rounds(targets->resolver) < rounds + 2) /* one may be under way */
		os_resolver_hurry(targets->resolver);
	targets_renew(targets);
}

static void expect(const struct targets *targets, const char *wanted)
{
	char text[1024] = "";

	for (size_t i = 0; i < targets->n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 0 ? " " : "",
			targets->items[i].address);
	assert_string_equal(text, wanted);
}

static void name_stands_for_all_it_has(void **state)
{
	struct targets targets = { .n = 0 };
	struct err err;

	(void)state;
	answer = "10.0.0.1 10.0.0.2 fd00::2";
	assert_int_equal(
		targets_open(&targets, STR("ipc:///a,tcp://bus:8312"), look, NULL), RES_OK);
	say(&targets, "10.0.0.1 10.0.0.2 fd00::2");
	expect(&targets, "ipc:///a tcp://10.0.0.1:8312 tcp://10.0.0.2:8312 tcp://[fd00::2]:8312");
	assert_false(targets_have_trouble(&targets, &err));
	targets_find(&targets, "tcp://10.0.0.2:8312")->failed_us = 7;
	say(&targets, "10.0.0.2 10.0.0.3");
	expect(&targets, "ipc:///a tcp://10.0.0.2:8312 tcp://10.0.0.3:8312");
	assert_int_equal(targets_find(&targets, "tcp://10.0.0.2:8312")->failed_us, 7);
	targets_close(&targets);
}

static void name_not_found_is_told_once_and_keeps_what_it_had(void **state)
{
	struct targets targets = { .n = 0 };
	struct err err = { "" };

	(void)state;
	answer = NULL;
	assert_int_equal(targets_open(&targets, STR("tcp://bus:8312"), look, NULL), RES_OK);
	assert_int_equal(targets.n, 0);
	say(&targets, NULL);
	expect(&targets, "");
	assert_true(targets_have_trouble(&targets, &err));
	assert_non_null(strstr(err.text, "tcp://bus:8312: nobody of this name"));
	assert_false(targets_have_trouble(&targets, &err));
	say(&targets, "10.0.0.1");
	expect(&targets, "tcp://10.0.0.1:8312");
	assert_false(targets_have_trouble(&targets, &err));
	say(&targets, NULL);
	expect(&targets, "tcp://10.0.0.1:8312");
	assert_true(targets_have_trouble(&targets, &err));
	targets_close(&targets);
}

static void no_name_no_resolver(void **state)
{
	struct targets targets = { .n = 0 };

	(void)state;
	assert_int_equal(
		targets_open(&targets, STR("ipc:///a,tcp://10.0.0.1:1"), look, NULL), RES_OK);
	assert_null(targets.resolver);
	expect(&targets, "ipc:///a tcp://10.0.0.1:1");
	targets_hurry(&targets);
	targets_renew(&targets);
	targets_close(&targets);
}

static void system_knows_localhost_and_not_everybody(void **state)
{
	const char *names[] = { "localhost", "nobody.invalid" };
	struct os_resolver *resolver;
	struct os_addresses found;
	bool has_loopback = false;

	(void)state;
	assert_int_equal(os_resolver_open(&resolver, names, 2, NULL, NULL), RES_OK);
	while (os_resolver_rounds(resolver) == 0)
		sched_yield();
	os_resolver_get(resolver, 0, &found);
	assert_true(found.is_found);
	for (size_t i = 0; i < found.n; i++)
		has_loopback = has_loopback || strcmp(found.texts[i], "127.0.0.1") == 0 ||
			       strcmp(found.texts[i], "::1") == 0;
	assert_true(has_loopback);
	os_resolver_get(resolver, 1, &found);
	assert_false(found.is_found);
	assert_int_equal(found.n, 0);
	assert_true(found.why[0] != 0);
	os_resolver_close(resolver);
}

/* A look that hangs holds nobody up; it ends when it ends. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static bool look_that_hangs(const char *name, struct os_addresses *out)
{
	(void)name;
	pthread_mutex_lock(&lock);
	looks++;
	pthread_cond_broadcast(&is_looked);
	pthread_mutex_unlock(&lock);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	out->n = 0;
	return false;
}

static void look_that_hangs_holds_nobody_up(void **state)
{
	const char *names[] = { "bus" };
	struct os_resolver *resolver;
	struct os_addresses found;

	(void)state;
	pthread_mutex_lock(&gate);
	looks = 0;
	assert_int_equal(os_resolver_open(&resolver, names, 1, look_that_hangs, NULL), RES_OK);
	pthread_mutex_lock(&lock);
	while (looks == 0)
		pthread_cond_wait(&is_looked, &lock);
	pthread_mutex_unlock(&lock);
	assert_int_equal(os_resolver_rounds(resolver), 0);
	os_resolver_get(resolver, 0, &found);
	assert_false(found.is_found);
	os_resolver_close(resolver);
	pthread_mutex_unlock(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_stands_for_all_it_has),
		cmocka_unit_test(name_not_found_is_told_once_and_keeps_what_it_had),
		cmocka_unit_test(no_name_no_resolver),
		cmocka_unit_test(system_knows_localhost_and_not_everybody),
		cmocka_unit_test(look_that_hangs_holds_nobody_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Offences: when a connection is cut off, when a key is kept out and for how long, what is
 * forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "edge_offence_core.h"

static struct edge_offences offences;

static struct instant at_s(int64_t s)
{
	return (struct instant){ s * 1000000 };
}

static int setup(void **state)
{
	(void)state;
	offences = (struct edge_offences){ 0 };
	return 0;
}

static bool connection_cut(const char *name, const char *key, int64_t s)
{
	bool is_cut = false;

	for (int i = 0; i < EDGE_BAD_MOST; i++)
		is_cut = edge_offences_bad(&offences, str_from_c(name), str_from_c(key), at_s(s));
	return is_cut;
}

static void one_connection_is_cut_off_and_its_neighbour_is_not(void **state)
{
	(void)state;
	for (int i = 0; i < EDGE_BAD_MOST - 1; i++)
		assert_false(edge_offences_bad(&offences, STR("a"), STR("key"), at_s(1)));
	assert_true(edge_offences_is_heard(&offences, STR("a")));
	assert_true(edge_offences_bad(&offences, STR("a"), STR("key"), at_s(1)));
	assert_false(edge_offences_is_heard(&offences, STR("a")));
	assert_true(edge_offences_is_heard(&offences, STR("b")));
	assert_true(edge_offences_may_enter(&offences, STR("key"), at_s(1)));
}

static void key_is_kept_out_longer_each_time_and_forgiven(void **state)
{
	static const int64_t lengths_s[] = { 10, 20, 40, 80, 160, 320, 600, 600 };
	int64_t now_s = 0;
	char name[16];
	int n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths_s) / sizeof(lengths_s[0]); i++) {
		for (int k = 0; k < EDGE_CUTS_MOST; k++) {
			assert_true(edge_offences_may_enter(&offences, STR("key"), at_s(now_s)));
			snprintf(name, sizeof(name), "c%d", n++);
			assert_true(connection_cut(name, "key", now_s));
		}
		assert_false(edge_offences_may_enter(
			&offences, STR("key"), at_s(now_s + lengths_s[i] - 1)));
		assert_true(edge_offences_may_enter(&offences, STR("other"), at_s(now_s)));
		now_s += lengths_s[i];
	}
	now_s += 601;
	for (int k = 0; k < EDGE_CUTS_MOST; k++) {
		snprintf(name, sizeof(name), "c%d", n++);
		connection_cut(name, "key", now_s);
	}
	assert_true(edge_offences_may_enter(&offences, STR("key"), at_s(now_s + 10)));
}

static void tables_are_bounded(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < 10 * EDGE_OFFENDERS_MAX; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		connection_cut(name, name, i);
	}
	assert_int_equal(offences.connections.n, EDGE_OFFENDERS_MAX);
	assert_int_equal(offences.keys.n, EDGE_OFFENDERS_MAX);
	assert_false(edge_offences_is_heard(&offences, str_from_c(name)));
	assert_false(edge_offences_bad(&offences, STR(""), STR("key"), at_s(1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_connection_is_cut_off_and_its_neighbour_is_not, setup),
		cmocka_unit_test_setup(key_is_kept_out_longer_each_time_and_forgiven, setup),
		cmocka_unit_test_setup(tables_are_bounded, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

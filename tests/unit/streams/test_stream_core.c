/* What a subscriber does with an event, by where its cursor stands; how the rules play together is
 * tests/sim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/kit_stream_core.h"

static void judge_next_duplicate_gap(void **state)
{
	(void)state;
	static const struct {
		int32_t seen, seq;
		enum stream_verdict want;
	} cases[] = {
		{ 0, 1, STREAM_APPLY },
		{ 0, 2, STREAM_GAP },
		{ 3, 3, STREAM_DUPLICATE },
		{ 3, 1, STREAM_DUPLICATE },
		{ 3, 4, STREAM_APPLY },
		{ 3, 9, STREAM_GAP },
		{ 0, 0, STREAM_DUPLICATE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int32_t expected = -1;
		assert_int_equal(
			stream_judge(cases[i].seen, cases[i].seq, &expected), cases[i].want);
		assert_int_equal(expected, cases[i].seen + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judge_next_duplicate_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

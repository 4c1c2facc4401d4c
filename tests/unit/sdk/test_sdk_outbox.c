/* When a letter may be sent: window, time-out, holding back, new connection; on a clock of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sdk/sdk_outbox.h"

#define WITHIN SPAN_S(5)

static const uint8_t no_print[OUTBOX_FINGERPRINT];

static struct instant at(int64_t ms)
{
	return (struct instant){ ms * 1000 };
}

static void add(struct outbox *outbox, int n)
{
	for (int i = 1; i <= n; i++) {
		char id[16];
		snprintf(id, sizeof id, "m%d", i);
		outbox_add(outbox, str_from_c(id), no_print, STR("body"));
	}
}

/* Sends all that may be sent; the numbers of the letters, "1 2 3". */
static const char *sent(struct outbox *outbox, int64_t ms, size_t window)
{
	static char out[128];
	size_t n = 0;
	struct outbox_letter *letter;
	out[0] = 0;
	while ((letter = outbox_next(outbox, at(ms), window)) != NULL)
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", n > 0 ? " " : "",
			(int)letter->id.n - 1, letter->id.p + 1);
	return out;
}

static void outbox_sends_in_order_up_to_the_window(void **state)
{
	struct outbox outbox;
	(void)state;
	outbox_init(&outbox);
	add(&outbox, 5);
	assert_string_equal(sent(&outbox, 0, 3), "1 2 3");
	assert_string_equal(sent(&outbox, 1, 3), "");
	outbox_remove(&outbox, outbox_find(&outbox, STR("m2")));
	assert_string_equal(sent(&outbox, 2, 3), "4");
	assert_int_equal(outbox_count(&outbox), 4);
	outbox_fini(&outbox);
}

static void outbox_unanswered_is_sent_again_after_the_time_out(void **state)
{
	struct outbox outbox;
	(void)state;
	outbox_init(&outbox);
	add(&outbox, 2);
	assert_string_equal(sent(&outbox, 0, 1), "1");
	assert_int_equal(outbox_due(&outbox, 1, WITHIN).us, at(5000).us);
	outbox_expire(&outbox, at(4999), WITHIN);
	assert_string_equal(sent(&outbox, 4999, 2), "2");
	outbox_expire(&outbox, at(5000), WITHIN);
	assert_string_equal(sent(&outbox, 5000, 2), "1");
	assert_int_equal(outbox_find(&outbox, STR("m1"))->attempt, 2);
	outbox_fini(&outbox);
}

static void outbox_busy_platform_holds_back_everything(void **state)
{
	struct outbox outbox;
	(void)state;
	outbox_init(&outbox);
	add(&outbox, 3);
	assert_string_equal(sent(&outbox, 0, 2), "1 2");
	outbox_refuse(&outbox, outbox_find(&outbox, STR("m1")), at(10), SPAN_MS(300));
	/* a shorter hold never shortens a longer one */
	outbox_refuse(&outbox, outbox_find(&outbox, STR("m2")), at(10), SPAN_MS(100));
	assert_string_equal(sent(&outbox, 309, 10), "");
	assert_int_equal(outbox_due(&outbox, 10, WITHIN).us, at(310).us);
	assert_string_equal(sent(&outbox, 310, 10), "3 1 2");
	outbox_fini(&outbox);
}

/* A letter that the platform set aside waits alone, and is neither lost nor forgotten. */
static void outbox_long_refusal_holds_back_that_letter_alone(void **state)
{
	struct outbox outbox;
	(void)state;
	outbox_init(&outbox);
	add(&outbox, 3);
	assert_string_equal(sent(&outbox, 0, 2), "1 2");
	outbox_refuse(&outbox, outbox_find(&outbox, STR("m1")), at(10), SPAN_MIN(10));
	assert_string_equal(sent(&outbox, 20, 3), "3");
	outbox_refuse(&outbox, outbox_find(&outbox, STR("m1")), at(30), SPAN_MIN(10)); /* again */
	outbox_land(&outbox); /* a new connection is no reason */
	assert_string_equal(sent(&outbox, 40, 3), "2 3");
	outbox_remove(&outbox, outbox_find(&outbox, STR("m2")));
	outbox_remove(&outbox, outbox_find(&outbox, STR("m3")));
	assert_int_equal(outbox_count(&outbox), 1);
	assert_int_equal(outbox_due(&outbox, 3, WITHIN).us, at(600030).us);
	outbox_expire(&outbox, at(600029), WITHIN);
	assert_string_equal(sent(&outbox, 600029, 3), "");
	outbox_expire(&outbox, at(600030), WITHIN);
	assert_string_equal(sent(&outbox, 600030, 3), "1");
	assert_int_equal(outbox_find(&outbox, STR("m1"))->attempt, 2);
	outbox_refuse(&outbox, outbox_find(&outbox, STR("m1")), at(600040), SPAN_MIN(10));
	outbox_remove(&outbox, outbox_find(&outbox, STR("m1"))); /* a receipt, late */
	assert_int_equal(outbox_count(&outbox), 0);
	outbox_fini(&outbox);
}

static void outbox_new_connection_sends_what_was_under_way_first(void **state)
{
	struct outbox outbox;
	(void)state;
	outbox_init(&outbox);
	add(&outbox, 4);
	assert_string_equal(sent(&outbox, 0, 3), "1 2 3");
	outbox_land(&outbox);
	assert_string_equal(sent(&outbox, 1, 10), "1 2 3 4");
	outbox_fini(&outbox);
}

static void outbox_empty_is_never_due(void **state)
{
	struct outbox outbox;
	(void)state;
	outbox_init(&outbox);
	assert_true(instant_is_none(outbox_due(&outbox, 1, WITHIN)));
	assert_null(outbox_next(&outbox, at(0), 1));
	assert_null(outbox_find(&outbox, STR("m1")));
	outbox_fini(&outbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outbox_sends_in_order_up_to_the_window),
		cmocka_unit_test(outbox_unanswered_is_sent_again_after_the_time_out),
		cmocka_unit_test(outbox_busy_platform_holds_back_everything),
		cmocka_unit_test(outbox_long_refusal_holds_back_that_letter_alone),
		cmocka_unit_test(outbox_new_connection_sends_what_was_under_way_first),
		cmocka_unit_test(outbox_empty_is_never_due),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

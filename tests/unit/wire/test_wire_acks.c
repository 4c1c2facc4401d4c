/* Lists of acknowledgements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/wire_acks.h"

static void acks_put_next_come_back_in_order(void **state)
{
	static const struct wire_ack acks[] = {
		{ 1, 1, WIRE_CODE_COMMITTED },
		{ INT64_MAX, INT32_MAX, WIRE_CODE_DUPLICATE },
		{ INT64_C(0x0102030405060708), 0x01020304, WIRE_CODE_COMMITTED },
	};
	char bytes[3 * WIRE_ACK_BYTES] = { 0 };
	struct str rest = str_of(bytes, sizeof(bytes));
	struct wire_ack ack;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		wire_ack_put(bytes + i * WIRE_ACK_BYTES, &acks[i]);
	for (size_t i = 0; i < 3; i++) {
		assert_true(wire_ack_next(&rest, &ack));
		assert_int_equal(ack.case_id, acks[i].case_id);
		assert_int_equal(ack.seq, acks[i].seq);
		assert_int_equal(ack.code, acks[i].code);
	}
	assert_false(wire_ack_next(&rest, &ack));
	assert_int_equal(rest.n, 0);
}

static void acks_next_what_is_no_record_is_not_taken(void **state)
{
	static const struct wire_ack wrong[] = {
		{ 0, 1, WIRE_CODE_COMMITTED },
		{ -1, 1, WIRE_CODE_COMMITTED },
		{ 1, -1, WIRE_CODE_COMMITTED },
		{ 1, 1, WIRE_CODE_BUSY },
		{ 1, 1, WIRE_CODE_UNSPECIFIED },
	};
	char bytes[WIRE_ACK_BYTES] = { 0 };
	struct wire_ack ack = { .case_id = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct str rest = str_of(bytes, sizeof(bytes));

		wire_ack_put(bytes, &wrong[i]);
		assert_false(wire_ack_next(&rest, &ack));
		assert_int_equal(rest.n, sizeof(bytes));
		assert_int_equal(ack.case_id, 7);
	}
	wire_ack_put(bytes, &(struct wire_ack){ 1, 1, WIRE_CODE_COMMITTED });
	for (size_t n = 0; n < sizeof(bytes); n++) {
		struct str rest = str_of(bytes, n);

		assert_false(wire_ack_next(&rest, &ack));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acks_put_next_come_back_in_order),
		cmocka_unit_test(acks_next_what_is_no_record_is_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Journal entries in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"
#include "case_steps.h"
#include "proto/dispatch.pb-c.h"
#include "proto/intake.pb-c.h"
#include "wire/wire.h"

#define MEM_BYTES (1u << 20)

static struct str dispatched_body(struct arena *mem)
{
	char *co_units[] = { (char *)(uintptr_t) "D20", (char *)(uintptr_t) "D21" };
	Wangli__DispatchDispatched body = WANGLI__DISPATCH_DISPATCHED__INIT;
	body.unit = (char *)(uintptr_t) "D16";
	body.co_units = co_units;
	body.n_co_units = 2;
	body.reason = (char *)(uintptr_t) "AREA";
	body.note = (char *)(uintptr_t) "已派";
	body.sign_due_us = 86400000000;
	return wire_pack(mem, &body.base);
}

static void step_says_what_unit_note_and_details(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct step_words words =
		step_words_read(mem, STR("dispatch.dispatched.v1"), dispatched_body(mem));
	(void)state;
	assert_true(str_eq_c(words.what, "派单"));
	assert_true(str_eq_c(words.note, "已派"));
	assert_true(str_eq_c(words.unit, "D16"));
	assert_int_equal(words.n, 2);
	assert_string_equal(words.details[0].name, "co_units");
	assert_true(str_eq_c(words.details[0].text, "D20,D21"));
	assert_true(str_eq_c(words.details[1].text, "AREA"));
}

static void step_time_is_there_or_none(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct str type = STR("dispatch.dispatched.v1");
	struct str body = dispatched_body(mem);
	(void)state;
	assert_int_equal(step_time_read(mem, type, body, "sign_due_us").us, 86400000000);
	assert_true(instant_is_none(step_time_read(mem, type, body, "contact_due_us")));
	assert_true(instant_is_none(step_time_read(mem, type, body, "unit")));
	assert_true(instant_is_none(step_time_read(mem, type, body, "nothing")));
	assert_true(instant_is_none(step_time_read(mem, STR("x.y.v1"), body, "sign_due_us")));
}

static void step_that_is_unknown_or_erased_still_has_a_name(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct step_words words = step_words_read(mem, STR("dispatch.flown.v9"), STR("\x0a\x01x"));
	(void)state;
	assert_true(str_eq_c(words.what, "dispatch.flown.v9"));
	assert_int_equal(words.n, 0);
	words = step_words_read(mem, STR("dispatch.dispatched.v1"), STR("\xff\xff"));
	assert_true(str_eq_c(words.what, "派单"));
	assert_int_equal(words.n + words.note.n, 0);
	words = step_words_read(mem, STR("dispatch.signed.v1"), STR(""));
	assert_int_equal(words.n, 1);
	assert_true(str_eq_c(words.details[0].text, "no"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_says_what_unit_note_and_details),
		cmocka_unit_test(step_time_is_there_or_none),
		cmocka_unit_test(step_that_is_unknown_or_erased_still_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

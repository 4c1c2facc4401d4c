/* Who takes a step, by type and by day; and the notes that go with steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/note.h"
#include "base/road.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define SYSTEM	    STR_INIT("system")
#define PEOPLE	    STR_INIT("people")

static const struct road_row rows[] = {
	{ STR_INIT("accept"), STR_INIT("emergency_risk"), SYSTEM, 100, ROAD_NO_END },
	{ STR_INIT("accept"), STR_INIT("*"), PEOPLE, 100, ROAD_NO_END },
	{ STR_INIT("accept"), STR_INIT("praise"), PEOPLE, 100, 200 },
	{ STR_INIT("sign"), STR_INIT("*"), SYSTEM, 100, 200 },
	{ STR_INIT("sign"), STR_INIT("*"), PEOPLE, 200, 300 },
	{ STR_INIT("sign"), STR_INIT("*"), SYSTEM, 300, ROAD_NO_END },
	{ STR_INIT("contact"), STR_INIT("*"), SYSTEM, 100, ROAD_NO_END },
	{ STR_INIT("contact"), STR_INIT("report"), PEOPLE, 200, ROAD_NO_END },
	{ STR_INIT("dispatch"), STR_INIT("*"), STR_INIT("somebody"), 100, ROAD_NO_END },
};

static void road_taken_by_system_goes_by_type_and_day(void **state)
{
	static const struct {
		enum road_step step;
		struct str type;
		int32_t day;
		bool is_system;
	} table[] = {
		{ ROAD_ACCEPT, STR_INIT("help"), 150, false },
		{ ROAD_ACCEPT, STR_INIT("emergency_risk"), 150, true },
		{ ROAD_ACCEPT, STR_INIT("emergency_risk"), 99, false }, /* no row yet: people */
		{ ROAD_ACCEPT, STR_INIT(""), 150, false },
		{ ROAD_SIGN, STR_INIT("help"), 100, true },
		{ ROAD_SIGN, STR_INIT("help"), 199, true },
		{ ROAD_SIGN, STR_INIT("help"), 200, false }, /* valid_to is exclusive */
		{ ROAD_SIGN, STR_INIT("help"), 299, false },
		{ ROAD_SIGN, STR_INIT("help"), 300, true },
		{ ROAD_SIGN, STR_INIT("help"), INT32_MAX, true },
		{ ROAD_CONTACT, STR_INIT("report"), 199, true },
		{ ROAD_CONTACT, STR_INIT("report"), 200, false },
		{ ROAD_CONTACT, STR_INIT("help"), 200, true },
		{ ROAD_DISPATCH, STR_INIT("help"), 200, false }, /* not the system: people */
		{ ROAD_FIRST_VISIT, STR_INIT("help"), 200, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		bool is_system = road_taken_by_system(
			rows, COUNT(rows), table[i].step, table[i].type, table[i].day);
		if (is_system != table[i].is_system)
			fail_msg("row %zu", i);
	}
	assert_false(road_taken_by_system(NULL, 0, ROAD_SIGN, STR("help"), 150));
}

static void road_step_words_are_those_of_the_reference_data(void **state)
{
	(void)state;
	assert_string_equal(road_step_word(ROAD_ACCEPT), "accept");
	assert_string_equal(road_step_word(ROAD_APPROVE_REVIEWER), "approve_reviewer");
	assert_string_equal(road_step_word(ROAD_FIRST_VISIT), "first_visit");
}

static void note_check_cases(void **state)
{
	static const struct {
		struct str note;
		const char *says; /* NULL: good */
	} table[] = {
		{ STR_INIT(""), NULL },
		{ { NULL, 0 }, NULL },
		{ STR_INIT("已派工，两日内上门查看。"), NULL },
		{ STR_INIT("一二三四五六七八九十一二三四五六七八九十一二三四"), NULL },
		{ STR_INIT("一二三四五六七八九十一二三四五六七八九十一二三四五"),
			"25 characters: want at most 24" },
		{ STR_INIT("a\nb"), "one line" },
		{ STR_INIT("a\x7f"), "control character" },
		{ STR_INIT("\xff"), "not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err err = { .text = "" };
		enum res res = note_check(table[i].note, &err);
		assert_int_equal(res, table[i].says == NULL ? RES_OK : RES_INVALID);
		if (table[i].says != NULL && strstr(err.text, table[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, table[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(road_taken_by_system_goes_by_type_and_day),
		cmocka_unit_test(road_step_words_are_those_of_the_reference_data),
		cmocka_unit_test(note_check_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

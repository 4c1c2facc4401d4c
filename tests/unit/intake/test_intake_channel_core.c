/* Keys × what the operator asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake_channel_core.h"

#define A1 "aaaaaaaa11111111111111111111111111111111"
#define A2 "aaaaaaaa22222222222222222222222222222222"
#define A3 "aaaaaaaa33333333333333333333333333333333"
#define B1 "bbbbbbbb11111111111111111111111111111111"
#define C1 "cccccccc11111111111111111111111111111111"
#define D1 "dddddddd11111111111111111111111111111111"

/* app: two that hold and one revoked; forum: one; gone: one, revoked */
static const struct intake_key_row rows[] = {
	{ STR_INIT(A1), STR_INIT("app"), STR_INIT("app,wechat"), .is_revoked = false },
	{ STR_INIT(A2), STR_INIT("app"), STR_INIT("app"), .is_revoked = true },
	{ STR_INIT(A3), STR_INIT("app"), STR_INIT("app"), .is_revoked = false },
	{ STR_INIT(B1), STR_INIT("forum"), STR_INIT("forum"), .is_revoked = false },
	{ STR_INIT(C1), STR_INIT("gone"), STR_INIT("gone"), .is_revoked = true },
};
#define ROWS (sizeof rows / sizeof rows[0])

static void revoked_names_a_source_or_a_key(void **state)
{
	static const struct {
		const char *name;
		enum res want;
		size_t n;
		const char *first;
	} cases[] = {
		{ "app", RES_OK, 2, A1 },
		{ "forum", RES_OK, 1, B1 },
		{ "gone", RES_INVALID, 0, "" },
		{ "unknown", RES_INVALID, 0, "" },
		{ "", RES_INVALID, 0, "" },
		{ "bbbbbbbb", RES_OK, 1, B1 },
		{ B1, RES_OK, 1, B1 },
		{ "bbbbbbb", RES_INVALID, 0, "" },
		{ "aaaaaaaa", RES_INVALID, 0, "" },
		{ "aaaaaaaa3", RES_OK, 1, A3 },
		{ "aaaaaaaa2", RES_INVALID, 0, "" },
		{ "cccccccc", RES_INVALID, 0, "" },
		{ "eeeeeeee", RES_INVALID, 0, "" },
		{ B1 "1", RES_INVALID, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str out[ROWS] = { STR_NONE };
		struct err err = { "" };
		size_t n = 0;
		enum res res = intake_channel_revoked(
			rows, ROWS, str_from_c(cases[i].name), out, &n, &err);

		if (res != cases[i].want || n != cases[i].n ||
			(n > 0 && !str_eq_c(out[0], cases[i].first)))
			fail_msg("'%s': %d, %zu keys, %s", cases[i].name, (int)res, n, err.text);
		assert_int_equal(err.text[0] == 0, res == RES_OK);
	}
}

static void rotation_gives_one_key_more_and_no_third(void **state)
{
	static const struct {
		struct intake_rotation asked;
		enum res want;
		const char *channels;
	} cases[] = {
		{ { STR_INIT("forum"), STR_INIT(D1), 0 }, RES_OK, "forum" },
		{ { STR_INIT("forum"), STR_INIT(D1), 3600000 }, RES_OK, "forum" },
		{ { STR_INIT("forum"), STR_INIT(D1), -1 }, RES_INVALID, "" },
		{ { STR_INIT("forum"), STR_INIT(D1), INT64_MAX }, RES_INVALID, "" },
		{ { STR_INIT("forum"), STR_INIT(B1), 0 }, RES_OK, "forum" }, /* asked again */
		{ { STR_INIT("forum"), STR_INIT(A1), 0 }, RES_INVALID, "" },
		{ { STR_INIT("forum"), STR_INIT(A2), 0 }, RES_INVALID, "" },
		{ { STR_INIT("app"), STR_INIT(D1), 0 }, RES_INVALID, "" },
		{ { STR_INIT("app"), STR_INIT(A3), 0 }, RES_OK, "app" }, /* asked again */
		{ { STR_INIT("gone"), STR_INIT(D1), 0 }, RES_INVALID, "" },
		{ { STR_INIT("unknown"), STR_INIT(D1), 0 }, RES_INVALID, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct intake_key_row *out = NULL;
		struct err err = { "" };
		enum res res = intake_channel_rotated(rows, ROWS, &cases[i].asked, &out, &err);

		if (res != cases[i].want ||
			(res == RES_OK && !str_eq_c(out->channels, cases[i].channels)))
			fail_msg("case %zu: %d, %s", i, (int)res, err.text);
		assert_int_equal(err.text[0] == 0, res == RES_OK);
	}
}

static void revoked_key_does_not_come_back(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(intake_channel_may_add(rows, ROWS, STR(A2), &err), RES_INVALID);
	assert_int_equal(intake_channel_may_add(rows, ROWS, STR(A1), &err), RES_OK);
	assert_int_equal(intake_channel_may_add(rows, ROWS, STR(D1), &err), RES_OK);
}

static void quota_wants_a_source_and_figures(void **state)
{
	static const struct {
		struct intake_quota asked;
		enum res want;
	} cases[] = {
		{ { STR_INIT("app"), 5, 0 }, RES_OK },
		{ { STR_INIT("app"), 5, 50 }, RES_OK },
		{ { STR_INIT("app"), 0, 0 }, RES_OK },
		{ { STR_INIT("app"), INTAKE_QUOTA_MOST, INTAKE_QUOTA_MOST }, RES_OK },
		{ { STR_INIT("app"), INTAKE_QUOTA_MOST + 1, 0 }, RES_INVALID },
		{ { STR_INIT("app"), 5, INTAKE_QUOTA_MOST + 1 }, RES_INVALID },
		{ { STR_INIT("app"), -1, 0 }, RES_INVALID },
		{ { STR_INIT("app"), 5, -1 }, RES_INVALID },
		{ { STR_INIT("app"), 0, 5 }, RES_INVALID },
		{ { STR_INIT("gone"), 5, 5 }, RES_OK },
		{ { STR_INIT("unknown"), 5, 5 }, RES_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err err;

		if (intake_channel_limited(rows, ROWS, &cases[i].asked, &err) != cases[i].want)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(revoked_names_a_source_or_a_key),
		cmocka_unit_test(rotation_gives_one_key_more_and_no_third),
		cmocka_unit_test(revoked_key_does_not_come_back),
		cmocka_unit_test(quota_wants_a_source_and_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

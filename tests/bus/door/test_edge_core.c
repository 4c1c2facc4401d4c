/* The door's rights × messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge_core.h"

static const struct str two[] = { STR_INIT("app"), STR_INIT("forum") };
static const struct edge_rights one_channel = { true, true, false, STR_INIT("app-co"), two, 1,
	{ 0 } };
static const struct edge_rights two_channels = { true, true, false, STR_INIT("both-co"), two, 2,
	{ 0 } };
static const struct edge_rights revoked = { true, true, true, STR_INIT("app-co"), two, 1, { 0 } };
static const struct edge_rights ended = {
	.is_fresh = true, .is_known = true, .channels = two, .channels_n = 1, .has_ended = true
};
static const struct edge_rights ended_and_revoked = { .is_fresh = true,
	.is_known = true,
	.is_revoked = true,
	.channels = two,
	.channels_n = 1,
	.has_ended = true };
static const struct edge_rights unknown = { true, false, false, STR_INIT(""), NULL, 0, { 0 } };
static const struct edge_rights stale = { false, true, false, STR_INIT("app-co"), two, 1, { 0 } };
static const struct edge_rights nothing = { true, true, false, STR_INIT("app-co"), NULL, 0, { 0 } };

static void decide_rights_by_message(void **state)
{
	static const struct {
		const struct edge_rights *rights;
		struct edge_ask ask;
		enum edge_verdict want;
		const char *channel;
	} rows[] = {
		{ &one_channel, { EDGE_SUBMIT, STR_INIT(""), STR_INIT("m"), 0, false },
			EDGE_FORWARD, "app" },
		{ &one_channel, { EDGE_SUBMIT, STR_INIT("app"), STR_INIT("m"), 0, false },
			EDGE_FORWARD, "app" },
		{ &one_channel, { EDGE_SUBMIT, STR_INIT("forum"), STR_INIT("m"), 0, false },
			EDGE_FORBIDDEN, "" },
		{ &two_channels, { EDGE_SUBMIT, STR_INIT("forum"), STR_INIT("m"), 0, false },
			EDGE_FORWARD, "forum" },
		{ &two_channels, { EDGE_SUBMIT, STR_INIT(""), STR_INIT("m"), 0, false },
			EDGE_INVALID, "" },
		{ &one_channel, { EDGE_SUBMIT, STR_INIT(""), STR_INIT(""), 0, false }, EDGE_INVALID,
			"" },
		{ &nothing, { EDGE_SUBMIT, STR_INIT("app"), STR_INIT("m"), 0, false },
			EDGE_FORBIDDEN, "" },
		{ &revoked, { EDGE_SUBMIT, STR_INIT(""), STR_INIT("m"), 0, false }, EDGE_FORBIDDEN,
			"" },
		{ &unknown, { EDGE_SUBMIT, STR_INIT(""), STR_INIT("m"), 0, false }, EDGE_FORBIDDEN,
			"" },
		{ &ended, { EDGE_SUBMIT, STR_INIT(""), STR_INIT("m"), 0, false }, EDGE_BUSY, "" },
		{ &ended_and_revoked, { EDGE_SUBMIT, STR_INIT(""), STR_INIT("m"), 0, false },
			EDGE_FORBIDDEN, "" },
		{ &stale, { EDGE_SUBMIT, STR_INIT(""), STR_INIT("m"), 0, false }, EDGE_BUSY, "" },
		{ &one_channel, { EDGE_DONE, STR_INIT("app"), STR_INIT("m"), 7, true },
			EDGE_FORWARD, "app" },
		{ &one_channel, { EDGE_DONE, STR_INIT("forum"), STR_INIT("m"), 7, true },
			EDGE_FORBIDDEN, "" },
		{ &one_channel, { EDGE_DONE, STR_INIT("app"), STR_INIT("m"), 0, true },
			EDGE_INVALID, "" },
		{ &one_channel, { EDGE_DONE, STR_INIT("app"), STR_INIT("m"), 7, false },
			EDGE_INVALID, "" },
		{ &stale, { EDGE_DONE, STR_INIT("app"), STR_INIT("m"), 7, true }, EDGE_BUSY, "" },
		{ &one_channel, { EDGE_CLAIM, STR_INIT("app"), STR_INIT("m"), 7, false },
			EDGE_UNKNOWN_TYPE, "" },
		{ &one_channel, { EDGE_OTHER, STR_INIT("app"), STR_INIT("m"), 7, true }, EDGE_DROP,
			"" },
		{ &stale, { EDGE_OTHER, STR_INIT("app"), STR_INIT("m"), 7, true }, EDGE_DROP, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct edge_decision decision = edge_decide(&rows[i].ask, rows[i].rights);

		if (decision.verdict != rows[i].want)
			fail_msg("row %zu: verdict %d", i, (int)decision.verdict);
		assert_true(str_eq_c(decision.channel, rows[i].channel));
		assert_int_equal(str_is_empty(decision.text), decision.verdict == EDGE_FORWARD);
	}
}

static void connect_and_serve_by_rights(void **state)
{
	static const struct {
		const struct edge_rights *rights;
		bool connects, serves_app, serves_forum;
	} rows[] = {
		{ &one_channel, true, true, false },
		{ &two_channels, true, true, true },
		{ &nothing, true, false, false },
		{ &revoked, false, false, false },
		{ &ended, false, false, false },
		{ &unknown, false, false, false },
		{ &stale, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(edge_may_connect(rows[i].rights), rows[i].connects);
		assert_int_equal(
			edge_may_serve(rows[i].rights, STR("deliver/app")), rows[i].serves_app);
		assert_int_equal(
			edge_may_serve(rows[i].rights, STR("deliver/forum")), rows[i].serves_forum);
		assert_false(edge_may_serve(rows[i].rights, STR("app")));
		assert_false(edge_may_serve(rows[i].rights, STR("deliver/")));
		assert_false(edge_may_serve(rows[i].rights, STR("edge")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decide_rights_by_message),
		cmocka_unit_test(connect_and_serve_by_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The door's rights × messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

struct rights_row {
	const struct edge_rights *rights;
	enum edge_kind kind;
	const char *channel, *source_msg_id;
	int64_t case_id;
	bool is_outcome;
	enum edge_verdict want;
	const char *channel_out;
};

static const struct rights_row rights_rows[] = {
	{ &one_channel, EDGE_SUBMIT, "", "m", 0, false, EDGE_FORWARD, "app" },
	{ &one_channel, EDGE_SUBMIT, "app", "m", 0, false, EDGE_FORWARD, "app" },
	{ &one_channel, EDGE_SUBMIT, "forum", "m", 0, false, EDGE_FORBIDDEN, "" },
	{ &two_channels, EDGE_SUBMIT, "forum", "m", 0, false, EDGE_FORWARD, "forum" },
	{ &two_channels, EDGE_SUBMIT, "", "m", 0, false, EDGE_INVALID, "" },
	{ &one_channel, EDGE_SUBMIT, "", "", 0, false, EDGE_INVALID, "" },
	{ &nothing, EDGE_SUBMIT, "app", "m", 0, false, EDGE_FORBIDDEN, "" },
	{ &revoked, EDGE_SUBMIT, "", "m", 0, false, EDGE_FORBIDDEN, "" },
	{ &unknown, EDGE_SUBMIT, "", "m", 0, false, EDGE_FORBIDDEN, "" },
	{ &ended, EDGE_SUBMIT, "", "m", 0, false, EDGE_BUSY, "" },
	{ &ended_and_revoked, EDGE_SUBMIT, "", "m", 0, false, EDGE_FORBIDDEN, "" },
	{ &stale, EDGE_SUBMIT, "", "m", 0, false, EDGE_BUSY, "" },
	{ &one_channel, EDGE_DONE, "app", "m", 7, true, EDGE_FORWARD, "app" },
	{ &one_channel, EDGE_DONE, "forum", "m", 7, true, EDGE_FORBIDDEN, "" },
	{ &one_channel, EDGE_DONE, "app", "m", 0, true, EDGE_INVALID, "" },
	{ &one_channel, EDGE_DONE, "app", "m", 7, false, EDGE_INVALID, "" },
	{ &stale, EDGE_DONE, "app", "m", 7, true, EDGE_BUSY, "" },
	{ &one_channel, EDGE_CLAIM, "app", "m", 7, false, EDGE_FORWARD, "app" },
	{ &one_channel, EDGE_CLAIM, "app", "m", 0, false, EDGE_INVALID, "" },
	{ &one_channel, EDGE_CLAIM, "forum", "m", 7, false, EDGE_FORBIDDEN, "" },
	{ &one_channel, EDGE_OTHER, "app", "m", 7, true, EDGE_DROP, "" },
	{ &stale, EDGE_OTHER, "app", "m", 7, true, EDGE_DROP, "" },
};

static void decide_rights_by_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rights_rows) / sizeof(rights_rows[0]); i++) {
		const struct rights_row *row = &rights_rows[i];
		static const struct str types[] = { [EDGE_SUBMIT] = STR_INIT("submit.v1"),
			[EDGE_DONE] = STR_INIT("done.v1"),
			[EDGE_CLAIM] = STR_INIT("claim.v1"),
			[EDGE_OTHER] = STR_INIT("") };
		struct edge_ask ask = { .kind = row->kind,
			.type = types[row->kind],
			.channel = str_from_c(row->channel),
			.source_msg_id = str_from_c(row->source_msg_id),
			.case_id = row->case_id,
			.is_outcome = row->is_outcome };
		struct edge_decision decision = edge_decide(&ask, row->rights);

		if (decision.verdict != row->want)
			fail_msg("row %zu: verdict %d", i, (int)decision.verdict);
		assert_true(str_eq_c(decision.channel, row->channel_out));
		assert_int_equal(str_is_empty(decision.text), decision.verdict == EDGE_FORWARD);
	}
}

/* Every kind × type that an integrator might try: where it goes, and whether it costs a token. */
static void decide_where_a_message_goes(void **state)
{
	static const struct {
		enum edge_kind kind;
		const char *type, *to;
		bool costs_token;
	} rows[] = {
		{ EDGE_SUBMIT, "submit.v1", "intake", true },
		{ EDGE_DONE, "done.v1", "reply", false },
		{ EDGE_DONE, "status.done.v1", "analytics", false },
		{ EDGE_CLAIM, "claim.v1", "reply", false },
		{ EDGE_COMMAND, "object.put.v1", "media", true },
		{ EDGE_COMMAND, "state.get.v1", "intake", true },
		{ EDGE_COMMAND, "state.put.v1", "intake", true },
		{ EDGE_COMMAND, "state.lease.v1", "intake", true },
		{ EDGE_SUBMIT, "submit.v2", NULL, false },
		{ EDGE_SUBMIT, "", NULL, false },
		{ EDGE_DONE, "done.v2", NULL, false },
		{ EDGE_CLAIM, "", NULL, false },
		{ EDGE_COMMAND, "reply.approve.v1", NULL, false },
		{ EDGE_COMMAND, "keys.get.v1", NULL, false },
		{ EDGE_COMMAND, "channel.add.v1", NULL, false },
		{ EDGE_COMMAND, "", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct edge_ask ask = { .kind = rows[i].kind,
			.type = str_from_c(rows[i].type),
			.source_msg_id = STR("m"),
			.command_id = STR("c"),
			.case_id = 7,
			.is_outcome = true };
		struct edge_decision decision = edge_decide(&ask, &one_channel);

		if (rows[i].to == NULL) {
			assert_int_equal(decision.verdict, EDGE_UNKNOWN_TYPE);
			continue;
		}
		if (decision.verdict != EDGE_FORWARD || !str_eq_c(decision.to, rows[i].to))
			fail_msg("row %zu: verdict %d", i, (int)decision.verdict);
		assert_int_equal(decision.costs_token, rows[i].costs_token);
	}
}

static void command_needs_an_id_and_no_channel(void **state)
{
	char longest[EDGE_COMMAND_ID + 1];
	struct edge_ask ask = { .kind = EDGE_COMMAND, .type = STR_INIT("state.get.v1") };

	(void)state;
	assert_int_equal(edge_decide(&ask, &two_channels).verdict, EDGE_INVALID);
	memset(longest, 'x', sizeof(longest));
	ask.command_id = str_of(longest, sizeof(longest));
	assert_int_equal(edge_decide(&ask, &two_channels).verdict, EDGE_INVALID);
	ask.command_id.n = EDGE_COMMAND_ID;
	assert_int_equal(edge_decide(&ask, &two_channels).verdict, EDGE_FORWARD);
	ask.channel = STR("mail");
	assert_int_equal(edge_decide(&ask, &two_channels).verdict, EDGE_FORBIDDEN);
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
		assert_int_equal(
			edge_may_serve(rows[i].rights, STR("status/forum")), rows[i].serves_forum);
		assert_false(edge_may_serve(rows[i].rights, STR("status/")));
		assert_false(edge_may_serve(rows[i].rights, STR("app")));
		assert_false(edge_may_serve(rows[i].rights, STR("deliver/")));
		assert_false(edge_may_serve(rows[i].rights, STR("edge")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decide_rights_by_message),
		cmocka_unit_test(decide_where_a_message_goes),
		cmocka_unit_test(command_needs_an_id_and_no_channel),
		cmocka_unit_test(connect_and_serve_by_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

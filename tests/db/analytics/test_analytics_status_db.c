/* Status of cases that asked, as two replicas of analytics tell it; the test plays the producers
 * and the door. */
#include "service_rig.h"

#include <stdio.h>

#include "os/os.h"
#include "proto/dispatch.pb-c.h"
#include "proto/door.pb-c.h"
#include "proto/intake.pb-c.h"

struct stage {
	struct service_rig *at;
	struct client *intake;
	struct client *dispatch;
	struct client *door;
};

static int stage_open(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	stage->at = service_rig_create("analytics");
	service_rig_start(stage->at, SERVICE_PROGRAM);
	service_rig_start(stage->at, SERVICE_PROGRAM);
	stage->intake = service_rig_join(stage->at, "intake", NULL);
	stage->dispatch = service_rig_join(stage->at, "dispatch", NULL);
	stage->door = service_rig_join(stage->at, "edge", "status/app");
	*state = stage;
	return 0;
}

static int stage_close(void **state)
{
	struct stage *stage = *state;

	service_rig_destroy(stage->at);
	free(stage);
	return 0;
}

static struct instant at_second(int32_t n)
{
	return (struct instant){ INT64_C(1546300800000000) + n * INT64_C(1000000) };
}

/* Sent until it is taken: a member that was killed may have been given it. */
static void hear(struct stage *stage, struct client *from, const char *producer, int64_t case_id,
	int32_t seq, const char *type, struct str body)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));
	struct instant at = at_second(seq + (from == stage->dispatch ? 2 : 0));
	enum wire_code code = WIRE_CODE_UNSPECIFIED;

	while (code != WIRE_CODE_COMMITTED && code != WIRE_CODE_DUPLICATE) {
		if (!instant_is_before(os_monotonic_now(), until))
			fail_msg("%s came to %s", type, wire_code_name(code));
		code = service_rig_event(stage->at, from, producer, case_id, seq, type, at, body)
			       .head.code;
	}
}

static void received(struct stage *stage, int64_t case_id, bool wants)
{
	Wangli__IntakeReceived body = WANGLI__INTAKE_RECEIVED__INIT;

	body.channel = (char[]){ "app" };
	body.source = (char[]){ "mobile" };
	body.source_msg_id = (char[]){ "letter-1" };
	body.wants_status = wants;
	hear(stage, stage->intake, "intake", case_id, 1, "intake.received.v1",
		wire_pack(stage->at->mem, &body.base));
}

static void accepted(struct stage *stage, int64_t case_id)
{
	Wangli__IntakeAccepted body = WANGLI__INTAKE_ACCEPTED__INIT;

	body.channel = (char[]){ "app" };
	hear(stage, stage->intake, "intake", case_id, 2, "intake.accepted.v1",
		wire_pack(stage->at->mem, &body.base));
}

static void dispatched(struct stage *stage, int64_t case_id)
{
	Wangli__DispatchDispatched body = WANGLI__DISPATCH_DISPATCHED__INIT;

	body.unit = (char[]){ "510104" };
	body.resolve_due_us = at_second(999).us;
	hear(stage, stage->dispatch, "dispatch", case_id, 1, "dispatch.dispatched.v1",
		wire_pack(stage->at->mem, &body.base));
}

static void passed(struct stage *stage, int64_t case_id, int32_t seq, const char *type)
{
	hear(stage, stage->dispatch, "dispatch", case_id, seq, type, STR(""));
}

static const char *look(struct stage *stage, const char *query, int64_t case_id)
{
	return service_rig_look(
		stage->at, arena_printf(stage->at->mem, "%s%lld", query, (long long)case_id).p);
}

static void until_marker_is(struct stage *stage, int64_t case_id, const char *want)
{
	service_rig_wait(stage->at,
		arena_printf(stage->at->mem,
			"select count(*) from analytics.v_pending where case_id = %lld",
			(long long)case_id)
			.p,
		want);
}

/* The DELIVER of that case in that state; what came of it before, older or again, is passed over.
 */
static Wangli__Status *told(struct stage *stage, int64_t case_id, const char *state)
{
	Wangli__Status *status = NULL;

	for (;;) {
		struct wire_msg msg = client_take(stage->at->rig, stage->door, WIRE_DELIVER);

		peer_credit(stage->door->peer, 1);
		assert_true(str_eq_c(msg.head.type, "status.v1"));
		assert_true(str_eq_c(msg.head.to, "status/app"));
		assert_true(str_eq_c(msg.head.channel, "app"));
		assert_true(str_eq_c(msg.head.source_msg_id, "letter-1"));
		if (msg.head.case_id != case_id)
			continue;
		assert_int_equal(wire_unpack(stage->at->mem, &wangli__status__descriptor, msg.body,
					 &status, NULL),
			RES_OK);
		if (strcmp(status->state, state) == 0)
			return status;
	}
}

struct outcome {
	const char *source;
	const char *channel;
	enum wire_code code;
	int32_t version;
};

static void done(struct stage *stage, int64_t case_id, const struct outcome *outcome)
{
	Wangli__StatusDone body = WANGLI__STATUS_DONE__INIT;

	body.version = outcome->version;
	const struct wire_msg msg = {
		.kind = WIRE_DONE,
		.head = {
			.source = str_from_c(outcome->source),
			.type = STR("status.done.v1"),
			.time = INSTANT_NONE,
			.to = STR("analytics"),
			.reply_to = str_from_c(peer_instance(stage->door->peer)),
			.case_id = case_id,
			.channel = str_from_c(outcome->channel),
			.source_msg_id = STR("letter-1"),
			.code = outcome->code,
		},
		.body = wire_pack(stage->at->mem, &body.base),
	};

	client_send(stage->door, &msg);
}

static void done_right(struct stage *stage, int64_t case_id, int32_t version)
{
	done(stage, case_id, &(struct outcome){ "mobile", "app", WIRE_CODE_DELIVERED, version });
}

static void status_follows_the_case_in_rising_versions(void **state)
{
	struct stage *stage = *state;
	Wangli__Status *first, *second, *third;

	received(stage, 1, true);
	first = told(stage, 1, "RECEIVED");
	assert_true(first->at_us == at_second(1).us);
	assert_true(first->version == 1);
	assert_string_equal(first->unit, "");
	done_right(stage, 1, first->version);
	until_marker_is(stage, 1, "0");
	accepted(stage, 1);
	second = told(stage, 1, "ACCEPTED");
	assert_true(second->version == 2);
	dispatched(stage, 1); /* before the channel has said a word */
	third = told(stage, 1, "DISPATCHED");
	assert_true(third->version == 3);
	assert_true(third->due_us == at_second(999).us);
	assert_string_equal(third->unit, "锦江区");
	done_right(stage, 1, third->version);
	until_marker_is(stage, 1, "0");
	assert_string_equal(
		look(stage, "select told from analytics.v_status where case_id = ", 1), "3");
	passed(stage, 1, 2, "dispatch.signed.v1");
	done_right(stage, 1, told(stage, 1, "IN_PROGRESS")->version);
	until_marker_is(stage, 1, "0");
	passed(stage, 1, 3, "dispatch.contacted.v1"); /* people see no other state */
	assert_string_equal(
		look(stage, "select version from analytics.v_status where case_id = ", 1), "4");
	assert_string_equal(
		look(stage, "select count(*) from analytics.v_pending where case_id = ", 1), "0");
}

static void only_whoever_has_the_present_version_takes_the_marker(void **state)
{
	struct stage *stage = *state;
	static const struct outcome wrong[] = {
		{ "mobile", "app", WIRE_CODE_DELIVERED, 1 },	 /* an older one */
		{ "mobile", "app", WIRE_CODE_DELIVERED, 9 },	 /* one that never was */
		{ "stranger", "app", WIRE_CODE_DELIVERED, 2 },	 /* another source */
		{ "mobile", "forum", WIRE_CODE_DELIVERED, 2 },	 /* another channel */
		{ "mobile", NULL, WIRE_CODE_DELIVERED, 2 },	 /* none */
		{ "mobile", "app", WIRE_CODE_UNDELIVERABLE, 2 }, /* not taken */
	};

	received(stage, 2, true);
	accepted(stage, 2);
	assert_true(told(stage, 2, "ACCEPTED")->version == 2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		done(stage, 2, &wrong[i]);
	/* it comes again, twice: what was on its way to us before is not the second */
	told(stage, 2, "ACCEPTED");
	told(stage, 2, "ACCEPTED");
	assert_string_equal(
		look(stage, "select upto_seq from analytics.v_pending where case_id = ", 2), "2");
	assert_string_equal(
		look(stage, "select told from analytics.v_status where case_id = ", 2), "0");
	done_right(stage, 2, 2);
	done_right(stage, 2, 2);
	until_marker_is(stage, 2, "0");
}

static void who_did_not_ask_costs_nothing(void **state)
{
	struct stage *stage = *state;

	received(stage, 3, false);
	accepted(stage, 3);
	dispatched(stage, 3);
	service_rig_wait(stage->at, "select state_name from analytics.v_case where case_id = 3",
		"DISPATCHED");
	assert_string_equal(
		look(stage, "select count(*) from analytics.v_status where case_id = ", 3), "0");
	assert_string_equal(
		look(stage, "select count(*) from analytics.v_pending where case_id = ", 3), "0");
}

/* Whichever producer is heard first. */
static void wish_that_comes_late_tells_the_state_that_is(void **state)
{
	struct stage *stage = *state;
	Wangli__Status *status;

	dispatched(stage, 4);
	received(stage, 4, true);
	status = told(stage, 4, "DISPATCHED");
	assert_true(status->version == 2);
	done_right(stage, 4, 2);
	until_marker_is(stage, 4, "0");
}

static void channel_that_was_away_hears_only_the_newest_after_a_kill(void **state)
{
	struct stage *stage = *state;
	size_t n = 0;

	client_close(stage->at->rig, stage->door);
	received(stage, 5, true);
	accepted(stage, 5);
	for (size_t i = 0; i < stage->at->n_replicas; i++)
		rig_kill(&stage->at->replicas[i]);
	stage->at->n_replicas = 0;
	service_rig_start(stage->at, SERVICE_PROGRAM);
	service_rig_start(stage->at, SERVICE_PROGRAM);
	dispatched(stage, 5);
	until_marker_is(stage, 5, "1");
	stage->door = service_rig_join(stage->at, "edge", "status/app");
	told(stage, 5, "DISPATCHED");
	done_right(stage, 5, 3);
	until_marker_is(stage, 5, "0");
	for (size_t i = 0; i < stage->door->n; i++)
		n += stage->door->kept[i].kind == WIRE_DELIVER &&
		     str_find(stage->door->kept[i].body, STR("ACCEPTED"), 0) != SIZE_MAX;
	assert_int_equal(n, 0);
	assert_string_equal(look(stage,
				    "select version || '/' || told from analytics.v_status where "
				    "case_id = ",
				    5),
		"3/3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_follows_the_case_in_rising_versions),
		cmocka_unit_test(only_whoever_has_the_present_version_takes_the_marker),
		cmocka_unit_test(who_did_not_ask_costs_nothing),
		cmocka_unit_test(wish_that_comes_late_tells_the_state_that_is),
		cmocka_unit_test(channel_that_was_away_hears_only_the_newest_after_a_kill),
	};

	return cmocka_run_group_tests(tests, stage_open, stage_close);
}

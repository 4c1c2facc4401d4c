/* Followup between a real broker and a real PostgreSQL, on a simulated clock: the test plays reply.
 */
#include "service_rig.h"

#include <stdio.h>

#include "proto/reply.pb-c.h"

/* Tuesday; the next working days follow at once. */
#define DELIVERED_AT "2019-04-23 10:00+08"

static int rig_open(void **state)
{
	struct service_rig *at = service_rig_create("followup");

	service_rig_start(at, SERVICE_PROGRAM);
	*state = at;
	return 0;
}

static int rig_close(void **state)
{
	service_rig_destroy(*state);
	return 0;
}

static void clock_set(struct service_rig *at, const char *when)
{
	service_rig_sql(at,
		arena_printf(at->mem,
			"update ref.clock set shift = '%s'::timestamptz - clock_timestamp()", when)
			.p);
}

static struct wire_msg ended(struct service_rig *at, struct client *reply, int64_t case_id,
	const char *type, const char *sla_type)
{
	Wangli__ReplyDelivered body = WANGLI__REPLY_DELIVERED__INIT;
	struct instant when;

	assert_int_equal(instant_parse(STR("2019-04-23 10:00"), &when), RES_OK);
	body.type = (char *)(uintptr_t)sla_type;
	return service_rig_event(
		at, reply, "reply", case_id, 1, type, when, wire_pack(at->mem, &body.base));
}

static void journal_wait(struct service_rig *at, int64_t case_id, const char *want)
{
	service_rig_wait(at,
		arena_printf(at->mem,
			"select string_agg(replace(type, 'followup.', ''), ' ' order by seq) "
			"from followup.journal where case_id = %lld",
			(long long)case_id)
			.p,
		want);
}

static const struct {
	const char *sla_type;
	const char *event;
	const char *times[5]; /* of the timers, NULL-terminated; the last one closes */
	const char *reason;
} lives[] = {
	{ "help", "reply.delivered.v1",
		{ "2019-04-24 09:00+08", "2019-04-25 09:00+08", "2019-04-26 09:00+08",
			"2019-04-27 00:00+08" },
		"no_answer" },
	{ "livelihood_urgent", "reply.delivered.v1",
		{ "2019-04-24 09:00+08", "2019-04-24 13:00+08", "2019-04-24 17:00+08",
			"2019-04-25 00:00+08" },
		"no_answer" },
	/* a make-up Sunday counts: 04-24, 25, 26, 28, 29 */
	{ "praise", "reply.delivered.v1", { "2019-04-24 09:00+08", "2019-04-30 00:00+08" },
		"auto" },
	{ "no such type", "reply.undeliverable.v1",
		{ "2019-04-24 09:00+08", "2019-04-25 09:00+08", "2019-04-26 09:00+08",
			"2019-04-27 00:00+08" },
		"undelivered" },
};

static void life_run(struct service_rig *at, struct client *reply, size_t row)
{
	int64_t case_id = (int64_t)row + 1;
	const char *timer = arena_printf(at->mem,
		"select coalesce(max(due_at::timestamptz(0)::text), 'none') from followup.timer "
		"where case_id = %lld",
		(long long)case_id)
				    .p;

	clock_set(at, DELIVERED_AT);
	assert_int_equal(ended(at, reply, case_id, lives[row].event, lives[row].sla_type).head.code,
		WIRE_CODE_COMMITTED);
	assert_int_equal(ended(at, reply, case_id, lives[row].event, lives[row].sla_type).head.code,
		WIRE_CODE_DUPLICATE);
	for (size_t i = 0; lives[row].times[i] != NULL; i++) {
		const char *due = arena_printf(
			at->mem, "select '%s'::timestamptz(0)::text", lives[row].times[i])
					  .p;
		char want[64];
		snprintf(want, sizeof(want), "%s", service_rig_look(at, due));
		service_rig_wait(at, timer, want);
		clock_set(at, lives[row].times[i]);
	}
	service_rig_wait(at, timer, "none");
	service_rig_wait(at,
		arena_printf(at->mem,
			"select state_name || ' ' || reason from followup.v_case where case_id = "
			"%lld",
			(long long)case_id)
			.p,
		arena_printf(at->mem, "CLOSED %s", lives[row].reason).p);
}

static void followup_life_each_type_visits_on_the_calendar_and_closes(void **state)
{
	struct service_rig *at = *state;
	struct client *reply = service_rig_join(at, "reply", NULL);

	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
		life_run(at, reply, i);
	journal_wait(at, 1,
		"started.v1 visited.v1 silent.v1 visited.v1 silent.v1 visited.v1 silent.v1 "
		"closed.v1");
	journal_wait(at, 3, "started.v1 visited.v1 silent.v1 closed.v1");
	service_rig_wait(at,
		"select string_agg(visit || what, ' ' order by n) from followup.visit where "
		"case_id = 1",
		"1asked 1silent 2asked 2silent 3asked 3silent");
}

static void followup_other_events_of_reply_only_move_the_cursor(void **state)
{
	struct service_rig *at = *state;
	struct client *reply = service_rig_join(at, "reply", NULL);

	assert_int_equal(
		ended(at, reply, 100, "reply.submitted.v1", "help").head.code, WIRE_CODE_COMMITTED);
	service_rig_wait(at,
		"select concat_ws(' ', state_name, seen_reply, seq, "
		"coalesce(delivered_at, next_at, closed_at)) from followup.v_case where case_id = "
		"100",
		"UNKNOWN 1 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followup_life_each_type_visits_on_the_calendar_and_closes),
		cmocka_unit_test(followup_other_events_of_reply_only_move_the_cursor),
	};

	return cmocka_run_group_tests(tests, rig_open, rig_close);
}

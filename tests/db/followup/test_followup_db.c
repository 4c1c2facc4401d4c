/* Followup between a real broker and a real PostgreSQL, on a simulated clock: the test plays reply,
 * and the citizens. */
#include "service_rig.h"

#include <stdio.h>

#include "proto/followup.pb-c.h"
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

static struct wire_msg ended_as(struct service_rig *at, struct client *reply, int64_t case_id,
	int32_t seq, const char *type, const char *sla_type)
{
	Wangli__ReplyDelivered body = WANGLI__REPLY_DELIVERED__INIT;
	struct instant when;

	assert_int_equal(instant_parse(STR("2019-04-23 10:00"), &when), RES_OK);
	body.type = (char *)(uintptr_t)sla_type;
	return service_rig_event(
		at, reply, "reply", case_id, seq, type, when, wire_pack(at->mem, &body.base));
}

static struct wire_msg ended(struct service_rig *at, struct client *reply, int64_t case_id,
	const char *type, const char *sla_type)
{
	return ended_as(at, reply, case_id, 1, type, sla_type);
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

/* --- ratings --- */

static const char citizen[] = "citizen/zhang";
static const char state_of[] =
	"select concat_ws(' ', state_name, reason, rating, round, redo) from "
	"followup.v_case where case_id = ";
static const char timers_of[] =
	"select coalesce(string_agg(name, ' '), 'none') from followup.timer where case_id = ";

static void wait_for(struct service_rig *at, const char *what, int64_t case_id, const char *want)
{
	service_rig_wait(at, arena_printf(at->mem, "%s%lld", what, (long long)case_id).p, want);
}

static void first_visit_by(struct service_rig *at, const char *whom)
{
	service_rig_sql(
		at, arena_printf(at->mem,
			    "update ref.road set taken_by = '%s' where step = 'first_visit'; "
			    "update ref.version set n = n + 1",
			    whom)
			    .p);
}

static struct str rating_body(
	struct service_rig *at, const char *solved, int32_t satisfaction, const char *remark)
{
	Wangli__FollowupRate body = WANGLI__FOLLOWUP_RATE__INIT;

	body.solved = (char *)(uintptr_t)solved;
	body.satisfaction = satisfaction;
	body.remark = (char *)(uintptr_t)remark;
	return wire_pack(at->mem, &body.base);
}

static struct wire_msg rate(struct service_rig *at, struct client *cli, const char *actor,
	int64_t case_id, const char *command_id, const char *solved, int32_t satisfaction)
{
	return service_rig_command_by(at, cli, actor, case_id, command_id, "followup.rate.v1",
		rating_body(at, solved, satisfaction, "路灯还是不亮"));
}

static void assert_says(const struct wire_msg *answer, enum wire_code code, const char *words)
{
	assert_int_equal(answer->head.code, code);
	if (str_find(answer->head.text, str_from_c(words), 0) == SIZE_MAX)
		fail_msg("'%.*s' does not say '%s'", STR_ARG(answer->head.text), words);
}

static void followup_rating_closes_or_gives_the_case_back_once(void **state)
{
	struct service_rig *at = *state;
	struct client *reply = service_rig_join(at, "reply", NULL);
	struct client *cli = service_rig_join(at, "cli", NULL);
	struct wire_msg answer;

	clock_set(at, DELIVERED_AT);
	first_visit_by(at, "system");
	ended(at, reply, 200, "reply.delivered.v1", "help");
	wait_for(at, timers_of, 200, "visit");
	journal_wait(at, 200, "started.v1 visited.v1");
	answer = rate(at, cli, "reviewer/wang", 200, "c1", "no", 1);
	assert_says(&answer, WIRE_CODE_FORBIDDEN, "by citizen or visitor, not by reviewer");
	answer = rate(at, cli, citizen, 200, "c2", "no", 7);
	assert_says(&answer, WIRE_CODE_INVALID, "satisfaction 7");
	assert_int_equal(rate(at, cli, citizen, 200, "c3", "no", 1).head.code, WIRE_CODE_DONE);
	assert_int_equal(rate(at, cli, citizen, 200, "c3", "no", 1).head.code, WIRE_CODE_DONE);
	wait_for(at, state_of, 200, "REDOING no/1 1 1");
	wait_for(at, timers_of, 200, "none");
	answer = rate(at, cli, citizen, 200, "c4", "yes", 5);
	assert_says(&answer, WIRE_CODE_REFUSED, "a case that is REDOING cannot be rated");
	assert_int_equal(ended_as(at, reply, 200, 2, "reply.delivered.v1", "help").head.code,
		WIRE_CODE_COMMITTED);
	assert_int_equal(
		rate(at, cli, "visitor/he", 200, "c5", "partly", 2).head.code, WIRE_CODE_DONE);
	wait_for(at, state_of, 200, "CLOSED unsatisfied partly/2 2 1");
	wait_for(at, timers_of, 200, "none");
	journal_wait(at, 200,
		"started.v1 visited.v1 rated.v1 redo.v1 started.v1 visited.v1 rated.v1 closed.v1");
	wait_for(at,
		"select string_agg(concat_ws(':', n, round, what, means, solved, satisfaction, "
		"remark), ' ' order by n) from followup.visit where case_id = ",
		200,
		"1:1:asked:message 2:1:rated:message:no:1:路灯还是不亮 3:2:asked:message "
		"4:2:rated:phone:partly:2:路灯还是不亮");
	wait_for(at,
		"select count(*) from followup.journal where position('路灯'::bytea in body) > 0 "
		"and case_id = ",
		200, "0");
}

static void followup_rating_before_anybody_asked_is_refused_with_the_time(void **state)
{
	struct service_rig *at = *state;
	struct client *reply = service_rig_join(at, "reply", NULL);
	struct client *cli = service_rig_join(at, "cli", NULL);
	struct wire_msg answer;

	clock_set(at, DELIVERED_AT);
	first_visit_by(at, "people");
	ended(at, reply, 201, "reply.submitted.v1", "help");
	answer = rate(at, cli, citizen, 201, "c0", "yes", 5);
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
	ended_as(at, reply, 201, 2, "reply.delivered.v1", "help");
	answer = rate(at, cli, citizen, 201, "c1", "yes", 5);
	assert_says(&answer, WIRE_CODE_REFUSED, "the first visit is at 2019-04-24T09:00:00+08:00");
	clock_set(at, "2019-04-24 09:00+08");
	journal_wait(at, 201, "started.v1 visited.v1");
	assert_int_equal(rate(at, cli, citizen, 201, "c2", "yes", 5).head.code, WIRE_CODE_DONE);
	wait_for(at, state_of, 201, "CLOSED rated yes/5 1 0");
	wait_for(at, timers_of, 201, "none");
}

/* A family writes from two telephones at once. */
static void followup_two_ratings_at_once_count_once(void **state)
{
	struct service_rig *at = *state;
	struct client *reply = service_rig_join(at, "reply", NULL);
	struct client *cli = service_rig_join(at, "cli", NULL);
	struct rig_command commands[RIG_COMMANDS_MAX];
	struct wire_msg answers[RIG_COMMANDS_MAX];

	clock_set(at, DELIVERED_AT);
	first_visit_by(at, "system");
	for (size_t i = 0; i < RIG_COMMANDS_MAX; i++) {
		int64_t case_id = 300 + (int64_t)(i / 2);
		if (i % 2 == 0)
			ended(at, reply, case_id, "reply.delivered.v1", "help");
		commands[i] = (struct rig_command){
			.actor = i % 2 == 0 ? citizen : "visitor/he",
			.case_id = case_id,
			.command_id = arena_printf(at->mem, "both%zu", i).p,
			.type = "followup.rate.v1",
			.body = rating_body(at, "yes", 4, ""),
		};
	}
	service_rig_commands(at, cli, commands, RIG_COMMANDS_MAX, answers);
	for (size_t i = 0; i < RIG_COMMANDS_MAX; i += 2) {
		bool is_first = answers[i].head.code == WIRE_CODE_DONE;
		const struct wire_msg *loser = &answers[is_first ? i + 1 : i];
		assert_int_equal(answers[is_first ? i : i + 1].head.code, WIRE_CODE_DONE);
		assert_says(loser, WIRE_CODE_REFUSED, "a case that is CLOSED cannot be rated");
		journal_wait(at, commands[i].case_id, "started.v1 visited.v1 rated.v1 closed.v1");
	}
	first_visit_by(at, "people");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followup_life_each_type_visits_on_the_calendar_and_closes),
		cmocka_unit_test(followup_other_events_of_reply_only_move_the_cursor),
		cmocka_unit_test(followup_rating_closes_or_gives_the_case_back_once),
		cmocka_unit_test(followup_rating_before_anybody_asked_is_refused_with_the_time),
		cmocka_unit_test(followup_two_ratings_at_once_count_once),
	};

	return cmocka_run_group_tests(tests, rig_open, rig_close);
}

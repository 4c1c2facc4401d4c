/* Dispatchers dispatch, units sign and contact, people answer directly, and a unit takes a case
 * again: two replicas of dispatch with the road left to people, commands of two people at once. */
#include "service_rig.h"

#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"

#define RACES 12

static const struct instant at_once = { INT64_C(1546300800000000) }; /* before any due time */

struct road {
	struct service_rig *at;
	struct client *intake;
	struct client *reply;
	struct client *followup;
	struct client *cli;
};

static int road_open(void **state)
{
	struct road *road = calloc(1, sizeof(*road));

	assert_non_null(road);
	road->at = service_rig_create("dispatch");
	service_rig_sql(road->at, "update ref.road set taken_by = 'people'");
	service_rig_start(road->at, SERVICE_PROGRAM);
	service_rig_start(road->at, SERVICE_PROGRAM);
	road->intake = service_rig_join(road->at, "intake", NULL);
	road->reply = service_rig_join(road->at, "reply", NULL);
	road->followup = service_rig_join(road->at, "followup", NULL);
	road->cli = service_rig_join(road->at, "cli", NULL);
	*state = road;
	return 0;
}

static int road_close(void **state)
{
	struct road *road = *state;

	service_rig_destroy(road->at);
	free(road);
	return 0;
}

static void assert_event(struct road *road, const char *producer, int64_t case_id, int32_t seq,
	const char *type, struct str body)
{
	struct client *from =
		strcmp(producer, "intake") == 0
			? road->intake
			: (strcmp(producer, "reply") == 0 ? road->reply : road->followup);
	struct wire_msg answer =
		service_rig_event(road->at, from, producer, case_id, seq, type, at_once, body);

	if (answer.head.code != WIRE_CODE_COMMITTED)
		fail_msg("%s: %s %.*s", type, wire_code_name(answer.head.code),
			STR_ARG(answer.head.text));
}

static void accepted(struct road *road, int64_t case_id, int64_t kb_article)
{
	Wangli__IntakeReceived received = WANGLI__INTAKE_RECEIVED__INIT;
	Wangli__IntakeAccepted body = WANGLI__INTAKE_ACCEPTED__INIT;

	body.type = (char[]){ "consult" };
	body.category = (char[]){ "0205" };
	body.area = (char[]){ "510104" };
	body.kb_article = kb_article;
	assert_event(road, "intake", case_id, 1, "intake.received.v1",
		wire_pack(road->at->mem, &received.base));
	assert_event(road, "intake", case_id, 2, "intake.accepted.v1",
		wire_pack(road->at->mem, &body.base));
}

static void replied(struct road *road, int64_t case_id, int32_t seq, const char *unit)
{
	Wangli__ReplyReplied body = WANGLI__REPLY_REPLIED__INIT;

	body.unit = (char *)(uintptr_t)unit;
	assert_event(road, "reply", case_id, seq, "reply.replied.v1",
		wire_pack(road->at->mem, &body.base));
}

static void redo(struct road *road, int64_t case_id, int32_t seq, int32_t n)
{
	Wangli__FollowupRedo body = WANGLI__FOLLOWUP_REDO__INIT;

	body.redo = n;
	body.reason = (char[]){ "unsolved" };
	assert_event(road, "followup", case_id, seq, "followup.redo.v1",
		wire_pack(road->at->mem, &body.base));
}

static struct wire_msg command(struct road *road, const char *actor, int64_t case_id,
	const char *command_id, const char *type, struct str body)
{
	return service_rig_command_by(road->at, road->cli, actor, case_id, command_id, type, body);
}

static struct str wish(struct road *road, const char *unit, const char *co_unit)
{
	Wangli__DispatchDispatch body = WANGLI__DISPATCH_DISPATCH__INIT;
	char *co_units[] = { (char *)(uintptr_t)co_unit };

	body.unit = (char *)(uintptr_t)unit;
	body.co_units = co_units;
	body.n_co_units = co_unit != NULL;
	body.note = (char[]){ "已派单" };
	return wire_pack(road->at->mem, &body.base);
}

static struct str contact_body(struct road *road, const char *note, const char *means)
{
	Wangli__DispatchContact body = WANGLI__DISPATCH_CONTACT__INIT;

	body.note = (char *)(uintptr_t)note;
	body.means = (char *)(uintptr_t)means;
	return wire_pack(road->at->mem, &body.base);
}

static void assert_says(const struct wire_msg *answer, enum wire_code code, const char *part)
{
	if (answer->head.code != code)
		fail_msg("%s: %.*s", wire_code_name(answer->head.code), STR_ARG(answer->head.text));
	if (part[0] != '\0' && str_find(answer->head.text, str_from_c(part), 0) == SIZE_MAX)
		fail_msg("'%.*s' does not say '%s'", STR_ARG(answer->head.text), part);
}

static void assert_done(struct road *road, const char *actor, int64_t case_id,
	const char *command_id, const char *type, struct str body)
{
	struct wire_msg answer = command(road, actor, case_id, command_id, type, body);

	assert_says(&answer, WIRE_CODE_DONE, "");
}

static const char summary[] =
	"select state_name || ' ' || unit || ' ' || task || ' ' || redo || ' ' || seq from "
	"dispatch.v_case where case_id = ";
static const char entries[] =
	"select coalesce(string_agg(replace(type, 'dispatch.', '') || ' ' || actor, ', ' order by "
	"seq), '') from dispatch.v_journal where case_id = ";

static const char *look(struct road *road, const char *query, int64_t case_id)
{
	return service_rig_look(
		road->at, arena_printf(road->at->mem, "%s%lld", query, (long long)case_id).p);
}

static void dispatch_each_step_waits_for_its_person(void **state)
{
	struct road *road = *state;

	accepted(road, 1, 0);
	assert_string_equal(look(road, summary, 1), "ACCEPTED  0 0 0");
	assert_done(road, "dispatcher/zhou", 1, "1-d", "dispatch.dispatch.v1",
		wish(road, "D16", "D17"));
	assert_string_equal(look(road, summary, 1), "DISPATCHED D16 1 0 1");
	assert_string_equal(look(road,
				    "select unit || co_units || reason from dispatch.v_task where "
				    "case_id = ",
				    1),
		"D16D17CHOSEN");
	assert_done(road, "unit_officer/li@D16", 1, "1-s", "dispatch.sign.v1", STR(""));
	assert_done(road, "unit_officer/li@D16", 1, "1-c", "dispatch.contact.v1",
		contact_body(road, "今天下午上门", "visit"));
	assert_string_equal(look(road, summary, 1), "IN_PROGRESS D16 1 0 3");
	replied(road, 1, 1, "D16");
	assert_string_equal(look(road, entries, 1),
		"dispatched.v1 dispatcher/zhou, signed.v1 unit_officer/li@D16, contacted.v1 "
		"unit_officer/li@D16, resolved.v1 system");
	assert_string_equal(look(road, summary, 1), "RESOLVED D16 1 0 4");
	assert_string_equal(
		look(road,
			"select position(convert_to('今天下午上门', 'UTF8') in body) > 0 and "
			"position('visit'::bytea in body) > 0 from dispatch.v_journal where seq = "
			"3 and case_id = ",
			1),
		"t");
}

static void dispatch_wrong_commands_are_refused_without_effect(void **state)
{
	static const struct {
		const char *id, *actor, *type;
		enum wire_code code;
		const char *says;
	} table[] = {
		{ "2-1", "unit_officer/li@510104", "dispatch.sign.v1", WIRE_CODE_REFUSED,
			"a case that is ACCEPTED cannot be signed for, only one that is "
			"DISPATCHED; possible now: be dispatched (dispatcher)" },
		{ "2-2", "agent/li", "dispatch.dispatch.v1", WIRE_CODE_FORBIDDEN,
			"by dispatcher, not by agent" },
		{ "2-3", "system", "dispatch.dispatch.v1", WIRE_CODE_FORBIDDEN, "not by system" },
	};
	static const struct {
		const char *id, *actor, *type;
		enum wire_code code;
		const char *says;
	} later[] = {
		{ "2-5", "dispatcher/zhou", "dispatch.dispatch.v1", WIRE_CODE_REFUSED,
			"a case that is DISPATCHED cannot be dispatched" },
		{ "2-6", "unit_officer/li@D16", "dispatch.sign.v1", WIRE_CODE_FORBIDDEN,
			"the case is with 510104, not with D16" },
		{ "2-7", "unit_officer/li", "dispatch.sign.v1", WIRE_CODE_FORBIDDEN,
			"the actor names no unit" },
		{ "2-8", "unit_officer/li@510104", "dispatch.contact.v1", WIRE_CODE_REFUSED,
			"possible now: be signed for (unit_officer)" },
		{ "2-9", "unit_lead/li@510104", "dispatch.sign.v1", WIRE_CODE_FORBIDDEN,
			"by unit_officer, not by unit_lead" },
	};
	struct road *road = *state;
	struct wire_msg answer;

	accepted(road, 2, 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		answer = command(road, table[i].actor, 2, table[i].id, table[i].type, STR(""));
		assert_says(&answer, table[i].code, table[i].says);
	}
	answer = command(
		road, "dispatcher/zhou", 2, "2-4", "dispatch.dispatch.v1", wish(road, "X99", NULL));
	assert_says(&answer, WIRE_CODE_INVALID, "unit 'X99' is unknown");
	assert_string_equal(look(road, summary, 2), "ACCEPTED  0 0 0");
	assert_done(road, "dispatcher/zhou", 2, "2-d", "dispatch.dispatch.v1", STR(""));
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		answer = command(road, later[i].actor, 2, later[i].id, later[i].type, STR(""));
		assert_says(&answer, later[i].code, later[i].says);
	}
	assert_string_equal(look(road, summary, 2), "DISPATCHED 510104 1 0 1");
	assert_done(road, "unit_officer/li@510104", 2, "2-s", "dispatch.sign.v1", STR(""));
	answer = command(road, "unit_officer/li@510104", 2, "2-10", "dispatch.contact.v1",
		contact_body(road, "一二三四五六七八九十一二三四五六七八九十一二三四五", ""));
	assert_says(&answer, WIRE_CODE_INVALID, "at most 24");
	assert_done(road, "unit_officer/li@510104", 2, "2-c", "dispatch.contact.v1", STR(""));
	answer = command(road, "unit_officer/li@510104", 2, "2-11", "dispatch.contact.v1", STR(""));
	assert_says(
		&answer, WIRE_CODE_REFUSED, "he was contacted already; possible now: the reply");
	assert_done(road, "unit_officer/li@510104", 2, "2-c", "dispatch.contact.v1", STR(""));
	assert_string_equal(look(road, summary, 2), "IN_PROGRESS 510104 1 0 3");
}

/* Two dispatchers, then two officers, in one batch or in two replicas: one of each is done. */
static void dispatch_two_people_at_once_one_is_done(void **state)
{
	struct road *road = *state;

	for (int64_t case_id = 100; case_id < 100 + RACES; case_id++) {
		struct arena *mem = road->at->mem;
		long long n = (long long)case_id;
		struct rig_command commands[] = {
			{ "dispatcher/zhou", case_id, arena_printf(mem, "%lld-z", n).p,
				"dispatch.dispatch.v1", wish(road, "D16", NULL) },
			{ "dispatcher/sun", case_id, arena_printf(mem, "%lld-s", n).p,
				"dispatch.dispatch.v1", wish(road, "D17", NULL) },
		};
		struct wire_msg answers[2];
		accepted(road, case_id, 0);
		service_rig_commands(road->at, road->cli, commands, 2, answers);
		int winner = answers[0].head.code == WIRE_CODE_DONE ? 0 : 1;
		assert_says(&answers[winner], WIRE_CODE_DONE, "");
		assert_says(&answers[1 - winner], WIRE_CODE_REFUSED, "cannot be dispatched");
		assert_string_equal(look(road, summary, case_id),
			winner == 0 ? "DISPATCHED D16 1 0 1" : "DISPATCHED D17 1 0 1");
		assert_string_equal(
			look(road,
				"select count(*) from dispatch.v_task where case_id = ", case_id),
			"1");
	}
}

static void dispatch_direct_answer_bothers_no_unit(void **state)
{
	struct road *road = *state;

	accepted(road, 3, 71);
	assert_string_equal(look(road, summary, 3), "DIRECT  0 0 0");
	struct wire_msg answer =
		command(road, "dispatcher/zhou", 3, "3-d", "dispatch.dispatch.v1", STR(""));
	assert_says(&answer, WIRE_CODE_REFUSED, "a case that is DIRECT cannot be dispatched");
	replied(road, 3, 1, "");
	assert_string_equal(look(road, summary, 3), "RESOLVED  0 0 1");
	assert_string_equal(look(road, entries, 3), "resolved.v1 system");
	/* without its article it waits for a dispatcher; an agent may answer it all the same */
	accepted(road, 4, 71);
	assert_event(road, "reply", 4, 1, "reply.no_article.v1", STR(""));
	assert_string_equal(look(road, summary, 4), "ACCEPTED  0 0 0");
	replied(road, 4, 2, "");
	assert_string_equal(look(road, summary, 4), "RESOLVED  0 0 1");
	assert_event(road, "followup", 4, 1, "followup.closed.v1", STR(""));
	assert_string_equal(look(road, summary, 4), "CLOSED  0 0 1");
}

static void dispatch_redo_gives_the_case_back_with_a_clock_of_its_own(void **state)
{
	struct road *road = *state;

	accepted(road, 5, 0);
	assert_done(
		road, "dispatcher/zhou", 5, "5-d", "dispatch.dispatch.v1", wish(road, "D16", NULL));
	assert_done(road, "unit_officer/li@D16", 5, "5-s", "dispatch.sign.v1", STR(""));
	redo(road, 5, 1, 1); /* heard before the reply */
	assert_string_equal(look(road, summary, 5), "IN_PROGRESS D16 1 1 2");
	replied(road, 5, 1, "D16");
	assert_string_equal(look(road, summary, 5), "IN_PROGRESS D16 2 1 4");
	assert_string_equal(look(road, entries, 5),
		"dispatched.v1 dispatcher/zhou, signed.v1 unit_officer/li@D16, resolved.v1 system, "
		"redispatched.v1 system");
	assert_string_equal(
		look(road,
			"select string_agg(n || unit || reason || (sign_due is null), ' ' order by "
			"n) from dispatch.v_task where case_id = ",
			5),
		"1D16CHOSENfalse 2D16REDOtrue");
	assert_string_equal(
		look(road,
			"select (resolve_due - dispatched_at between interval '4 days' and "
			"interval '13 days') and sign_due is null and resolved_at is null from "
			"dispatch.v_case where case_id = ",
			5),
		"t");
	replied(road, 5, 2, "D16");
	assert_string_equal(look(road, summary, 5), "RESOLVED D16 2 1 5");
	assert_event(road, "followup", 5, 2, "followup.closed.v1", STR(""));
	assert_string_equal(look(road, summary, 5), "CLOSED D16 2 1 5");
}

static void dispatch_refused_letter_is_closed_without_an_entry(void **state)
{
	Wangli__IntakeReceived received = WANGLI__INTAKE_RECEIVED__INIT;
	Wangli__IntakeRefused refused = WANGLI__INTAKE_REFUSED__INIT;
	struct road *road = *state;

	assert_event(road, "intake", 6, 1, "intake.received.v1",
		wire_pack(road->at->mem, &received.base));
	refused.reason = (char[]){ "other" };
	assert_event(
		road, "intake", 6, 2, "intake.refused.v1", wire_pack(road->at->mem, &refused.base));
	assert_string_equal(look(road, summary, 6), "CLOSED  0 0 0");
	struct wire_msg answer =
		command(road, "dispatcher/zhou", 6, "6-d", "dispatch.dispatch.v1", STR(""));
	assert_says(&answer, WIRE_CODE_REFUSED, "possible now: nothing");
}

/* Dispatch knows that there is a letter, and not yet that it is accepted. */
static void dispatch_command_faster_than_the_acceptance_comes_again(void **state)
{
	Wangli__IntakeReceived received = WANGLI__INTAKE_RECEIVED__INIT;
	Wangli__IntakeAccepted body = WANGLI__INTAKE_ACCEPTED__INIT;
	struct road *road = *state;

	assert_event(road, "intake", 7, 1, "intake.received.v1",
		wire_pack(road->at->mem, &received.base));
	struct wire_msg answer = command(
		road, "dispatcher/zhou", 7, "7-d", "dispatch.dispatch.v1", wish(road, "D16", NULL));
	assert_int_equal(answer.kind, WIRE_NACK);
	assert_says(&answer, WIRE_CODE_BUSY, "");
	body.type = (char[]){ "consult" };
	body.category = (char[]){ "0205" };
	assert_event(
		road, "intake", 7, 2, "intake.accepted.v1", wire_pack(road->at->mem, &body.base));
	assert_done(
		road, "dispatcher/zhou", 7, "7-d", "dispatch.dispatch.v1", wish(road, "D16", NULL));
	assert_string_equal(look(road, summary, 7), "DISPATCHED D16 1 0 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dispatch_each_step_waits_for_its_person),
		cmocka_unit_test(dispatch_wrong_commands_are_refused_without_effect),
		cmocka_unit_test(dispatch_two_people_at_once_one_is_done),
		cmocka_unit_test(dispatch_direct_answer_bothers_no_unit),
		cmocka_unit_test(dispatch_redo_gives_the_case_back_with_a_clock_of_its_own),
		cmocka_unit_test(dispatch_refused_letter_is_closed_without_an_entry),
		cmocka_unit_test(dispatch_command_faster_than_the_acceptance_comes_again),
	};

	return cmocka_run_group_tests(tests, road_open, road_close);
}

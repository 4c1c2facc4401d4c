/* People accept letters and refuse them, as the city's own road has it; wrong roles, wrong states,
 * repeats and two people at once. Two replicas serve. */
#include "intake_road.h"

#include <stdio.h>

#include "base/id.h"
#include "proto/intake.pb-c.h"

#define RACES 12

static int64_t letter_in(
	struct intake_road *road, const char *msg_id, const char *title, const char *text)
{
	struct wire_msg answer =
		intake_submit(road, msg_id, intake_letter_body(road, msg_id, title, text, NULL));
	int64_t case_id = 0;

	intake_receipt(road, &answer);
	assert_int_equal(
		str_to_int64(str_from_c(intake_look(road, "select {}", msg_id)), &case_id), RES_OK);
	return case_id;
}

static struct str accept_body(struct intake_road *road, const char *type, const char *category,
	const char *area, const char *note)
{
	Wangli__IntakeAccept body = WANGLI__INTAKE_ACCEPT__INIT;

	body.type = (char *)(uintptr_t)type;
	body.category = (char *)(uintptr_t)category;
	body.area = (char *)(uintptr_t)area;
	body.note = (char *)(uintptr_t)note;
	return wire_pack(road->at->mem, &body.base);
}

static struct str refuse_body(struct intake_road *road, const char *reason, const char *guidance)
{
	Wangli__IntakeRefuse body = WANGLI__INTAKE_REFUSE__INIT;

	body.reason = (char *)(uintptr_t)reason;
	body.guidance = (char *)(uintptr_t)guidance;
	return wire_pack(road->at->mem, &body.base);
}

static struct wire_msg accept(struct intake_road *road, const char *actor, int64_t case_id,
	const char *command_id, struct str body)
{
	return service_rig_command_by(
		road->at, road->cli, actor, case_id, command_id, "intake.accept.v1", body);
}

static struct wire_msg refuse(struct intake_road *road, const char *actor, int64_t case_id,
	const char *command_id, struct str body)
{
	return service_rig_command_by(
		road->at, road->cli, actor, case_id, command_id, "intake.refuse.v1", body);
}

static void assert_says(const struct wire_msg *answer, enum wire_code code, const char *part)
{
	if (answer->head.code != code)
		fail_msg("%s: %.*s", wire_code_name(answer->head.code), STR_ARG(answer->head.text));
	if (str_find(answer->head.text, str_from_c(part), 0) == SIZE_MAX)
		fail_msg("'%.*s' does not say '%s'", STR_ARG(answer->head.text), part);
}

/* The body of the case's entry of that type. */
static struct str entry(struct intake_road *road, const char *type, const char *msg_id)
{
	static const char digits[] = "0123456789abcdef";
	struct str query = arena_printf(road->at->mem,
		"select encode(body, 'hex') from intake.v_journal where type = '%s' and case_id = "
		"{}",
		type);
	struct str hex = str_from_c(intake_look(road, query.p, msg_id));
	char *bytes = arena_alloc(road->at->mem, hex.n / 2 + 1);

	for (size_t i = 0; i < hex.n; i++) {
		const char *at = strchr(digits, hex.p[i]);
		assert_non_null(at);
		bytes[i / 2] = (char)((unsigned char)bytes[i / 2] << 4 | (at - digits));
	}
	return str_of(bytes, hex.n / 2);
}

static Wangli__IntakeAccepted *accepted(struct intake_road *road, const char *msg_id)
{
	Wangli__IntakeAccepted *out = NULL;

	assert_int_equal(wire_unpack(road->at->mem, &wangli__intake_accepted__descriptor,
				 entry(road, "intake.accepted.v1", msg_id), &out, NULL),
		RES_OK);
	return out;
}

static const char summary[] = "select state_name || ' ' || type || ' ' || category || ' ' || area "
			      "|| ' ' || seq from intake.v_case where case_id = {}";
static const char entries[] =
	"select string_agg(replace(type, 'intake.', '') || ' ' || actor, ', ' order by seq) from "
	"intake.v_journal where case_id = {}";

static void intake_letter_waits_with_its_suggestion_and_a_due_time(void **state)
{
	struct intake_road *road = *state;
	Wangli__IntakeReceived *received = NULL;

	letter_in(road, "w1", "锦江区的路灯不亮", "楼下的路灯坏了三天。");
	assert_string_equal(intake_look(road, summary, "w1"), "RECEIVED help 0205 510104 1");
	assert_string_equal(intake_look(road, entries, "w1"), "received.v1 system");
	assert_string_equal(
		intake_look(road,
			"select source || source_msg_id || (confidence_pct between 1 and 99) || "
			"is_general_desk || named_units || kb_article || is_provisional || "
			"(accept_due > received_at) from intake.v_case where case_id = {}",
			"w1"),
		"importerw1truefalse5101040falsetrue");
	assert_string_equal(intake_look(road,
				    "select string_agg(grp || upto_seq, ' ' order by grp) from "
				    "intake.v_pending where case_id = {}",
				    "w1"),
		"analytics1 dispatch1 reply1");
	assert_int_equal(wire_unpack(road->at->mem, &wangli__intake_received__descriptor,
				 entry(road, "intake.received.v1", "w1"), &received, NULL),
		RES_OK);
	assert_string_equal(received->type, "help");
	assert_string_equal(received->category, "0205");
	assert_string_equal(received->area, "510104");
	assert_string_equal(received->classifier, "words-1");
	assert_true(received->n_words > 0 && received->accept_due_us > 0);
}

static void intake_danger_does_not_wait_for_anybody(void **state)
{
	struct intake_road *road = *state;

	letter_in(road, "u1", "燃气泄漏，有爆炸危险", "小区燃气泄漏，随时可能爆炸，危及生命安全。");
	assert_string_equal(intake_look(road,
				    "select state_name || ' ' || type || ' ' || (accept_due = "
				    "received_at) from intake.v_case where case_id = {}",
				    "u1"),
		"ACCEPTED emergency_risk true");
	assert_string_equal(
		intake_look(road, entries, "u1"), "received.v1 system, accepted.v1 system");
}

static void intake_agent_accepts_with_corrections(void **state)
{
	struct intake_road *road = *state;
	int64_t case_id = letter_in(road, "p1", "锦江区的路灯不亮", "楼下的路灯坏了三天。");
	struct str body = accept_body(road, "complaint", "0301", "-", "已受理，三日内联系您");

	struct wire_msg answer = accept(road, "agent/li", case_id, "p1-1", body);
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(answer.head.seq, 2);
	assert_string_equal(intake_look(road, summary, "p1"), "ACCEPTED complaint 0301  2");
	assert_string_equal(
		intake_look(road, entries, "p1"), "received.v1 system, accepted.v1 agent/li");
	Wangli__IntakeAccepted *event = accepted(road, "p1");
	assert_string_equal(event->type, "complaint");
	assert_string_equal(event->note, "已受理，三日内联系您");
	assert_string_equal(event->source_msg_id, "p1");
	assert_string_equal(event->source, "importer");
	assert_string_equal(event->channel, "app");
	assert_string_equal(event->classifier, "");
	assert_int_equal(event->confidence_pct, 100);
	assert_int_equal(event->n_named_units, 0);
	/* repeated: the same result; once more under another id: refused with what is possible */
	answer = accept(road, "agent/li", case_id, "p1-1", body);
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	answer = accept(road, "reviewer/wang", case_id, "p1-2", body);
	assert_says(&answer, WIRE_CODE_REFUSED, "a case that is ACCEPTED cannot be accepted");
	assert_says(&answer, WIRE_CODE_REFUSED, "possible now: ");
	assert_string_equal(intake_look(road, summary, "p1"), "ACCEPTED complaint 0301  2");
}

static void intake_empty_fields_keep_the_suggestion(void **state)
{
	struct intake_road *road = *state;
	int64_t case_id = letter_in(road, "e1", "锦江区的路灯不亮", "楼下的路灯坏了三天。");
	struct wire_msg answer = accept(road, "reviewer/wang", case_id, "e1-1", STR(""));

	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_string_equal(intake_look(road, summary, "e1"), "ACCEPTED help 0205 510104 2");
	assert_true(accepted(road, "e1")->confidence_pct < 100);
}

static void intake_wrong_commands_are_refused_without_effect(void **state)
{
	struct intake_road *road = *state;
	int64_t case_id = letter_in(road, "x1", "锦江区的路灯不亮", "楼下的路灯坏了三天。");
	struct wire_msg answer;
	const struct {
		const char *id;
		const char *actor;
		struct str body;
		bool is_refusal;
		enum wire_code code;
		const char *says;
	} table[] = {
		{ "x1-1", "agent/li", accept_body(road, "wish", "", "", ""), false,
			WIRE_CODE_INVALID, "type 'wish' is unknown" },
		{ "x1-2", "agent/li", accept_body(road, "", "9999", "", ""), false,
			WIRE_CODE_INVALID, "category '9999' is unknown" },
		{ "x1-3", "agent/li", accept_body(road, "", "", "D02", ""), false,
			WIRE_CODE_INVALID, "area 'D02' is no county-level unit" },
		{ "x1-4", "agent/li",
			accept_body(road, "", "", "",
				"一二三四五六七八九十一二三四五六七八九十一二三四五"),
			false, WIRE_CODE_INVALID, "at most 24" },
		{ "x1-5", "agent/li", STR("\xff\xff"), false, WIRE_CODE_INVALID, "not protobuf" },
		{ "x1-6", "unit_officer/li@D16", STR(""), false, WIRE_CODE_FORBIDDEN,
			"by agent or reviewer, not by unit_officer" },
		{ "x1-7", "system", STR(""), false, WIRE_CODE_FORBIDDEN, "not by system" },
		{ "x1-8", "mayor/x", STR(""), false, WIRE_CODE_INVALID, "no such role" },
		{ "x1-9", "reviewer/wang", refuse_body(road, "other", ""), true, WIRE_CODE_INVALID,
			"guidance is empty" },
		{ "x1-10", "reviewer/wang", refuse_body(road, "because", "请"), true,
			WIRE_CODE_INVALID, "no lawful ground" },
		{ "x1-11", "agent/li", refuse_body(road, "other", "请"), true, WIRE_CODE_FORBIDDEN,
			"by reviewer, not by agent" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		answer = (table[i].is_refusal ? refuse : accept)(
			road, table[i].actor, case_id, table[i].id, table[i].body);
		assert_says(&answer, table[i].code, table[i].says);
	}
	answer = service_rig_command_by(
		road->at, road->door, "agent/li", case_id, "x1-12", "intake.accept.v1", STR(""));
	assert_says(&answer, WIRE_CODE_FORBIDDEN, "may not send this"); /* the broker's word */
	assert_string_equal(intake_look(road, summary, "x1"), "RECEIVED help 0205 510104 1");
	assert_string_equal(
		intake_look(road, "select count(*) from intake.v_refusal where case_id = {}", "x1"),
		"0");
	answer = accept(road, "agent/li", 999999999, "x1-13", STR(""));
	assert_int_equal(answer.head.code, WIRE_CODE_BUSY);
}

static void intake_reviewer_refuses_with_guidance(void **state)
{
	struct intake_road *road = *state;
	int64_t case_id = letter_in(road, "r1", "法院判决不公", "请改判我的案件。");
	struct str body = refuse_body(road, "litigation", "请向上一级人民法院提出上诉。");
	struct wire_msg answer = refuse(road, "reviewer/wang", case_id, "r1-1", body);

	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_string_equal(
		intake_look(road, "select state_name || seq from intake.v_case where case_id = {}",
			"r1"),
		"NOT_ACCEPTED2");
	assert_string_equal(
		intake_look(road, entries, "r1"), "received.v1 system, refused.v1 reviewer/wang");
	assert_string_equal(
		intake_look(road,
			"select n || reason || (sentence like '%诉讼%') || guidance || actor || "
			"(at is not null) from intake.v_refusal where case_id = {}",
			"r1"),
		"1litigationtrue请向上一级人民法院提出上诉。reviewer/wangtrue");
	Wangli__IntakeRefused *event = NULL;
	assert_int_equal(wire_unpack(road->at->mem, &wangli__intake_refused__descriptor,
				 entry(road, "intake.refused.v1", "r1"), &event, NULL),
		RES_OK);
	assert_string_equal(event->reason, "litigation");
	assert_int_equal(event->guidance_chars, 14);
	assert_string_equal(event->source_msg_id, "r1");
	answer = refuse(road, "reviewer/zhao", case_id, "r1-2", body);
	assert_says(&answer, WIRE_CODE_REFUSED, "NOT_ACCEPTED cannot be refused");
	answer = accept(road, "reviewer/zhao", case_id, "r1-3", STR(""));
	assert_says(&answer, WIRE_CODE_REFUSED, "possible now: nothing");
}

/* One accepts while another refuses, in one batch or in two replicas: one is done. */
static void intake_two_people_at_once_one_is_done(void **state)
{
	struct intake_road *road = *state;

	for (int i = 0; i < RACES; i++) {
		struct str id = arena_printf(road->at->mem, "race%d", i);
		int64_t case_id = letter_in(road, id.p, "锦江区的路灯不亮", "路灯坏了。");
		struct rig_command commands[] = {
			{ "agent/li", case_id, arena_printf(road->at->mem, "%s-a", id.p).p,
				"intake.accept.v1", STR("") },
			{ "reviewer/wang", case_id, arena_printf(road->at->mem, "%s-r", id.p).p,
				"intake.refuse.v1", refuse_body(road, "other", "请咨询社区。") },
			{ "reviewer/zhao", case_id, arena_printf(road->at->mem, "%s-z", id.p).p,
				"intake.accept.v1", STR("") },
		};
		struct wire_msg answers[3];
		int done = 0;
		service_rig_commands(road->at, road->cli, commands, 3, answers);
		for (size_t a = 0; a < 3; a++) {
			done += answers[a].head.code == WIRE_CODE_DONE;
			if (answers[a].head.code != WIRE_CODE_DONE)
				assert_says(&answers[a], WIRE_CODE_REFUSED, "cannot be");
		}
		assert_int_equal(done, 1);
		assert_string_equal(
			intake_look(road,
				"select (select count(*) from intake.v_journal j where j.case_id = "
				"f.case_id) || ' ' || ((select count(*) from intake.v_refusal r "
				"where r.case_id = f.case_id) = (f.state_name = "
				"'NOT_ACCEPTED')::int) from intake.v_case f where f.case_id = {}",
				id.p),
			"2 true");
	}
}

static void intake_consult_names_the_article_that_answers_it(void **state)
{
	struct intake_road *road = *state;
	Wangli__IntakeAccept body = WANGLI__INTAKE_ACCEPT__INIT;

	service_rig_sql(road->at,
		"insert into reply.kb_article (id, category, title, words, text, unit, valid_from, "
		"checked_at, actor, digest) values (71, '0205', '居住证', "
		"'居住证,怎么办/如何办理', "
		"'凭身份证到派出所办理。', 'D16', '2000-01-01', now(), 'agent/x', '\\x00')");
	service_rig_sql(road->at, "update ref.version set n = n + 1");
	int64_t case_id = letter_in(road, "k1", "咨询居住证", "请问居住证如何办理？");
	assert_string_equal(
		intake_look(road, "select type || kb_article from intake.v_case where case_id = {}",
			"k1"),
		"consult71");
	assert_int_equal(
		accept(road, "agent/li", case_id, "k1-1", STR("")).head.code, WIRE_CODE_DONE);
	assert_int_equal(accepted(road, "k1")->kb_article, 71);
	/* a person may want a unit to answer all the same, or see something else in it */
	case_id = letter_in(road, "k2", "咨询居住证", "请问居住证如何办理？");
	body.no_article = true;
	assert_int_equal(
		accept(road, "agent/li", case_id, "k2-1", wire_pack(road->at->mem, &body.base))
			.head.code,
		WIRE_CODE_DONE);
	assert_int_equal(accepted(road, "k2")->kb_article, 0);
	assert_string_equal(
		intake_look(road, "select kb_article from intake.v_case where case_id = {}", "k2"),
		"0");
	case_id = letter_in(road, "k3", "咨询居住证", "请问居住证如何办理？");
	assert_int_equal(
		accept(road, "agent/li", case_id, "k3-1", accept_body(road, "help", "", "", ""))
			.head.code,
		WIRE_CODE_DONE);
	assert_int_equal(accepted(road, "k3")->kb_article, 0);
}

/* What a letter names is kept, so that it is known once somebody sees a report in it. */
static void intake_letter_that_becomes_a_report_names_bodies(void **state)
{
	struct intake_road *road = *state;
	int64_t case_id = letter_in(road, "n1", "反映一个问题", "成都市教育局的人收了红包。");

	assert_int_equal(
		accept(road, "agent/li", case_id, "n1-1", accept_body(road, "report", "", "", ""))
			.head.code,
		WIRE_CODE_DONE);
	Wangli__IntakeAccepted *event = accepted(road, "n1");
	assert_string_equal(event->klass, "report");
	assert_int_equal(event->n_named_units, 1);
	assert_string_equal(event->named_units[0], "D02");
}

static struct wire_msg open_case(struct intake_road *road, struct client *from,
	const char *command_id, int64_t case_id, const char *code)
{
	Wangli__IntakeOpen body = WANGLI__INTAKE_OPEN__INIT;

	body.case_id = case_id;
	body.query_code = (char *)(uintptr_t)code;
	return service_rig_command(road->at, from, 0, command_id, "intake.open.v1",
		wire_pack(road->at->mem, &body.base));
}

static void intake_query_code_opens_its_case_alone(void **state)
{
	struct intake_road *road = *state;
	struct wire_msg answer =
		intake_submit(road, "o1", intake_letter_body(road, "o1", "路灯", "路灯不亮", NULL));
	Wangli__Receipt *receipt = intake_receipt(road, &answer);
	struct str same = STR("no such case, or another query code");
	char wrong[7];
	int64_t case_id = 0;

	assert_int_equal(
		case_number_parse(str_from_c(receipt->case_number), &case_id, NULL), RES_OK);
	snprintf(wrong, sizeof(wrong), "%s", receipt->query_code);
	wrong[5] = wrong[5] == '0' ? '1' : '0';
	answer = open_case(road, road->cli, "o1-1", case_id, receipt->query_code);
	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	const struct {
		const char *id;
		int64_t case_id;
		const char *code;
	} table[] = {
		{ "o1-2", case_id, wrong },
		{ "o1-3", case_id, "" },
		{ "o1-4", case_id, "12345" },
		{ "o1-5", case_id, "1234567" },
		{ "o1-6", case_id + 1000000, wrong },
		{ "o1-7", 0, wrong },
		{ "o1-8", -1, wrong },
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		answer = open_case(road, road->cli, table[i].id, table[i].case_id, table[i].code);
		assert_int_equal(answer.head.code, WIRE_CODE_REFUSED);
		assert_true(str_eq(answer.head.text, same));
	}
	answer = open_case(road, road->door, "o1-9", case_id, receipt->query_code);
	assert_int_equal(answer.head.code, WIRE_CODE_FORBIDDEN);
	assert_string_equal(
		service_rig_look(road->at,
			"select count(*) from intake.v_command where command_id like 'o1-%'"),
		"0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intake_letter_waits_with_its_suggestion_and_a_due_time),
		cmocka_unit_test(intake_danger_does_not_wait_for_anybody),
		cmocka_unit_test(intake_agent_accepts_with_corrections),
		cmocka_unit_test(intake_empty_fields_keep_the_suggestion),
		cmocka_unit_test(intake_wrong_commands_are_refused_without_effect),
		cmocka_unit_test(intake_reviewer_refuses_with_guidance),
		cmocka_unit_test(intake_two_people_at_once_one_is_done),
		cmocka_unit_test(intake_consult_names_the_article_that_answers_it),
		cmocka_unit_test(intake_letter_that_becomes_a_report_names_bodies),
		cmocka_unit_test(intake_query_code_opens_its_case_alone),
	};

	return cmocka_run_group_tests(tests, intake_road_open, intake_road_close);
}

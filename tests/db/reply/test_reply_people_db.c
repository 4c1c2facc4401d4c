/* Reply where people review: two stages, drafts sent back, two at once, direct answers from the
 * knowledge base, answers given again. */
#include "reply_road.h"

#include "proto/dispatch.pb-c.h"
#include "proto/door.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/operator.pb-c.h"
#include "proto/reply.pb-c.h"

static const char lead[] = "unit_lead/zhou@510104";
static const char reviewer[] = "reviewer/wang";

static int people_open(void **state)
{
	int res = road_open(state);

	road_approvals_by(*state, "people");
	return res;
}

static struct str approve_body(struct road *road, int32_t draft)
{
	Wangli__ReplyApprove body = WANGLI__REPLY_APPROVE__INIT;

	body.draft = draft;
	return wire_pack(road->at->mem, &body.base);
}

static struct wire_msg approve(
	struct road *road, const char *actor, int64_t case_id, const char *command_id)
{
	return service_rig_command_by(road->at, road->cli, actor, case_id, command_id,
		"reply.approve.v1", approve_body(road, 0));
}

static struct wire_msg reject(struct road *road, const char *actor, int64_t case_id,
	const char *command_id, const char *reason)
{
	Wangli__ReplyReject body = WANGLI__REPLY_REJECT__INIT;

	body.reason = (char *)(uintptr_t)reason;
	return service_rig_command_by(road->at, road->cli, actor, case_id, command_id,
		"reply.reject.v1", wire_pack(road->at->mem, &body.base));
}

static void assert_says(const struct wire_msg *answer, enum wire_code code, const char *words)
{
	assert_int_equal(answer->head.code, code);
	if (str_find(answer->head.text, str_from_c(words), 0) == SIZE_MAX)
		fail_msg("'%.*s' does not say '%s'", STR_ARG(answer->head.text), words);
}

static const char actors_of[] = "select string_agg(split_part(actor, '/', 1), ' ' order by seq) "
				"from reply.journal where case_id = ";

static void reply_draft_goes_through_both_stages_by_people(void **state)
{
	struct road *road = *state;
	struct wire_msg answer;

	road_in_hand(road, 1);
	assert_int_equal(road_submit(road, 1, "c1", "已修好").head.code, WIRE_CODE_DONE);
	road_wait(road, state_of, 1, "SUBMITTED");
	answer = approve(road, reviewer, 1, "c2");
	assert_says(&answer, WIRE_CODE_FORBIDDEN, "by system or unit_lead, not by reviewer");
	answer = approve(road, "unit_lead/zhou@D20", 1, "c3");
	assert_says(&answer, WIRE_CODE_FORBIDDEN, "the case is with 510104, not with D20");
	answer = approve(road, "unit_lead/li@510104", 1, "c4");
	assert_says(&answer, WIRE_CODE_FORBIDDEN, "'li' wrote draft 1 and may not approve it");
	assert_int_equal(approve(road, lead, 1, "c5").head.code, WIRE_CODE_DONE);
	road_wait(road, state_of, 1, "LEAD_APPROVED");
	road_wait(road, marker_of, 1, "0");
	assert_int_equal(approve(road, reviewer, 1, "c6").head.code, WIRE_CODE_DONE);
	assert_int_equal(approve(road, reviewer, 1, "c6").head.code, WIRE_CODE_DONE);
	road_deliver(road, 1);
	road_wait(road, types_of, 1, "submitted.v1 approved.v1 approved.v1 replied.v1");
	road_wait(road, actors_of, 1, "unit_officer unit_lead reviewer system");
}

static void reply_rejected_draft_is_written_anew_and_its_reason_stays_here(void **state)
{
	struct road *road = *state;
	struct wire_msg answer;

	road_in_hand(road, 2);
	road_submit(road, 2, "c1", "请等待");
	answer = reject(road, lead, 2, "c2", "");
	assert_says(&answer, WIRE_CODE_INVALID, "the reason has no text");
	assert_int_equal(reject(road, lead, 2, "c3", "没有回答问题").head.code, WIRE_CODE_DONE);
	road_wait(road, state_of, 2, "OPEN");
	road_submit(road, 2, "c4", "已于今日修好");
	approve(road, lead, 2, "c5");
	assert_int_equal(reject(road, reviewer, 2, "c6", "请写明日期").head.code, WIRE_CODE_DONE);
	answer = approve(road, reviewer, 2, "c7");
	assert_says(
		&answer, WIRE_CODE_REFUSED, "a case that is OPEN cannot have its draft approved");
	road_submit(road, 2, "c8", "已于1月1日修好");
	approve(road, lead, 2, "c9");
	approve(road, reviewer, 2, "c10");
	road_wait(road, types_of, 2,
		"submitted.v1 rejected.v1 submitted.v1 approved.v1 rejected.v1 submitted.v1 "
		"approved.v1 approved.v1 replied.v1");
	road_wait(road,
		"select string_agg(n || ':' || stage || reason, ' ' order by n) from "
		"reply.rejection where case_id = ",
		2, "1:1没有回答问题 2:2请写明日期");
	road_wait(
		road, "select right(delivery_id, 2) from reply.delivery where case_id = ", 2, "/3");
	road_wait(road,
		"select count(*) from reply.journal where position('没有回答问题'::bytea in body) "
		"> "
		"0 and case_id = ",
		2, "0");
}

/* Each step by two people at once: one is done, the other is told what the first one did. */
static void reply_two_people_at_once_take_a_step_once(void **state)
{
	struct road *road = *state;
	struct rig_command commands[RIG_COMMANDS_MAX];
	struct wire_msg answers[RIG_COMMANDS_MAX];
	const size_t n = RIG_COMMANDS_MAX;

	for (size_t i = 0; i < n; i++) {
		int64_t case_id = 100 + (int64_t)(i / 2);
		if (i % 2 == 0) {
			road_in_hand(road, case_id);
			road_submit(road, case_id, "c1", "答复");
		}
		commands[i] = (struct rig_command){
			.actor = i % 2 == 0 ? lead : "unit_lead/sun@510104",
			.case_id = case_id,
			.command_id = arena_printf(road->at->mem, "both%zu", i).p,
			.type = "reply.approve.v1",
			.body = approve_body(road, 1),
		};
	}
	service_rig_commands(road->at, road->cli, commands, n, answers);
	for (size_t i = 0; i < n; i += 2) {
		bool is_first = answers[i].head.code == WIRE_CODE_DONE;
		const struct wire_msg *loser = is_first ? &answers[i + 1] : &answers[i];
		assert_int_equal(answers[is_first ? i : i + 1].head.code, WIRE_CODE_DONE);
		assert_says(loser, WIRE_CODE_FORBIDDEN,
			"now have its draft approved by system or reviewer, not by unit_lead");
		road_wait(road, types_of, commands[i].case_id, "submitted.v1 approved.v1");
	}
}

/* --- the knowledge base --- */

static struct wire_msg kb_put(
	struct road *road, const char *actor, const char *command_id, const Wangli__KbPut *article)
{
	return service_rig_command_by(road->at, road->cli, actor, 0, command_id, "kb.put.v1",
		wire_pack(road->at->mem, &article->base));
}

static Wangli__KbPut article_make(const char *title, const char *text)
{
	static char category[] = "0105", words[] = "产证,补办/遗失", unit[] = "D14",
		    valid_from[] = "2000-01-01";
	Wangli__KbPut article = WANGLI__KB_PUT__INIT;

	article.category = category;
	article.title = (char *)(uintptr_t)title;
	article.words = words;
	article.text = (char *)(uintptr_t)text;
	article.unit = unit;
	article.valid_from = valid_from;
	return article;
}

static int64_t kb_add(struct road *road, const char *command_id, const char *title)
{
	Wangli__KbPut article = article_make(title, "请到不动产登记中心补办。");
	Wangli__KbPut *put = NULL;
	struct wire_msg answer = kb_put(road, "operator/deploy", command_id, &article);

	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(
		wire_unpack(road->at->mem, &wangli__kb_put__descriptor, answer.body, &put, NULL),
		RES_OK);
	service_rig_sql(road->at, "update ref.version set n = n + 1");
	return put->id;
}

static void reply_kb_put_keeps_one_article_a_title_and_names_what_is_wrong(void **state)
{
	static const struct {
		const char *category, *unit, *words, *valid_to, *says;
	} rows[] = {
		{ "9999", "D14", "产证", "", "category '9999' is not in the taxonomy" },
		{ "0105", "D99", "产证", "", "there is no unit 'D99'" },
		{ "0105", "D14", "产", "", "'产' is no word" },
		{ "0105", "D14", "产证", "1999-01-01", "valid_to is not after valid_from" },
		{ "0105", "D14", "产证", "soon", "valid_to 'soon': want YYYY-MM-DD" },
	};
	struct road *road = *state;
	int64_t id = kb_add(road, "k1", "产证遗失怎么补办");
	Wangli__KbPut article;
	struct wire_msg answer;

	assert_int_equal(kb_add(road, "k2", "产证遗失怎么补办"), id);
	service_rig_wait(road->at, "select count(*) from reply.kb_article", "1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		article = article_make("不好的", "文");
		article.category = (char *)(uintptr_t)rows[i].category;
		article.unit = (char *)(uintptr_t)rows[i].unit;
		article.words = (char *)(uintptr_t)rows[i].words;
		article.valid_to = (char *)(uintptr_t)rows[i].valid_to;
		answer = kb_put(road, reviewer, "k3", &article);
		assert_says(&answer, WIRE_CODE_INVALID, rows[i].says);
	}
	article = article_make("别人的", "文");
	answer = kb_put(road, road_officer, "k4", &article);
	assert_says(
		&answer, WIRE_CODE_FORBIDDEN, "put by operator or reviewer, not by unit_officer");
	article.id = 4711;
	answer = kb_put(road, reviewer, "k5", &article);
	assert_says(&answer, WIRE_CODE_INVALID, "there is no article 4711");
	service_rig_wait(road->at, "select count(*) from reply.kb_article", "1");
}

static void reply_letter_with_an_article_is_answered_in_one_commit(void **state)
{
	struct road *road = *state;
	int64_t id = kb_add(road, "k10", "产证遗失怎么补办");
	Wangli__Deliver *body = NULL;
	struct wire_msg deliver;

	assert_int_equal(road_letter_with(road, 10, "consult", id), WIRE_CODE_COMMITTED);
	deliver = road_deliver(road, 10);
	assert_int_equal(
		wire_unpack(road->at->mem, &wangli__deliver__descriptor, deliver.body, &body, NULL),
		RES_OK);
	assert_string_equal(body->text, "请到不动产登记中心补办。");
	assert_string_equal(body->unit, "市规划和自然资源局");
	assert_string_equal(body->what, "reply");
	road_wait(road, types_of, 10, "submitted.v1 approved.v1 approved.v1 replied.v1");
	road_wait(road, actors_of, 10, "system system system system");
	assert_int_equal(road_letter_with(road, 11, "consult", id + 1000), WIRE_CODE_COMMITTED);
	road_wait(road, types_of, 11, "no_article.v1");
	road_wait(road, state_of, 11, "UNKNOWN");
	/* and a unit takes it from there */
	assert_int_equal(road_unit(road, 11), WIRE_CODE_COMMITTED);
	assert_int_equal(road_sign(road, 11), WIRE_CODE_COMMITTED);
	road_wait(road, state_of, 11, "OPEN");
}

static struct wire_msg answer_from(struct road *road, const char *actor, int64_t case_id,
	const char *command_id, int64_t article)
{
	Wangli__ReplyAnswer body = WANGLI__REPLY_ANSWER__INIT;

	body.kb_article = article;
	return service_rig_command_by(road->at, road->cli, actor, case_id, command_id,
		"reply.answer.v1", wire_pack(road->at->mem, &body.base));
}

static void reply_agent_answers_a_consult_before_the_unit_does(void **state)
{
	struct road *road = *state;
	int64_t id = kb_add(road, "k20", "产证遗失怎么补办");
	struct wire_msg answer;

	road_letter_with(road, 20, "consult", 0);
	answer = answer_from(road, reviewer, 20, "c1", id);
	assert_says(&answer, WIRE_CODE_FORBIDDEN, "not by reviewer");
	answer = answer_from(road, "agent/chen", 20, "c2", id + 1000);
	assert_says(&answer, WIRE_CODE_REFUSED, "that holds today");
	assert_int_equal(answer_from(road, "agent/chen", 20, "c3", id).head.code, WIRE_CODE_DONE);
	road_wait(road, state_of, 20, "REPLIED");
	road_wait(road, actors_of, 20, "agent system system system");
	/* dispatch did not know: the unit that it chose is noted */
	assert_int_equal(road_unit(road, 20), WIRE_CODE_COMMITTED);
	road_wait(road, "select state_name || unit from reply.v_case where case_id = ", 20,
		"REPLIED510104");
	answer = answer_from(road, "agent/chen", 20, "c4", id);
	assert_int_equal(answer.head.code, WIRE_CODE_REFUSED);
}

/* --- refusals --- */

static void reply_refusal_reaches_the_citizen_with_ground_and_guidance(void **state)
{
	struct road *road = *state;
	Wangli__IntakeReceived received = WANGLI__INTAKE_RECEIVED__INIT;
	Wangli__IntakeRefused refused = WANGLI__INTAKE_REFUSED__INIT;
	Wangli__Deliver *body = NULL;
	struct wire_msg deliver;
	struct wire_msg answer;

	refused.reason = (char[]){ "litigation" };
	refused.channel = (char[]){ "app" };
	refused.source = (char[]){ "app-1" };
	refused.source_msg_id = (char[]){ "m40" };
	service_rig_sql(road->at,
		"insert into intake.refusal (case_id, n, reason, sentence, guidance, actor, at) "
		"values (40, 1, 'litigation', '您反映的事项应当通过诉讼解决。', "
		"'请向有管辖权的人民法院起诉。', 'reviewer/wang', now())");
	road_event(road, road->intake, "intake", 40, 1, "intake.received.v1", &received.base);
	assert_int_equal(
		road_event(road, road->intake, "intake", 40, 2, "intake.refused.v1", &refused.base),
		WIRE_CODE_COMMITTED);
	deliver = road_deliver(road, 40);
	deliver = road_deliver(road, 40); /* and again, until it is done */
	assert_int_equal(
		wire_unpack(road->at->mem, &wangli__deliver__descriptor, deliver.body, &body, NULL),
		RES_OK);
	assert_string_equal(body->what, "refusal");
	assert_string_equal(
		body->text, "您反映的事项应当通过诉讼解决。\n请向有管辖权的人民法院起诉。");
	assert_true(str_eq(deliver.head.source_msg_id, STR("m40")));
	answer = road_submit(road, 40, "c1", "答复");
	assert_says(&answer, WIRE_CODE_REFUSED, "a case that is NOTICE cannot get a draft");
	road_done(road, &deliver, body->delivery_id, "app", WIRE_CODE_DELIVERED);
	road_wait(road, state_of, 40, "NOTIFIED");
	road_wait(road, marker_of, 40, "0");
	road_wait(road, types_of, 40, "notified.v1");
}

/* --- again --- */

static void reply_redo_opens_the_case_for_another_answer_under_another_name(void **state)
{
	struct road *road = *state;
	Wangli__DispatchDispatched redo = WANGLI__DISPATCH_DISPATCHED__INIT;
	struct wire_msg deliver;

	road_approvals_by(road, "system");
	road_in_hand(road, 30);
	road_submit(road, 30, "c1", "已办理");
	deliver = road_deliver(road, 30);
	road_done(road, &deliver, road_look(road, "delivery_id", 30), "app", WIRE_CODE_DELIVERED);
	road_wait(road, state_of, 30, "DELIVERED");
	redo.task = 2;
	redo.redo = 1;
	redo.unit = (char[]){ "510104" };
	assert_int_equal(road_event(road, road->dispatch, "dispatch", 30, 3,
				 "dispatch.redispatched.v1", &redo.base),
		WIRE_CODE_COMMITTED);
	road_wait(road, state_of, 30, "OPEN");
	road_submit(road, 30, "c2", "已重新办理");
	deliver = road_deliver(road, 30);
	road_wait(road,
		"select string_agg(right(delivery_id, 2), '' order by n) from "
		"reply.delivery where case_id = ",
		30, "/1/2");
	road_done(
		road, &deliver, road_look(road, "delivery_id", 30), "app", WIRE_CODE_UNDELIVERABLE);
	road_wait(road, state_of, 30, "UNDELIVERABLE");
	road_approvals_by(road, "people");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_draft_goes_through_both_stages_by_people),
		cmocka_unit_test(reply_rejected_draft_is_written_anew_and_its_reason_stays_here),
		cmocka_unit_test(reply_two_people_at_once_take_a_step_once),
		cmocka_unit_test(reply_kb_put_keeps_one_article_a_title_and_names_what_is_wrong),
		cmocka_unit_test(reply_letter_with_an_article_is_answered_in_one_commit),
		cmocka_unit_test(reply_agent_answers_a_consult_before_the_unit_does),
		cmocka_unit_test(reply_refusal_reaches_the_citizen_with_ground_and_guidance),
		cmocka_unit_test(reply_redo_opens_the_case_for_another_answer_under_another_name),
	};

	return cmocka_run_group_tests(tests, people_open, road_close);
}

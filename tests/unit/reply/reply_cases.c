/* See reply_cases.h. */
#include "reply_cases.h"

const struct instant now = { 1546300800000000 }; /* 2019-01-01 08:00 in Shanghai */

const struct reply_rules people = { false, false };
const struct reply_rules system_alone = { true, true };

static bool has_draft(int state)
{
	return (state >= REPLY_SUBMITTED && state <= REPLY_CLOSED) || state == REPLY_SENDING ||
	       state == REPLY_IN_DOUBT;
}

static bool is_notice(int state)
{
	return state == REPLY_NOTICE || state == REPLY_NOTIFIED || state == REPLY_NOTICE_SENDING ||
	       state == REPLY_NOTICE_IN_DOUBT;
}

struct reply_case case_in(int state)
{
	struct reply_case file;

	reply_case_init(&file);
	file.state = (int16_t)state;
	if (state == REPLY_UNKNOWN)
		return file;
	file.has_letter = true;
	file.channel = STR("app");
	if (state >= REPLY_SENDING) {
		file.fence = 1;
		file.claim_id = CLAIM_ID;
	}
	if (is_notice(state)) {
		file.delivery_id = STR("CD0000001-8/1");
		return file;
	}
	file.has_unit = true;
	file.is_signed = true;
	file.type = STR("consult");
	file.unit = UNIT;
	if (!has_draft(state))
		return file;
	file.draft = 1;
	file.author = STR("li");
	file.delivery_id = state >= REPLY_REPLIED ? STR("CD0000001-8/1") : STR_NONE;
	file.replied_at = now;
	return file;
}

/* Who takes that step in the tests that are not about roles. */
struct actor actor_for(enum reply_event_kind kind, int state)
{
	if (kind == REPLY_EV_SUBMIT)
		return OFFICER;
	if (kind == REPLY_EV_ANSWER)
		return (struct actor){ ROLE_AGENT, STR("chen"), STR("") };
	if (kind != REPLY_EV_APPROVE && kind != REPLY_EV_REJECT)
		return kind == REPLY_EV_FOUND || kind == REPLY_EV_RESENT
			       ? (struct actor){ ROLE_SUPERVISOR, STR("sun"), STR("") }
			       : SYSTEM;
	return state == REPLY_SUBMITTED ? LEAD
					: (struct actor){ ROLE_REVIEWER, STR("wang"), STR("") };
}

struct reply_event event_of(enum reply_event_kind kind)
{
	struct reply_event event = {
		.kind = kind,
		.actor = actor_for(kind, REPLY_SUBMITTED),
		.channel = STR("app"),
		.klass = STR(""),
		.type = STR("consult"),
		.unit = UNIT,
		.text = STR("已办理"),
		.replied_at = INSTANT_NONE,
		.draft_digest = STR("digest"),
		.fresh_delivery_id = STR("CD0000001-8/1"),
		.delivery_id = STR("CD0000001-8/1"),
		.claim_id = STR("another-claim-000"),
	};

	if (kind == REPLY_EV_ANSWER) {
		event.kb_article = 7;
		event.article = (struct reply_article){ 7, STR("请到服务中心办理"), STR("D05") };
	}
	return event;
}

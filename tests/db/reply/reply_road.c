/* See reply_road.h. */
#include "reply_road.h"

#include <stdio.h>

#include "proto/dispatch.pb-c.h"
#include "proto/door.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"

static const struct instant morning = { 1546300800000000 };

const char road_officer[] = "unit_officer/li@510104";

int road_open(void **state)
{
	struct road *road = calloc(1, sizeof(*road));

	assert_non_null(road);
	road->at = service_rig_create("reply");
	service_rig_start(road->at, SERVICE_PROGRAM);
	road->intake = service_rig_join(road->at, "intake", NULL);
	road->dispatch = service_rig_join(road->at, "dispatch", NULL);
	road->followup = service_rig_join(road->at, "followup", NULL);
	road->cli = service_rig_join(road->at, "cli", NULL);
	road->door = service_rig_join(road->at, "edge", "deliver/app");
	*state = road;
	return 0;
}

int road_close(void **state)
{
	struct road *road = *state;

	service_rig_destroy(road->at);
	free(road);
	return 0;
}

enum wire_code road_event(struct road *road, struct client *from, const char *producer,
	int64_t case_id, int32_t seq, const char *type, const ProtobufCMessage *body)
{
	return service_rig_event(road->at, from, producer, case_id, seq, type, morning,
		wire_pack(road->at->mem, body))
		.head.code;
}

enum wire_code road_letter_with(
	struct road *road, int64_t case_id, const char *type, int64_t kb_article)
{
	Wangli__IntakeReceived received = WANGLI__INTAKE_RECEIVED__INIT;
	Wangli__IntakeAccepted accepted = WANGLI__INTAKE_ACCEPTED__INIT;
	char msg_id[32];

	snprintf(msg_id, sizeof(msg_id), "m%lld", (long long)case_id);
	assert_int_equal(road_event(road, road->intake, "intake", case_id, 1, "intake.received.v1",
				 &received.base),
		WIRE_CODE_COMMITTED);
	accepted.type = (char *)(uintptr_t)type;
	accepted.channel = (char[]){ "app" };
	accepted.source = (char[]){ "app-1" };
	accepted.source_msg_id = msg_id;
	accepted.kb_article = kb_article;
	return road_event(
		road, road->intake, "intake", case_id, 2, "intake.accepted.v1", &accepted.base);
}

enum wire_code road_letter(struct road *road, int64_t case_id)
{
	return road_letter_with(road, case_id, "help", 0);
}

enum wire_code road_unit(struct road *road, int64_t case_id)
{
	Wangli__DispatchDispatched body = WANGLI__DISPATCH_DISPATCHED__INIT;

	body.task = 1;
	body.unit = (char[]){ "510104" };
	return road_event(
		road, road->dispatch, "dispatch", case_id, 1, "dispatch.dispatched.v1", &body.base);
}

enum wire_code road_sign(struct road *road, int64_t case_id)
{
	Wangli__DispatchSigned body = WANGLI__DISPATCH_SIGNED__INIT;

	body.task = 1;
	body.unit = (char[]){ "510104" };
	return road_event(
		road, road->dispatch, "dispatch", case_id, 2, "dispatch.signed.v1", &body.base);
}

void road_in_hand(struct road *road, int64_t case_id)
{
	assert_int_equal(road_letter(road, case_id), WIRE_CODE_COMMITTED);
	assert_int_equal(road_unit(road, case_id), WIRE_CODE_COMMITTED);
	assert_int_equal(road_sign(road, case_id), WIRE_CODE_COMMITTED);
}

struct wire_msg road_submit(
	struct road *road, int64_t case_id, const char *command_id, const char *text)
{
	Wangli__ReplySubmit body = WANGLI__REPLY_SUBMIT__INIT;

	body.text = (char *)(uintptr_t)text;
	return service_rig_command_by(road->at, road->cli, road_officer, case_id, command_id,
		"reply.submit.v1", wire_pack(road->at->mem, &body.base));
}

void road_approvals_by(struct road *road, const char *whom)
{
	service_rig_sql(road->at,
		arena_printf(road->at->mem,
			"update ref.road set taken_by = '%s' where step like 'approve%%'; "
			"update ref.version set n = n + 1",
			whom)
			.p);
}

/* The next DELIVER of that case; what the sweep sends again of other cases is passed over. */
struct wire_msg road_deliver(struct road *road, int64_t case_id)
{
	struct wire_msg deliver;

	do
		deliver = client_take(road->at->rig, road->door, WIRE_DELIVER);
	while (deliver.head.case_id != case_id);
	return deliver;
}

void road_channel_says(struct road *road, enum wire_kind kind, struct wire_head head,
	int64_t case_id, const ProtobufCMessage *body)
{
	struct wire_msg msg = { .kind = kind, .head = head };

	msg.head.time = INSTANT_NONE;
	msg.head.to = STR("reply");
	msg.head.reply_to = str_from_c(peer_instance(road->door->peer));
	msg.head.case_id = case_id;
	msg.body = wire_pack(road->at->mem, body);
	client_send(road->door, &msg);
}

void road_done(struct road *road, const struct wire_msg *deliver, const char *delivery_id,
	const char *channel, enum wire_code code)
{
	Wangli__Done body = WANGLI__DONE__INIT;
	struct wire_head head = { .type = STR("done.v1"),
		.channel = str_from_c(channel),
		.source_msg_id = deliver->head.source_msg_id,
		.code = code };

	body.delivery_id = (char *)(uintptr_t)delivery_id;
	body.reason =
		(char *)(uintptr_t)(code == WIRE_CODE_UNDELIVERABLE ? "no such account: 13812345678"
								    : "");
	road_channel_says(road, WIRE_DONE, head, deliver->head.case_id, &body.base);
}

const char *road_look(struct road *road, const char *what, int64_t case_id)
{
	return service_rig_look(road->at,
		arena_printf(road->at->mem, "select %s from reply.case_file where case_id = %lld",
			what, (long long)case_id)
			.p);
}

void road_wait(struct road *road, const char *what, int64_t case_id, const char *want)
{
	service_rig_wait(
		road->at, arena_printf(road->at->mem, "%s%lld", what, (long long)case_id).p, want);
}

const char marker_of[] =
	"select count(*) from reply.pending where grp = 'deliver/app' and case_id = ";
const char state_of[] = "select state_name from reply.v_case where case_id = ";
const char types_of[] = "select string_agg(replace(type, 'reply.', ''), ' ' order by seq) "
			"from reply.journal where case_id = ";

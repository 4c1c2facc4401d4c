/* Intake between a real broker and a real PostgreSQL with the city's reference data: the test plays
 * the door with its integrators, followup and the operator. Two replicas of intake serve, so that
 * letters meet in both. */
#include "intake_road.h"

#include <stdio.h>

#include "proto/followup.pb-c.h"
#include "proto/operator.pb-c.h"

#define TWINS 40

static void intake_letter_is_stored_accepted_and_receipted(void **state)
{
	struct intake_road *road = *state;
	struct wire_msg answer = intake_submit(road, "m1",
		intake_letter_body(
			road, "m1", "锦江区的路灯不亮", "楼下的路灯坏了三天。", "13800000001"));
	Wangli__Receipt *receipt = intake_receipt(road, &answer);

	assert_false(receipt->is_repeat);
	assert_int_equal(receipt->digest.len, 32);
	assert_int_equal(strlen(receipt->query_code), 6);
	assert_memory_equal(receipt->case_number, "CD", 2);
	assert_string_equal(intake_look(road,
				    "select state_name || channel || category || area || seq from "
				    "intake.v_case "
				    "where case_id = {}",
				    "m1"),
		"ACCEPTEDapp02055101042");
	assert_string_equal(
		intake_look(road,
			"select string_agg(type, ' ' order by seq) from intake.v_journal "
			"where case_id = {}",
			"m1"),
		"intake.received.v1 intake.accepted.v1");
	assert_string_equal(
		intake_look(
			road, "select title || body from intake.v_letter where case_id = {}", "m1"),
		"锦江区的路灯不亮楼下的路灯坏了三天。");
	assert_string_equal(
		intake_look(road,
			"select channel || source || source_msg_id || reply_address from "
			"intake.v_reply_address where case_id = {}",
			"m1"),
		"appimporterm1box-7");
	assert_string_equal(intake_look(road,
				    "select has_record and has_key and has_lookup from "
				    "intake.v_contact where case_id = {}",
				    "m1"),
		"t");
	assert_string_equal(intake_look(road,
				    "select string_agg(grp || upto_seq, ' ' order by grp) from "
				    "intake.v_pending where case_id = {}",
				    "m1"),
		"analytics2 dispatch2 reply2");
}

static void intake_contact_never_stands_in_clear(void **state)
{
	struct intake_road *road = *state;
	struct wire_msg answer = intake_submit(road, "m2",
		intake_letter_body(road, "m2", "小区停水", "停水两天了", "13812345678"));

	intake_receipt(road, &answer);
	assert_string_equal(
		service_rig_look(road->at,
			"select (select count(*) from intake.contact where "
			"position('13812345678'::bytea in "
			"record || lookup) > 0) + (select count(*) from intake.journal where "
			"position('13812345678'::bytea in body) > 0)"),
		"0");
}

/* The same phone is found again whatever the ciphertext. */
static void intake_lookup_is_equal_for_one_phone(void **state)
{
	struct intake_road *road = *state;
	struct wire_msg answer;

	answer = intake_submit(
		road, "l1", intake_letter_body(road, "l1", "停水", "停水", "13811111111"));
	intake_receipt(road, &answer);
	answer = intake_submit(
		road, "l2", intake_letter_body(road, "l2", "停电", "停电", "13811111111"));
	intake_receipt(road, &answer);
	answer = intake_submit(
		road, "l4", intake_letter_body(road, "l4", "停网", "停网", "+86 138-1111-1111"));
	intake_receipt(road, &answer);
	answer = intake_submit(
		road, "l3", intake_letter_body(road, "l3", "停气", "停气", "13822222222"));
	intake_receipt(road, &answer);
	assert_string_equal(
		service_rig_look(road->at,
			"select count(distinct lookup) || '/' || count(distinct record) || '/' || "
			"count(distinct epoch) from intake.contact c join intake.submission s "
			"using (case_id) "
			"where s.source_msg_id in ('l1', 'l2', 'l3', 'l4')"),
		"2/4/1");
}

static void intake_repeat_has_the_same_receipt_and_other_content_conflicts(void **state)
{
	struct intake_road *road = *state;
	struct wire_msg answer;

	answer = intake_submit(road, "m3",
		intake_letter_body(road, "m3", "公交太少", "等车一小时", "13800000003"));
	Wangli__Receipt *first = intake_receipt(road, &answer);
	answer = intake_submit(road, "m3",
		intake_letter_body(road, "m3", "公交太少", "等车一小时", "13800000003"));
	Wangli__Receipt *second = intake_receipt(road, &answer);
	assert_true(second->is_repeat);
	assert_string_equal(second->case_number, first->case_number);
	assert_string_equal(second->query_code, first->query_code);
	assert_true(second->received_at_us == first->received_at_us);
	assert_memory_equal(second->digest.data, first->digest.data, 32);
	answer = intake_submit(road, "m3",
		intake_letter_body(road, "m3", "公交太少", "等车两小时", "13800000003"));
	assert_int_equal(answer.head.code, WIRE_CODE_CONFLICT);
	answer = intake_submit(road, "m3",
		intake_letter_body(road, "m3", "公交太少", "等车一小时", "13800000004"));
	assert_int_equal(answer.head.code, WIRE_CODE_CONFLICT);
	assert_string_equal(
		intake_look(road, "select count(*) from intake.v_case where case_id = {}", "m3"),
		"1");
}

static void intake_bad_letters_are_refused_with_a_sentence(void **state)
{
	struct intake_road *road = *state;
	struct str other = intake_letter_body(road, "another", "标题", "正文", "13800000005");
	const struct {
		const char *msg_id;
		struct str body;
		const char *says;
	} table[] = {
		{ "b1", intake_letter_body(road, "b1", "", "正文", NULL), "title is empty" },
		{ "b2", intake_letter_body(road, "b2", "标题", " ", NULL), "body is empty" },
		{ "b3", intake_letter_body(road, "b3", "标\x01题", "正文", NULL),
			"control character" },
		{ "b4", other, "sealed for another letter" },
		{ "b5", STR("\xff\xff\xff"), "" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct wire_msg answer = intake_submit(road, table[i].msg_id, table[i].body);
		assert_int_equal(answer.kind, WIRE_NACK);
		assert_int_equal(answer.head.code, WIRE_CODE_INVALID);
		assert_true(answer.head.text.n > 5);
		if (table[i].says[0] != '\0' &&
			str_find(answer.head.text, str_from_c(table[i].says), 0) == SIZE_MAX)
			fail_msg("%s: %.*s", table[i].msg_id, STR_ARG(answer.head.text));
		assert_string_equal(
			intake_look(road, "select count(*) from intake.v_case where case_id = {}",
				table[i].msg_id),
			"0");
	}
}

/* Copies of one letter in one batch and in both replicas: one case, and every copy its receipt. */
static void intake_copies_at_once_make_one_case(void **state)
{
	struct intake_road *road = *state;
	char number[64] = "";
	size_t first_hand = 0;

	for (size_t i = 0; i < TWINS; i++) {
		struct wire_msg message = intake_submit_of(road, "twin",
			intake_letter_body(road, "twin", "地铁太挤", "早高峰挤不上", NULL));
		client_send(road->door, &message);
	}
	for (size_t i = 0; i < TWINS; i++) {
		struct wire_msg answer = client_take(road->at->rig, road->door, WIRE_RECEIPT);
		Wangli__Receipt *receipt = intake_receipt(road, &answer);
		first_hand += !receipt->is_repeat;
		if (number[0] == '\0')
			snprintf(number, sizeof(number), "%s", receipt->case_number);
		assert_string_equal(receipt->case_number, number);
	}
	assert_int_equal(first_hand, 1);
	assert_string_equal(
		intake_look(
			road, "select count(*) from intake.v_journal where case_id = {}", "twin"),
		"2");
}

static void intake_closing_is_noted_without_an_entry(void **state)
{
	struct intake_road *road = *state;
	Wangli__FollowupClosed body = WANGLI__FOLLOWUP_CLOSED__INIT;
	struct wire_msg answer =
		intake_submit(road, "m6", intake_letter_body(road, "m6", "路灯", "路灯不亮", NULL));
	struct str packed = wire_pack(road->at->mem, &body.base);

	intake_receipt(road, &answer);
	int64_t case_id = answer.head.case_id;
	if (case_id == 0)
		assert_int_equal(
			str_to_int64(str_from_c(intake_look(road, "select {}", "m6")), &case_id),
			RES_OK);
	assert_int_equal(
		service_rig_event(road->at, road->followup, "followup", case_id, 1,
			"followup.closed.v1", (struct instant){ INT64_C(1546300800000000) }, packed)
			.head.code,
		WIRE_CODE_COMMITTED);
	assert_string_equal(
		intake_look(road,
			"select state_name || seq || seen_followup || extract(year from "
			"closed_at) from intake.v_case where case_id = {}",
			"m6"),
		"CLOSED212019");
	assert_int_equal(service_rig_event(road->at, road->followup, "followup", 999999999, 1,
				 "followup.closed.v1", (struct instant){ 1 }, packed)
				 .head.code,
		WIRE_CODE_BUSY);
}

static struct str key_body(
	struct intake_road *road, const char *key, const char *channel, bool is_revoked)
{
	Wangli__ChannelAdd add = WANGLI__CHANNEL_ADD__INIT;
	Wangli__ChannelKey row = WANGLI__CHANNEL_KEY__INIT;
	char *channels[] = { (char *)(uintptr_t)channel };

	row.public_key = (char *)(uintptr_t)key;
	row.source = (char[]){ "importer" };
	row.channels = channels;
	row.n_channels = 1;
	row.is_revoked = is_revoked;
	add.key = &row;
	return wire_pack(road->at->mem, &add.base);
}

static Wangli__KeysSnapshot *keys(struct intake_road *road, const char *command_id)
{
	Wangli__KeysSnapshot *snapshot = NULL;
	struct wire_msg answer =
		service_rig_command(road->at, road->door, 0, command_id, "keys.get.v1", STR(""));

	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(wire_unpack(road->at->mem, &wangli__keys_snapshot__descriptor, answer.body,
				 &snapshot, NULL),
		RES_OK);
	return snapshot;
}

static void intake_keys_are_added_by_the_operator_alone(void **state)
{
	static const char key[] = "0123456789012345678901234567890123456789";
	struct intake_road *road = *state;
	struct wire_msg answer;

	assert_int_equal(keys(road, "k1")->n_keys, 0);
	answer = service_rig_command(road->at, road->reply, 0, "a0", "channel.add.v1",
		key_body(road, key, "app", false));
	assert_int_equal(answer.head.code, WIRE_CODE_FORBIDDEN);
	answer = service_rig_command(road->at, road->cli, 0, "a1", "channel.add.v1",
		key_body(road, key, "no/slash", false));
	assert_int_equal(answer.head.code, WIRE_CODE_INVALID);
	assert_int_equal(keys(road, "k2")->n_keys, 0);
	for (int i = 0; i < 2; i++) {
		answer = service_rig_command(road->at, road->cli, 0, i == 0 ? "a2" : "a3",
			"channel.add.v1", key_body(road, key, "app", i == 1));
		assert_int_equal(answer.head.code, WIRE_CODE_DONE);
		Wangli__KeysSnapshot *snapshot = keys(road, i == 0 ? "k3" : "k4");
		if (i == 1) { /* a revoked key is one that the door does not know */
			assert_int_equal(snapshot->n_keys, 0);
			break;
		}
		assert_int_equal(snapshot->n_keys, 1);
		assert_string_equal(snapshot->keys[0]->public_key, key);
		assert_string_equal(snapshot->keys[0]->source, "importer");
		assert_int_equal(snapshot->keys[0]->n_channels, 1);
		assert_string_equal(snapshot->keys[0]->channels[0], "app");
		assert_false(snapshot->keys[0]->is_revoked);
	}
}

/* "" when it is done, otherwise intake's words. */
static const char *channel_command(
	struct intake_road *road, const char *id, const char *type, const ProtobufCMessage *body)
{
	Wangli__ChannelAnswer *said = NULL;
	struct wire_msg answer = service_rig_command(
		road->at, road->cli, 0, id, type, wire_pack(road->at->mem, body));

	assert_int_equal(answer.head.code, WIRE_CODE_DONE);
	assert_int_equal(wire_unpack(road->at->mem, &wangli__channel_answer__descriptor,
				 answer.body, &said, NULL),
		RES_OK);
	return said->why_not;
}

#define OLD_KEY "old45678901234567890123456789012345678901"
#define NEW_KEY "new45678901234567890123456789012345678901"

/* Of the snapshot: quota and end go with it, and a refusal is in words and changes nothing. */
static void intake_keys_are_rotated_limited_and_revoked(void **state)
{
	struct intake_road *road = *state;
	char old_key[] = OLD_KEY;
	char new_key[] = NEW_KEY;
	char source[] = "importer";
	char begins[] = "old45678";
	Wangli__ChannelRotate rotate = WANGLI__CHANNEL_ROTATE__INIT;
	Wangli__ChannelRevoke revoke = WANGLI__CHANNEL_REVOKE__INIT;
	Wangli__ChannelQuota quota = WANGLI__CHANNEL_QUOTA__INIT;

	old_key[40] = new_key[40] = 0;
	rotate = (Wangli__ChannelRotate){
		.base = rotate.base, .source = source, .public_key = new_key, .overlap_ms = 3600000
	};
	revoke.name = begins;
	quota = (Wangli__ChannelQuota){
		.base = quota.base, .source = source, .per_s = 5, .burst = 9
	};
	assert_int_equal(service_rig_command(road->at, road->cli, 0, "b1", "channel.add.v1",
				 key_body(road, old_key, "app", false))
				 .head.code,
		WIRE_CODE_DONE);
	assert_string_equal(channel_command(road, "b2", "channel.quota.v1", &quota.base), "");
	assert_string_equal(channel_command(road, "b3", "channel.rotate.v1", &rotate.base), "");
	Wangli__KeysSnapshot *snapshot = keys(road, "b4");
	size_t seen = 0;
	for (size_t i = 0; i < snapshot->n_keys; i++) {
		const Wangli__ChannelKey *key = snapshot->keys[i];
		bool is_new = strcmp(key->public_key, new_key) == 0;
		if (!is_new && strcmp(key->public_key, old_key) != 0)
			continue;
		seen++;
		assert_false(key->is_revoked);
		assert_string_equal(key->channels[0], "app");
		assert_int_equal(key->quota_per_s, 5);
		assert_int_equal(key->quota_burst, 9);
		assert_true(is_new ? key->valid_for_ms == 0
				   : key->valid_for_ms > 0 && key->valid_for_ms <= 3600000);
	}
	assert_int_equal(seen, 2);
	assert_string_equal(channel_command(road, "b5", "channel.revoke.v1", &revoke.base), "");
	assert_string_equal(channel_command(road, "b6", "channel.revoke.v1", &revoke.base),
		"the key old45678 is revoked already");
	assert_string_equal(service_rig_look(road->at,
				    "select count(*) from intake.v_channel_key where is_revoked "
				    "and revoked_at is not null and public_key like 'old4567%'"),
		"1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intake_letter_is_stored_accepted_and_receipted),
		cmocka_unit_test(intake_contact_never_stands_in_clear),
		cmocka_unit_test(intake_lookup_is_equal_for_one_phone),
		cmocka_unit_test(intake_repeat_has_the_same_receipt_and_other_content_conflicts),
		cmocka_unit_test(intake_bad_letters_are_refused_with_a_sentence),
		cmocka_unit_test(intake_copies_at_once_make_one_case),
		cmocka_unit_test(intake_closing_is_noted_without_an_entry),
		cmocka_unit_test(intake_keys_are_added_by_the_operator_alone),
		cmocka_unit_test(intake_keys_are_rotated_limited_and_revoked),
	};

	return cmocka_run_group_tests(tests, intake_road_open, intake_road_close);
}

/* Intake between a real broker and a real PostgreSQL with the city's reference data: the test plays
 * the door with its integrators, followup and the operator. Two replicas of intake serve, so that
 * letters meet in both. */
#include "service_rig.h"

#include <stdio.h>

#include "crypto/crypto.h"
#include "os/os.h"
#include "proto/door.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/operator.pb-c.h"

#define TWINS 40

struct road {
	struct service_rig *at;
	struct client *door;
	struct client *followup;
	struct client *reply;
	struct client *cli;
	uint8_t vault_public[CRYPTO_KEY_BYTES];
	uint8_t data_key[CRYPTO_KEY_BYTES];
	uint8_t sealed_key[CRYPTO_SEALED_KEY_BYTES];
	uint8_t epoch[CRYPTO_HASH_BYTES]; /* the first 16 bytes count */
};

static int road_open(void **state)
{
	struct road *road = calloc(1, sizeof(*road));
	uint8_t secret[CRYPTO_KEY_BYTES], query_key[CRYPTO_KEY_BYTES];

	assert_non_null(road);
	assert_int_equal(crypto_start(NULL), RES_OK);
	crypto_pair_make(road->vault_public, secret);
	crypto_key_make(query_key);
	crypto_key_make(road->data_key);
	crypto_key_seal(road->data_key, road->vault_public, road->sealed_key);
	const struct str sealed = str_of(road->sealed_key, sizeof(road->sealed_key));
	crypto_hash(road->epoch, NULL, &sealed, 1);
	road->at = service_rig_create("intake");
	setenv("VAULT_KEY", crypto_base64(road->at->mem, str_of(secret, sizeof(secret))).p, 1);
	setenv("QUERY_CODE_KEY",
		crypto_base64(road->at->mem, str_of(query_key, sizeof(query_key))).p, 1);
	service_rig_start(road->at, SERVICE_PROGRAM);
	service_rig_start(road->at, SERVICE_PROGRAM);
	road->door = service_rig_join(road->at, "edge", NULL);
	road->followup = service_rig_join(road->at, "followup", NULL);
	road->reply = service_rig_join(road->at, "reply", NULL);
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

static ProtobufCBinaryData binary(struct str bytes)
{
	return (ProtobufCBinaryData){ .len = bytes.n, .data = (uint8_t *)(uintptr_t)bytes.p };
}

/* The body of a SUBMIT; phone NULL: no contact. The ciphertext differs each time. */
static struct str letter(struct road *road, const char *msg_id, const char *title, const char *text,
	const char *phone)
{
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	Wangli__SealedContact sealed = WANGLI__SEALED_CONTACT__INIT;
	Wangli__ContactPlain plain = WANGLI__CONTACT_PLAIN__INIT;
	struct arena *mem = road->at->mem;

	submit.title = (char *)(uintptr_t)title;
	submit.body = (char *)(uintptr_t)text;
	submit.reply_address = (char[]){ "box-7" };
	if (phone != NULL) {
		plain.phone = (char *)(uintptr_t)phone;
		sealed.epoch = binary(str_of(road->epoch, 16));
		sealed.sealed_key = binary(str_of(road->sealed_key, sizeof(road->sealed_key)));
		sealed.record = binary(crypto_record_seal(
			mem, wire_pack(mem, &plain.base), str_from_c(msg_id), road->data_key));
		submit.contact = &sealed;
	}
	return wire_pack(mem, &submit.base);
}

static struct wire_msg submit_of(struct road *road, const char *msg_id, struct str body)
{
	return (struct wire_msg){
		.kind = WIRE_SUBMIT,
		.head = {
			.source = STR("importer"),
			.type = STR("submit.v1"),
			.time = INSTANT_NONE,
			.to = STR("intake"),
			.reply_to = str_from_c(peer_instance(road->door->peer)),
			.channel = STR("app"),
			.source_msg_id = str_from_c(msg_id),
		},
		.body = body,
	};
}

/* Takes the next RECEIPT or NACK out of what the door has kept. */
static bool take_answer(struct client *door, struct wire_msg *out)
{
	for (size_t i = 0; i < door->n; i++) {
		*out = door->kept[i];
		if (out->kind != WIRE_RECEIPT && out->kind != WIRE_NACK)
			continue;
		memmove(door->kept + i, door->kept + i + 1,
			(--door->n - i) * sizeof(door->kept[0]));
		return true;
	}
	return false;
}

/* Sends until somebody serves the group, as the spool of an integrator does. */
static struct wire_msg submit(struct road *road, const char *msg_id, struct str body)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));
	struct wire_msg message = submit_of(road, msg_id, body), answer;

	client_send(road->door, &message);
	while (instant_is_before(os_monotonic_now(), until)) {
		rig_round(road->at->rig, 20);
		if (!take_answer(road->door, &answer))
			continue;
		if (answer.head.code != WIRE_CODE_NO_CONSUMER)
			return answer;
		client_send(road->door, &message);
	}
	fail_msg("no answer to %s", msg_id);
	return answer;
}

static Wangli__Receipt *receipt_of(struct road *road, const struct wire_msg *answer)
{
	Wangli__Receipt *receipt = NULL;

	if (answer->kind != WIRE_RECEIPT)
		fail_msg("NACK %s: %.*s", wire_code_name(answer->head.code),
			STR_ARG(answer->head.text));
	assert_int_equal(wire_unpack(road->at->mem, &wangli__receipt__descriptor, answer->body,
				 &receipt, NULL),
		RES_OK);
	return receipt;
}

/* "{}" in the query is the letter's id. */
static const char *look(struct road *road, const char *query, const char *msg_id)
{
	size_t at = str_find(str_from_c(query), STR("{}"), 0);

	assert_true(at != SIZE_MAX);
	return service_rig_look(road->at,
		arena_printf(road->at->mem,
			"with c as (select case_id from intake.submission where source_msg_id = "
			"'%s') %.*s(select case_id from c)%s",
			msg_id, (int)at, query, query + at + 2)
			.p);
}

static void intake_letter_is_stored_accepted_and_receipted(void **state)
{
	struct road *road = *state;
	struct wire_msg answer = submit(road, "m1",
		letter(road, "m1", "锦江区的路灯不亮", "楼下的路灯坏了三天。", "13800000001"));
	Wangli__Receipt *receipt = receipt_of(road, &answer);

	assert_false(receipt->is_repeat);
	assert_int_equal(receipt->digest.len, 32);
	assert_int_equal(strlen(receipt->query_code), 6);
	assert_memory_equal(receipt->case_number, "CD", 2);
	assert_string_equal(look(road,
				    "select state_name || channel || category || area || seq from "
				    "intake.v_case "
				    "where case_id = {}",
				    "m1"),
		"ACCEPTEDapp02055101042");
	assert_string_equal(
		look(road,
			"select string_agg(type, ' ' order by seq) from intake.v_journal "
			"where case_id = {}",
			"m1"),
		"intake.received.v1 intake.accepted.v1");
	assert_string_equal(
		look(road, "select title || body from intake.v_letter where case_id = {}", "m1"),
		"锦江区的路灯不亮楼下的路灯坏了三天。");
	assert_string_equal(
		look(road,
			"select channel || source || source_msg_id || reply_address from "
			"intake.v_reply_address where case_id = {}",
			"m1"),
		"appimporterm1box-7");
	assert_string_equal(look(road,
				    "select has_record and has_key and has_lookup from "
				    "intake.v_contact where case_id = {}",
				    "m1"),
		"t");
	assert_string_equal(look(road,
				    "select string_agg(grp || upto_seq, ' ' order by grp) from "
				    "intake.v_pending where case_id = {}",
				    "m1"),
		"analytics2 dispatch2 reply2");
}

static void intake_contact_never_stands_in_clear(void **state)
{
	struct road *road = *state;
	struct wire_msg answer =
		submit(road, "m2", letter(road, "m2", "小区停水", "停水两天了", "13812345678"));

	receipt_of(road, &answer);
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
	struct road *road = *state;
	struct wire_msg answer;

	answer = submit(road, "l1", letter(road, "l1", "停水", "停水", "13811111111"));
	receipt_of(road, &answer);
	answer = submit(road, "l2", letter(road, "l2", "停电", "停电", "13811111111"));
	receipt_of(road, &answer);
	answer = submit(road, "l4", letter(road, "l4", "停网", "停网", "+86 138-1111-1111"));
	receipt_of(road, &answer);
	answer = submit(road, "l3", letter(road, "l3", "停气", "停气", "13822222222"));
	receipt_of(road, &answer);
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
	struct road *road = *state;
	struct wire_msg answer;

	answer = submit(road, "m3", letter(road, "m3", "公交太少", "等车一小时", "13800000003"));
	Wangli__Receipt *first = receipt_of(road, &answer);
	answer = submit(road, "m3", letter(road, "m3", "公交太少", "等车一小时", "13800000003"));
	Wangli__Receipt *second = receipt_of(road, &answer);
	assert_true(second->is_repeat);
	assert_string_equal(second->case_number, first->case_number);
	assert_string_equal(second->query_code, first->query_code);
	assert_true(second->received_at_us == first->received_at_us);
	assert_memory_equal(second->digest.data, first->digest.data, 32);
	answer = submit(road, "m3", letter(road, "m3", "公交太少", "等车两小时", "13800000003"));
	assert_int_equal(answer.head.code, WIRE_CODE_CONFLICT);
	answer = submit(road, "m3", letter(road, "m3", "公交太少", "等车一小时", "13800000004"));
	assert_int_equal(answer.head.code, WIRE_CODE_CONFLICT);
	assert_string_equal(
		look(road, "select count(*) from intake.v_case where case_id = {}", "m3"), "1");
}

static void intake_bad_letters_are_refused_with_a_sentence(void **state)
{
	struct road *road = *state;
	struct str other = letter(road, "another", "标题", "正文", "13800000005");
	const struct {
		const char *msg_id;
		struct str body;
		const char *says;
	} table[] = {
		{ "b1", letter(road, "b1", "", "正文", NULL), "title is empty" },
		{ "b2", letter(road, "b2", "标题", " ", NULL), "body is empty" },
		{ "b3", letter(road, "b3", "标\x01题", "正文", NULL), "control character" },
		{ "b4", other, "sealed for another letter" },
		{ "b5", STR("\xff\xff\xff"), "" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct wire_msg answer = submit(road, table[i].msg_id, table[i].body);
		assert_int_equal(answer.kind, WIRE_NACK);
		assert_int_equal(answer.head.code, WIRE_CODE_INVALID);
		assert_true(answer.head.text.n > 5);
		if (table[i].says[0] != '\0' &&
			str_find(answer.head.text, str_from_c(table[i].says), 0) == SIZE_MAX)
			fail_msg("%s: %.*s", table[i].msg_id, STR_ARG(answer.head.text));
		assert_string_equal(
			look(road, "select count(*) from intake.v_case where case_id = {}",
				table[i].msg_id),
			"0");
	}
}

/* Copies of one letter in one batch and in both replicas: one case, and every copy its receipt. */
static void intake_copies_at_once_make_one_case(void **state)
{
	struct road *road = *state;
	char number[64] = "";
	size_t first_hand = 0;

	for (size_t i = 0; i < TWINS; i++) {
		struct wire_msg message = submit_of(
			road, "twin", letter(road, "twin", "地铁太挤", "早高峰挤不上", NULL));
		client_send(road->door, &message);
	}
	for (size_t i = 0; i < TWINS; i++) {
		struct wire_msg answer = client_take(road->at->rig, road->door, WIRE_RECEIPT);
		Wangli__Receipt *receipt = receipt_of(road, &answer);
		first_hand += !receipt->is_repeat;
		if (number[0] == '\0')
			snprintf(number, sizeof(number), "%s", receipt->case_number);
		assert_string_equal(receipt->case_number, number);
	}
	assert_int_equal(first_hand, 1);
	assert_string_equal(
		look(road, "select count(*) from intake.v_journal where case_id = {}", "twin"),
		"2");
}

static void intake_closing_is_noted_without_an_entry(void **state)
{
	struct road *road = *state;
	Wangli__FollowupClosed body = WANGLI__FOLLOWUP_CLOSED__INIT;
	struct wire_msg answer = submit(road, "m6", letter(road, "m6", "路灯", "路灯不亮", NULL));
	struct str packed = wire_pack(road->at->mem, &body.base);

	receipt_of(road, &answer);
	int64_t case_id = answer.head.case_id;
	if (case_id == 0)
		assert_int_equal(
			str_to_int64(str_from_c(look(road, "select {}", "m6")), &case_id), RES_OK);
	assert_int_equal(
		service_rig_event(road->at, road->followup, "followup", case_id, 1,
			"followup.closed.v1", (struct instant){ INT64_C(1546300800000000) }, packed)
			.head.code,
		WIRE_CODE_COMMITTED);
	assert_string_equal(
		look(road,
			"select state_name || seq || seen_followup || extract(year from "
			"closed_at) from intake.v_case where case_id = {}",
			"m6"),
		"CLOSED212019");
	assert_int_equal(service_rig_event(road->at, road->followup, "followup", 999999999, 1,
				 "followup.closed.v1", (struct instant){ 1 }, packed)
				 .head.code,
		WIRE_CODE_BUSY);
}

static struct str key_body(struct road *road, const char *key, const char *channel, bool is_revoked)
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

static Wangli__KeysSnapshot *keys(struct road *road, const char *command_id)
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
	struct road *road = *state;
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
		assert_int_equal(snapshot->n_keys, 1);
		assert_string_equal(snapshot->keys[0]->public_key, key);
		assert_string_equal(snapshot->keys[0]->source, "importer");
		assert_int_equal(snapshot->keys[0]->n_channels, 1);
		assert_string_equal(snapshot->keys[0]->channels[0], "app");
		assert_int_equal(snapshot->keys[0]->is_revoked, i == 1);
	}
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
	};

	return cmocka_run_group_tests(tests, road_open, road_close);
}

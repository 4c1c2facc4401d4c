/* wangli-edge and wangli-bus as programs: the share of each source, and a letter that ends who
 * reads it. The intake is played: when it "dies" its session ends without an answer. */
#include <stdio.h>

#include "proto/operator.pb-c.h"
#include "rig.h"

static const struct client_options intake_1 = { "intake", "intake/1", "intake", 1000, false };
static const struct client_options flood = { "flood", "flood/1", NULL, 2, true };
static const struct client_options quiet = { "quiet", "quiet/1", NULL, 2, true };
static const struct client_options hotline = { "hotline", "hotline/1", NULL, 2, true };

struct door {
	struct rig *rig;
	struct client *intake;
};

static void grant(struct door *door)
{
	static const char *const names[] = { "flood", "quiet", "hotline" };
	Wangli__KeysSnapshot body = WANGLI__KEYS_SNAPSHOT__INIT;
	Wangli__ChannelKey keys[3];
	Wangli__ChannelKey *list[3];
	struct wire_msg asked = client_take(door->rig, door->intake, WIRE_COMMAND);

	for (size_t i = 0; i < 3; i++) {
		wangli__channel_key__init(&keys[i]);
		keys[i].public_key = (char *)rig_key(door->rig, names[i], false)->public_key;
		keys[i].source = (char *)names[i];
		keys[i].channels = (char **)&names[i];
		keys[i].n_channels = 1;
		list[i] = &keys[i];
	}
	body.keys = list;
	body.n_keys = 3;
	client_send(door->intake, &(struct wire_msg){ .kind = WIRE_RESULT,
					  .head = { .to = asked.head.reply_to,
						  .command_id = asked.head.command_id,
						  .code = WIRE_CODE_DONE },
					  .body = wire_pack(door->intake->mem, &body.base) });
	rig_wait_health(door->rig, "edge", "keys", "count", 3);
}

static int open_with(void **state, const char *under_way, const char *answer_within)
{
	struct door *door = calloc(1, sizeof(*door));

	setenv("LETTERS_UNDER_WAY", under_way, 1);
	setenv("ANSWER_WITHIN", answer_within, 1);
	setenv("PATIENCE", "60s", 1);
	door->rig = rig_create();
	rig_start_bus(door->rig);
	door->intake = client_open(door->rig, &intake_1);
	rig_start_edge(door->rig, "10min", "10min");
	grant(door);
	*state = door;
	return 0;
}

static int setup_small(void **state)
{
	return open_with(state, "100", "10min");
}

static int setup_hasty(void **state)
{
	return open_with(state, "1000", "200ms");
}

static int teardown(void **state)
{
	struct door *door = *state;

	rig_destroy(door->rig);
	free(door);
	return 0;
}

static void submit(struct client *client, const char *prefix, int number)
{
	char id[64];

	snprintf(id, sizeof(id), "%s-%d", prefix, number);
	client_send(client, &(struct wire_msg){ .kind = WIRE_SUBMIT,
				    .head = { .id = str_from_c(id),
					    .type = STR("submit.v1"),
					    .source_msg_id = str_from_c(id) },
				    .body = STR("\x0a\x01t") });
}

static void answer(struct door *door, const struct wire_msg *asked, enum wire_code code)
{
	client_send(door->intake,
		&(struct wire_msg){
			.kind = code == WIRE_CODE_UNSPECIFIED ? WIRE_RECEIPT : WIRE_NACK,
			.head = { .to = asked->head.reply_to,
				.route = asked->head.route,
				.type = asked->head.type,
				.source_msg_id = asked->head.source_msg_id,
				.code = code,
				.retry_after_ms = code == WIRE_CODE_BUSY ? 700 : 0 } });
	peer_credit(door->intake->peer, 1);
}

static void flood_keeps_to_its_share_and_others_find_a_place(void **state)
{
	struct door *door = *state;
	struct client *flooding = client_open(door->rig, &flood);
	struct client *calm = client_open(door->rig, &quiet);
	struct client *calls = client_open(door->rig, &hotline);
	struct wire_msg got;

	for (int i = 0; i < 500; i++)
		submit(flooding, "f", i);
	rig_wait_health(door->rig, "edge", "counts", "over_share", 400);
	/* 80 for all and 10 of the hotline's 20, of which four fifths: 72 */
	assert_int_equal(rig_health(door->rig, "edge", "letters", "under_way"), 72);
	got = client_take(door->rig, flooding, WIRE_NACK);
	assert_int_equal(got.head.code, WIRE_CODE_BUSY);
	assert_in_range(got.head.retry_after_ms, 20, 2000);
	for (int i = 0; i < 5; i++)
		submit(calm, "q", i);
	for (int i = 0; i < 10; i++)
		submit(calls, "h", i);
	rig_wait_health(door->rig, "edge", "letters", "under_way", 87);
	assert_int_equal(rig_health(door->rig, "edge", "letters", "reserved_under_way"), 10);
	assert_int_equal(client_count(calm, WIRE_NACK) + client_count(calls, WIRE_NACK), 0);
	/* the hotline needs its reserve now: an answered letter of the flood makes no place for the
	 * next */
	got = client_take(door->rig, door->intake, WIRE_SUBMIT);
	answer(door, &got, WIRE_CODE_UNSPECIFIED);
	client_take(door->rig, flooding, WIRE_RECEIPT);
	submit(flooding, "g", 0);
	rig_wait_health(door->rig, "edge", "counts", "over_share", 429);
	assert_int_equal(rig_health(door->rig, "edge", "counts", "submitted"), 87);
}

static void busy_of_intake_is_short_for_who_is_within_his_share(void **state)
{
	struct door *door = *state;
	struct client *flooding = client_open(door->rig, &flood);
	struct client *calm = client_open(door->rig, &quiet);
	struct wire_msg got;

	for (int i = 0; i < 72; i++)
		submit(flooding, "f", i);
	rig_wait_health(door->rig, "edge", "letters", "under_way", 72);
	submit(calm, "q", 0);
	do
		got = client_take(door->rig, door->intake, WIRE_SUBMIT);
	while (!str_eq_c(got.head.source, "quiet"));
	answer(door, &got, WIRE_CODE_BUSY);
	assert_int_equal(client_take(door->rig, calm, WIRE_NACK).head.retry_after_ms, 20);
	submit(flooding, "late", 0);
	assert_int_equal(client_take(door->rig, flooding, WIRE_NACK).head.code, WIRE_CODE_BUSY);
	assert_in_range(rig_health(door->rig, "edge", "letters", "window"), 1, 70);
}

static void letter_under_way_is_not_sent_again_at_once(void **state)
{
	struct door *door = *state;
	struct client *calm = client_open(door->rig, &quiet);

	submit(calm, "q", 0);
	submit(calm, "q", 0);
	assert_int_equal(client_take(door->rig, calm, WIRE_NACK).head.code, WIRE_CODE_BUSY);
	assert_int_equal(rig_health(door->rig, "edge", "counts", "submitted"), 1);
}

/* The bad letter, and one good one behind it from somebody else, which a new intake answers. */
static void crash_once(struct door *door, struct client *bad, struct client *good, int round)
{
	struct wire_msg got;
	int64_t before = rig_health(door->rig, "edge", "counts", "expired");

	submit(bad, "bad", 0);
	client_take(door->rig, door->intake, WIRE_SUBMIT);
	client_close(door->rig, door->intake);
	door->intake = client_open(door->rig, &intake_1);
	submit(good, "good", round);
	got = client_take(door->rig, door->intake, WIRE_SUBMIT);
	assert_true(str_eq_c(got.head.source, "quiet"));
	answer(door, &got, WIRE_CODE_UNSPECIFIED);
	client_take(door->rig, good, WIRE_RECEIPT);
	rig_wait_health(door->rig, "edge", "counts", "expired", before + 1);
}

static void letter_that_ends_intake_is_quarantined_after_five_times(void **state)
{
	struct door *door = *state;
	struct client *bad = client_open(door->rig, &flood);
	struct client *good = client_open(door->rig, &quiet);
	struct wire_msg got;

	for (int i = 0; i < 5; i++) {
		assert_int_equal(rig_health(door->rig, "edge", "letters", "quarantined"), 0);
		crash_once(door, bad, good, i);
	}
	assert_int_equal(rig_health(door->rig, "edge", "letters", "quarantined"), 1);
	submit(bad, "bad", 0);
	got = client_take(door->rig, bad, WIRE_NACK);
	assert_true(got.head.code == WIRE_CODE_BUSY && got.head.retry_after_ms == 600000);
	submit(bad, "other", 0);
	got = client_take(door->rig, door->intake, WIRE_SUBMIT);
	assert_true(str_eq_c(got.head.source_msg_id, "other-0"));
	answer(door, &got, WIRE_CODE_UNSPECIFIED);
	client_take(door->rig, bad, WIRE_RECEIPT);
}

/* Intake hangs: nobody is answered, so nobody is to blame. */
static void silence_to_all_blames_nobody(void **state)
{
	struct door *door = *state;
	struct client *bad = client_open(door->rig, &flood);

	for (int i = 0; i < 4; i++) {
		submit(bad, "slow", 0);
		client_take(door->rig, door->intake, WIRE_SUBMIT);
		rig_wait_health(door->rig, "edge", "counts", "expired", i + 1);
	}
	assert_int_equal(rig_health(door->rig, "edge", "letters", "suspects"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			flood_keeps_to_its_share_and_others_find_a_place, setup_small, teardown),
		cmocka_unit_test_setup_teardown(
			busy_of_intake_is_short_for_who_is_within_his_share, setup_small, teardown),
		cmocka_unit_test_setup_teardown(
			letter_under_way_is_not_sent_again_at_once, setup_small, teardown),
		cmocka_unit_test_setup_teardown(
			letter_that_ends_intake_is_quarantined_after_five_times, setup_hasty,
			teardown),
		cmocka_unit_test_setup_teardown(
			silence_to_all_blames_nobody, setup_hasty, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

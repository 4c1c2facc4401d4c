/* wangli-edge and wangli-bus as programs, with an intake and a reply that the test plays. */
#include <zmq.h>

#include "bus/bus_frames.h"
#include "proto/envelope.pb-c.h"
#include "proto/operator.pb-c.h"
#include "rig.h"

static const struct client_options intake_1 = { "intake", "intake/1", "intake", 100, false };
static const struct client_options reply_1 = { "reply", "reply/1", "reply", 100, false };
static const struct client_options app = { "app", "app/1", "deliver/app", 2, true };
static const struct client_options app_idle = { "app", "app/2", NULL, 2, true };

/* What the played intake answers with. */
struct grant {
	const char *key; /* name in the rig */
	const char *source;
	const char *channels[2];
	size_t channels_n;
	bool is_revoked;
};

struct door {
	struct rig *rig;
	struct client *intake;
	struct client *reply;
};

static struct str snapshot(struct door *door, const struct grant *grants, size_t n)
{
	Wangli__KeysSnapshot body = WANGLI__KEYS_SNAPSHOT__INIT;
	Wangli__ChannelKey keys[4];
	Wangli__ChannelKey *list[4];

	for (size_t i = 0; i < n; i++) {
		wangli__channel_key__init(&keys[i]);
		keys[i].public_key = (char *)rig_key(door->rig, grants[i].key, false)->public_key;
		keys[i].source = (char *)grants[i].source;
		keys[i].channels = (char **)grants[i].channels;
		keys[i].n_channels = grants[i].channels_n;
		keys[i].is_revoked = grants[i].is_revoked;
		list[i] = &keys[i];
	}
	body.keys = list;
	body.n_keys = n;
	return wire_pack(door->intake->mem, &body.base);
}

/* Answers the next keys.get, and waits until the door has the answer. */
static void grant(struct door *door, const struct grant *grants, size_t n)
{
	struct wire_msg asked = client_take(door->rig, door->intake, WIRE_COMMAND);

	assert_true(str_eq_c(asked.head.type, "keys.get.v1"));
	assert_true(str_eq_c(asked.head.sender, "edge"));
	peer_credit(door->intake->peer, 1);
	client_send(door->intake, &(struct wire_msg){ .kind = WIRE_RESULT,
					  .head = { .to = asked.head.reply_to,
						  .command_id = asked.head.command_id,
						  .code = WIRE_CODE_DONE },
					  .body = snapshot(door, grants, n) });
}

static const struct grant app_only[] = { { "app", "app-co", { "app" }, 1, false } };
static const struct grant app_revoked[] = { { "app", "app-co", { "app" }, 1, true } };
static const struct grant app_and_forum[] = { { "app", "app-co", { "app" }, 1, false },
	{ "forum", "forum-co", { "forum", "app" }, 2, false } };

static struct door *door_open(const char *keys_every, const char *keys_stale)
{
	struct door *door = calloc(1, sizeof(*door));

	door->rig = rig_create();
	rig_start_bus(door->rig);
	door->intake = client_open(door->rig, &intake_1);
	door->reply = client_open(door->rig, &reply_1);
	rig_start_edge(door->rig, keys_every, keys_stale);
	return door;
}

static int setup(void **state)
{
	*state = door_open("10min", "10min");
	grant(*state, app_only, 1);
	rig_wait_health(((struct door *)*state)->rig, "edge", "keys", "count", 1);
	return 0;
}

static int setup_bare(void **state)
{
	*state = door_open("10min", "10min");
	return 0;
}

/* The snapshot is soon too old, and the played intake answers once only. */
static int setup_stale(void **state)
{
	*state = door_open("10min", "3s");
	grant(*state, app_only, 1);
	rig_wait_health(((struct door *)*state)->rig, "edge", "keys", "count", 1);
	return 0;
}

static int teardown(void **state)
{
	struct door *door = *state;

	rig_destroy(door->rig);
	free(door);
	return 0;
}

static void change_keys(struct door *door, const struct grant *grants, size_t n)
{
	client_send(door->intake, &(struct wire_msg){ .kind = WIRE_COMMAND,
					  .head = { .to = STR("edge"),
						  .type = STR("keys.changed.v1"),
						  .command_id = STR("changed") } });
	assert_int_equal(
		client_take(door->rig, door->intake, WIRE_RESULT).head.code, WIRE_CODE_DONE);
	grant(door, grants, n);
}

static const struct wire_msg submit = { .kind = WIRE_SUBMIT,
	.head = { .id = STR_INIT("m-1"),
		.type = STR_INIT("submit.v1"),
		.to = STR_INIT("reply"),
		.source = STR_INIT("forged"),
		.sender = STR_INIT("cli"),
		.actor = STR_INIT("mayor"),
		.route = STR_INIT("99"),
		.reply_to = STR_INIT("cli/1"),
		.producer = STR_INIT("intake"),
		.seq = 5,
		.case_id = 42,
		.source_msg_id = STR_INIT("m-1") },
	.body = STR_INIT("\x0a\x01t") };

static void submit_is_stamped_and_its_receipt_comes_back(void **state)
{
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);
	struct wire_msg got;

	client_send(client, &submit);
	got = client_take(door->rig, door->intake, WIRE_SUBMIT);
	assert_true(str_eq_c(got.head.source, "app-co") && str_eq_c(got.head.channel, "app"));
	assert_true(str_eq_c(got.head.sender, "edge") && str_eq_c(got.head.to, "intake"));
	assert_true(str_starts(got.head.reply_to, STR("edge/")) && !str_eq_c(got.head.route, "99"));
	assert_true(str_is_empty(got.head.actor) && str_is_empty(got.head.producer));
	assert_true(got.head.case_id == 0 && got.head.seq == 0);
	assert_true(str_eq_c(got.body, "\x0a\x01t"));
	client_send(door->intake, &(struct wire_msg){ .kind = WIRE_RECEIPT,
					  .head = { .to = got.head.reply_to,
						  .route = got.head.route,
						  .source_msg_id = got.head.source_msg_id,
						  .case_id = 77 },
					  .body = STR("r") });
	got = client_take(door->rig, client, WIRE_RECEIPT);
	assert_true(str_eq_c(got.head.source_msg_id, "m-1") && got.head.case_id == 77);
	assert_true(str_is_empty(got.head.route) && str_is_empty(got.head.sender) &&
		    str_is_empty(got.head.reply_to));
	assert_true(str_eq_c(got.body, "r"));
}

static void refusal_of_the_bus_comes_back_by_route(void **state)
{
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);
	struct wire_msg got;

	client_close(door->rig, door->intake);
	do {
		client_send(client, &submit);
		got = client_take(door->rig, client, WIRE_NACK);
		assert_true(str_eq_c(got.head.source_msg_id, "m-1"));
	} while (got.head.code != WIRE_CODE_NO_CONSUMER);
	assert_in_range(got.head.retry_after_ms, 50, 2000);
}

static void what_an_integrator_may_not_is_refused(void **state)
{
	static const struct {
		struct wire_msg msg;
		enum wire_code want;
	} rows[] = {
		{ { WIRE_SUBMIT,
			  { .type = STR_INIT("submit.v1"),
				  .channel = STR_INIT("forum"),
				  .source_msg_id = STR_INIT("m") },
			  { 0 } },
			WIRE_CODE_FORBIDDEN },
		{ { WIRE_SUBMIT, { .id = STR_INIT("x"), .type = STR_INIT("submit.v1") }, { 0 } },
			WIRE_CODE_INVALID },
		{ { WIRE_CLAIM, { .type = STR_INIT("claim.v1"), .source_msg_id = STR_INIT("m") },
			  { 0 } },
			WIRE_CODE_INVALID },
		{ { WIRE_COMMAND,
			  { .type = STR_INIT("reply.approve.v1"), .command_id = STR_INIT("c") },
			  { 0 } },
			WIRE_CODE_UNKNOWN_TYPE },
		{ { WIRE_DONE,
			  { .type = STR_INIT("done.v1"),
				  .source_msg_id = STR_INIT("m"),
				  .case_id = 1 },
			  { 0 } },
			WIRE_CODE_INVALID },
	};
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client_send(client, &rows[i].msg);
		assert_int_equal(client_take(door->rig, client, WIRE_NACK).head.code, rows[i].want);
	}
	/* a kind that only the inside speaks is dropped, and counted */
	client_send(client, &(struct wire_msg){ .kind = WIRE_GO, .head.to = STR("reply") });
	client_send(client, &(struct wire_msg){ .kind = WIRE_EVENT, .head.to = STR("reply") });
	rig_wait_health(door->rig, "edge", "counts", "bad_header", 2);
	/* nor does anybody serve a channel that is not his */
	client_open(
		door->rig, &(struct client_options){ "app", "app/3", "deliver/forum", 2, true });
	rig_wait_health(door->rig, "edge", "counts", "forbidden", 1);
	assert_int_equal(client_count(door->intake, WIRE_SUBMIT), 0);
}

static void send_deliver(struct door *door, int64_t case_id)
{
	client_send(door->reply, &(struct wire_msg){ .kind = WIRE_DELIVER,
					 .head = { .to = STR("deliver/app"),
						 .id = STR("d"),
						 .type = STR("deliver.v1"),
						 .case_id = case_id,
						 .channel = STR("app"),
						 .source_msg_id = STR("m-1") },
					 .body = STR("d") });
}

static void deliver_and_done_cross_the_door(void **state)
{
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);
	struct wire_msg got;

	do /* until the broker knows the door's new group */
		send_deliver(door, 77);
	while (rig_round(door->rig, 50), client_count(client, WIRE_DELIVER) == 0);
	got = client_take(door->rig, client, WIRE_DELIVER);
	assert_true(got.head.case_id == 77 && str_eq_c(got.head.source_msg_id, "m-1"));
	assert_true(str_is_empty(got.head.sender) && str_is_empty(got.head.reply_to) &&
		    str_is_empty(got.head.route));
	client_send(client, &(struct wire_msg){ .kind = WIRE_DONE,
				    .head = { .type = STR("done.v1"),
					    .case_id = 77,
					    .channel = STR("app"),
					    .source_msg_id = STR("m-1"),
					    .code = WIRE_CODE_DELIVERED },
				    .body = STR("o") });
	got = client_take(door->rig, door->reply, WIRE_DONE);
	assert_true(got.head.case_id == 77 && got.head.code == WIRE_CODE_DELIVERED);
	assert_true(str_eq_c(got.head.channel, "app") && str_eq_c(got.head.source, "app-co"));
	client_send(door->reply, &(struct wire_msg){ .kind = WIRE_ACK,
					 .head = { .to = got.head.reply_to,
						 .route = got.head.route,
						 .source_msg_id = STR("m-1"),
						 .code = WIRE_CODE_COMMITTED } });
	assert_int_equal(client_take(door->rig, client, WIRE_ACK).head.code, WIRE_CODE_COMMITTED);
}

/* All that is stamped fits beside the longest that an integrator may say. */
static void done_with_the_longest_texts_crosses_the_door(void **state)
{
	static char text[341 * 3];
	struct str id = str_of(text, 83 * 3);
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);
	struct wire_msg got;

	for (size_t i = 0; i < sizeof(text); i += 3)
		memcpy(text + i, "网", 3);
	client_send(client, &(struct wire_msg){ .kind = WIRE_DONE,
				    .head = { .id = id,
					    .subject = id,
					    .source_msg_id = id,
					    .type = STR("done.v1"),
					    .traceparent = str_slice(id, 0, 21 * 3),
					    .case_id = INT64_MAX,
					    .code = WIRE_CODE_UNDELIVERABLE,
					    .text = str_of(text, sizeof(text)) } });
	got = client_take(door->rig, door->reply, WIRE_DONE);
	assert_true(str_eq(got.head.source_msg_id, id) && got.head.text.n == 133 * 3);
}

/* Another service could else end a letter's sending with a refusal. */
static void answer_of_a_service_that_was_not_asked_stays_inside(void **state)
{
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);
	struct client *other = client_open(door->rig,
		&(struct client_options){ "dispatch", "dispatch/1", "dispatch", 9, false });
	struct wire_msg asked;

	client_send(client, &submit);
	asked = client_take(door->rig, door->intake, WIRE_SUBMIT);
	client_send(other, &(struct wire_msg){ .kind = WIRE_NACK,
				   .head = { .to = asked.head.reply_to,
					   .route = asked.head.route,
					   .source_msg_id = asked.head.source_msg_id,
					   .code = WIRE_CODE_INVALID } });
	client_send(other, &(struct wire_msg){ .kind = WIRE_COMMAND,
				   .head = { .to = STR("nobody"), .command_id = STR("c") } });
	client_take(door->rig, other, WIRE_NACK); /* the broker has passed the first one on */
	client_send(door->intake, &(struct wire_msg){ .kind = WIRE_RECEIPT,
					  .head = { .to = asked.head.reply_to,
						  .route = asked.head.route,
						  .source_msg_id = STR("m-1") } });
	client_take(door->rig, client, WIRE_RECEIPT);
	assert_int_equal(client_count(client, WIRE_NACK), 0);
}

/* A socket at the door with a routing id of its own choice (n 0: none). */
static void *raw_open(struct door *door, const char *key, const void *routing, size_t n)
{
	const struct bus_pair *self = rig_key(door->rig, key, false);
	const struct bus_pair *server = rig_key(door->rig, "door", false);
	void *raw = zmq_socket(bus_context_raw(door->rig->context), ZMQ_DEALER);
	int linger = 0;

	assert_non_null(raw);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof(linger)), 0);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, self->public_key, 41), 0);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, self->secret_key, 41), 0);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, server->public_key, 41), 0);
	if (n > 0)
		assert_int_equal(zmq_setsockopt(raw, ZMQ_ROUTING_ID, routing, n), 0);
	assert_int_equal(zmq_connect(raw, door->rig->door_address), 0);
	return raw;
}

static void raw_send(void *raw, const struct wire_msg *msg)
{
	struct wire_writer writer = { 0 };

	assert_int_equal(wire_write(&writer, msg, NULL), RES_OK);
	assert_int_equal(zmq_send(raw, WIRE_MAGIC, 3, ZMQ_SNDMORE), 3);
	assert_true(zmq_send(raw, writer.bytes.p, writer.bytes.n, 0) > 0);
	wire_writer_fini(&writer);
}

static const struct wire_msg hello = { .kind = WIRE_HELLO,
	.head = { .id = STR_INIT("app/9"), .credit = 9 } };

/* Whoever chose the routing id of one who just left would get his messages. */
static void routing_id_that_a_peer_chose_is_not_heard(void **state)
{
	static const struct str rows[] = { STR_INIT("mine"),
		STR_INIT("longer than any that is assigned, and the same for two") };
	struct door *door = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		void *raw = raw_open(door, "app", rows[i].p, rows[i].n);

		raw_send(raw, &hello);
		rig_wait_health(door->rig, "edge", "counts", "bad_batch", (int64_t)i + 1);
		assert_int_equal(rig_health(door->rig, "edge", NULL, "connections"), 0);
		zmq_close(raw);
	}
}

static void routing_id_of_one_who_left_gives_no_rights(void **state)
{
	struct door *door = *state;
	void *raw = raw_open(door, "app", "\0guess", 6);
	char got[WIRE_HEADER_MAX];

	change_keys(door, app_and_forum, 2);
	rig_wait_health(door->rig, "edge", "keys", "count", 2);
	raw_send(raw, &hello);
	assert_true(zmq_recv(raw, got, sizeof(got), 0) > 0); /* welcomed */
	do { /* until the router has seen him leave it does not hear who comes under his id */
		zmq_close(raw);
		raw = raw_open(door, "forum", "\0guess", 6);
		raw_send(raw, &submit);
		for (int i = 0; i < 20 && rig_health(door->rig, "edge", "counts", "stranger") == 0;
			i++)
			rig_round(door->rig, 50);
	} while (rig_health(door->rig, "edge", "counts", "stranger") == 0);
	raw_send(raw, &hello);
	rig_wait_health(door->rig, "edge", "counts", "stranger", 2);
	assert_int_equal(rig_health(door->rig, "edge", "counts", "submitted"), 0);
	zmq_close(raw);
}

/* Ten batches and nothing of the connection is looked at; three such connections and no new one of
 * the key is let in, while the one that behaves goes on. */
static void key_that_sends_rubbish_is_kept_out_and_its_good_connection_is_not(void **state)
{
	struct door *door = *state;
	struct client *good = client_open(door->rig, &app_idle);
	void *raw[4];

	for (int i = 0; i < 3; i++) {
		raw[i] = raw_open(door, "app", NULL, 0);
		for (int k = 0; k < 20; k++)
			zmq_send(raw[i], "rubbish", 7, 0);
		rig_wait_health(door->rig, "edge", "counts", "cut_off", i + 1);
	}
	rig_wait_health(door->rig, "edge", "counts", "unheard", 30);
	assert_int_equal(rig_health(door->rig, "edge", "counts", "bad_batch"), 30);
	raw[3] = raw_open(door, "app", NULL, 0);
	rig_wait_health(door->rig, "edge", "counts", "kept_out", 1);
	client_send(good, &submit);
	client_take(door->rig, door->intake, WIRE_SUBMIT);
	for (int i = 0; i < 4; i++)
		zmq_close(raw[i]);
}

static void hello_over_and_over_does_not_fill_the_log(void **state)
{
	struct door *door = *state;
	void *raw = raw_open(door, "app", NULL, 0);

	for (int i = 0; i < 1000; i++)
		raw_send(raw, &hello);
	rig_wait_health(door->rig, "edge", "counts", "received", 1000);
	assert_true(rig_health(door->rig, "edge", "counts", "untold") >= 100);
	zmq_close(raw);
}

/* 8 KB must not cost 4,000 answers. */
static void hello_with_thousands_of_groups_is_one_refusal(void **state)
{
	static char *groups[4000];
	struct door *door = *state;
	void *raw = raw_open(door, "app", NULL, 0);
	Wangli__Hello body = WANGLI__HELLO__INIT;
	struct wire_msg msg = hello;

	for (size_t i = 0; i < 4000; i++)
		groups[i] = (char *)"g";
	body.groups = groups;
	body.n_groups = 4000;
	msg.body = wire_pack(door->intake->mem, &body.base);
	raw_send(raw, &msg);
	rig_wait_health(door->rig, "edge", "counts", "forbidden", 1);
	assert_int_equal(rig_health(door->rig, "edge", "counts", "forbidden"), 1);
	zmq_close(raw);
}

static void deliver_without_anybody_or_credit_is_refused(void **state)
{
	struct door *door = *state;
	struct client *client;
	struct wire_msg got;

	send_deliver(door, 1);
	got = client_take(door->rig, door->reply, WIRE_NACK);
	assert_int_equal(got.head.code, WIRE_CODE_NO_CONSUMER);
	assert_true(str_eq_c(got.head.subject, "deliver/app") && got.head.case_id == 1);
	client = client_open(door->rig, &app);
	while (!str_eq_c(client_take(door->rig, door->reply, WIRE_CREDIT).head.to, "deliver/app"))
		; /* the broker's notice that the door serves the group now */
	for (int64_t id = 1; id <= 3; id++)
		send_deliver(door, id);
	got = client_take(door->rig, door->reply, WIRE_NACK);
	assert_int_equal(got.head.code, WIRE_CODE_BUSY);
	assert_true(got.head.case_id == 3 && got.head.retry_after_ms >= 50);
	client_take(door->rig, client, WIRE_DELIVER);
	client_take(door->rig, client, WIRE_DELIVER);
	client_close(door->rig, client); /* the last one gone: the door leaves the group */
	do
		send_deliver(door, 4);
	while (client_take(door->rig, door->reply, WIRE_NACK).head.code != WIRE_CODE_NO_CONSUMER);
}

static void door_without_keys_lets_nobody_in(void **state)
{
	struct door *door = *state;
	struct client *client = client_begin(door->rig, &app_idle);
	struct wire_msg asked = client_take(door->rig, door->intake, WIRE_COMMAND);

	/* no answer, so it asks again with a new id */
	assert_false(str_eq(client_take(door->rig, door->intake, WIRE_COMMAND).head.command_id,
		asked.head.command_id));
	assert_false(peer_is_up(client->peer));
	assert_int_equal(rig_health(door->rig, "edge", NULL, "connections"), 0);
	grant(door, app_only, 1);
	while (!peer_is_up(client->peer)) /* an answer to an older question counts for nothing */
		if (client_count(door->intake, WIRE_COMMAND) > 0)
			grant(door, app_only, 1);
		else
			rig_round(door->rig, 50);
}

static void key_added_works_at_the_next_try(void **state)
{
	struct door *door = *state;
	struct client *client = client_begin(
		door->rig, &(struct client_options){ "forum", "forum/1", NULL, 2, true });

	grant(door, app_and_forum, 2); /* the unknown key made the door ask */
	client_wait_up(door->rig, client);
	client_send(client, &submit); /* two channels: which? */
	assert_int_equal(client_take(door->rig, client, WIRE_NACK).head.code, WIRE_CODE_INVALID);
}

/* CURVE sessions outlive a revocation: the identity is looked up for each message. */
static void key_revoked_is_refused_on_an_open_session(void **state)
{
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);
	enum wire_code code;

	client_send(client, &submit);
	client_take(door->rig, door->intake, WIRE_SUBMIT);
	change_keys(door, app_revoked, 1);
	do
		client_send(client, &submit);
	while (rig_round(door->rig, 50), peer_is_up(client->peer));
	do /* until the door has the answer the letter is under way */
		code = client_take(door->rig, client, WIRE_NACK).head.code;
	while (code == WIRE_CODE_BUSY);
	assert_int_equal(code, WIRE_CODE_FORBIDDEN);
}

static void snapshot_too_old_refuses_open_sessions(void **state)
{
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app_idle);
	struct wire_msg got;

	do {
		client_send(client, &submit);
		rig_round(door->rig, 50);
	} while (client_count(client, WIRE_NACK) == 0);
	got = client_take(door->rig, client, WIRE_NACK);
	assert_int_equal(got.head.code, WIRE_CODE_BUSY);
	assert_true(got.head.retry_after_ms > 0);
}

static void broker_killed_door_carries_on(void **state)
{
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);

	rig_kill(&door->rig->bus);
	rig_start_bus(door->rig);
	do { /* what was refused meanwhile is nothing to us */
		client->n = 0;
		client_send(client, &submit);
	} while (rig_round(door->rig, 50), client_count(door->intake, WIRE_SUBMIT) == 0);
}

static void door_killed_client_comes_back_by_itself(void **state)
{
	struct door *door = *state;
	struct client *client = client_open(door->rig, &app);

	rig_kill(&door->rig->edge);
	rig_start_edge(door->rig, "10min", "10min");
	grant(door, app_only, 1);
	do {
		client->n = 0;
		client_send(client, &submit);
		rig_round(door->rig, 50);
		if (client_count(door->intake, WIRE_COMMAND) > 0)
			grant(door, app_only, 1);
	} while (client_count(door->intake, WIRE_SUBMIT) == 0);
}

int main(void)
{
#define DOOR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		DOOR_TEST(submit_is_stamped_and_its_receipt_comes_back),
		DOOR_TEST(refusal_of_the_bus_comes_back_by_route),
		DOOR_TEST(what_an_integrator_may_not_is_refused),
		DOOR_TEST(deliver_and_done_cross_the_door),
		DOOR_TEST(done_with_the_longest_texts_crosses_the_door),
		DOOR_TEST(answer_of_a_service_that_was_not_asked_stays_inside),
		DOOR_TEST(routing_id_that_a_peer_chose_is_not_heard),
		DOOR_TEST(routing_id_of_one_who_left_gives_no_rights),
		DOOR_TEST(hello_over_and_over_does_not_fill_the_log),
		DOOR_TEST(key_that_sends_rubbish_is_kept_out_and_its_good_connection_is_not),
		DOOR_TEST(hello_with_thousands_of_groups_is_one_refusal),
		DOOR_TEST(deliver_without_anybody_or_credit_is_refused),
		cmocka_unit_test_setup_teardown(
			door_without_keys_lets_nobody_in, setup_bare, teardown),
		DOOR_TEST(key_added_works_at_the_next_try),
		DOOR_TEST(key_revoked_is_refused_on_an_open_session),
		cmocka_unit_test_setup_teardown(
			snapshot_too_old_refuses_open_sessions, setup_stale, teardown),
		DOOR_TEST(broker_killed_door_carries_on),
		DOOR_TEST(door_killed_client_comes_back_by_itself),
	};
#undef DOOR_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The session of a client against a router that the test holds in its hand, on a fake clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "peer/peer.h"
#include "proto/envelope.pb-c.h"

#define WINDOW	    30
#define PATIENCE_MS 15000
#define FILL_BYTES  100000
#define FILL_MOST   400 /* batches: more than both queues and the kernel take */
#define FILL_TRIES  30
#define FILL_TRY_MS 10
#define QUEUE_MANY  2000 /* batches: more than both queues and the kernel take */

struct far {
	char folder[64];
	char address[128];
	struct bus_context *context;
	struct bus_pair self;
	struct bus_pair client;
	struct bus_zap *zap;
	struct bus_router *router;
	struct bus_routing from;
	struct peer *peer;
	struct arena *mem;
	bool lets_in;
	int refused;
	int welcomes;
	struct wire_reader reader;
};

static bool decide(void *arg, struct str domain, struct str key, char out_user[BUS_USER_MAX])
{
	struct far *far = arg;

	assert_true(str_eq_c(domain, "bus"));
	assert_true(str_eq_c(key, far->client.public_key));
	snprintf(out_user, BUS_USER_MAX, "somebody");
	far->refused += !far->lets_in;
	return far->lets_in;
}

static void on_welcome(void *arg)
{
	((struct far *)arg)->welcomes++;
}

static struct peer *open_peer(struct far *far)
{
	struct peer_options options = { .context = far->context,
		.address = far->address,
		.self = far->client,
		.instance = "intake/1",
		.window = WINDOW };
	struct peer *peer;

	memcpy(options.server_key, far->self.public_key, BUS_KEY_TEXT);
	assert_int_equal(peer_open(&peer, &options, NULL), RES_OK);
	peer_on_welcome(peer, on_welcome, far);
	return peer;
}

static int setup(void **state)
{
	struct far *far = calloc(1, sizeof(*far));
	struct bus_router_options options = { .self = &far->self, .zap_domain = "bus" };

	far->lets_in = true;
	snprintf(far->folder, sizeof(far->folder), "/tmp/wangli-peer-XXXXXX");
	assert_non_null(mkdtemp(far->folder));
	snprintf(far->address, sizeof(far->address), "ipc://%s/s", far->folder);
	options.address = far->address;
	assert_int_equal(bus_pair_make(&far->self, NULL), RES_OK);
	assert_int_equal(bus_pair_make(&far->client, NULL), RES_OK);
	far->context = bus_context_create();
	far->mem = arena_create(64 * 1024 * 1024);
	assert_int_equal(bus_zap_open(&far->zap, far->context, decide, far, NULL), RES_OK);
	assert_int_equal(bus_router_open(&far->router, far->context, &options, NULL), RES_OK);
	far->peer = open_peer(far);
	*state = far;
	return 0;
}

static int teardown(void **state)
{
	struct far *far = *state;

	peer_close(far->peer);
	bus_router_close(far->router);
	bus_zap_close(far->zap);
	bus_context_destroy(far->context);
	arena_destroy(far->mem);
	unlink(far->address + strlen("ipc://"));
	rmdir(far->folder);
	free(far);
	return 0;
}

/* Waits for the next record that the client sent. */
static struct wire_record far_take(struct far *far)
{
	zmq_pollitem_t items[] = { { .socket = bus_zap_socket(far->zap), .events = ZMQ_POLLIN },
		{ .socket = bus_router_socket(far->router), .events = ZMQ_POLLIN } };
	struct wire_record record;
	struct str user;
	struct str batch;

	while (!wire_reader_next(&far->reader, &record)) {
		assert_true(zmq_poll(items, 2, PATIENCE_MS) > 0);
		bus_zap_turn(far->zap);
		if (bus_router_receive(far->router, &far->from, &user, &batch) != RES_OK)
			continue;
		assert_true(str_eq_c(user, "somebody"));
		assert_int_equal(wire_reader_open(&far->reader, batch, NULL), RES_OK);
	}
	return record;
}

static struct wire_head far_expect(struct far *far, enum wire_kind kind)
{
	struct wire_record record = far_take(far);
	struct wire_head head;

	assert_string_equal(wire_kind_name(record.kind), wire_kind_name(kind));
	assert_int_equal(wire_head_read(record.header, &head, NULL), RES_OK);
	return head;
}

static void far_send_batch(struct far *far, struct str batch)
{
	assert_int_equal(bus_router_send(far->router, &far->from, batch), RES_OK);
}

static void far_send(struct far *far, const struct wire_msg *msg)
{
	struct wire_writer writer = { 0 };

	assert_int_equal(wire_write(&writer, msg, NULL), RES_OK);
	far_send_batch(far, buf_str(&writer.bytes));
	wire_writer_fini(&writer);
}

static void *dealer_of(struct far *far)
{
	void *sockets[PEER_SOCKETS_MAX];

	assert_int_equal(peer_sockets(far->peer, sockets), 2);
	return sockets[0];
}

/* Lets the client take in what was sent; returns what it passes on. */
static size_t peer_wait(struct far *far, struct wire_msg *out, size_t most)
{
	zmq_pollitem_t item = { .socket = dealer_of(far), .events = ZMQ_POLLIN };

	assert_true(zmq_poll(&item, 1, PATIENCE_MS) > 0);
	return peer_receive(far->peer, far->mem, out, most);
}

static void welcome(struct far *far)
{
	struct wire_msg msg;

	far_expect(far, WIRE_HELLO);
	far_send(far, &(struct wire_msg){ .kind = WIRE_WELCOME });
	assert_int_equal(peer_wait(far, &msg, 1), 0);
	assert_true(peer_is_up(far->peer));
}

static void hello_says_instance_window_and_groups(void **state)
{
	struct far *far = *state;
	struct str groups[] = { STR("intake"), STR("other") };
	Wangli__Hello *hello;
	struct wire_record record;
	struct wire_head head;

	head = far_expect(far, WIRE_HELLO);
	assert_true(str_eq_c(head.id, "intake/1"));
	assert_int_equal(head.credit, WINDOW);
	peer_set_groups(far->peer, groups, 2);
	peer_set_groups(far->peer, groups, 2); /* no change, no HELLO */
	record = far_take(far);
	assert_int_equal(record.kind, WIRE_HELLO);
	assert_int_equal(
		wire_unpack(far->mem, &wangli__hello__descriptor, record.body, &hello, NULL),
		RES_OK);
	assert_int_equal(hello->n_groups, 2);
	assert_string_equal(hello->groups[1], "other");
	assert_false(peer_is_up(far->peer));
	peer_turn(far->peer, (struct instant){ 0 });
	far_expect(far, WIRE_HELLO); /* not welcomed yet: asked again */
}

static void welcome_is_told_and_opens_sending(void **state)
{
	struct far *far = *state;

	peer_send(far->peer, &(struct wire_msg){ .kind = WIRE_EVENT });
	assert_int_equal(peer_counts(far->peer).dropped_full, 1);
	welcome(far);
	assert_int_equal(far->welcomes, 1);
	peer_send(far->peer, &(struct wire_msg){ .kind = WIRE_EVENT, .head.seq = 4 });
	peer_flush(far->peer);
	assert_int_equal(far_expect(far, WIRE_EVENT).seq, 4);
}

/* n messages that need credit arrive at the client. */
static void far_send_events(struct far *far, int n)
{
	struct wire_msg msg;

	for (int i = 0; i < n; i++) {
		far_send(far, &(struct wire_msg){ .kind = WIRE_EVENT, .head.seq = i });
		assert_int_equal(peer_wait(far, &msg, 1), 1);
	}
}

static void hello_from_the_broker_is_answered_with_the_full_window(void **state)
{
	struct far *far = *state;
	struct wire_msg msg;

	welcome(far);
	far_send_events(far, 5);
	peer_credit(far->peer, 3);
	far_send(far, &(struct wire_msg){ .kind = WIRE_HELLO });
	assert_int_equal(peer_wait(far, &msg, 1), 0);
	assert_false(peer_is_up(far->peer));
	assert_int_equal(far_expect(far, WIRE_HELLO).credit, WINDOW);
	far_send(far, &(struct wire_msg){ .kind = WIRE_WELCOME });
	assert_int_equal(peer_wait(far, &msg, 1), 0);
	assert_int_equal(far->welcomes, 2);
	/* credit from before the HELLO is void: the next CREDIT is about what came after */
	far_send_events(far, 2);
	peer_credit(far->peer, 4);
	peer_flush(far->peer);
	assert_int_equal(far_expect(far, WIRE_CREDIT).credit, 2);
}

static void credit_is_gathered_until_the_flush(void **state)
{
	struct far *far = *state;

	welcome(far);
	far_send_events(far, 3);
	peer_credit(far->peer, 1);
	peer_credit(far->peer, 2);
	peer_credit(far->peer, 2); /* of nothing */
	peer_flush(far->peer);
	peer_flush(far->peer);
	assert_int_equal(far_expect(far, WIRE_CREDIT).credit, 3);
	peer_send(far->peer, &(struct wire_msg){ .kind = WIRE_ACK });
	peer_flush(far->peer);
	far_expect(far, WIRE_ACK);
}

/* The server keeps a member's credit when only its groups change: what is owed must be said. */
static void credit_owed_survives_a_change_of_groups(void **state)
{
	struct far *far = *state;
	struct str group = STR("intake");

	welcome(far);
	far_send_events(far, 5);
	peer_credit(far->peer, 5);
	peer_set_groups(far->peer, &group, 1);
	far_expect(far, WIRE_HELLO);
	peer_flush(far->peer);
	assert_int_equal(far_expect(far, WIRE_CREDIT).credit, 5);
}

static void credit_that_could_not_be_sent_is_sent_later(void **state)
{
	struct far *far = *state;
	zmq_pollitem_t item = { .socket = dealer_of(far), .events = ZMQ_POLLOUT };
	int32_t given = 0;

	welcome(far);
	far_send_events(far, QUEUE_MANY);
	while (peer_counts(far->peer).dropped_full == 0) { /* nobody reads: the queue fills */
		peer_credit(far->peer, 1);
		peer_flush(far->peer);
		given++;
	}
	for (int32_t got = 1; got < given; got++)
		assert_int_equal(far_expect(far, WIRE_CREDIT).credit, 1);
	assert_true(zmq_poll(&item, 1, PATIENCE_MS) > 0);
	peer_flush(far->peer);
	assert_int_equal(far_expect(far, WIRE_CREDIT).credit, 1);
}

/* As much as goes in while the client reads nothing: its queue, the router's and the kernel's are
 * full then, or FILL_MOST batches are under way. */
static void far_fill(struct far *far)
{
	static char body[FILL_BYTES];
	struct wire_writer writer = { 0 };
	int refused = 0;

	assert_int_equal(wire_write(&writer,
				 &(struct wire_msg){
					 .kind = WIRE_EVENT, .body = str_of(body, sizeof(body)) },
				 NULL),
		RES_OK);
	for (int n = 0; n < FILL_MOST && refused < FILL_TRIES;) {
		bool is_sent =
			bus_router_send(far->router, &far->from, buf_str(&writer.bytes)) == RES_OK;

		n += is_sent;
		refused = is_sent ? 0 : refused + 1;
		if (!is_sent)
			zmq_poll(NULL, 0, FILL_TRY_MS);
	}
	wire_writer_fini(&writer);
}

/* Another router on the address; the client's line is made anew when it next speaks. */
static void far_restart(struct far *far)
{
	struct bus_router_options options = {
		.address = far->address, .self = &far->self, .zap_domain = "bus"
	};
	zmq_pollitem_t items[] = { { .socket = bus_zap_socket(far->zap), .events = ZMQ_POLLIN },
		{ .events = ZMQ_POLLIN } };
	struct str user;
	struct str batch;

	bus_router_close(far->router);
	while (bus_router_open(&far->router, far->context, &options, NULL) != RES_OK)
		zmq_poll(NULL, 0, FILL_TRY_MS);
	items[1].socket = bus_router_socket(far->router);
	do {
		peer_send(far->peer, &(struct wire_msg){ .kind = WIRE_EVENT });
		peer_flush(far->peer);
		zmq_poll(items, 2, FILL_TRY_MS);
		bus_zap_turn(far->zap);
	} while (bus_router_receive(far->router, &far->from, &user, &batch) != RES_OK);
}

/* libzmq 4.3.4 ended the process (assertions) when a line was made anew whose queue was full,
 * and the queue was read afterwards. */
static void line_made_anew_with_a_full_queue_is_read_on(void **state)
{
	struct far *far = *state;
	zmq_pollitem_t item = { .socket = dealer_of(far), .events = ZMQ_POLLIN };
	struct wire_msg msg;
	size_t n = 0;

	welcome(far);
	far_fill(far);
	far_restart(far);
	while (zmq_poll(&item, 1, FILL_TRY_MS * FILL_TRIES) > 0) {
		arena_reset(far->mem);
		n += peer_receive(far->peer, far->mem, &msg, 1);
	}
	assert_true(n > 0);
}

static void ping_goes_out_each_second_and_is_answered(void **state)
{
	struct far *far = *state;
	struct wire_msg msg;

	welcome(far);
	peer_turn(far->peer, (struct instant){ 0 });
	far_expect(far, WIRE_PING);
	peer_turn(far->peer, (struct instant){ 999999 });
	peer_turn(far->peer, (struct instant){ 1000000 });
	far_expect(far, WIRE_PING);
	far_send(far, &(struct wire_msg){ .kind = WIRE_PING });
	assert_int_equal(peer_wait(far, &msg, 1), 0);
	peer_flush(far->peer);
	far_expect(far, WIRE_PONG);
}

static void silence_opens_a_new_socket(void **state)
{
	static const struct {
		int64_t at_s;
		int64_t sockets;
	} rows[] = { { 0, 0 }, { 10, 0 }, { 11, 1 }, { 21, 1 }, { 22, 2 } };
	struct far *far = *state;

	welcome(far);
	peer_turn(far->peer, (struct instant){ 0 });
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		peer_turn(far->peer, (struct instant){ rows[i].at_s * 1000000 });
		assert_int_equal(peer_counts(far->peer).reconnects, rows[i].sockets);
	}
	assert_false(peer_is_up(far->peer));
	while (far_take(far).kind != WIRE_HELLO) /* PINGs of the old socket come first */
		;
}

static void bad_bytes_are_counted_and_cost_no_credit(void **state)
{
	static const struct {
		const char *what;
		struct str batch;
		int64_t dropped;
	} rows[] = {
		{ "truncated", STR_INIT("\x04\0\0"), 1 },
		{ "unknown kind", STR_INIT("\xc8\0\0\0\0\0\0\0"), 2 },
		{ "bad header of an EVENT", STR_INIT("\x04\0\x01\0\0\0\0\0\xff"), 3 },
	};
	struct far *far = *state;
	struct wire_msg msg;

	welcome(far);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		far_send_batch(far, rows[i].batch);
		assert_int_equal(peer_wait(far, &msg, 1), 0);
		assert_int_equal(peer_counts(far->peer).dropped_bad, rows[i].dropped);
	}
	peer_flush(far->peer);
	assert_int_equal(far_expect(far, WIRE_CREDIT).credit, 1); /* the EVENT's */
}

static void frames_of_another_form_are_thrown_away(void **state)
{
	struct far *far = *state;
	struct wire_msg msg;
	void *raw = bus_router_socket(far->router);

	welcome(far);
	zmq_send(raw, far->from.bytes, far->from.n, ZMQ_SNDMORE);
	zmq_send(raw, "WL2", 3, ZMQ_SNDMORE);
	zmq_send(raw, "\x0f\0\0\0\0\0\0\0", 8, 0);
	assert_int_equal(peer_wait(far, &msg, 1), 0);
	zmq_send(raw, far->from.bytes, far->from.n, ZMQ_SNDMORE);
	zmq_send(raw, "WL1", 3, ZMQ_SNDMORE);
	zmq_send(raw, "\x0f\0\0\0\0\0\0\0", 8, ZMQ_SNDMORE);
	zmq_send(raw, "more", 4, 0);
	assert_int_equal(peer_wait(far, &msg, 1), 0);
	assert_int_equal(peer_counts(far->peer).dropped_bad, 2);
}

static void receive_stops_at_most_and_goes_on(void **state)
{
	struct far *far = *state;
	struct wire_writer writer = { 0 };
	struct wire_msg out[8];

	welcome(far);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(
			wire_write(&writer,
				&(struct wire_msg){
					.kind = WIRE_EVENT, .head.seq = i, .body = STR("body") },
				NULL),
			RES_OK);
	far_send_batch(far, buf_str(&writer.bytes));
	wire_writer_fini(&writer);
	assert_int_equal(peer_wait(far, out, 2), 2);
	assert_int_equal(peer_receive(far->peer, far->mem, out, 8), 3);
	assert_int_equal(out[2].head.seq, 5);
	assert_true(str_eq_c(out[2].body, "body"));
	assert_int_equal(peer_receive(far->peer, far->mem, out, 8), 0);
}

static void notice_of_credit_is_the_callers(void **state)
{
	struct far *far = *state;
	struct wire_msg msg;

	welcome(far);
	far_send(far, &(struct wire_msg){ .kind = WIRE_CREDIT, .head.to = STR("dispatch") });
	assert_int_equal(peer_wait(far, &msg, 1), 1);
	assert_int_equal(msg.kind, WIRE_CREDIT);
	assert_true(str_eq_c(msg.head.to, "dispatch"));
}

static void more_than_a_batch_is_split(void **state)
{
	struct far *far = *state;

	welcome(far);
	for (int i = 1; i <= WIRE_BATCH_MESSAGES + 500; i++)
		peer_send(far->peer, &(struct wire_msg){ .kind = WIRE_EVENT, .head.seq = i });
	peer_flush(far->peer);
	for (int i = 1; i <= WIRE_BATCH_MESSAGES + 500; i++)
		assert_int_equal(far_expect(far, WIRE_EVENT).seq, i);
}

static void close_says_bye(void **state)
{
	struct far *far = *state;

	welcome(far);
	peer_close(far->peer);
	far->peer = NULL;
	far_expect(far, WIRE_BYE);
}

/* Status 300: the client is cut off, and tries again by itself. */
static void key_refused_then_known_gets_in(void **state)
{
	struct far *far = *state;
	zmq_pollitem_t item = { .socket = bus_zap_socket(far->zap), .events = ZMQ_POLLIN };

	far->lets_in = false;
	peer_close(far->peer);
	far->peer = open_peer(far);
	while (far->refused == 0) {
		assert_true(zmq_poll(&item, 1, PATIENCE_MS) > 0);
		bus_zap_turn(far->zap);
	}
	far->lets_in = true;
	welcome(far);
}

static void address_taken_is_a_conflict(void **state)
{
	struct far *far = *state;
	struct bus_router_options options = {
		.address = far->address, .self = &far->self, .zap_domain = "bus"
	};
	struct bus_router *second = NULL;
	struct err err;

	assert_int_equal(bus_router_open(&second, far->context, &options, &err), RES_CONFLICT);
	assert_null(second);
	options.address = "carrier-pigeon://x";
	assert_int_equal(bus_router_open(&second, far->context, &options, &err), RES_INVALID);
}

static void ipc_socket_is_open_to_the_group(void **state)
{
	struct far *far = *state;
	struct stat about;

	assert_int_equal(stat(far->address + strlen("ipc://"), &about), 0);
	assert_int_equal(about.st_mode & 0777, 0660);
}

static void keys_of_wrong_form_are_refused(void **state)
{
	static const struct {
		struct str key;
		bool is_valid;
	} rows[] = {
		{ STR_INIT("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"), true },
		{ STR_INIT("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh"), false },
		{ STR_INIT("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh~"), false },
		{ STR_INIT("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{L\xc3\xa9"), false },
		{ STR_INIT(""), false },
	};
	struct bus_pair pair;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bus_key_is_valid(rows[i].key), rows[i].is_valid);
	assert_int_equal(bus_pair_from_secret(STR("short"), &pair, NULL), RES_INVALID);
	assert_int_equal(
		bus_pair_from_secret(STR("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"), &pair, NULL),
		RES_OK);
	assert_string_equal(
		pair.public_key, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"); /* ZMQ RFC 26 */
}

int main(void)
{
#define PEER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		PEER_TEST(hello_says_instance_window_and_groups),
		PEER_TEST(welcome_is_told_and_opens_sending),
		PEER_TEST(hello_from_the_broker_is_answered_with_the_full_window),
		PEER_TEST(credit_is_gathered_until_the_flush),
		PEER_TEST(credit_owed_survives_a_change_of_groups),
		PEER_TEST(credit_that_could_not_be_sent_is_sent_later),
		PEER_TEST(line_made_anew_with_a_full_queue_is_read_on),
		PEER_TEST(ping_goes_out_each_second_and_is_answered),
		PEER_TEST(silence_opens_a_new_socket),
		PEER_TEST(bad_bytes_are_counted_and_cost_no_credit),
		PEER_TEST(frames_of_another_form_are_thrown_away),
		PEER_TEST(receive_stops_at_most_and_goes_on),
		PEER_TEST(notice_of_credit_is_the_callers),
		PEER_TEST(more_than_a_batch_is_split),
		PEER_TEST(close_says_bye),
		PEER_TEST(key_refused_then_known_gets_in),
		PEER_TEST(address_taken_is_a_conflict),
		PEER_TEST(ipc_socket_is_open_to_the_group),
		cmocka_unit_test(keys_of_wrong_form_are_refused),
	};
#undef PEER_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}

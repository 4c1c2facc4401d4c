/* Two brokers as real programs, and clients that are on both: who goes where, what one broker's
 * death or farewell costs, addresses that change (decision 0017). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "rig.h"

#define EVENTS 40
#define WINDOW 400

struct pair {
	struct rig *rig;
	char both[300];
	struct client *intake;	 /* produces */
	struct client *dispatch; /* takes events */
	int told;		 /* that what was under way may be lost */
};

static void on_told(void *arg)
{
	((struct pair *)arg)->told++;
}

static struct client *open_client(struct pair *pair, const char *name, const char *address)
{
	char instance[64];

	snprintf(instance, sizeof(instance), "%s/1", name);
	return client_open(pair->rig, &(struct client_options){ .name = name,
					      .instance = instance,
					      .group = strcmp(name, "cli") == 0 ? NULL : name,
					      .window = WINDOW,
					      .address = address });
}

/* Waits until the client has so many lines up. */
static void wait_lines(struct pair *pair, struct client *client, int64_t up)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));

	while (peer_counts(client->peer).lines_up != up) {
		if (!instant_is_before(os_monotonic_now(), until))
			fail_msg("%lld lines up, want %lld",
				(long long)peer_counts(client->peer).lines_up, (long long)up);
		rig_round(pair->rig, 50);
	}
}

/* Until every line is no newcomer any more (a second of turns): then the key alone decides. */
static void let_settle(struct pair *pair)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(1300));

	while (instant_is_before(os_monotonic_now(), until))
		rig_round(pair->rig, 50);
}

static int setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	pair->rig = rig_create();
	rig_key(pair->rig, "intake", true);
	rig_key(pair->rig, "dispatch", true);
	rig_key(pair->rig, "cli", true);
	snprintf(pair->both, sizeof(pair->both), "%s,%s", pair->rig->bus_address,
		pair->rig->second_address);
	rig_start_bus(pair->rig);
	rig_start_second(pair->rig);
	pair->intake = open_client(pair, "intake", pair->both);
	pair->dispatch = open_client(pair, "dispatch", pair->both);
	wait_lines(pair, pair->intake, 2);
	wait_lines(pair, pair->dispatch, 2);
	peer_on_welcome(pair->intake->peer, on_told, pair);
	*state = pair;
	return 0;
}

static int teardown(void **state)
{
	struct pair *pair = *state;

	rig_destroy(pair->rig);
	free(pair);
	return 0;
}

static void send_event(struct pair *pair, int64_t case_id)
{
	client_send(pair->intake, &(struct wire_msg){ .kind = WIRE_EVENT,
					  .head = { .type = STR("intake.opened.v1"),
						  .to = STR("dispatch"),
						  .reply_to = STR("intake/1"),
						  .producer = STR("intake"),
						  .case_id = case_id,
						  .seq = 1 } });
}

/* Every one of them comes once; its credit goes back. */
static void expect_events(struct pair *pair, int64_t first, int64_t n)
{
	bool seen[EVENTS] = { false };

	for (int64_t i = 0; i < n; i++) {
		struct wire_msg msg = client_take(pair->rig, pair->dispatch, WIRE_EVENT);
		int64_t at = msg.head.case_id - first;

		assert_in_range(at, 0, n - 1);
		assert_false(seen[at]);
		seen[at] = true;
		peer_credit(pair->dispatch->peer, 1);
	}
}

static int64_t forwarded(struct pair *pair, const char *broker)
{
	return rig_health(pair->rig, broker, "counts", "forwarded");
}

static void cases_spread_and_each_keeps_its_broker(void **state)
{
	struct pair *pair = *state;
	int64_t bus, second;

	let_settle(pair);
	for (int64_t i = 0; i < EVENTS; i++)
		send_event(pair, 1 + i);
	expect_events(pair, 1, EVENTS);
	bus = forwarded(pair, "bus");
	second = forwarded(pair, "second");
	assert_int_equal(bus + second, EVENTS);
	assert_in_range(bus, EVENTS / 5, EVENTS * 4 / 5);
	for (int64_t i = 0; i < EVENTS; i++)
		send_event(pair, 1 + i);
	expect_events(pair, 1, EVENTS);
	assert_int_equal(forwarded(pair, "bus"), 2 * bus); /* the same again */
	assert_int_equal(forwarded(pair, "second"), 2 * second);
}

/* No more than half of it over each of two brokers, and all of it comes back. */
static void window_is_divided(void **state)
{
	struct pair *pair = *state;
	int64_t refused = 0;

	let_settle(pair);
	for (int64_t i = 0; i < 3 * WINDOW; i++)
		send_event(pair, 1 + i);
	while (client_count(pair->dispatch, WIRE_EVENT) < WINDOW)
		rig_round(pair->rig, 50);
	while (refused < 2 * WINDOW) {
		struct wire_msg nack = client_take(pair->rig, pair->intake, WIRE_NACK);

		assert_int_equal(nack.head.code, WIRE_CODE_BUSY);
		refused++;
	}
	assert_int_equal(client_count(pair->dispatch, WIRE_EVENT), WINDOW);
	assert_int_equal(forwarded(pair, "bus"), WINDOW / 2);
	assert_int_equal(forwarded(pair, "second"), WINDOW / 2);
	peer_credit(pair->dispatch->peer, WINDOW);
	client_take(pair->rig, pair->intake, WIRE_CREDIT);
	client_take(pair->rig, pair->intake, WIRE_CREDIT); /* both have opened again */
}

static void death_of_a_broker_is_seen_at_once_and_costs_nobody(void **state)
{
	struct pair *pair = *state;
	struct instant begun = os_monotonic_now();

	rig_kill(&pair->rig->second);
	wait_lines(pair, pair->intake, 1);
	assert_true(instant_since(os_monotonic_now(), begun).us < SPAN_S(2).us);
	assert_true(peer_is_up(pair->intake->peer));
	assert_int_equal(pair->told, 1); /* what was under way may be lost */
	for (int64_t i = 0; i < EVENTS; i++)
		send_event(pair, 1000 + i);
	expect_events(pair, 1000, EVENTS);
	assert_int_equal(client_count(pair->intake, WIRE_NACK), 0);
	rig_start_second(pair->rig);
	wait_lines(pair, pair->intake, 2);
	wait_lines(pair, pair->dispatch, 2);
	assert_int_equal(pair->told, 1); /* an heir takes nothing away */
}

/* A broker speaks for its own line: one that has just started knows nobody. */
static void refusal_of_one_broker_goes_at_once_over_the_other(void **state)
{
	struct pair *pair = *state;
	int64_t refused = 0;

	client_close(pair->rig, pair->dispatch);
	pair->dispatch = open_client(pair, "dispatch", pair->rig->bus_address);
	let_settle(pair);
	for (int64_t i = 0; i < EVENTS; i++)
		send_event(pair, 1 + i);
	rig_round(pair->rig, 50);
	rig_wait_health(pair->rig, "second", "counts", "no_consumer", 1);
	refused = rig_health(pair->rig, "second", "counts", "no_consumer");
	for (int64_t i = 0; i < refused; i++) {
		struct wire_msg nack = client_take(pair->rig, pair->intake, WIRE_NACK);

		assert_int_equal(nack.head.code, WIRE_CODE_BUSY);
		assert_int_equal(nack.head.retry_after_ms, PEER_AT_ONCE_MS);
		send_event(pair, nack.head.case_id);
	}
	expect_events(pair, 1, EVENTS);
	assert_int_equal(rig_health(pair->rig, "second", "counts", "no_consumer"), refused);
	assert_int_equal(forwarded(pair, "bus"), EVENTS);
}

static void nobody_anywhere_is_told_as_it_is(void **state)
{
	struct pair *pair = *state;
	enum wire_code last = WIRE_CODE_UNSPECIFIED;

	client_close(pair->rig, pair->dispatch);
	rig_wait_health(pair->rig, "bus", NULL, "keys", 1);
	for (int asked = 0; asked < 3 && last != WIRE_CODE_NO_CONSUMER; asked++) {
		send_event(pair, 7);
		last = client_take(pair->rig, pair->intake, WIRE_NACK).head.code;
	}
	assert_int_equal(last, WIRE_CODE_NO_CONSUMER);
}

/* Who asks over one broker alone is answered over that one. */
static void answer_takes_the_line_of_its_asker(void **state)
{
	struct pair *pair = *state;
	const char *only[] = { pair->rig->bus_address, pair->rig->second_address };

	for (size_t i = 0; i < 2; i++) {
		struct client *cli = open_client(pair, "cli", only[i]);

		client_send(cli, &(struct wire_msg){ .kind = WIRE_COMMAND,
					 .head = { .type = STR("x.v1"),
						 .to = STR("dispatch"),
						 .reply_to = STR("cli/1"),
						 .command_id = STR("c-1") } });
		struct wire_msg asked = client_take(pair->rig, pair->dispatch, WIRE_COMMAND);
		peer_credit(pair->dispatch->peer, 1);
		client_send(pair->dispatch, &(struct wire_msg){ .kind = WIRE_RESULT,
						    .head = { .to = asked.head.reply_to,
							    .command_id = asked.head.command_id,
							    .code = WIRE_CODE_DONE } });
		assert_int_equal(
			client_take(pair->rig, cli, WIRE_RESULT).head.code, WIRE_CODE_DONE);
		client_close(pair->rig, cli);
	}
}

/* SIGTERM: what is under way is dealt with and answered before the broker ends; new things go over
 * the other one. */
static void farewell_waits_for_what_is_under_way(void **state)
{
	struct pair *pair = *state;
	struct wire_msg event, ack;

	rig_kill(&pair->rig->second); /* so that we know where it goes */
	wait_lines(pair, pair->intake, 1);
	wait_lines(pair, pair->dispatch, 1);
	send_event(pair, 1);
	event = client_take(pair->rig, pair->dispatch, WIRE_EVENT);
	rig_start_second(pair->rig);
	wait_lines(pair, pair->intake, 2);
	wait_lines(pair, pair->dispatch, 2);
	assert_int_equal(kill(pair->rig->bus, SIGTERM), 0);
	wait_lines(pair, pair->intake, 1);
	wait_lines(pair, pair->dispatch, 1);
	send_event(pair, 2);
	assert_int_equal(client_take(pair->rig, pair->dispatch, WIRE_EVENT).head.case_id, 2);
	rig_wait_health(pair->rig, "second", "counts", "forwarded", 1);
	assert_true(
		rig_health(pair->rig, "bus", "counts", "sent") > 0); /* the first is not answered */
	ack = (struct wire_msg){ .kind = WIRE_ACK,
		.head = { .to = event.head.reply_to,
			.producer = STR("intake"),
			.case_id = 1,
			.seq = 1,
			.code = WIRE_CODE_COMMITTED } };
	client_send(pair->dispatch, &ack);
	peer_credit(pair->dispatch->peer, 2);
	assert_int_equal(client_take(pair->rig, pair->intake, WIRE_ACK).head.case_id, 1);
	rig_stop(&pair->rig->bus); /* a second signal changes nothing */
	assert_int_equal(client_count(pair->intake, WIRE_NACK), 0);
	rig_start_bus(pair->rig);
	wait_lines(pair, pair->intake, 2);
	wait_lines(pair, pair->dispatch, 2);
}

static void farewell_with_nothing_under_way_is_short(void **state)
{
	struct pair *pair = *state;
	struct instant begun = os_monotonic_now();
	pid_t pid = pair->rig->bus;

	assert_int_equal(kill(pid, SIGTERM), 0);
	while (waitpid(pid, NULL, WNOHANG) == 0)
		rig_round(pair->rig, 10);
	pair->rig->bus = 0;
	assert_true(instant_since(os_monotonic_now(), begun).us < SPAN_MS(1500).us);
}

/* Somebody who never answers holds a broker up for two seconds, no longer. */
static void farewell_is_bounded(void **state)
{
	struct pair *pair = *state;
	struct instant begun;

	let_settle(pair);
	for (int64_t i = 0; i < EVENTS; i++)
		send_event(pair, 1 + i);
	while (client_count(pair->dispatch, WIRE_EVENT) < EVENTS)
		rig_round(pair->rig, 10);
	begun = os_monotonic_now();
	rig_stop(&pair->rig->bus);
	assert_in_range(
		instant_since(os_monotonic_now(), begun).us / 1000, 1500, 6000 /* busy machines */);
}

static void one_line_at_a_time_moves_on_farewell(void **state)
{
	struct pair *pair = *state;
	struct client *cli = client_open(pair->rig, &(struct client_options){ .name = "cli",
							    .instance = "cli/9",
							    .window = WINDOW,
							    .address = pair->both,
							    .most_lines = 1 });
	struct peer_counts counts = peer_counts(cli->peer);
	bool is_first;

	assert_int_equal(counts.lines, 1);
	let_settle(pair);
	assert_int_equal(peer_counts(cli->peer).lines, 1);
	client_send(cli, &(struct wire_msg){ .kind = WIRE_COMMAND,
				 .head = { .type = STR("x.v1"),
					 .to = STR("dispatch"),
					 .reply_to = STR("cli/9"),
					 .command_id = STR("c-1") } });
	client_take(pair->rig, pair->dispatch, WIRE_COMMAND);
	peer_credit(pair->dispatch->peer, 1);
	rig_round(pair->rig, 10);
	is_first = forwarded(pair, "bus") == 1;
	pid_t *own = is_first ? &pair->rig->bus : &pair->rig->second;
	rig_stop(own);
	client_wait_up(pair->rig, cli);
	while (peer_counts(cli->peer).lines != 1) /* the old one goes when it is away */
		rig_round(pair->rig, 50);
	assert_true(peer_is_up(cli->peer));
}

/* --- names --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char hosts[64]; /* addresses of "bus", separated by spaces; "": not found */

static bool look(const char *name, struct os_addresses *out)
{
	char text[sizeof(hosts)];
	char *rest = text;

	(void)name;
	pthread_mutex_lock(&lock);
	memcpy(text, hosts, sizeof(text));
	pthread_mutex_unlock(&lock);
	for (char *one; (one = strsep(&rest, " ")) != NULL && *one != 0;)
		snprintf(out->texts[out->n++], OS_ADDRESS_TEXT, "%s", one);
	return out->n > 0;
}

static void hosts_say(const char *addresses)
{
	pthread_mutex_lock(&lock);
	snprintf(hosts, sizeof(hosts), "%s", addresses);
	pthread_mutex_unlock(&lock);
}

/* A port that is free at both addresses. */
static int port_free(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static void name_gets_a_line_to_each_address(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	int port = port_free();
	struct client *client;
	char name[64];

	(void)state;
	pair->rig = rig_create();
	rig_key(pair->rig, "intake", true);
	snprintf(
		pair->rig->bus_address, sizeof(pair->rig->bus_address), "tcp://127.0.0.1:%d", port);
	snprintf(pair->rig->second_address, sizeof(pair->rig->second_address), "tcp://127.0.0.2:%d",
		port);
	snprintf(name, sizeof(name), "tcp://bus:%d", port);
	hosts_say("");
	rig_start_bus(pair->rig);
	rig_start_second(pair->rig);
	client = client_begin(pair->rig, &(struct client_options){ .name = "intake",
						 .instance = "intake/1",
						 .window = WINDOW,
						 .address = name,
						 .look = look });
	rig_round(pair->rig, 50);
	assert_int_equal(peer_counts(client->peer).lines, 0); /* and that is no error */
	hosts_say("127.0.0.1");
	wait_lines(pair, client, 1);
	hosts_say("127.0.0.1 127.0.0.2");
	wait_lines(pair, client, 2);
	hosts_say(""); /* a name server that stumbles, or forgets one, closes no good line */
	let_settle(pair);
	hosts_say("127.0.0.2");
	for (int i = 0; i < 4; i++)
		let_settle(pair);
	assert_int_equal(peer_counts(client->peer).lines_up, 2);
	rig_kill(&pair->rig->bus); /* gone, and silent */
	wait_lines(pair, client, 1);
	while (peer_counts(client->peer).lines != 1)
		rig_round(pair->rig, 50);
	rig_destroy(pair->rig);
	free(pair);
}

int main(void)
{
#define PAIRED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		PAIRED(cases_spread_and_each_keeps_its_broker),
		PAIRED(window_is_divided),
		PAIRED(death_of_a_broker_is_seen_at_once_and_costs_nobody),
		PAIRED(refusal_of_one_broker_goes_at_once_over_the_other),
		PAIRED(nobody_anywhere_is_told_as_it_is),
		PAIRED(answer_takes_the_line_of_its_asker),
		PAIRED(farewell_waits_for_what_is_under_way),
		PAIRED(farewell_with_nothing_under_way_is_short),
		PAIRED(farewell_is_bounded),
		PAIRED(one_line_at_a_time_moves_on_farewell),
		cmocka_unit_test(name_gets_a_line_to_each_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

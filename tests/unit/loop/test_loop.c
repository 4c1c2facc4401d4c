/* The loop: descriptors, sockets, timers, signals. Every test ends by loop_stop; the time-out of
 * CTest is the guard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "loop/loop.h"

struct fixture {
	struct loop *loop;
	int ends[2]; /* a socket pair: ends[0] is watched */
	int calls;
	int events;
	int other;
	int rounds;
	struct loop_timer *timer;
	char order[16];
};

static int fixture_create(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .loop = loop_create() };
	*state = &fixture;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fixture.ends);
}

static int fixture_destroy(void **state)
{
	struct fixture *fixture = *state;

	loop_destroy(fixture->loop);
	loop_timer_destroy(fixture->timer);
	close(fixture->ends[0]);
	close(fixture->ends[1]);
	return 0;
}

static void run(struct fixture *fixture)
{
	struct err err;

	assert_int_equal(loop_run(fixture->loop, &err), RES_OK);
}

static void on_stop(void *arg)
{
	struct fixture *fixture = arg;

	fixture->calls++;
	loop_stop(fixture->loop);
}

static void on_fd_read(void *arg, int events)
{
	struct fixture *fixture = arg;
	char byte;

	fixture->events = events;
	assert_int_equal(read(fixture->ends[0], &byte, 1), 1);
	on_stop(fixture);
}

static void on_fd_events(void *arg, int events)
{
	struct fixture *fixture = arg;

	fixture->events = events;
	on_stop(fixture);
}

static void loop_fd_readable_is_reported(void **state)
{
	struct fixture *fixture = *state;

	loop_add_fd(fixture->loop, fixture->ends[0], LOOP_READ, on_fd_read, fixture);
	assert_int_equal(write(fixture->ends[1], "x", 1), 1);
	run(fixture);
	assert_int_equal(fixture->calls, 1);
	assert_int_equal(fixture->events, LOOP_READ);
	/* A loop that was stopped may run again. */
	assert_int_equal(write(fixture->ends[1], "x", 1), 1);
	run(fixture);
	assert_int_equal(fixture->calls, 2);
}

static void loop_set_fd_write_is_reported_when_wanted(void **state)
{
	struct fixture *fixture = *state;

	loop_add_fd(fixture->loop, fixture->ends[0], LOOP_READ, on_fd_events, fixture);
	loop_set_fd(fixture->loop, fixture->ends[0], LOOP_READ | LOOP_WRITE);
	run(fixture);
	assert_int_equal(fixture->events, LOOP_WRITE);
}

static void loop_fd_peer_gone_is_broken(void **state)
{
	int ends[2];
	struct fixture *fixture = *state;

	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	loop_add_fd(fixture->loop, ends[0], 0, on_fd_events, fixture);
	run(fixture);
	assert_int_equal(fixture->events, LOOP_BROKEN);
	loop_remove_fd(fixture->loop, ends[0]);
	close(ends[0]);
}

static void on_remove_other(void *arg, int events)
{
	struct fixture *fixture = arg;

	(void)events;
	fixture->calls++;
	/* Both ends are ready in this round: whoever comes first takes the other away. */
	loop_remove_fd(fixture->loop, fixture->ends[0]);
	loop_remove_fd(fixture->loop, fixture->ends[1]);
	loop_stop(fixture->loop);
}

static void loop_fd_removed_in_callback_is_not_called(void **state)
{
	struct fixture *fixture = *state;

	loop_add_fd(fixture->loop, fixture->ends[0], LOOP_WRITE, on_remove_other, fixture);
	loop_add_fd(fixture->loop, fixture->ends[1], LOOP_WRITE, on_remove_other, fixture);
	run(fixture);
	assert_int_equal(fixture->calls, 1);
	/* The same descriptor may come back. */
	loop_add_fd(fixture->loop, fixture->ends[0], LOOP_WRITE, on_fd_events, fixture);
	run(fixture);
	assert_int_equal(fixture->calls, 2);
}

static void loop_many_fds_the_last_one_works_too(void **state)
{
	struct fixture *fixture = *state;
	int pipes[40][2];

	for (int i = 0; i < 40; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		loop_add_fd(fixture->loop, pipes[i][0], LOOP_READ, on_fd_events, fixture);
	}
	assert_int_equal(write(pipes[39][1], "x", 1), 1);
	run(fixture);
	assert_int_equal(fixture->calls, 1);
	for (int i = 0; i < 40; i++) {
		loop_remove_fd(fixture->loop, pipes[i][0]);
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

static void loop_socket_readable_is_reported(void **state)
{
	struct fixture *fixture = *state;
	void *context = zmq_ctx_new();
	void *one = zmq_socket(context, ZMQ_PAIR);
	void *two = zmq_socket(context, ZMQ_PAIR);

	assert_int_equal(zmq_bind(one, "inproc://loop"), 0);
	assert_int_equal(zmq_connect(two, "inproc://loop"), 0);
	loop_add_socket(fixture->loop, one, on_stop, fixture);
	assert_int_equal(zmq_send(two, "x", 1, ZMQ_DONTWAIT), 1);
	run(fixture);
	assert_int_equal(fixture->calls, 1);
	loop_remove_socket(fixture->loop, one);
	loop_add_fd(fixture->loop, fixture->ends[0], LOOP_WRITE, on_fd_events, fixture);
	run(fixture);
	assert_int_equal(fixture->events, LOOP_WRITE);
	zmq_close(one);
	zmq_close(two);
	zmq_ctx_term(context);
}

/* A session that connects anew between two runs: poll refuses a closed socket altogether. */
static void loop_socket_closed_between_runs_is_not_polled(void **state)
{
	struct fixture *fixture = *state;
	void *context = zmq_ctx_new();
	void *old = zmq_socket(context, ZMQ_PAIR);

	loop_add_socket(fixture->loop, old, on_stop, fixture);
	loop_add_fd(fixture->loop, fixture->ends[0], LOOP_WRITE, on_fd_events, fixture);
	run(fixture);
	loop_remove_socket(fixture->loop, old);
	zmq_close(old);
	run(fixture);
	assert_int_equal(fixture->calls, 2);
	zmq_ctx_term(context);
}

static void on_timer(void *arg)
{
	struct fixture *fixture = arg;

	assert_false(loop_timer_is_set(fixture->timer));
	if (++fixture->calls < 3)
		loop_timer_set(fixture->timer, SPAN_MS(0));
	else
		loop_stop(fixture->loop);
}

static void loop_timer_set_again_fires_in_later_rounds(void **state)
{
	struct fixture *fixture = *state;

	fixture->timer = loop_timer_create(fixture->loop, on_timer, fixture);
	assert_false(loop_timer_is_set(fixture->timer));
	loop_timer_set(fixture->timer, SPAN_MS(1));
	assert_true(loop_timer_is_set(fixture->timer));
	run(fixture);
	assert_int_equal(fixture->calls, 3);
}

struct named {
	struct fixture *fixture;
	char name;
};

static void on_named(void *arg)
{
	struct named *named = arg;

	named->fixture->order[named->fixture->calls++] = named->name;
	if (named->name == 'c')
		loop_stop(named->fixture->loop);
}

static void loop_timers_fire_in_order_of_due_time(void **state)
{
	struct fixture *fixture = *state;
	struct named names[] = { { fixture, 'a' }, { fixture, 'b' }, { fixture, 'c' },
		{ fixture, 'x' }, { fixture, 'y' } };
	struct loop_timer *timers[5];

	for (int i = 0; i < 5; i++)
		timers[i] = loop_timer_create(fixture->loop, on_named, &names[i]);
	loop_timer_set(timers[2], SPAN_MS(3));
	loop_timer_set(timers[0], SPAN_MS(1));
	loop_timer_set(timers[1], SPAN_MS(2));
	loop_timer_set(timers[3], SPAN_MS(1));
	loop_timer_stop(timers[3]);
	loop_timer_set(timers[4], SPAN_MS(1));
	loop_timer_set(timers[4], SPAN_HOURS(1));
	struct instant before = loop_now(fixture->loop);
	run(fixture);
	assert_string_equal(fixture->order, "abc");
	assert_true(instant_since(loop_now(fixture->loop), before).us >= SPAN_MS(3).us);
	for (int i = 0; i < 5; i++)
		loop_timer_destroy(timers[i]);
}

static void on_destroy_self(void *arg)
{
	struct fixture *fixture = arg;

	loop_timer_destroy(fixture->timer);
	fixture->timer = NULL;
	on_stop(fixture);
}

static void loop_timer_destroyed_by_its_own_callback_is_fine(void **state)
{
	struct fixture *fixture = *state;

	fixture->timer = loop_timer_create(fixture->loop, on_destroy_self, fixture);
	loop_timer_set(fixture->timer, SPAN_MS(1));
	run(fixture);
	assert_int_equal(fixture->calls, 1);
}

static void on_other(void *arg)
{
	((struct fixture *)arg)->other++;
}

static void loop_signals_are_told_apart(void **state)
{
	struct fixture *fixture = *state;

	loop_on_signal(fixture->loop, SIGUSR2, on_other, fixture);
	loop_on_signal(fixture->loop, SIGUSR1, on_stop, fixture);
	assert_int_equal(raise(SIGUSR2), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	while (fixture->other == 0 || fixture->calls == 0)
		run(fixture);
	assert_int_equal(fixture->calls, 1);
	assert_int_equal(fixture->other, 1);
}

static void on_after(void *arg)
{
	struct fixture *fixture = arg;

	if (++fixture->rounds < 5)
		loop_again(fixture->loop);
	else
		loop_stop(fixture->loop);
}

static void loop_again_rounds_follow_without_an_event(void **state)
{
	struct fixture *fixture = *state;

	loop_add_fd(fixture->loop, fixture->ends[0], LOOP_READ, on_fd_events, fixture);
	loop_after_round(fixture->loop, on_after, fixture);
	loop_again(fixture->loop);
	run(fixture);
	assert_int_equal(fixture->rounds, 5);
	assert_int_equal(fixture->calls, 0);
}

static void on_after_count(void *arg)
{
	((struct fixture *)arg)->rounds++;
}

static void loop_stop_flushes_the_last_round(void **state)
{
	struct fixture *fixture = *state;

	loop_after_round(fixture->loop, on_after_count, fixture);
	loop_add_fd(fixture->loop, fixture->ends[0], LOOP_WRITE, on_fd_events, fixture);
	run(fixture);
	assert_int_equal(fixture->rounds, 1);
}

static void loop_run_nothing_to_wait_for_is_a_bug(void **state)
{
	struct fixture *fixture = *state;
	struct err err;

	assert_int_equal(loop_run(fixture->loop, &err), RES_BUG);
	loop_stop(fixture->loop);
	assert_int_equal(loop_run(fixture->loop, &err), RES_OK);
	loop_destroy(NULL);
	loop_timer_destroy(NULL);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_create, fixture_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(loop_fd_readable_is_reported),
		LOOP_TEST(loop_set_fd_write_is_reported_when_wanted),
		LOOP_TEST(loop_fd_peer_gone_is_broken),
		LOOP_TEST(loop_fd_removed_in_callback_is_not_called),
		LOOP_TEST(loop_many_fds_the_last_one_works_too),
		LOOP_TEST(loop_socket_readable_is_reported),
		LOOP_TEST(loop_socket_closed_between_runs_is_not_polled),
		LOOP_TEST(loop_timer_set_again_fires_in_later_rounds),
		LOOP_TEST(loop_timers_fire_in_order_of_due_time),
		LOOP_TEST(loop_timer_destroyed_by_its_own_callback_is_fine),
		LOOP_TEST(loop_signals_are_told_apart),
		LOOP_TEST(loop_again_rounds_follow_without_an_event),
		LOOP_TEST(loop_stop_flushes_the_last_round),
		LOOP_TEST(loop_run_nothing_to_wait_for_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

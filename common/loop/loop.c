/* The loop: one zmq_poll a round, then what is ready, the timers that are due, the flush at the
 * end. Callbacks may add and remove anything: what goes is only marked, and swept away after the
 * round. */
#include "loop/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "base/check.h"

#define SIGNALS_MAX 65

struct watch {
	void *socket; /* NULL for a plain descriptor */
	int fd;
	short wanted; /* LOOP_… */
	bool is_gone;
	void (*socket_ready)(void *arg);
	void (*fd_ready)(void *arg, int events);
	void *arg;
};

struct loop_timer {
	struct loop *loop; /* NULL when the loop went first */
	struct loop_timer *next;
	struct loop_timer *previous;
	bool is_set;
	uint64_t round; /* in which it was set: it fires in a later one */
	struct instant due;
	void (*fire)(void *arg);
	void *arg;
};

struct signal_handler {
	void (*ready)(void *arg);
	void *arg;
};

struct loop {
	struct watch *watches;
	zmq_pollitem_t *items; /* one for each watch */
	size_t n;
	size_t room;
	struct loop_timer *timers;
	struct signal_handler signals[SIGNALS_MAX];
	sigset_t signal_mask;
	int signal_fd; /* -1 before the first signal is asked for */
	void (*after)(void *arg);
	void *after_arg;
	uint64_t round;
	struct instant now;
	bool is_stopping;
	bool has_more; /* loop_again */
};

static struct instant monotonic_now(void)
{
	struct timespec at;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
	return (struct instant){ (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000 };
}

struct loop *loop_create(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	CHECK(loop != NULL);
	loop->signal_fd = -1;
	sigemptyset(&loop->signal_mask);
	loop->now = monotonic_now();
	return loop;
}

void loop_destroy(struct loop *loop)
{
	if (loop == NULL)
		return;
	for (struct loop_timer *timer = loop->timers; timer != NULL; timer = timer->next)
		timer->loop = NULL;
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	free(loop->watches);
	free(loop->items);
	free(loop);
}

static struct watch *watch_find(struct loop *loop, const void *socket, int fd)
{
	for (size_t i = 0; i < loop->n; i++) {
		struct watch *watch = &loop->watches[i];
		if (!watch->is_gone && watch->socket == socket && watch->fd == fd)
			return watch;
	}
	return NULL;
}

static void watch_add(struct loop *loop, struct watch watch)
{
	CHECK(watch_find(loop, watch.socket, watch.fd) == NULL);
	if (loop->n == loop->room) {
		loop->room = loop->room == 0 ? 16 : loop->room * 2;
		loop->watches = reallocarray(loop->watches, loop->room, sizeof(*loop->watches));
		loop->items = reallocarray(loop->items, loop->room, sizeof(*loop->items));
		CHECK(loop->watches != NULL && loop->items != NULL);
	}
	loop->watches[loop->n++] = watch;
}

void loop_add_socket(struct loop *loop, void *zmq_socket, void (*ready)(void *arg), void *arg)
{
	watch_add(loop, (struct watch){ .socket = zmq_socket,
				.fd = -1,
				.wanted = LOOP_READ,
				.socket_ready = ready,
				.arg = arg });
}

void loop_add_fd(
	struct loop *loop, int fd, int events, void (*ready)(void *arg, int events), void *arg)
{
	watch_add(loop,
		(struct watch){ .fd = fd, .wanted = (short)events, .fd_ready = ready, .arg = arg });
}

static void watch_remove(struct loop *loop, const void *socket, int fd)
{
	struct watch *watch = watch_find(loop, socket, fd);

	if (watch != NULL)
		watch->is_gone = true;
}

void loop_remove_socket(struct loop *loop, void *zmq_socket)
{
	watch_remove(loop, zmq_socket, -1);
}

void loop_remove_fd(struct loop *loop, int fd)
{
	watch_remove(loop, NULL, fd);
}

void loop_set_fd(struct loop *loop, int fd, int events)
{
	struct watch *watch = watch_find(loop, NULL, fd);

	CHECK(watch != NULL);
	watch->wanted = (short)events;
}

struct loop_timer *loop_timer_create(struct loop *loop, void (*fire)(void *arg), void *arg)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	CHECK(timer != NULL);
	*timer =
		(struct loop_timer){ .loop = loop, .next = loop->timers, .fire = fire, .arg = arg };
	if (loop->timers != NULL)
		loop->timers->previous = timer;
	loop->timers = timer;
	return timer;
}

void loop_timer_destroy(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	if (timer->next != NULL)
		timer->next->previous = timer->previous;
	if (timer->previous != NULL)
		timer->previous->next = timer->next;
	else if (timer->loop != NULL)
		timer->loop->timers = timer->next;
	free(timer);
}

/* Counted from the real moment, not from the round's beginning: a long handler must not shorten the
 * wait. */
void loop_timer_set(struct loop_timer *timer, struct span after)
{
	CHECK(timer->loop != NULL);
	timer->due = instant_add(monotonic_now(), after);
	timer->round = timer->loop->round;
	timer->is_set = true;
}

void loop_timer_stop(struct loop_timer *timer)
{
	timer->is_set = false;
}

bool loop_timer_is_set(const struct loop_timer *timer)
{
	return timer->is_set;
}

static void signals_read(void *arg, int events)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	if ((events & LOOP_READ) == 0)
		return;
	while (read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		const struct signal_handler *handler = &loop->signals[info.ssi_signo % SIGNALS_MAX];
		if (handler->ready != NULL)
			handler->ready(handler->arg);
	}
}

void loop_on_signal(struct loop *loop, int signal_number, void (*ready)(void *arg), void *arg)
{
	CHECK(signal_number > 0 && signal_number < SIGNALS_MAX);
	bool is_first = loop->signal_fd < 0;
	sigaddset(&loop->signal_mask, signal_number);
	CHECK(sigprocmask(SIG_BLOCK, &loop->signal_mask, NULL) == 0);
	loop->signals[signal_number] = (struct signal_handler){ ready, arg };
	loop->signal_fd = signalfd(loop->signal_fd, &loop->signal_mask, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(loop->signal_fd >= 0);
	if (is_first)
		loop_add_fd(loop, loop->signal_fd, LOOP_READ, signals_read, loop);
}

void loop_after_round(struct loop *loop, void (*after)(void *arg), void *arg)
{
	loop->after = after;
	loop->after_arg = arg;
}

void loop_again(struct loop *loop)
{
	loop->has_more = true;
}

struct instant loop_now(const struct loop *loop)
{
	return loop->now;
}

void loop_stop(struct loop *loop)
{
	loop->is_stopping = true;
}

/* Milliseconds until the next timer, rounded up so that it is due when poll returns; -1 without
 * one. */
static long wait_ms(const struct loop *loop)
{
	struct instant first = INSTANT_NONE;

	if (loop->has_more)
		return 0;
	for (const struct loop_timer *timer = loop->timers; timer != NULL; timer = timer->next)
		if (timer->is_set)
			first = instant_min(first, timer->due);
	if (instant_is_none(first))
		return -1;
	int64_t us = instant_since(first, monotonic_now()).us;
	if (us <= 0)
		return 0;
	return us / 1000 >= INT32_MAX ? INT32_MAX : (long)((us + 999) / 1000);
}

static short poll_bits(int events)
{
	return (short)(((events & LOOP_READ) ? ZMQ_POLLIN : 0) |
		       ((events & LOOP_WRITE) ? ZMQ_POLLOUT : 0));
}

static int loop_bits(short polled)
{
	return ((polled & ZMQ_POLLIN) ? LOOP_READ : 0) | ((polled & ZMQ_POLLOUT) ? LOOP_WRITE : 0) |
	       ((polled & ZMQ_POLLERR) ? LOOP_BROKEN : 0);
}

static void watches_sweep(struct loop *loop)
{
	size_t kept = 0;

	for (size_t i = 0; i < loop->n; i++)
		if (!loop->watches[i].is_gone)
			loop->watches[kept++] = loop->watches[i];
	loop->n = kept;
}

static enum res round_poll(struct loop *loop, struct err *err)
{
	long wait = wait_ms(loop);

	if (loop->n == 0 && wait < 0)
		return err_set(err, RES_BUG, "loop: nothing to wait for");
	for (size_t i = 0; i < loop->n; i++)
		loop->items[i] = (zmq_pollitem_t){ .socket = loop->watches[i].socket,
			.fd = loop->watches[i].fd,
			.events = poll_bits(loop->watches[i].wanted) };
	loop->has_more = false;
	loop->round++;
	if (zmq_poll(loop->items, (int)loop->n, wait) < 0) {
		if (errno != EINTR)
			return err_set(err, RES_BUG, "loop: zmq_poll: %s", zmq_strerror(errno));
		for (size_t i = 0; i < loop->n; i++)
			loop->items[i].revents = 0;
	}
	loop->now = monotonic_now();
	return RES_OK;
}

static void round_dispatch(struct loop *loop, size_t polled)
{
	for (size_t i = 0; i < polled; i++) {
		/* A copy: a callback that adds a watch moves the array. */
		struct watch watch = loop->watches[i];
		int events = loop_bits(loop->items[i].revents) & (watch.wanted | LOOP_BROKEN);
		if (events == 0 || watch.is_gone)
			continue;
		if (watch.socket != NULL)
			watch.socket_ready(watch.arg);
		else
			watch.fd_ready(watch.arg, events);
	}
}

static struct loop_timer *timer_due(const struct loop *loop)
{
	struct loop_timer *first = NULL;

	for (struct loop_timer *timer = loop->timers; timer != NULL; timer = timer->next)
		if (timer->is_set && timer->round < loop->round &&
			!instant_is_before(loop->now, timer->due) &&
			(first == NULL || instant_is_before(timer->due, first->due)))
			first = timer;
	return first;
}

enum res loop_run(struct loop *loop, struct err *err)
{
	while (!loop->is_stopping) {
		struct loop_timer *timer;

		watches_sweep(loop); /* what went between two runs is closed already */
		size_t polled = loop->n;
		TRY(round_poll(loop, err));
		round_dispatch(loop, polled);
		while ((timer = timer_due(loop)) != NULL) {
			timer->is_set = false;
			timer->fire(timer->arg);
		}
		if (loop->after != NULL)
			loop->after(loop->after_arg);
	}
	loop->is_stopping = false;
	return RES_OK;
}

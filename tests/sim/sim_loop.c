/* loop.h as the kit calls it: timers on the world's clock; one round when the scheduler says so. */
#include <signal.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "sim_net.h"

struct loop_timer {
	struct loop *loop;
	struct loop_timer *next;
	void (*fire)(void *arg);
	void *arg;
	int64_t due_us; /* INT64_MAX: not set */
};
struct loop {
	struct loop_timer *timers;
	void (*after)(void *arg);
	void *after_arg;
	void (*stop)(void *arg); /* SIGTERM */
	void *stop_arg;
	int64_t now_us;
	bool has_more;
	bool is_stopped;
};

struct loop *loop_create(void)
{
	struct loop *loop = calloc(1, sizeof *loop);
	CHECK(loop != NULL);
	loop->now_us = sim.now_us;
	loop->has_more = true;
	process_running()->loop = loop;
	return loop;
}

void loop_destroy(struct loop *loop)
{
	free(loop);
}

struct loop_timer *loop_timer_create(struct loop *loop, void (*fire)(void *arg), void *arg)
{
	struct loop_timer *timer = calloc(1, sizeof *timer);
	CHECK(timer != NULL);
	*timer = (struct loop_timer){
		.loop = loop, .next = loop->timers, .fire = fire, .arg = arg, .due_us = INT64_MAX
	};
	loop->timers = timer;
	return timer;
}

void loop_timer_destroy(struct loop_timer *timer)
{
	free(timer);
}

void loop_timer_set(struct loop_timer *timer, struct span after)
{
	timer->due_us = timer->loop->now_us + after.us;
}

void loop_timer_stop(struct loop_timer *timer)
{
	timer->due_us = INT64_MAX;
}

bool loop_timer_is_set(const struct loop_timer *timer)
{
	return timer->due_us != INT64_MAX;
}

void loop_on_signal(struct loop *loop, int signal_number, void (*ready)(void *arg), void *arg)
{
	if (signal_number != SIGTERM)
		return;
	loop->stop = ready;
	loop->stop_arg = arg;
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
	return (struct instant){ loop->now_us };
}

enum res loop_run(struct loop *loop, struct err *err)
{
	(void)loop;
	return err_set(err, RES_BUG, "the simulator runs rounds, not loops");
}

void loop_stop(struct loop *loop)
{
	loop->is_stopped = true;
}

/* Nobody listens for health here. */
void loop_add_fd(
	struct loop *loop, int fd, int events, void (*ready)(void *arg, int events), void *arg)
{
	(void)loop, (void)fd, (void)events, (void)ready, (void)arg;
}

int64_t loop_next_us(const struct loop *loop)
{
	int64_t next = INT64_MAX;
	for (const struct loop_timer *timer = loop->timers; timer != NULL; timer = timer->next)
		if (timer->due_us < next)
			next = timer->due_us;
	return next;
}

bool loop_has_work(const struct loop *loop)
{
	return loop->has_more || loop_next_us(loop) <= sim.now_us;
}

void loop_round(struct loop *loop)
{
	loop->now_us = sim.now_us;
	loop->has_more = false;
	for (struct loop_timer *timer = loop->timers; timer != NULL; timer = timer->next) {
		if (timer->due_us > loop->now_us)
			continue;
		timer->due_us = INT64_MAX;
		timer->fire(timer->arg);
	}
	if (loop->after != NULL)
		loop->after(loop->after_arg);
}

void loop_signal(struct loop *loop, int number)
{
	loop->now_us = sim.now_us;
	loop->has_more = true;
	if (number == SIGTERM && loop->stop != NULL)
		loop->stop(loop->stop_arg);
}

bool loop_is_stopped(const struct loop *loop)
{
	return loop->is_stopped;
}

/* The one loop of a process: zmq_poll over ZeroMQ sockets and plain descriptors, timers, signals.
 * Single-threaded. */
#ifndef WL_LOOP_LOOP_H
#define WL_LOOP_LOOP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/scoped.h"

struct loop;

struct loop *loop_create(void);
void loop_destroy(struct loop *loop);
SCOPED_DEFINE(loop, struct loop *, loop_destroy)

/* `ready` is called whenever the socket (a libzmq socket) can be read. Sockets and descriptors are
 * borrowed. */
void loop_add_socket(struct loop *loop, void *zmq_socket, void (*ready)(void *arg), void *arg);
void loop_remove_socket(struct loop *loop, void *zmq_socket);
/* A plain descriptor; wants_write may be changed later. events: bit 1 can be read, bit 2 can be
 * written, bit 4 broken. */
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_BROKEN = 4 };
void loop_add_fd(
	struct loop *loop, int fd, int events, void (*ready)(void *arg, int events), void *arg);
void loop_set_fd(struct loop *loop, int fd, int events);
void loop_remove_fd(struct loop *loop, int fd);

/* Timers count monotonic time. One timer fires once and is gone; `fire` may set it again. */
struct loop_timer;
struct loop_timer *loop_timer_create(struct loop *loop, void (*fire)(void *arg), void *arg);
void loop_timer_destroy(struct loop_timer *timer);
void loop_timer_set(struct loop_timer *timer, struct span after); /* replaces an earlier setting */
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_set(const struct loop_timer *timer);

/* Blocks the signal for the process and reports it here instead. Call before threads start (so
 * before any ZeroMQ context). */
void loop_on_signal(struct loop *loop, int signal_number, void (*ready)(void *arg), void *arg);

/* Called after every round of events, before the loop sleeps again: flush outputs here. One only.
 */
void loop_after_round(struct loop *loop, void (*after)(void *arg), void *arg);
/* Makes the next poll return at once (there is more to do). */
void loop_again(struct loop *loop);

struct instant loop_now(const struct loop *loop); /* monotonic, taken once a round */
/* Runs until loop_stop. RES_BUG when polling itself fails. */
enum res loop_run(struct loop *loop, struct err *err) must_check;
void loop_stop(struct loop *loop);

#endif

/* The simulated clock (law 15): business time is database time plus ref.clock's shift. Time goes on
 * from timer to timer, and only when nothing is under way: markers are answered, due timers are
 * done. Writes ref.clock and nothing else. */
#ifndef WL_CLOCK_SIMCLOCK_H
#define WL_CLOCK_SIMCLOCK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "clock/line.h"
#include "db/db.h"

struct simclock_options {
	const char *conninfo; /* as wl_deploy */
	struct line *line;    /* wakes the services; borrowed; NULL for reading alone */
};

struct simclock;
enum res simclock_open(
	struct simclock **out, const struct simclock_options *options, struct err *err) must_check;
void simclock_close(struct simclock *clock);
SCOPED_DEFINE(simclock, struct simclock *, simclock_close)
/* Called every few milliseconds while we wait, instead of reading the line: serve it, and your own
 * connections. */
void simclock_set_pump(
	struct simclock *clock, enum res (*pump)(void *arg, struct err *err), void *arg);

/* Called after each timer on the way, once nothing is under way: whoever acts at that time, acts
 * now. *out_has_acted: something may be under way again. */
void simclock_set_stepped(struct simclock *clock,
	enum res (*stepped)(void *arg, bool *out_has_acted, struct err *err), void *arg);

struct simclock_reading {
	bool is_simulated;
	struct instant now;	 /* business time */
	struct instant next_due; /* the next timer of any service; none: there is none */
	int64_t unsettled;	 /* markers and due timers */
};
enum res simclock_read(
	struct simclock *clock, struct simclock_reading *out, struct err *err) must_check;
enum res simclock_now(struct simclock *clock, struct instant *out, struct err *err) must_check;

/* RES_INVALID, in one sentence, unless the clock is simulated. */
enum res simclock_require_simulated(struct simclock *clock, struct err *err) must_check;
/* Puts the clock anywhere, but only while there is no case. RES_CONFLICT: there is one. */
enum res simclock_begin(struct simclock *clock, struct instant at, struct err *err) must_check;
/* Puts the clock forward, waiting for nothing. A time that is past already changes nothing. */
enum res simclock_set(struct simclock *clock, struct instant at, struct err *err) must_check;
/* Waits until nothing is under way. RES_RETRY: nothing moved for a minute; says what stands. */
enum res simclock_settle(struct simclock *clock, struct err *err) must_check;
/* From timer to timer up to `at`, settling before and after each (but for analytics, on which no
 * time depends); ends at `at`, unsettled. Settles at the change of the day too, so that what today
 * has caused cannot miss its hour tomorrow. */
enum res simclock_pass(struct simclock *clock, struct instant at, struct err *err) must_check;
/* The same, settled at both ends. */
enum res simclock_advance(struct simclock *clock, struct instant at, struct err *err) must_check;

#endif

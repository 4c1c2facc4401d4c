/* The demo played in the order of its times, on the simulated clock: letters and steps of people at
 * theirs, what the system does by itself in between. At the end some replies are approved that
 * nobody takes any more, so that replies on their way are seen too. */
#include <stdlib.h>

#include "base/check.h"
#include "demo_run.h"
#include "os/os.h"

#define PUMP_WAIT SPAN_MS(2)
#define TOGETHER  SPAN_S(30) /* what is less apart is played without waiting in between */

struct event {
	struct instant at;
	size_t order; /* in the making: a case's events keep theirs */
	struct demo_case *subject;
	enum demo_deed deed; /* DEED_END: the letter */
	bool is_last;
};

struct play {
	struct demo_run *run;
	struct event *events;
	size_t n;
	struct instant known_now;
};

static enum res pump(void *arg, struct err *err)
{
	return demo_turn(arg, PUMP_WAIT, err);
}

/* --- what is played --- */

static int event_compare(const void *left, const void *right)
{
	const struct event *a = left;
	const struct event *b = right;
	if (a->is_last != b->is_last)
		return a->is_last ? 1 : -1;
	if (a->at.us != b->at.us)
		return a->at.us < b->at.us ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void events_make(struct play *play)
{
	struct demo_run *run = play->run;
	play->events = calloc(run->n * (DEMO_DEEDS_MAX + 1) + 1, sizeof play->events[0]);
	CHECK(play->events != NULL);
	for (size_t i = 0; i < run->n; i++) {
		struct demo_case *subject = &run->cases[i];
		struct demo_step steps[DEMO_DEEDS_MAX];
		size_t n = demo_timetable(&subject->row, &run->time, steps);
		play->events[play->n] =
			(struct event){ .at = demo_written_at(&subject->row, &run->time),
				.order = play->n,
				.subject = subject };
		play->n++;
		for (size_t s = 0; s < n; s++) {
			play->events[play->n] = (struct event){ .at = steps[s].at,
				.order = play->n,
				.subject = subject,
				.deed = steps[s].deed,
				.is_last = demo_is_last(&subject->row, steps[s].deed) };
			play->n++;
		}
		run->steps_in_all += n;
	}
	qsort(play->events, play->n, sizeof play->events[0], event_compare);
}

/* --- time --- */

static enum res time_begin(struct play *play, struct err *err)
{
	struct demo_run *run = play->run;
	if (run->counts.letters == 0)
		TRY(simclock_begin(run->clock, play->events[0].at, err));
	return simclock_now(run->clock, &play->known_now, err);
}

static enum res time_pass(struct play *play, struct instant at, struct err *err)
{
	struct demo_run *run = play->run;
	if (!instant_is_before(play->known_now, at))
		return RES_OK;
	TRY(simclock_now(run->clock, &play->known_now, err));
	if (!instant_is_before(play->known_now, at))
		return RES_OK;
	run->clock_at = at;
	/* what is caused now shall happen now */
	if (instant_since(at, play->known_now).us > TOGETHER.us) {
		TRY(demo_settle(run, NULL, err));
		TRY(simclock_settle(run->clock, err));
	}
	TRY(simclock_pass(run->clock, at, err));
	play->known_now = at;
	return RES_OK;
}

/* --- playing --- */

static enum res letter_play(struct play *play, struct demo_case *subject, struct err *err)
{
	/* known, and its code too: there is nothing to hear from the platform */
	if (subject->case_id != 0 && subject->code[0] != 0)
		return RES_OK;
	if (subject->case_id != 0) { /* its receipt is counted again */
		play->run->counts.letters--;
		play->run->counts.repeated--;
	}
	return demo_submit(play->run, subject, err);
}

static enum res event_play(struct play *play, const struct event *event, struct err *err)
{
	struct demo_case *subject = event->subject;
	TRY(time_pass(play, event->at, err));
	if (event->deed == DEED_END)
		return letter_play(play, subject, err);
	TRY(demo_settle(play->run, subject, err));
	if (subject->refusal.n == 0)
		demo_ask(play->run, subject, event->deed);
	return demo_turn(play->run, SPAN_MS(0), err);
}

/* Somebody of those who come last has come: all others were played before. */
static bool is_played(const struct play *play)
{
	bool is_begun = false;
	for (size_t i = 0; i < play->n; i++) {
		const struct event *event = &play->events[i];
		if (event->subject->case_id == 0)
			return false;
		is_begun = is_begun || (event->is_last && event->subject->is_replied);
	}
	return is_begun;
}

static enum res most_play(struct play *play, struct err *err)
{
	struct demo_run *run = play->run;
	TRY(demo_door_open(run, err));
	for (size_t i = 0; i < play->n && !play->events[i].is_last; i++)
		TRY(event_play(play, &play->events[i], err));
	TRY(demo_settle(run, NULL, err));
	/* what was approved last is delivered before the door closes */
	TRY(simclock_settle(run->clock, err));
	TRY(demo_turn(run, SPAN_MS(0), err));
	demo_door_close(run);
	return RES_OK;
}

static enum res last_play(struct play *play, struct err *err)
{
	for (size_t i = 0; i < play->n; i++)
		if (play->events[i].is_last)
			TRY(event_play(play, &play->events[i], err));
	TRY(demo_settle(play->run, NULL, err));
	TRY(time_pass(play, demo_end(&play->run->time), err));
	return simclock_settle(play->run->clock, err);
}

enum res demo_play(struct demo_run *run, struct err *err)
{
	struct play play = { .run = run };
	simclock_set_pump(run->clock, pump, run);
	events_make(&play);
	enum res res = play.n == 0 ? RES_OK : time_begin(&play, err);
	if (res == RES_OK && !is_played(&play))
		res = most_play(&play, err);
	if (res == RES_OK)
		res = last_play(&play, err);
	free(play.events);
	struct err ignored;
	enum res kept = demo_codes_write(run, res == RES_OK ? err : &ignored);
	return res == RES_OK ? kept : res;
}

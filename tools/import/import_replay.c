/* The file played in time order on the simulated clock. Letters and replies that are past already
 * are played at once, many under way together; for each later one the clock is put to its second
 * first, stepping through the timers in between. Whatever was played before gives the same answer
 * again: letters by their external_id, the steps of people by where their case stands. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "import_player.h"
#include "import_run.h"
#include "import_sql.h"
#include "os/os.h"

#define PUMP_WAIT     SPAN_MS(2)
#define EVENTS_A_TURN 64
#define STUCK_AFTER   SPAN_S(120)

struct event {
	struct instant at; /* none: before all others */
	struct import_item *item;
	bool is_reply;
};

struct replay {
	struct import_run *run;
	struct player player;
	struct event *events;
	size_t n_events;
	struct instant known_now; /* business time is at least this */
};

static enum res pump(void *arg, struct err *err)
{
	struct replay *replay = arg;
	return player_turn(&replay->player, PUMP_WAIT, err);
}

/* At each timer: citizens whom a visit has reached say what they think. */
static enum res stepped(void *arg, bool *out_has_acted, struct err *err)
{
	struct replay *replay = arg;
	TRY(player_look_for_visits(&replay->player, err));
	*out_has_acted = replay->player.n_queue > 0;
	return *out_has_acted ? player_settle(&replay->player, err) : RES_OK;
}

/* --- time --- */

static int event_compare(const void *left, const void *right)
{
	const struct event *a = left;
	const struct event *b = right;
	if (a->at.us != b->at.us)
		return a->at.us < b->at.us ? -1 : 1;
	if (a->is_reply != b->is_reply)
		return a->is_reply ? 1 : -1;
	return a->item->row.line < b->item->row.line ? -1 : 1;
}

static void events_make(struct replay *replay)
{
	struct import_file *file = &replay->run->file;
	replay->events = calloc(2 * file->n + 1, sizeof replay->events[0]);
	CHECK(replay->events != NULL);
	for (size_t i = 0; i < file->n; i++) {
		struct import_item *item = &file->items[i];
		struct instant at = item->row.time;
		if (item->state != ITEM_READY)
			continue;
		replay->events[replay->n_events++] = (struct event){ .at = at, .item = item };
		if (item->reply != REPLY_WAITS)
			continue;
		/* never before its letter */
		if (instant_is_before(at, item->row.reply_time))
			at = item->row.reply_time;
		replay->events[replay->n_events++] =
			(struct event){ .at = at, .item = item, .is_reply = true };
	}
	qsort(replay->events, replay->n_events, sizeof replay->events[0], event_compare);
}

/* An empty system begins with the file's first event; one with cases stays where it is. */
static enum res time_begin(struct replay *replay, struct err *err)
{
	struct import_run *run = replay->run;
	TRY(simclock_now(run->clock, &replay->known_now, err));
	size_t first = 0;
	while (first < replay->n_events && instant_is_none(replay->events[first].at))
		first++;
	if (first == replay->n_events ||
		!instant_is_before(replay->events[first].at, replay->known_now))
		return RES_OK;
	enum res res = simclock_begin(run->clock, replay->events[first].at, err);
	if (res != RES_OK && res != RES_CONFLICT)
		return res;
	return simclock_now(run->clock, &replay->known_now, err);
}

static enum res time_pass(struct replay *replay, struct instant at, struct err *err)
{
	struct import_run *run = replay->run;
	if (!instant_is_before(replay->known_now, at))
		return RES_OK;
	TRY(simclock_now(run->clock, &replay->known_now, err));
	run->clock_at = replay->known_now;
	if (!instant_is_before(replay->known_now, at))
		return RES_OK;
	TRY(player_settle(&replay->player, err));
	TRY(simclock_pass(run->clock, at, err));
	replay->known_now = at;
	run->clock_at = at;
	return RES_OK;
}

static enum res events_play(struct replay *replay, struct err *err)
{
	for (size_t i = 0; i < replay->n_events; i++) {
		const struct event *event = &replay->events[i];
		TRY(time_pass(replay, event->at, err));
		if (!event->is_reply)
			TRY(import_submit(replay->run, event->item, err));
		event->item->play.is_reply_due = event->is_reply;
		if (event->is_reply || replay->player.has_people)
			player_take_up(&replay->player, event->item);
		if (i % EVENTS_A_TURN == 0)
			TRY(player_turn(&replay->player, SPAN_MS(0), err));
	}
	return player_settle(&replay->player, err);
}

/* --- the end --- */

static bool is_answered(const struct import_item *item)
{
	return item->reply == REPLY_DONE || item->reply == REPLY_DIRECT;
}

static size_t count_answered(const struct import_run *run)
{
	return run->counts.replies + run->counts.answered_directly;
}

static size_t count_delivered(const struct import_run *run)
{
	size_t n = 0;
	for (size_t i = 0; i < run->file.n; i++)
		n += is_answered(&run->file.items[i]) &&
		     deliveries_has_letter(run->deliveries, run->file.items[i].row.external_id);
	return n;
}

/* All replies must have come to us before time goes on to the visits. */
static enum res wait_for_deliveries(struct replay *replay, struct err *err)
{
	struct import_run *run = replay->run;
	struct instant moved_at = os_monotonic_now();
	size_t before = 0;
	for (;;) {
		size_t n = count_delivered(run);
		struct instant now = os_monotonic_now();
		if (n >= count_answered(run))
			return RES_OK;
		if (n != before)
			moved_at = now;
		before = n;
		if (instant_since(now, moved_at).us > STUCK_AFTER.us)
			return err_set(err, RES_RETRY,
				"%zu letters are answered, %zu answers delivered, and nothing "
				"moves",
				count_answered(run), n);
		TRY(pump(replay, err));
	}
}

static enum res count_closed(struct replay *replay, struct err *err)
{
	struct import_run *run = replay->run;
	struct db_result *result;
	struct db_params params;
	size_t n = 0;
	struct arena *mem = replay->player.mem;
	arena_reset(mem);
	int64_t *ids = arena_new_array(mem, int64_t, run->file.n);
	CHECK(ids != NULL);
	for (size_t i = 0; i < run->file.n; i++)
		if (is_answered(&run->file.items[i]))
			ids[n++] = run->file.items[i].case_id;
	db_params_init(&params, mem);
	db_param_int8_array(&params, ids, n);
	enum res res = db_run(run->db, &import_sql_closed_count, &params, &result, err);
	if (res == RES_RETRY) {
		TRY(db_reconnect(run->db, err));
		res = db_run(run->db, &import_sql_closed_count, &params, &result, err);
	}
	TRY(res);
	run->counts.closed = (size_t)db_get_int(result, 0, 0);
	db_release(run->db);
	return RES_OK;
}

static enum res play_to_the_end(struct replay *replay, struct err *err)
{
	struct import_run *run = replay->run;
	bool has_acted;
	TRY(wait_for_deliveries(replay, err));
	for (;;) {
		struct simclock_reading reading;
		TRY(simclock_settle(run->clock, err));
		TRY(stepped(replay, &has_acted, err));
		if (has_acted)
			continue;
		TRY(count_closed(replay, err));
		if (run->counts.closed >= count_answered(run))
			return RES_OK;
		TRY(simclock_read(run->clock, &reading, err));
		run->clock_at = reading.now;
		if (instant_is_none(reading.next_due))
			return err_set(err, RES_RETRY,
				"%zu of %zu answered cases are closed, and no timer stands",
				run->counts.closed, count_answered(run));
		TRY(simclock_pass(run->clock, reading.next_due, err));
	}
}

enum res import_replay(struct import_run *run, struct err *err)
{
	struct replay replay = { .run = run, .known_now = INSTANT_NONE };
	enum res res = player_open(&replay.player, run, err);
	simclock_set_pump(run->clock, pump, &replay);
	simclock_set_stepped(run->clock, stepped, &replay);
	events_make(&replay);
	if (res == RES_OK)
		res = time_begin(&replay, err);
	if (res == RES_OK)
		res = events_play(&replay, err);
	if (res == RES_OK)
		res = play_to_the_end(&replay, err);
	run->counts.delivered = count_delivered(run);
	free(replay.events);
	player_close(&replay.player);
	return res;
}

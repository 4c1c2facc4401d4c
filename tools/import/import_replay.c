/* The file played in time order on the simulated clock. Letters and replies that are past already
 * are played at once, many under way together; for each later one the clock is put to its second
 * first, stepping through the timers in between. Whatever was played before gives the same answer
 * again: letters by their external_id, replies by their command_id. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "import_run.h"
#include "import_sql.h"
#include "os/os.h"
#include "proto/reply.pb-c.h"

#define REPLIES_UNDER_WAY 200
#define ANSWER_WITHIN	  SPAN_S(5)
#define AGAIN_LEAST	  SPAN_MS(20)
#define PUMP_WAIT	  SPAN_MS(2)
#define EVENTS_A_TURN	  64
#define STUCK_AFTER	  SPAN_S(120)
#define ANSWERS_MOST	  128
#define TURN_MEMORY	  (64u << 20)

struct event {
	struct instant at; /* none: before all others */
	struct import_item *item;
	bool is_reply;
};

struct player {
	struct import_run *run;
	struct arena *mem; /* of one pump */
	struct event *events;
	size_t n_events;
	struct import_item **due; /* replies whose time has come, without a result */
	size_t n_due;
	size_t n_asked;
	struct instant known_now; /* business time is at least this */
};

/* --- replies --- */

static struct str command_id(
	struct arena *mem, const struct import_run *run, struct str external_id)
{
	return arena_printf(mem, "replay/%s/%.*s", run->channel, STR_ARG(external_id));
}

static struct import_item *item_of_command(struct player *player, struct str id)
{
	struct str prefix = command_id(player->mem, player->run, STR(""));
	if (!str_starts(id, prefix))
		return NULL;
	return import_file_find(&player->run->file, str_slice(id, prefix.n, id.n));
}

static void reply_ask(struct player *player, struct import_item *item)
{
	const struct import_row *row = &item->row;
	Wangli__ReplySubmit body = WANGLI__REPLY_SUBMIT__INIT;
	body.text = (char *)(uintptr_t)arena_c(player->mem, row->reply);
	body.replied_at_us = instant_is_none(row->reply_time) ? 0 : row->reply_time.us;
	const struct line_command command = {
		.group = "reply",
		.type = "reply.submit.v1",
		.command_id = command_id(player->mem, player->run, row->external_id),
		.actor = STR("replay"),
		.case_id = item->case_id,
		.body = wire_pack(player->mem, &body.base),
	};
	line_send(player->run->line, &command);
	item->ask_again_at = instant_add(os_monotonic_now(), ANSWER_WITHIN);
}

static void reply_refused(
	struct player *player, struct import_item *item, const struct wire_head *head)
{
	import_file_reject(&player->run->file, item,
		arena_printf(player->mem, "the reply was answered %s: %.*s",
			wire_code_name(head->code), STR_ARG(head->text)));
}

static void answer_take(struct player *player, const struct wire_msg *answer)
{
	struct import_item *item = item_of_command(player, answer->head.command_id);
	enum wire_code code = answer->head.code;
	if (item == NULL || item->reply != REPLY_ASKED)
		return;
	if (answer->kind == WIRE_RESULT && code == WIRE_CODE_DONE) {
		item->reply = REPLY_DONE;
		player->run->counts.replies++;
	} else if (answer->kind == WIRE_RESULT || code == WIRE_CODE_INVALID ||
		   code == WIRE_CODE_FORBIDDEN) {
		reply_refused(player, item, &answer->head);
	} else {
		struct span after = SPAN_MS(answer->head.retry_after_ms);
		item->ask_again_at = instant_add(
			os_monotonic_now(), after.us < AGAIN_LEAST.us ? AGAIN_LEAST : after);
	}
}

/* false: nothing more is to be done for this reply. */
static bool reply_tend(struct player *player, struct import_item *item, struct instant now)
{
	if (item->state == ITEM_REJECTED)
		return false;
	switch (item->reply) {
	case REPLY_NONE:
		return false;
	case REPLY_DONE:
	case REPLY_REFUSED:
		player->n_asked--;
		return false;
	case REPLY_WAITS:
		if (item->state == ITEM_RECEIVED && player->n_asked < REPLIES_UNDER_WAY &&
			line_is_up(player->run->line)) {
			item->reply = REPLY_ASKED;
			player->n_asked++;
			reply_ask(player, item);
		}
		return true;
	case REPLY_ASKED:
		if (!instant_is_before(now, item->ask_again_at))
			reply_ask(player, item);
		return true;
	}
	return true;
}

static void replies_tend(struct player *player)
{
	struct instant now = os_monotonic_now();
	size_t kept = 0;
	for (size_t i = 0; i < player->n_due; i++)
		if (reply_tend(player, player->due[i], now))
			player->due[kept++] = player->due[i];
	player->n_due = kept;
}

/* --- turning --- */

/* One round of both connections; waits a little on the one from which something is missing. */
static enum res turn(struct player *player, struct span wait, struct err *err)
{
	struct import_run *run = player->run;
	struct wire_msg answers[ANSWERS_MOST];
	const struct span none = SPAN_MS(0);
	bool for_receipts = run->unanswered > 0;
	size_t n = 0;
	arena_reset(player->mem);
	replies_tend(player);
	TRY(import_turn(run, for_receipts ? wait : none, err));
	TRY(line_take(run->line, player->mem, answers, ANSWERS_MOST, &n, for_receipts ? none : wait,
		err));
	for (size_t i = 0; i < n; i++)
		answer_take(player, &answers[i]);
	replies_tend(player);
	return RES_OK;
}

static enum res pump(void *arg, struct err *err)
{
	return turn(arg, PUMP_WAIT, err);
}

static enum res settle_asked(struct player *player, struct err *err)
{
	while (player->run->unanswered > 0 || player->n_due > 0)
		TRY(pump(player, err));
	return RES_OK;
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

static void events_make(struct player *player)
{
	struct import_file *file = &player->run->file;
	player->events = calloc(2 * file->n + 1, sizeof player->events[0]);
	player->due = calloc(file->n + 1, sizeof player->due[0]);
	CHECK(player->events != NULL && player->due != NULL);
	for (size_t i = 0; i < file->n; i++) {
		struct import_item *item = &file->items[i];
		struct instant at = item->row.time;
		if (item->state != ITEM_READY)
			continue;
		player->events[player->n_events++] = (struct event){ .at = at, .item = item };
		if (item->reply != REPLY_WAITS)
			continue;
		/* never before its letter */
		if (instant_is_before(at, item->row.reply_time))
			at = item->row.reply_time;
		player->events[player->n_events++] =
			(struct event){ .at = at, .item = item, .is_reply = true };
	}
	qsort(player->events, player->n_events, sizeof player->events[0], event_compare);
}

/* An empty system begins with the file's first event; one with cases stays where it is. */
static enum res time_begin(struct player *player, struct err *err)
{
	struct import_run *run = player->run;
	TRY(simclock_now(run->clock, &player->known_now, err));
	size_t first = 0;
	while (first < player->n_events && instant_is_none(player->events[first].at))
		first++;
	if (first == player->n_events ||
		!instant_is_before(player->events[first].at, player->known_now))
		return RES_OK;
	enum res res = simclock_begin(run->clock, player->events[first].at, err);
	if (res != RES_OK && res != RES_CONFLICT)
		return res;
	return simclock_now(run->clock, &player->known_now, err);
}

static enum res time_pass(struct player *player, struct instant at, struct err *err)
{
	struct import_run *run = player->run;
	if (!instant_is_before(player->known_now, at))
		return RES_OK;
	TRY(simclock_now(run->clock, &player->known_now, err));
	run->clock_at = player->known_now;
	if (!instant_is_before(player->known_now, at))
		return RES_OK;
	TRY(settle_asked(player, err));
	TRY(simclock_pass(run->clock, at, err));
	player->known_now = at;
	run->clock_at = at;
	return RES_OK;
}

static enum res events_play(struct player *player, struct err *err)
{
	for (size_t i = 0; i < player->n_events; i++) {
		const struct event *event = &player->events[i];
		TRY(time_pass(player, event->at, err));
		if (!event->is_reply)
			TRY(import_submit(player->run, event->item, err));
		else if (event->item->state != ITEM_REJECTED)
			player->due[player->n_due++] = event->item;
		if (i % EVENTS_A_TURN == 0)
			TRY(turn(player, SPAN_MS(0), err));
	}
	return settle_asked(player, err);
}

/* --- the end --- */

static size_t count_delivered(const struct import_run *run)
{
	size_t n = 0;
	for (size_t i = 0; i < run->file.n; i++)
		n += run->file.items[i].reply == REPLY_DONE &&
		     deliveries_has_letter(run->deliveries, run->file.items[i].row.external_id);
	return n;
}

/* All replies must have come to us before time goes on to the visits. */
static enum res wait_for_deliveries(struct player *player, struct err *err)
{
	struct import_run *run = player->run;
	struct instant moved_at = os_monotonic_now();
	size_t before = 0;
	for (;;) {
		size_t n = count_delivered(run);
		struct instant now = os_monotonic_now();
		if (n >= run->counts.replies)
			return RES_OK;
		if (n != before)
			moved_at = now;
		before = n;
		if (instant_since(now, moved_at).us > STUCK_AFTER.us)
			return err_set(err, RES_RETRY,
				"%zu replies were taken, %zu delivered, and nothing moves",
				run->counts.replies, n);
		TRY(pump(player, err));
	}
}

static enum res count_closed(struct player *player, struct err *err)
{
	struct import_run *run = player->run;
	struct db_result *result;
	struct db_params params;
	size_t n = 0;
	arena_reset(player->mem);
	int64_t *ids = arena_new_array(player->mem, int64_t, run->file.n);
	CHECK(ids != NULL);
	for (size_t i = 0; i < run->file.n; i++)
		if (run->file.items[i].reply == REPLY_DONE)
			ids[n++] = run->file.items[i].case_id;
	db_params_init(&params, player->mem);
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

static enum res play_to_the_end(struct player *player, struct err *err)
{
	struct import_run *run = player->run;
	TRY(wait_for_deliveries(player, err));
	for (;;) {
		struct simclock_reading reading;
		TRY(simclock_settle(run->clock, err));
		TRY(count_closed(player, err));
		if (run->counts.closed >= run->counts.replies)
			return RES_OK;
		TRY(simclock_read(run->clock, &reading, err));
		run->clock_at = reading.now;
		if (instant_is_none(reading.next_due))
			return err_set(err, RES_RETRY,
				"%zu of %zu answered cases are closed, and no timer stands",
				run->counts.closed, run->counts.replies);
		TRY(simclock_set(run->clock, reading.next_due, err));
	}
}

enum res import_replay(struct import_run *run, struct err *err)
{
	struct player player = {
		.run = run, .mem = arena_create(TURN_MEMORY), .known_now = INSTANT_NONE
	};
	CHECK(player.mem != NULL);
	simclock_set_pump(run->clock, pump, &player);
	events_make(&player);
	enum res res = time_begin(&player, err);
	if (res == RES_OK)
		res = events_play(&player, err);
	if (res == RES_OK)
		res = play_to_the_end(&player, err);
	run->counts.delivered = count_delivered(run);
	free(player.events);
	free(player.due);
	arena_destroy(player.mem);
	return res;
}

/* Steps of people. See import_player.h. */
#include "import_player.h"

#include <stdio.h>
#include <stdlib.h>

#include "acts/acts.h"
#include "base/check.h"
#include "crypto/crypto.h"
#include "import_sql.h"
#include "os/os.h"
#include "replay_core.h"

#define UNDER_WAY     200 /* items */
#define ANSWER_WITHIN SPAN_S(5)
#define AGAIN_LEAST   SPAN_MS(20)
#define LOOK_EVERY    SPAN_MS(2)
#define TURN_WAIT     SPAN_MS(2)
#define STUCK_AFTER   SPAN_S(120)
#define ANSWERS_MOST  256
#define TURN_MEMORY   (64u << 20)
#define ID_BYTES_MOST 120 /* of an external_id within a command_id */

/* Who takes a step. The author of a draft may not approve it: three names. */
static const struct {
	enum act act;
	const char *actor;
	bool has_unit;
} steps[] = {
	[REPLAY_ACCEPT] = { ACT_ACCEPT, "reviewer/replay", false },
	[REPLAY_DISPATCH] = { ACT_DISPATCH, "dispatcher/replay", false },
	[REPLAY_SIGN] = { ACT_SIGN, "unit_officer/replay", true },
	[REPLAY_CONTACT] = { ACT_CONTACT, "unit_officer/replay", true },
	[REPLAY_SUBMIT] = { ACT_SUBMIT, "unit_officer/replay", true },
	[REPLAY_APPROVE_LEAD] = { ACT_APPROVE, "unit_lead/replay-lead", true },
	[REPLAY_APPROVE_REVIEWER] = { ACT_APPROVE, "reviewer/replay-review", false },
	[REPLAY_RATE] = { ACT_RATE, "citizen/replay", false },
};
_Static_assert(sizeof steps / sizeof steps[0] == REPLAY_STEPS, "each step has its actor");

/* --- the city's road, and what is known of cases --- */

/* One statement; a database that went away is taken up again once. */
static enum res ask_db(struct import_run *run, const struct db_sql *sql,
	const struct db_params *params, struct db_result **out, struct err *err)
{
	db_release(run->db);
	enum res res = db_run(run->db, sql, params, out, err);
	if (res != RES_RETRY)
		return res;
	TRY(db_reconnect(run->db, err));
	return db_run(run->db, sql, params, out, err);
}

static enum res road_read(struct player *player, struct err *err)
{
	struct db_params params;
	struct db_result *result;
	db_params_init(&params, player->mem);
	TRY(ask_db(player->run, &import_sql_road_has_people, &params, &result, err));
	player->has_people = db_get_int(result, 0, 0) != 0;
	db_release(player->run->db);
	return RES_OK;
}

enum res player_open(struct player *player, struct import_run *run, struct err *err)
{
	size_t n = run->file.n + 1;
	*player = (struct player){
		.run = run,
		.mem = arena_create(TURN_MEMORY),
		.queue = calloc(n, sizeof(struct import_item *)),
		.active = calloc(UNDER_WAY, sizeof(struct import_item *)),
		.watched = calloc(n, sizeof(struct import_item *)),
		.asked = map_create(),
	};
	CHECK(player->mem != NULL && player->queue != NULL && player->active != NULL &&
		player->watched != NULL);
	return road_read(player, err);
}

void player_close(struct player *player)
{
	free(player->queue);
	free(player->active);
	free(player->watched);
	map_destroy(player->asked);
	arena_destroy(player->mem);
}

void player_take_up(struct player *player, struct import_item *item)
{
	if (item->play.is_taken_up || item->state == ITEM_REJECTED || item->reply == REPLY_REFUSED)
		return;
	item->play.is_taken_up = true;
	size_t at = (player->head + player->n_queue) % (player->run->file.n + 1);
	player->queue[at] = item;
	player->n_queue++;
}

static void queue_draw(struct player *player)
{
	while (player->n_queue > 0 && player->n_active < UNDER_WAY) {
		struct import_item *item = player->queue[player->head];
		player->head = (player->head + 1) % (player->run->file.n + 1);
		player->n_queue--;
		item->play.look_at = INSTANT_NONE;
		player->active[player->n_active++] = item;
	}
}

/* --- asking --- */

static struct str hash_hex(struct arena *mem, struct str text, size_t bytes)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	crypto_hash(hash, NULL, &text, 1);
	return crypto_hex(mem, str_of(hash, bytes));
}

/* The same whenever it is asked. A reply that was refused and mended is another command. */
static struct str command_id(
	struct player *player, const struct import_item *item, const struct replay_move *move)
{
	struct arena *mem = player->mem;
	struct str id = item->row.external_id;
	struct str text = STR("");
	if (id.n > ID_BYTES_MOST)
		id = hash_hex(mem, id, 16);
	if (move->step == REPLAY_SUBMIT)
		text = hash_hex(mem, item->row.reply, 4);
	return arena_printf(mem, "replay/%s/%.*s/%s.%d%s%.*s", player->run->channel, STR_ARG(id),
		replay_step_name(move->step), (int)move->n, text.n > 0 ? "." : "", STR_ARG(text));
}

static enum res body_make(struct arena *mem, const struct import_item *item, enum replay_step step,
	struct str *out, struct err *err)
{
	const struct import_row *row = &item->row;
	char at[INSTANT_TEXT_MAX];
	struct act_value values[2];
	size_t n = 0;
	if (step == REPLAY_ACCEPT) {
		values[n++] = (struct act_value){ "no-article", STR("") };
	} else if (step == REPLAY_SUBMIT) {
		values[n++] = (struct act_value){ "text", row->reply };
		if (!instant_is_none(row->reply_time))
			values[n++] = (struct act_value){ "replied-at",
				str_from_c(instant_format(row->reply_time, at)) };
	} else if (step == REPLAY_RATE) {
		values[n++] = (struct act_value){ "solved",
			str_from_c(replay_rating_solved(row->rating)) };
		values[n++] = (struct act_value){ "satisfaction",
			arena_printf(mem, "%d", (int)row->rating) };
	}
	return act_body(mem, steps[step].act, values, n, out, err);
}

static void wait_for(struct import_item *item, struct span span)
{
	item->play.look_at = instant_add(os_monotonic_now(), span);
}

/* false: nothing more can be done for this item. */
static bool step_ask(struct player *player, struct import_item *item,
	const struct replay_move *move, struct str unit)
{
	const struct act_rule *rule = act_rule(steps[move->step].act);
	bool has_unit = steps[move->step].has_unit;
	struct line_command command = {
		.group = rule->service,
		.type = rule->type,
		.command_id = command_id(player, item, move),
		.actor = arena_printf(player->mem, "%s%s%.*s", steps[move->step].actor,
			has_unit ? "@" : "", STR_ARG(has_unit ? unit : STR(""))),
		.case_id = item->case_id,
	};
	struct err err;
	if (body_make(player->mem, item, move->step, &command.body, &err) != RES_OK) {
		import_file_reject(&player->run->file, item, str_from_c(err.text));
		return false;
	}
	if (!line_is_up(player->run->line)) {
		wait_for(item, AGAIN_LEAST);
		return true;
	}
	line_send(player->run->line, &command);
	map_put(player->asked, command.command_id, item);
	item->play.asked = (int8_t)move->step;
	wait_for(item, ANSWER_WITHIN);
	return true;
}

/* --- what comes back --- */

static void item_refused(
	struct player *player, struct import_item *item, const struct wire_head *head)
{
	item->play.refusal = arena_printf(player->run->file.mem, "%s was answered %s: %.*s",
		replay_step_name((enum replay_step)item->play.asked), wire_code_name(head->code),
		STR_ARG(head->text));
}

/* An answer may come after we have looked and gone on. */
static bool is_awaited(
	struct player *player, const struct import_item *item, const struct wire_msg *answer)
{
	if (item == NULL || item->play.asked < 0)
		return false;
	struct str word = arena_printf(
		player->mem, "/%s.", replay_step_name((enum replay_step)item->play.asked));
	return str_find(answer->head.command_id, word, 0) != SIZE_MAX;
}

static void answer_take(struct player *player, const struct wire_msg *answer)
{
	struct import_item *item = map_remove(player->asked, answer->head.command_id);
	enum wire_code code = answer->head.code;
	if (!is_awaited(player, item, answer))
		return;
	player->moved_at = os_monotonic_now();
	item->play.look_at = INSTANT_NONE;
	if (answer->kind == WIRE_RESULT && code == WIRE_CODE_DONE) {
		item->play.asked = -1;
	} else if (answer->kind == WIRE_RESULT || code == WIRE_CODE_INVALID ||
		   code == WIRE_CODE_FORBIDDEN) {
		/* it may be that somebody else was faster: the next look tells */
		item_refused(player, item, &answer->head);
	} else {
		struct span after = SPAN_MS(answer->head.retry_after_ms);
		wait_for(item, after.us < AGAIN_LEAST.us ? AGAIN_LEAST : after);
		item->play.asked = -1;
	}
}

/* --- looking --- */

/* The reply is out: it counts, and the citizen is asked about it some day. */
static void note_answer(
	struct player *player, struct import_item *item, const struct replay_facts *facts)
{
	struct import_counts *counts = &player->run->counts;
	if (item->reply != REPLY_WAITS || !replay_is_answered(facts))
		return;
	item->reply = replay_is_answered_directly(facts) ? REPLY_DIRECT : REPLY_DONE;
	counts->answered_directly += item->reply == REPLY_DIRECT;
	counts->replies += item->reply == REPLY_DONE;
	if (item->row.rating > 0 && !str_eq_c(facts->followup, "CLOSED"))
		player->watched[player->n_watched++] = item;
}

/* false: the item has come as far as it can now. */
static bool item_advance(
	struct player *player, struct import_item *item, const struct replay_facts *facts)
{
	const struct replay_wish wish = { .is_reply_due = item->play.is_reply_due,
		.has_rating = item->row.rating > 0,
		.has_people = player->has_people };
	struct replay_move move = replay_next(facts, &wish);
	int8_t refused = item->play.refusal.n > 0 ? item->play.asked : -1;
	item->play.asked = -1;
	note_answer(player, item, facts);
	switch (move.kind) {
	case REPLAY_TAKE:
		if (refused == (int8_t)move.step) {
			import_file_reject(&player->run->file, item, item->play.refusal);
			return false;
		}
		item->play.refusal = STR("");
		return step_ask(player, item, &move, facts->unit);
	case REPLAY_WAIT:
		item->play.refusal = STR("");
		wait_for(item, LOOK_EVERY);
		return true;
	case REPLAY_LOST:
		import_file_reject(&player->run->file, item, STR("the case was not accepted"));
		return false;
	case REPLAY_REST:
	case REPLAY_DONE:
		return false;
	}
	return false;
}

static struct replay_facts facts_of(const struct db_result *result, size_t row)
{
	return (struct replay_facts){
		.intake = db_get_str(result, row, 1),
		.dispatch = db_get_str(result, row, 2),
		.reply = db_get_str(result, row, 3),
		.followup = db_get_str(result, row, 4),
		.unit = db_get_str(result, row, 5),
		.is_contacted = db_get_int(result, row, 6) != 0,
		.is_rated = db_get_int(result, row, 7) != 0,
		.draft = (int32_t)db_get_int(result, row, 8),
		.visits = (int32_t)db_get_int(result, row, 9),
		.redo = (int32_t)db_get_int(result, row, 10),
	};
}

/* Those whose time to look has come; waiting for a receipt is no such time. */
static size_t lookers(struct player *player, struct instant now, int64_t ids[UNDER_WAY])
{
	size_t n = 0;
	for (size_t i = 0; i < player->n_active; i++) {
		const struct import_item *item = player->active[i];
		if (item->state == ITEM_RECEIVED && !instant_is_before(now, item->play.look_at))
			ids[n++] = item->case_id;
	}
	return n;
}

static void item_drop(struct player *player, size_t at)
{
	struct import_item *item = player->active[at];
	item->play.is_taken_up = false;
	player->active[at] = player->active[--player->n_active];
	player->moved_at = os_monotonic_now();
}

static enum res items_look(struct player *player, struct err *err)
{
	int64_t ids[UNDER_WAY];
	struct db_params params;
	struct db_result *result;
	struct instant now = os_monotonic_now();
	size_t n = lookers(player, now, ids);
	if (n == 0)
		return RES_OK;
	SCOPED(map)
	struct map *rows = map_create();
	db_params_init(&params, player->mem);
	db_param_int8_array(&params, ids, n);
	TRY(ask_db(player->run, &import_sql_replay_facts, &params, &result, err));
	struct replay_facts *facts =
		arena_new_array(player->mem, struct replay_facts, db_rows(result));
	CHECK(facts != NULL);
	for (size_t i = 0; i < db_rows(result); i++) {
		facts[i] = facts_of(result, i);
		map_put_id(rows, db_get_int(result, i, 0), &facts[i]);
	}
	for (size_t i = player->n_active; i > 0; i--) {
		struct import_item *item = player->active[i - 1];
		const struct replay_facts *known = map_get_id(rows, item->case_id);
		if (known == NULL || item->state != ITEM_RECEIVED ||
			instant_is_before(now, item->play.look_at))
			continue;
		if (!item_advance(player, item, known))
			item_drop(player, i - 1);
	}
	db_release(player->run->db);
	return RES_OK;
}

static void rejected_drop(struct player *player)
{
	for (size_t i = player->n_active; i > 0; i--)
		if (player->active[i - 1]->state == ITEM_REJECTED)
			item_drop(player, i - 1);
}

/* --- turning --- */

enum res player_turn(struct player *player, struct span wait, struct err *err)
{
	struct import_run *run = player->run;
	struct wire_msg answers[ANSWERS_MOST];
	const struct span none = SPAN_MS(0);
	bool for_receipts = run->unanswered > 0;
	size_t n = 0;
	arena_reset(player->mem);
	TRY(import_turn(run, for_receipts ? wait : none, err));
	rejected_drop(player);
	queue_draw(player);
	TRY(items_look(player, err));
	TRY(line_take(run->line, player->mem, answers, ANSWERS_MOST, &n, for_receipts ? none : wait,
		err));
	for (size_t i = 0; i < n; i++)
		answer_take(player, &answers[i]);
	return RES_OK;
}

static enum res stuck(const struct player *player, struct err *err)
{
	const struct import_item *item = player->n_active > 0 ? player->active[0] : NULL;
	return err_set(err, RES_RETRY,
		"nothing moved for %d s; under way: %zu letters without a receipt, %zu cases%s%.*s",
		(int)(STUCK_AFTER.us / 1000000), player->run->unanswered,
		player->n_active + player->n_queue, item == NULL ? "" : ", one of them ",
		STR_ARG(item == NULL ? STR("") : item->row.external_id));
}

enum res player_settle(struct player *player, struct err *err)
{
	size_t unanswered = player->run->unanswered;
	player->moved_at = os_monotonic_now();
	while (player->run->unanswered > 0 || player->n_active > 0 || player->n_queue > 0) {
		TRY(player_turn(player, TURN_WAIT, err));
		if (player->run->unanswered != unanswered)
			player->moved_at = os_monotonic_now();
		unanswered = player->run->unanswered;
		if (instant_since(os_monotonic_now(), player->moved_at).us > STUCK_AFTER.us)
			return stuck(player, err);
	}
	return RES_OK;
}

enum res player_look_for_visits(struct player *player, struct err *err)
{
	static char visited;
	static char waiting;
	struct db_params params;
	struct db_result *result;
	if (player->n_watched == 0)
		return RES_OK;
	arena_reset(player->mem);
	int64_t *ids = arena_new_array(player->mem, int64_t, player->n_watched);
	CHECK(ids != NULL);
	for (size_t i = 0; i < player->n_watched; i++)
		ids[i] = player->watched[i]->case_id;
	db_params_init(&params, player->mem);
	db_param_int8_array(&params, ids, player->n_watched);
	TRY(ask_db(player->run, &import_sql_replay_watched, &params, &result, err));
	/* case → whether a visit waits for its answer; who is missing is closed */
	SCOPED(map)
	struct map *open = map_create();
	for (size_t i = 0; i < db_rows(result); i++)
		map_put_id(open, db_get_int(result, i, 0),
			db_get_int(result, i, 1) != 0 ? &visited : &waiting);
	db_release(player->run->db);
	size_t kept = 0;
	for (size_t i = 0; i < player->n_watched; i++) {
		struct import_item *item = player->watched[i];
		const void *known = map_get_id(open, item->case_id);
		if (known == &visited)
			player_take_up(player, item);
		if (known != NULL)
			player->watched[kept++] = item;
	}
	player->n_watched = kept;
	return RES_OK;
}
